// SPDX-License-Identifier: Apache-2.0
/// Intensities at effort max: IntensityModel with sixteen contexts a bit instead of six, which also know which cells around lie on the same
/// surface, those to come included.
///
///   DeepIntensityModel model(grid, first_column, end_column, bits);
///   model.code_all(coder, grid.intensity, true);  // a decoder fills the slice's cells
///
/// One object a slice and thread; 20 MB. Cost: about 2 us a return at 8 bits. Bytes: pointcloud/FORMAT.md, "Intensities".
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pointcloud/coding/deep_mix.h"
#include "pointcloud/coding/intensity_model.h"

namespace dew {

class DeepIntensityModel {
 public:
  /// As IntensityModel.
  DeepIntensityModel(const RangeGrid& grid, uint32_t first_column, uint32_t end_column, unsigned bits);
  /// Bits that a model may learn: what setting one up costs.
  static constexpr uint64_t kMostContexts = 5u << 20;

  template <class Coder>
  void code_all(Coder& coder, std::span<uint8_t> intensity, bool of_all_cells) {
    code_intensity_cells(
        coder, around_, of_empty_, bits_, intensity, of_all_cells, [](uint32_t) {},
        [&](uint32_t row, size_t column, uint32_t cell, uint8_t value) {
          const Seen seen = look(row, column);
          return code_or_recall(coder, {seen.packed(), cell}, bits_, [&] { return code_return(coder, value, seen); });
        });
  }

 private:
  static constexpr size_t kContexts = 16, kDepths = 8, kSides = 4;

  /// All that contexts are chosen by.
  struct Seen {
    IntensitySurroundings::Neighbourhood near;
    uint32_t row = 0;
    uint32_t shape = 0;  ///< how far the cells to the left, right, above and below lie from this one, 3 bits each
    uint32_t fine = 0;   ///< the range, 0 to 63
    uint64_t packed() const { return near.packed() << 18 | shape << 6 | fine; }
  };
  Seen look(uint32_t row, size_t column) const;

  static size_t side(size_t step) { return step < 14 ? 0 : step < 16 ? 1 : step < 18 ? 2 : 3; }

  template <class Coder>
  uint8_t code_return(Coder& coder, uint32_t value, const Seen& seen) {
    const auto& n = seen.near;
    size_t depth = 0;
    return static_cast<uint8_t>(code_tree(value, bits_, [&](bool bit, uint32_t node) {
      const uint32_t threshold = ((2 * node + 1) << (bits_ - 1 - depth)) - (1u << bits_);
      const size_t left = step_class(threshold, n.left), mean = step_class(threshold, n.mean), up = step_class(threshold, n.up);
      const size_t left2 = step_class(threshold, n.left2), right = step_class(threshold, n.up_right);
      const auto by_node = [&](size_t number) { return number << bits_ | node; };
      const auto by_depth = [&](size_t number) { return number * kDepths + depth; };
      const size_t place = n.range_class * 4 + n.confidence, row = seen.row, fine = seen.fine;
      const std::array<size_t, kContexts> numbers = {
          by_node(n.left),
          by_node(row),
          by_node((n.range_class << bits_ >> 2) + (n.mean >> 2)),
          by_depth(left * kStepClasses + left2),
          by_depth(right * kStepClasses + up) * 4 + n.confidence,
          by_depth(mean) * 64 + place,
          by_depth(left * kStepClasses + up) * 4 + n.confidence,
          by_node(fine),
          by_node(n.up),
          by_depth((mean * 16 + left / 2) * 16 + up / 2),
          by_depth(row * kStepClasses + mean),
          seen.shape * kStepClasses + mean,
          by_depth(fine * kStepClasses + left) * 2 + (n.confidence > 1 ? 1 : 0),
          by_node((n.left >> 2) * 64 + (n.up >> 2)),
          by_node(row * 16 + (fine >> 2)),
          ((n.left * 256 + n.left2) * 0x9e3779b1u + node * 0x85ebca6bu) >> 14,
      };
      std::array<AdaptiveBit*, kContexts> contexts;
      // Rows may be more than a table holds.
      for (size_t i = 0; i < kContexts; ++i) contexts[i] = &tables_[i][numbers[i] & (tables_[i].size() - 1)];
      const std::array<size_t, 3> sets = {(depth * 4 + n.confidence) * kSides + side(left), row * kDepths + depth,
                                          (n.range_class * kDepths + depth) * kSides + side(mean)};
      bit = mixed_.code(coder, bit, contexts, sets);
      ++depth;
      return bit;
    }));
  }

  const RangeGrid& grid_;
  uint32_t first_column_;
  unsigned bits_;
  IntensitySurroundings around_;
  std::array<std::vector<AdaptiveBit>, kContexts> tables_;
  DeepMixedBit<kContexts, 3> mixed_;
  EmptyIntensityModel of_empty_;
};

}  // namespace dew
