// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/further_return.h"

#include <algorithm>

#include "pointcloud/coding/packet_stream_model.h"

namespace dew {
namespace {

/// First number of each context. Part of the format, as are all contexts below.
enum Use : uint32_t { kUseSame = 100, kUseSameRange, kUseSameIntensity, kUseRange, kUseIntensity };

bool same_shape(const Scan& a, const Scan& b) {
  const uint64_t cells = uint64_t{a.columns} * a.lasers;
  return a.columns == b.columns && a.lasers == b.lasers && a.range.size() == cells && b.range.size() == cells &&
         a.intensity.size() == cells && b.intensity.size() == cells;
}

/// A step in range as a small number: sign and power of two of the ratio's distance from one.
int32_t step_class(uint32_t from, uint32_t to) {
  if (from == 0 || to == 0) return from == to ? 0 : 20;
  return rough((static_cast<int64_t>(to) - from) / 4);
}

/// The cells around the one being coded, of both returns. Neighbours outside the grid, and those of another column's end, are empty cells.
struct Cell {
  uint32_t first_range = 0, range = 0;
  int32_t first_intensity = 0, intensity = 0;
  bool same() const { return first_range == range && first_intensity == intensity; }
};

/// Codes the cells of `plane` in order; a decoder fills them.
template <class Coder>
class PlaneCoder {
 public:
  PlaneCoder(Coder& coder, const Scan& first, Scan& plane) : coder_(coder), first_(first), plane_(plane), model_({}) {}

  void code_column(uint32_t column) {
    for (uint32_t laser = 0; laser < first_.lasers; ++laser) code_cell(column, laser);
  }

 private:
  Cell cell_at(int64_t column, int64_t laser) const {
    if (column < 0 || laser < 0 || laser >= static_cast<int64_t>(first_.lasers)) return {};
    const size_t at = static_cast<size_t>(column) * first_.lasers + static_cast<size_t>(laser);
    return {first_.range[at], plane_.range[at], first_.intensity[at], plane_.intensity[at]};
  }

  void code_cell(uint32_t column, uint32_t laser) {
    const size_t at = size_t{column} * first_.lasers + laser;
    const Cell west = cell_at(int64_t{column} - 1, laser), north = cell_at(column, int64_t{laser} - 1);
    const Cell north_west = cell_at(int64_t{column} - 1, int64_t{laser} - 1), south_west = cell_at(int64_t{column} - 1, int64_t{laser} + 1);
    const uint32_t range = first_.range[at];
    const int32_t intensity = first_.intensity[at];
    const uint32_t around =
        (west.same() ? 1u : 0u) | (north.same() ? 2u : 0u) | (north_west.same() ? 4u : 0u) | (south_west.same() ? 8u : 0u);
    const bool none = range == 0;
    const int32_t to_west = step_class(west.first_range, range), to_north = step_class(north.first_range, range);
    bool same = plane_.range[at] == range && plane_.intensity[at] == intensity;
    same = model_.code_flag(
        coder_, same,
        {hash_context(kUseSame, around, none, std::min(intensity, 15)), hash_context(kUseSame, around, to_west, to_north, none),
         hash_context(kUseSame, west.same(), step_class(west.range, range), step_class(range, east_of_first(column, laser)),
                      intensity / 8)});
    if (same) {
      plane_.range[at] = range;
      plane_.intensity[at] = static_cast<uint8_t>(intensity);
      return;
    }
    const bool from_west = !west.same() || (north.same() && west.range != 0);
    const Cell& near = from_west ? west : north;
    const Cell& other = from_west ? north : west;
    const uint32_t source = (from_west ? 1u : 0u) | (near.same() ? 2u : 0u);
    code_range(at, near, other, source);
    code_intensity(at, near, source);
  }

  uint32_t east_of_first(uint32_t column, uint32_t laser) const {
    return column + 1 < first_.columns ? first_.range[(size_t{column} + 1) * first_.lasers + laser] : 0;
  }

  void code_range(size_t at, const Cell& near, const Cell& other, uint32_t source) {
    const uint32_t range = first_.range[at];
    const bool same =
        model_.code_flag(coder_, plane_.range[at] == range,
                         {hash_context(kUseSameRange), hash_context(kUseSameRange, source), hash_context(kUseSameRange, range == 0)});
    if (!same) {
      constexpr int32_t kNotBoth = 99;
      const bool both = near.range != 0 && other.range != 0;
      const int32_t apart = both ? rough((static_cast<int64_t>(other.range) - near.range) / 2) : kNotBoth;
      const int32_t ahead = rough((static_cast<int64_t>(near.range) - range) / 8);
      const int64_t residual =
          model_.code_signed(coder_, static_cast<int64_t>(plane_.range[at]) - near.range,
                             {hash_context(kUseRange, source), hash_context(kUseRange, source, ahead),
                              hash_context(kUseRange, source, range_residual_), hash_context(kUseRange, ~apart, source)});
      plane_.range[at] = static_cast<uint32_t>(near.range + static_cast<uint64_t>(residual));
      range_residual_ = rough(residual);
    } else {
      plane_.range[at] = range;
    }
  }

  void code_intensity(size_t at, const Cell& near, uint32_t source) {
    const int32_t intensity = first_.intensity[at];
    const bool far_step = range_residual_ < -4 || range_residual_ > 4;
    const int64_t residual = model_.code_signed(
        coder_, plane_.intensity[at] - near.intensity,
        {hash_context(kUseIntensity, source, far_step), hash_context(kUseIntensity, source, near.intensity / 4, far_step),
         hash_context(kUseIntensity, source, near.intensity / 8, intensity / 8),
         hash_context(kUseIntensity, intensity_residual_, far_step)});
    plane_.intensity[at] = static_cast<uint8_t>(static_cast<uint64_t>(near.intensity) + static_cast<uint64_t>(residual));
    intensity_residual_ = rough(residual);
  }

  Coder& coder_;
  const Scan& first_;
  Scan& plane_;
  PacketModel model_;
  int32_t range_residual_ = 0;
  int32_t intensity_residual_ = 0;
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

Status decode_further_return(ByteSpan bytes, const Scan& first, Scan& plane, Budget& budget) {
  if (!same_shape(plane, first)) return Error{Code::invalid_argument, 0, "the returns of one capture have planes of one shape"};
  DEW_TRY(budget.take_work(first.range.size(), 0));
  RangeDecoder coder(bytes);
  PlaneCoder<RangeDecoder> cells(coder, first, plane);
  for (uint32_t column = 0; column < first.columns; ++column) {
    cells.code_column(column);
    if (coder.overrun()) return Error{Code::truncated, bytes.size(), "a further return ends early"};
  }
  if (!coder.at_end()) return Error{Code::corrupt, bytes.size(), "a further return does not end with its bytes"};
  return {};
}

}  // namespace dew
