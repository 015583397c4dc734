// SPDX-License-Identifier: Apache-2.0
/// Which cells of the grid have a return: one mixed binary decision a cell, from the flags and ranges decoded before.
///
///   FlagModel flags(columns_of_the_slice);
///   for each row: flags.code_row(coder, row);     // row: 0 = no return; a decoder fills it with 0 and 1
///                 ...code the ranges...           flags.end_row(row);
///
/// Inside what looks like one surface, or one hole, a single context decides; elsewhere six are mixed. QuickFlagModel, for the fast effort,
/// never mixes. Rows come from the top; a row may be a part (a slice) of the grid's columns. One object a slice and thread.
/// Cost: about 25 ns a cell, quick 10 ns.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "entropy/binary_coder.h"
#include "pointcloud/coding/cell_bits.h"
#include "pointcloud/coding/log_scale.h"
#include "pointcloud/coding/quick_bit.h"
#include "pointcloud/coding/quick_mix.h"

namespace dew {

/// Flags of the cells around the one to be coded, kept while a row is coded.
class FlagSurroundings {
 public:
  explicit FlagSurroundings(uint32_t columns) {
    for (auto& row : above_) row.assign(columns + 2 * kMargin, 0);
  }

  void start_row() {
    history_ = run_ = 0;
    density_ = 2048;
    near_ = flag(above_[0][kMargin]) << 1 | flag(above_[0][kMargin + 1]);
    far_ = flag(above_[1][kMargin]);
  }
  /// Moves to `column` of the row; columns come in turn from 0.
  void look(size_t column) {
    near_ = (near_ << 1 | flag(above_[0][column + 2 * kMargin])) & 31;
    far_ = (far_ << 1 | flag(above_[1][column + kMargin + 1])) & 7;
  }
  void step(bool bit) {
    run_ = bit == ((history_ & 1) != 0) ? run_ + 1 : 0;
    history_ = history_ << 1 | (bit ? 1u : 0u);
    density_ = bit ? density_ + (4095 - density_) / 16 : density_ - density_ / 16;
  }
  /// The row with its ranges: context for the rows below.
  void end_row(std::span<const uint32_t> row) {
    std::swap(above_[0], above_[1]);
    std::copy(row.begin(), row.end(), above_[0].begin() + kMargin);
  }

  uint32_t near_row() const { return near_; }    ///< five cells above, the rightmost in bit 0
  uint32_t far_row() const { return far_; }      ///< three cells two rows up
  uint32_t history() const { return history_; }  ///< flags to the left, newest in bit 0
  uint32_t run() const { return run_; }          ///< columns since the last change
  uint32_t density() const { return density_; }  ///< share of returns lately, 2^-12
  /// Ranges above, next to `column`: the cell's own, else the right one, else the left one; 0 to 15.
  uint32_t distance_above(size_t column) const {
    const uint32_t* up = above_[0].data() + column + kMargin;
    const uint32_t range = up[0] != 0 ? up[0] : up[1] != 0 ? up[1] : up[-1];
    return static_cast<uint32_t>(std::min(15, log_q4(range) / 20));
  }

 private:
  static constexpr size_t kMargin = 2;
  static uint32_t flag(uint32_t range) { return range != 0 ? 1u : 0u; }

  /// The two rows above, with kMargin zeros at both ends.
  std::array<std::vector<uint32_t>, 2> above_;
  uint32_t history_ = 0, run_ = 0, density_ = 2048, near_ = 0, far_ = 0;
};

class FlagModel {
 public:
  explicit FlagModel(uint32_t columns);

  template <class Coder>
  void code_row(Coder& coder, std::span<uint32_t> row) {
    around_.start_row();
    for (size_t column = 0; column < row.size(); ++column) {
      around_.look(column);
      probe_cell(coder, column);
      const bool flag = code_cell(coder, row[column] != 0, column);
      if constexpr (Coder::kDecodes) row[column] = flag ? 1 : 0;
      around_.step(flag);
    }
  }
  /// The row with its ranges: context for the rows below.
  void end_row(std::span<const uint32_t> row) { around_.end_row(row); }

 private:
  static constexpr size_t kContexts = 6;
  static constexpr std::array<size_t, kContexts> kSizes = {512, 256, 256, 256, 256, 128};
  static constexpr size_t kSets = 8;

  template <class Coder>
  bool code_cell(Coder& coder, bool bit, size_t column) {
    const uint32_t last = around_.history() & 1;
    const uint32_t same = last != 0 ? 0 : ~uint32_t{0};
    // The five above, three two rows up and eight to the left, all as the last.
    if ((((around_.near_row() ^ same) & 31) == 31) && (((around_.far_row() ^ same) & 7) == 7) &&
        (((around_.history() ^ same) & 255) == 255)) {
      return calm_[around_.distance_above(column) * 2 + last].code_expected(coder, bit, 1023);
    }
    std::array<QuickContext*, kContexts> bits;
    const size_t set = mixed_contexts(column, bits);
    return mixed_.code(coder, bit, bits, set);
  }
  /// Returns the weight set.
  size_t mixed_contexts(size_t column, std::array<QuickContext*, kContexts>& bits);

  FlagSurroundings around_;
  std::array<AdaptiveBit, 32> calm_;
  std::array<std::vector<QuickContext>, kContexts> bits_;
  QuickMix<kContexts> mixed_{kSets, {64, 64, 64, 64, 16, 64}};
};

class QuickFlagModel {
 public:
  explicit QuickFlagModel(uint32_t columns) : around_(columns), bits_(2048) {}

  /// As FlagModel.
  template <class Coder>
  void code_row(Coder& coder, std::span<uint32_t> row) {
    around_.start_row();
    for (size_t column = 0; column < row.size(); ++column) {
      around_.look(column);
      probe_cell(coder, column);
      const size_t context = around_.near_row() | around_.far_row() << 5 | (around_.history() & 7) << 8;
      const bool flag = bits_[context].code(coder, row[column] != 0);
      if constexpr (Coder::kDecodes) row[column] = flag ? 1 : 0;
      around_.step(flag);
    }
  }
  void end_row(std::span<const uint32_t> row) { around_.end_row(row); }

 private:
  FlagSurroundings around_;
  std::vector<QuickBit<5>> bits_;
};

}  // namespace dew
