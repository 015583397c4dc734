// SPDX-License-Identifier: Apache-2.0
/// Which cells of the grid have a return: one mixed binary decision a cell, from the flags and ranges decoded before.
///
///   FlagModel flags(columns_of_the_slice);
///   for each row: flags.code_row(coder, row);     // row: 0 = no return; a decoder fills it with 0 and 1
///                 ...code the ranges...           flags.end_row(row);
///
/// Rows come from the top; a row may be a part (a slice) of the grid's columns. One object a slice and thread. Cost: about 40 ns a cell.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "entropy/mixer.h"
#include "pointcloud/coding/log_scale.h"

namespace dew {

class FlagModel {
 public:
  explicit FlagModel(uint32_t columns);

  template <class Coder>
  void code_row(Coder& coder, std::span<uint32_t> row) {
    State state;
    for (size_t column = 0; column < row.size(); ++column) {
      std::array<AdaptiveBit*, kContexts> bits;
      const size_t set = look(column, state, bits);
      const bool flag = mixed_.code(coder, row[column] != 0, bits, set);
      if constexpr (Coder::kDecodes) row[column] = flag ? 1 : 0;
      state.step(flag);
    }
  }
  /// The row with its ranges: context for the rows below.
  void end_row(std::span<const uint32_t> row);

 private:
  static constexpr size_t kContexts = 6;
  static constexpr std::array<size_t, kContexts> kSizes = {512, 256, 256, 256, 256, 128};
  static constexpr size_t kSets = 8;
  static constexpr size_t kMargin = 2;

  /// What is known of the row to the left.
  struct State {
    uint32_t history = 0;   ///< flags, newest in bit 0
    uint32_t run = 0;       ///< columns since the last change
    uint32_t density = 2048;  ///< share of returns lately, 2^-12

    void step(bool flag) {
      run = flag == ((history & 1) != 0) ? run + 1 : 0;
      history = history << 1 | (flag ? 1u : 0u);
      density = flag ? density + (4095 - density) / 16 : density - density / 16;
    }
  };

  size_t look(size_t column, const State& state, std::array<AdaptiveBit*, kContexts>& bits);

  /// The two rows above, with kMargin zeros at both ends.
  std::array<std::vector<uint32_t>, 2> above_;
  std::array<std::vector<AdaptiveBit>, kContexts> bits_;
  MixedBit<kContexts> mixed_;
};

}  // namespace dew
