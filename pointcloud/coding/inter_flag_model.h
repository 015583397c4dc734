// SPDX-License-Identifier: Apache-2.0
/// Which cells of the grid have a return, where an earlier frame is known: flag_model.h with what the reference and the background say.
///
///   InterFlagModel flags(reference, first_column, end_column);
///   for each row: flags.code_row(coder, row);     // as FlagModel
///                 ...code the ranges...           flags.end_row(row);
///
/// Where everything around, in this frame and in the reference, is alike, a single context decides; elsewhere seven are mixed.
/// InterQuickFlagModel, for the fast effort, never mixes. One object a slice and thread. Cost: about 30 ns a cell, quick 12 ns.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "entropy/binary_coder.h"
#include "pointcloud/coding/flag_model.h"
#include "pointcloud/coding/reference_picture.h"

namespace dew {

/// What the reference says around a cell.
class FlagReference {
 public:
  FlagReference(const ReferencePicture& reference, uint32_t first_column) : reference_(reference), first_column_(first_column) {}

  void start_row(uint32_t row) {
    at_ = reference_.at(row, first_column_);
    below_ = reference_.at(std::min(row + 1, reference_.rows - 1), first_column_);
    agreed_ = 15;
  }
  /// `unknown`: what a cell counts as of which nothing is known.
  void look(size_t column, bool unknown) {
    const size_t cell = at_ + column;
    const auto flag = [&](int32_t range) { return range > 0 || (range == kReferenceUnknown && unknown) ? 1u : 0u; };
    around_ = flag(reference_.left[cell]) | flag(reference_.right[cell]) << 1 | flag(reference_.left[cell - 1]) << 2 |
              flag(reference_.right[cell + 1]) << 3 | flag(reference_.guess[below_ + column]) << 4;
    guess_ = reference_.guess[cell];
    expected_ = flag(guess_);
    background_ = reference_.has_background ? reference_.background_empty[cell] >> 4 : 8u;
    intensity_ = reference_.left_intensity.empty() ? 0u : (reference_.left_intensity[cell] + reference_.right_intensity[cell]) / 2;
  }
  void step(bool bit) { agreed_ = (agreed_ << 1 | (bit == (expected_ != 0) ? 1u : 0u)) & 15; }

  uint32_t around() const { return around_; }          ///< flags: left, right, left of left, right of right, below; 5 bits
  uint32_t expected() const { return expected_; }      ///< the flag that the reference has here
  uint32_t agreed() const { return agreed_; }          ///< whether the last four cells were as expected, the newest in bit 0
  uint32_t background() const { return background_; }  ///< share of frames without a return, 0 to 15
  uint32_t distance() const { return static_cast<uint32_t>(std::min(15, log_q4(static_cast<uint64_t>(std::max(0, guess_))) / 24)); }
  uint32_t brightness() const { return intensity_ < 2 ? 0 : intensity_ < 6 ? 1 : intensity_ < 20 ? 2 : 3; }

 private:
  const ReferencePicture& reference_;
  uint32_t first_column_;
  size_t at_ = 0, below_ = 0;
  int32_t guess_ = 0;
  uint32_t around_ = 0, expected_ = 0, agreed_ = 15, background_ = 0, intensity_ = 0;
};

class InterFlagModel {
 public:
  InterFlagModel(const ReferencePicture& reference, uint32_t first_column, uint32_t end_column);

  template <class Coder>
  void code_row(Coder& coder, std::span<uint32_t> row) {
    around_.start_row();
    earlier_.start_row(row_++);
    for (size_t column = 0; column < row.size(); ++column) {
      around_.look(column);
      probe_cell(coder, column);
      earlier_.look(column, ((around_.near_row() >> 2) & 1) != 0);
      const bool flag = code_cell(coder, row[column] != 0, column);
      if constexpr (Coder::kDecodes) row[column] = flag ? 1 : 0;
      around_.step(flag);
      earlier_.step(flag);
    }
  }
  void end_row(std::span<const uint32_t> row) { around_.end_row(row); }

 private:
  static constexpr size_t kContexts = 7;
  static constexpr std::array<size_t, kContexts> kSizes = {512, 256, 1024, 512, 256, 1024, 2048};
  static constexpr size_t kSets = 16;

  template <class Coder>
  bool code_cell(Coder& coder, bool bit, size_t column) {
    const uint32_t last = around_.history() & 1;
    const uint32_t same = last != 0 ? 0 : ~uint32_t{0};
    if ((((around_.near_row() ^ same) & 31) == 31) && (((around_.far_row() ^ same) & 7) == 7) &&
        (((around_.history() ^ same) & 255) == 255) && (((earlier_.around() ^ same) & 31) == 31)) {
      return calm_[around_.distance_above(column) * 2 + last].code_expected(coder, bit, 1023);
    }
    std::array<QuickContext*, kContexts> bits;
    const size_t set = mixed_contexts(bits);
    return mixed_.code(coder, bit, bits, set);
  }
  /// Returns the weight set.
  size_t mixed_contexts(std::array<QuickContext*, kContexts>& bits);

  FlagSurroundings around_;
  FlagReference earlier_;
  uint32_t row_ = 0;
  std::array<AdaptiveBit, 32> calm_;
  std::array<std::vector<QuickContext>, kContexts> bits_;
  QuickMix<kContexts> mixed_{kSets, {64, 64, 64, 64, 64, 64, 128}};
};

class InterQuickFlagModel {
 public:
  InterQuickFlagModel(const ReferencePicture& reference, uint32_t first_column, uint32_t end_column)
      : around_(end_column - first_column), earlier_(reference, first_column), bits_(2048) {}

  template <class Coder>
  void code_row(Coder& coder, std::span<uint32_t> row) {
    around_.start_row();
    earlier_.start_row(row_++);
    for (size_t column = 0; column < row.size(); ++column) {
      around_.look(column);
      probe_cell(coder, column);
      earlier_.look(column, ((around_.near_row() >> 2) & 1) != 0);
      const size_t context =
          (earlier_.around() & 15) | (earlier_.agreed() & 3) << 4 | (around_.history() & 3) << 6 | ((around_.near_row() >> 1) & 7) << 8;
      const bool flag = bits_[context].code(coder, row[column] != 0);
      if constexpr (Coder::kDecodes) row[column] = flag ? 1 : 0;
      around_.step(flag);
      earlier_.step(flag);
    }
  }
  void end_row(std::span<const uint32_t> row) { around_.end_row(row); }

 private:
  FlagSurroundings around_;
  FlagReference earlier_;
  uint32_t row_ = 0;
  std::vector<QuickBit<5>> bits_;
};

}  // namespace dew
