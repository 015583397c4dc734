// SPDX-License-Identifier: Apache-2.0
/// Intensities on the grid where an earlier frame is known: intensity_model.h with what the same laser saw there before.
///
///   InterIntensityModel model(grid, reference, first_column, end_column, bits);
///   model.code_all(coder, grid.intensity, true);  // as IntensityModel
///
/// A cell of the reference counts where its range is that of this cell. InterQuickIntensityModel, for the fast effort, has one context and
/// no mixing. One object a slice and thread. Cost: about 170 ns a return at 8 bits, quick 55 ns.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pointcloud/coding/intensity_model.h"
#include "pointcloud/coding/reference_picture.h"

namespace dew {

/// What the reference had where a return is now. REQUIRES of all: a reference with intensities.
class IntensityReference {
 public:
  struct Earlier {
    uint32_t value = 0;   ///< of the cells that agree, the nearer one, or `other`
    uint32_t second = 0;  ///< of the other one, or `value`
    uint32_t trust = 0;   ///< 0: none agrees; 1: one does; 2: both; 3: both, with nearly the same intensity

    /// All of it, in the low 18 bits.
    uint64_t packed() const { return uint64_t{value} << 10 | second << 2 | trust; }
  };

  IntensityReference(const ReferencePicture& reference, uint32_t first_column) : reference_(reference), first_column_(first_column) {}

  void start_row(uint32_t row) { at_ = reference_.at(row, first_column_); }
  /// `other`: what counts where nothing agrees.
  Earlier look(size_t column, uint32_t range, uint32_t other) const {
    const size_t cell = at_ + column;
    const bool left = agrees(range, reference_.left[cell]), right = agrees(range, reference_.right[cell]);
    if (!left && !right) return {other, other, 0};
    const uint32_t of_left = reference_.left_intensity[cell], of_right = reference_.right_intensity[cell];
    if (!left || !right) return {left ? of_left : of_right, left ? of_left : of_right, 1};
    const bool left_first = reference_.place[cell] < 128;
    const uint32_t apart = of_left > of_right ? of_left - of_right : of_right - of_left;
    return {left_first ? of_left : of_right, left_first ? of_right : of_left, apart < 3 ? 3u : 2u};
  }

 private:
  /// Within a 32nd, or 20 steps.
  static bool agrees(uint32_t range, int32_t other_q4) {
    const int32_t range_q4 = static_cast<int32_t>(range * 16);
    return other_q4 > 0 && std::abs(range_q4 - other_q4) <= std::max(range_q4 / 32, 320);
  }

  const ReferencePicture& reference_;
  uint32_t first_column_;
  size_t at_ = 0;
};

class InterIntensityModel {
 public:
  /// As IntensityModel.
  InterIntensityModel(const RangeGrid& grid, const ReferencePicture& reference, uint32_t first_column, uint32_t end_column, unsigned bits);

  template <class Coder>
  void code_all(Coder& coder, std::span<uint8_t> intensity, bool of_all_cells) {
    code_intensity_cells(
        coder, around_, of_empty_, bits_, intensity, of_all_cells, [&](uint32_t row) { earlier_.start_row(row); },
        [&](uint32_t row, size_t column, uint32_t cell, uint8_t value) {
          const auto n = around_.look(column);
          const auto e = earlier_.look(column, grid_.range_row(row)[first_column_ + column], n.mean);
          return code_or_recall(coder, {n.packed() | e.packed() << 46, cell}, bits_, [&] { return code_return(coder, value, n, e); });
        });
  }

 private:
  static constexpr size_t kDepths = 8;

  template <class Coder>
  uint8_t code_return(Coder& coder, uint32_t value, const IntensitySurroundings::Neighbourhood& n, const IntensityReference::Earlier& e) {
    QuickContext* by_left = &left_[size_t{n.left} << bits_];
    QuickContext* by_earlier = &earlier_value_[size_t{e.value} << bits_];
    QuickContext* by_mean = &range_mean_[((n.range_class << bits_ >> 2) + (n.mean >> 2)) << bits_];
    const size_t place = n.range_class * 4 + n.confidence;
    size_t depth = 0;
    return static_cast<uint8_t>(code_tree(value, bits_, [&](bool bit, uint32_t node) {
      const uint32_t threshold = ((2 * node + 1) << (bits_ - 1 - depth)) - (1u << bits_);
      const size_t left = step_class(threshold, n.left), mean = step_class(threshold, n.mean), up = step_class(threshold, n.up);
      const size_t first = step_class(threshold, e.value), second = step_class(threshold, e.second);
      const std::array<QuickContext*, 7> contexts = {by_left + node,
                                                     by_earlier + node,
                                                     by_mean + node,
                                                     &pair_[((first * kStepClasses + second) * kDepths + depth) * 4 + e.trust],
                                                     &left_up_[((left * kStepClasses + up) * kDepths + depth) * 4 + n.confidence],
                                                     &place_mean_[(mean * kDepths + depth) * 64 + place],
                                                     &first_left_[((first * kStepClasses + left) * kDepths + depth) * 4 + e.trust]};
      const size_t side = first < 14 ? 0 : first < 16 ? 1 : first < 18 ? 2 : 3;
      return mix_.code(coder, bit, contexts, (depth++ * 4 + e.trust) * 4 + side);
    }));
  }

  const RangeGrid& grid_;
  uint32_t first_column_;
  unsigned bits_;
  IntensitySurroundings around_;
  IntensityReference earlier_;
  std::vector<QuickContext> left_, earlier_value_, range_mean_, pair_, left_up_, place_mean_, first_left_;
  QuickMix<7> mix_{kDepths * 16, {64, 64, 8, 64, 32, 32, 64}};
  EmptyIntensityModel of_empty_;
};

/// For the fast effort: the reference where it agrees, else as QuickIntensityModel.
class InterQuickIntensityModel {
 public:
  InterQuickIntensityModel(const RangeGrid& grid, const ReferencePicture& reference, uint32_t first_column, uint32_t end_column,
                           unsigned bits)
      : grid_(grid),
        earlier_(reference, first_column),
        first_column_(first_column),
        end_column_(end_column),
        bits_(bits),
        symbols_(kStates, bits) {}

  template <class Coder>
  void code_all(Coder& coder, std::span<uint8_t> intensity, bool of_all_cells) {
    const uint32_t most = (1u << bits_) - 1;
    for (uint32_t row = 0; row < grid_.rows; ++row) {
      const uint32_t* range = grid_.range_row(row);
      uint8_t* values = intensity.data() + size_t{row} * grid_.columns;
      earlier_.start_row(row);
      uint32_t left = 0;
      probe_row(coder, size_t{row} * grid_.columns);
      for (uint32_t column = first_column_; column < end_column_; ++column) {
        probe_cell(coder, column);
        const bool empty = range[column] == 0;
        if (empty && !of_all_cells) continue;
        const auto e = empty ? IntensityReference::Earlier{left, left, 0} : earlier_.look(column - first_column_, range[column], left);
        const uint32_t mean = std::min(most, e.trust == 0 ? left : (left + 2 * e.value + e.second + 2) / 4);
        const size_t state = empty ? 0 : 1 + e.trust;
        const uint32_t value = symbols_.code(coder, values[column], state, mean);
        values[column] = static_cast<uint8_t>(value);
        left = value;
      }
    }
  }

 private:
  static constexpr size_t kStates = 5;

  const RangeGrid& grid_;
  IntensityReference earlier_;
  uint32_t first_column_, end_column_;
  unsigned bits_;
  QuickIntensitySymbols symbols_;
};

}  // namespace dew
