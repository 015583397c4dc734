// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/further_return.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "pointcloud/coding/cell_bits.h"
#include "pointcloud/coding/packet_stream_model.h"

namespace dew {
namespace {

/// First number of each context. Part of the format, as are all contexts below.
enum Use : uint32_t { kUseSame = 100, kUseRange, kUseIntensity };

/// Two echoes of one pulse are at least this far apart.
constexpr uint32_t kEchoGap_um = 300'000;
/// Ranges that differ by no more than this many ticks are of one surface.
constexpr int64_t kSameSurface = 24;

bool same_shape(const Scan& a, const Scan& b) {
  const uint64_t cells = uint64_t{a.columns} * a.lasers;
  return a.columns == b.columns && a.lasers == b.lasers && a.range.size() == cells && b.range.size() == cells &&
         a.intensity.size() == cells && b.intensity.size() == cells;
}

/// A step in range as a small number.
int32_t range_step_class(uint32_t from, uint32_t to) {
  if (from == 0 || to == 0) return from == to ? 0 : 20;
  return rough((static_cast<int64_t>(to) - from) / 4);
}

/// A cell of both returns. Cells outside the grid are empty; of those not coded yet only the first return is known, and the further one is
/// taken to be the same.
struct Cell {
  uint32_t first_range = 0, range = 0;
  int32_t first_intensity = 0, intensity = 0;
  bool same() const { return first_range == range && first_intensity == intensity; }
};

/// A return that the coded one may lie beside.
struct Guess {
  int64_t range = 0;
  int32_t intensity = 0;
  uint32_t source = 2;  ///< 0: the cell to the west, 1: to the north, 2: another, or none
  uint32_t agreeing = 0;
};

/// Codes the cells of `plane` in order; a decoder fills them.
template <class Coder>
class PlaneCoder {
 public:
  PlaneCoder(Coder& coder, const Scan& first, Scan& plane)
      : coder_(coder),
        first_(first),
        plane_(plane),
        model_({}),
        gap_(std::max<uint32_t>(1, kEchoGap_um / std::max<uint32_t>(1, first.tick_um))),
        range_residual_(first.lasers, 9),
        intensity_residual_(first.lasers, 9) {}

  void code_column(uint32_t column) {
    for (uint32_t laser = 0; laser < first_.lasers; ++laser) code_cell(column, laser);
  }

 private:
  Cell cell_at(int64_t column, int64_t laser, bool coded) const {
    if (column < 0 || column >= int64_t{first_.columns} || laser < 0 || laser >= int64_t{first_.lasers}) return {};
    const size_t at = static_cast<size_t>(column) * first_.lasers + static_cast<size_t>(laser);
    const Scan& further = coded ? plane_ : first_;
    return {first_.range[at], further.range[at], first_.intensity[at], further.intensity[at]};
  }
  /// Lasers that fire in every other column have their neighbour two columns away.
  Cell west_of(int64_t column, int64_t laser) const {
    const Cell next = cell_at(column - 1, laser, true);
    return next.first_range != 0 ? next : cell_at(column - 2, laser, true);
  }
  Cell east_of(int64_t column, int64_t laser) const {
    const Cell next = cell_at(column + 1, laser, false);
    return next.first_range != 0 ? next : cell_at(column + 2, laser, false);
  }

  void code_cell(int64_t column, int64_t laser) {
    const size_t at = static_cast<size_t>(column) * first_.lasers + static_cast<size_t>(laser);
    const uint32_t range = first_.range[at];
    const int32_t intensity = first_.intensity[at];
    probe_cell(coder_, at);
    around_ = {west_of(column, laser),     cell_at(column, laser - 1, true), east_of(column, laser),     cell_at(column, laser + 1, false),
               west_of(column, laser - 1), west_of(column, laser + 1),       east_of(column, laser - 1), east_of(column, laser + 1)};
    const bool same = code_same(range, intensity, plane_.range[at] == range && plane_.intensity[at] == intensity);
    if (same) {
      plane_.range[at] = range;
      plane_.intensity[at] = static_cast<uint8_t>(intensity);
      return;
    }
    const Guess guess = guess_beside(range);
    const size_t row = static_cast<size_t>(laser);
    const int64_t ahead = rough((guess.range - range) / 64);
    const int64_t range_error = model_.code_signed(
        coder_, static_cast<int64_t>(plane_.range[at]) - guess.range,
        {hash_context(kUseRange, guess.source, guess.agreeing), hash_context(kUseRange, range_residual_[row], guess.source),
         hash_context(kUseRange, ahead, guess.source), hash_context(kUseRange, guess.agreeing, rough(guess.range / 64))});
    plane_.range[at] = static_cast<uint32_t>(static_cast<uint64_t>(guess.range) + static_cast<uint64_t>(range_error));
    range_residual_[row] = rough(range_error);

    const int32_t miss = std::clamp(std::abs(range_residual_[row]) - 3, 0, 3);
    const int64_t intensity_error = model_.code_signed(
        coder_, plane_.intensity[at] - guess.intensity,
        {hash_context(kUseIntensity, guess.agreeing, miss), hash_context(kUseIntensity, guess.intensity / 4, miss),
         hash_context(kUseIntensity, guess.intensity / 8, std::min(intensity, 15)),
         hash_context(kUseIntensity, std::min(6, std::abs(last_intensity_residual_)), std::min(6, std::abs(intensity_residual_[row])))});
    plane_.intensity[at] = static_cast<uint8_t>(static_cast<uint64_t>(guess.intensity) + static_cast<uint64_t>(intensity_error));
    last_intensity_residual_ = intensity_residual_[row] = rough(intensity_error);

    last_ = {plane_.range[at], plane_.intensity[at]};
    if (plane_.range[at] != range) farther_ = plane_.range[at] > range;
  }

  bool code_same(uint32_t range, int32_t intensity, bool same) {
    const Cell &west = around_[0], &north = around_[1], &east = around_[2], &north_west = around_[4], &south_west = around_[5];
    const uint32_t sames =
        (west.same() ? 1u : 0u) | (north.same() ? 2u : 0u) | (north_west.same() ? 4u : 0u) | (south_west.same() ? 8u : 0u);
    uint32_t behind = 0, before = 0;
    for (const Cell& cell : around_) {
      if (cell.first_range == 0) continue;
      const int64_t near = std::min(cell.first_range, cell.range), far = std::max(cell.first_range, cell.range);
      behind += far - range > gap_;
      before += near - range < -gap_;
    }
    return model_.code_flag(
        coder_, same,
        {hash_context(kUseSame, sames, behind, std::min(before, 4u)), hash_context(kUseSame, sames, range == 0, std::min(intensity, 15)),
         hash_context(kUseSame, west.same(), north.same(), range_step_class(range, east.first_range),
                      range_step_class(west.first_range, range))});
  }

  /// The nearest neighbour on the side of the first return where the last further return was, else on any side, else that return itself.
  Guess guess_beside(uint32_t range) const {
    for (const bool any_side : {false, true}) {
      for (size_t i = 0; i < around_.size(); ++i) {
        const Cell& cell = around_[i];
        const auto beside = [&](uint32_t other) {
          const int64_t behind = int64_t{other} - range;
          return other != 0 && (((any_side || farther_) && behind > gap_) || ((any_side || !farther_) && behind < -gap_));
        };
        const bool further = beside(cell.range);
        if (!further && !beside(cell.first_range)) continue;
        Guess guess{further ? cell.range : cell.first_range, further ? cell.intensity : cell.first_intensity,
                    static_cast<uint32_t>(std::min<size_t>(i, 2)), 1};
        const Cell& east = around_[2];
        if (i == 0 && east.range != 0 && std::abs(east.range - guess.range) <= kSameSurface) {
          guess = {(guess.range + east.range + 1) / 2, (guess.intensity + east.intensity + 1) / 2, 0, 2};
        }
        return guess;
      }
    }
    return {last_.range, last_.intensity};
  }

  Coder& coder_;
  const Scan& first_;
  Scan& plane_;
  PacketModel model_;
  int64_t gap_;
  std::array<Cell, 8> around_;
  std::vector<int32_t> range_residual_, intensity_residual_;  // of each laser's last further return, rough
  int32_t last_intensity_residual_ = 0;
  bool farther_ = true;
  Guess last_;
};

}  // namespace

Result<Bytes> encode_further_return(const Scan& plane, const Scan& first) {
  if (!same_shape(plane, first)) return Error{Code::invalid_argument, 0, "the returns of one capture have planes of one shape"};
  RangeEncoder coder;
  Scan copy = plane;
  PlaneCoder<RangeEncoder> cells(coder, first, copy);
  for (uint32_t column = 0; column < first.columns; ++column) cells.code_column(column);
  return coder.finish();
}

Status decode_further_return(ByteSpan bytes, const Scan& first, Scan& plane, Budget& budget, std::span<float> bits) {
  if (!same_shape(plane, first)) return Error{Code::invalid_argument, 0, "the returns of one capture have planes of one shape"};
  DEW_TRY(budget.take_work(first.range.size(), 0));
  ProbedDecoder coder(bytes, bits);
  PlaneCoder<ProbedDecoder> cells(coder, first, plane);
  for (uint32_t column = 0; column < first.columns; ++column) {
    cells.code_column(column);
    if (coder.overrun()) return Error{Code::truncated, bytes.size(), "a further return ends early"};
  }
  if (!coder.at_end()) return Error{Code::corrupt, bytes.size(), "a further return does not end with its bytes"};
  return {};
}

}  // namespace dew
