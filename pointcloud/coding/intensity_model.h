// SPDX-License-Identifier: Apache-2.0
/// Intensities on the grid, coded when all ranges of the slice are known: cells on the same surface look alike, and every laser has its
/// habits.
///
///   IntensityModel model(grid, first_column, end_column, bits);
///   model.code_all(coder, grid.intensity, true);  // a decoder fills the slice's cells
///
/// A value goes as a binary tree from the top bit down. Some contexts know the place in the tree as it is, others only how far the value
/// that the bit decides about lies from what neighbours have: those learn within a few hundred cells, which is what small slices need.
/// Cells with and without a return have separate models. QuickIntensityModel, for the fast effort, has one context and no mixing.
/// One object a slice and thread. Cost: about 150 ns a return at 8 bits, quick 50 ns.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "entropy/binary_coder.h"
#include "pointcloud/coding/cell_bits.h"
#include "pointcloud/coding/quick_mix.h"
#include "pointcloud/coding/quick_symbol.h"
#include "pointcloud/coding/range_grid.h"
#include "pointcloud/coding/slice_memo.h"

namespace dew {

/// Distance of a threshold of the tree from a neighbour's value, in 32 classes: exact to 5, then in steps that grow. Part of the format.
inline constexpr size_t kStepClasses = 32;
namespace detail {
constexpr std::array<uint8_t, 513> make_step_class_table() {
  constexpr std::array<int, 9> kSteps = {8, 11, 15, 20, 28, 40, 60, 90, 140};
  std::array<uint8_t, 513> table{};
  for (int i = 0; i < 513; ++i) {
    const int step = i - 256;
    const int size = step < 0 ? -step : step;
    int level = size < 6 ? size : 6;
    for (const int limit : kSteps) level += size >= limit ? 1 : 0;
    table[static_cast<size_t>(i)] = static_cast<uint8_t>(step < 0 ? 15 - level : 16 + level);
  }
  return table;
}
inline constexpr std::array<uint8_t, 513> kStepClassTable = make_step_class_table();
}  // namespace detail
/// REQUIRES: both within 0 .. 256.
inline size_t step_class(uint32_t threshold, uint32_t value) { return detail::kStepClassTable[256 + threshold - value]; }

/// What the cells around a cell have, kept while the rows of a slice are coded.
class IntensitySurroundings {
 public:
  struct Neighbourhood {
    uint32_t mean = 0;         ///< of the cells around, weighed by how near they are in range
    uint32_t left = 0;         ///< of the two cells to the left the nearer one with a return, or else `mean`
    uint32_t left2 = 0;        ///< two cells to the left, or else `left`
    uint32_t up = 0;           ///< of the cell above and those beside it the first with a return, or else `mean`
    uint32_t up_right = 0;     ///< or else `up`
    uint32_t confidence = 0;   ///< 0 to 3: how many cells lie on the same surface
    uint32_t range_class = 0;  ///< 0 to 15

    /// All of it, in the low 46 bits.
    uint64_t packed() const {
      uint64_t all = 0;
      for (const uint32_t intensity : {mean, left, left2, up, up_right}) all = all << 8 | intensity;
      return all << 6 | confidence << 4 | range_class;
    }
  };
  static constexpr size_t kRangeClasses = 16;

  IntensitySurroundings(const RangeGrid& grid, uint32_t first_column, uint32_t end_column);

  void start_row(uint32_t row);
  /// `column` of the slice.
  bool is_empty(size_t column) const { return rows_[0].range[column + kMargin] == 0; }
  Neighbourhood look(size_t column) const;
  Neighbourhood look_among_empty(size_t column) const;
  void add(size_t column, uint8_t value) { rows_[0].intensity[column + kMargin] = value; }
  size_t width() const { return width_; }
  uint32_t rows() const { return grid_.rows; }
  /// Where the slice's part of a row begins in the grid.
  size_t first_cell(uint32_t row) const { return size_t{row} * grid_.columns + first_column_; }

 private:
  /// The slice's part of a row, with kMargin empty cells at both ends.
  struct Row {
    std::vector<uint32_t> range;
    std::vector<uint8_t> intensity;
  };
  static constexpr size_t kMargin = 2;

  const RangeGrid& grid_;
  uint32_t first_column_;
  size_t width_;
  std::array<Row, 3> rows_;  ///< the one being coded, and the two above
};

/// Intensities of cells without a return.
class EmptyIntensityModel {
 public:
  EmptyIntensityModel(uint32_t rows, unsigned bits) : rows_(rows), bits_(bits) {}

  template <class Coder>
  uint8_t code(Coder& coder, uint32_t value, const IntensitySurroundings::Neighbourhood& n, uint32_t row) {
    if (left_.empty()) allocate();
    size_t depth = 0;
    return static_cast<uint8_t>(code_tree(value, bits_, [&](bool bit, uint32_t node) {
      const std::array<QuickContext*, 4> contexts = {&left_[(size_t{n.left} << bits_) + node], &up_[(size_t{n.up} << bits_) + node],
                                                     &row_[(size_t{row} << bits_) + node],
                                                     &pair_[(((n.left >> 3) * 32 + (n.up >> 3)) << bits_) + node]};
      return mix_.code(coder, bit, contexts, depth++ * kSets + n.confidence);
    }));
  }

 private:
  static constexpr size_t kSets = 4, kDepths = 8;
  void allocate();

  uint32_t rows_;
  unsigned bits_;
  std::vector<QuickContext> left_, up_, row_, pair_;  ///< made when the first cell asks
  QuickMix<4> mix_{kDepths * kSets, {64, 64, 5, 64}};
};

/// The cells of a slice, row after row, as all models with IntensitySurroundings walk through them. `start_row(row)` comes before each row;
/// `code_return(row, column, cell, value)` codes one return, `cell` numbered within the slice.
template <class Coder, class StartRow, class CodeReturn>
void code_intensity_cells(Coder& coder, IntensitySurroundings& around, EmptyIntensityModel& of_empty, unsigned bits,
                          std::span<uint8_t> intensity, bool of_all_cells, StartRow&& start_row, CodeReturn&& code_return) {
  for (uint32_t row = 0; row < around.rows(); ++row) {
    around.start_row(row);
    start_row(row);
    const size_t first_cell = around.first_cell(row);
    probe_row(coder, first_cell);
    uint8_t* values = intensity.data() + first_cell;
    for (size_t column = 0; column < around.width(); ++column) {
      probe_cell(coder, column);
      const uint32_t cell = static_cast<uint32_t>(row * around.width() + column);
      if (!around.is_empty(column)) {
        values[column] = code_return(row, column, cell, values[column]);
      } else if (of_all_cells) {
        const auto n = around.look_among_empty(column);
        values[column] =
            code_or_recall(coder, {n.packed(), cell, false}, bits, [&] { return of_empty.code(coder, values[column], n, row); });
      } else {
        continue;
      }
      around.add(column, values[column]);
    }
  }
}

class IntensityModel {
 public:
  /// `bits`: 1 to 8, all intensities of the grid are below 2^bits. `grid` must outlive the object; its ranges must be complete.
  IntensityModel(const RangeGrid& grid, uint32_t first_column, uint32_t end_column, unsigned bits);

  /// Codes the intensities of the returns, and, if `of_all_cells`, of the other cells too. `intensity` is laid out as the grid's.
  template <class Coder>
  void code_all(Coder& coder, std::span<uint8_t> intensity, bool of_all_cells) {
    code_intensity_cells(
        coder, around_, of_empty_, bits_, intensity, of_all_cells, [](uint32_t) {},
        [&](uint32_t row, size_t column, uint32_t cell, uint8_t value) {
          const auto n = around_.look(column);
          return code_or_recall(coder, {n.packed(), cell}, bits_, [&] { return code_return(coder, value, n, row); });
        });
  }

 private:
  static constexpr size_t kSets = 4, kDepths = 8;

  template <class Coder>
  uint8_t code_return(Coder& coder, uint32_t value, const IntensitySurroundings::Neighbourhood& n, uint32_t row) {
    QuickContext* by_left = &left_[size_t{n.left} << bits_];
    QuickContext* by_row = &row_[size_t{row} << bits_];
    QuickContext* by_mean = &range_mean_[((n.range_class << bits_ >> 2) + (n.mean >> 2)) << bits_];
    const size_t place = n.range_class * 4 + n.confidence;
    size_t depth = 0;
    return static_cast<uint8_t>(code_tree(value, bits_, [&](bool bit, uint32_t node) {
      const uint32_t threshold = ((2 * node + 1) << (bits_ - 1 - depth)) - (1u << bits_);
      const size_t left = step_class(threshold, n.left), mean = step_class(threshold, n.mean);
      const size_t left2 = step_class(threshold, n.left2), up = step_class(threshold, n.up), right = step_class(threshold, n.up_right);
      const std::array<QuickContext*, 6> contexts = {by_left + node,
                                                     by_row + node,
                                                     by_mean + node,
                                                     &left_left_[(left * kStepClasses + left2) * kDepths + depth],
                                                     &up_right_[((right * kStepClasses + up) * kDepths + depth) * 4 + n.confidence],
                                                     &place_mean_[(mean * kDepths + depth) * 64 + place]};
      const size_t side = left < 14 ? 0 : left < 16 ? 1 : left < 18 ? 2 : 3;
      return return_mix_.code(coder, bit, contexts, (depth++ * kSets + n.confidence) * 4 + side);
    }));
  }

  unsigned bits_;
  IntensitySurroundings around_;
  std::vector<QuickContext> left_, row_, range_mean_, left_left_, up_right_, place_mean_;
  QuickMix<6> return_mix_{kDepths * kSets * 4, {64, 5, 8, 128, 16, 32}};
  EmptyIntensityModel of_empty_;
};

/// Intensities of up to eight bits under a state and what is expected: the bits above the lowest four, and under these the lowest four, for
/// which an expectation elsewhere is worth no more than the direction.
class QuickIntensitySymbols {
 public:
  QuickIntensitySymbols(size_t states, unsigned bits)
      : low_bits_(std::min(bits, 4u)),
        high_bits_(bits - low_bits_),
        high_(high_bits_ == 0 ? 0 : states << (high_bits_ + 1), QuickSymbol<16, 4>(1u << high_bits_)),
        low_(states * kPlaces << high_bits_, QuickSymbol<16, 5>(1u << low_bits_)) {}

  /// REQUIRES: state < states, expected < 256; value < 2^bits where the coder encodes. A decoder answers within that for any bytes.
  template <class Coder>
  uint32_t code(Coder& coder, uint32_t value, size_t state, uint32_t expected) {
    uint32_t high = 0;
    if (high_bits_ > 0) {
      const uint32_t eighth = expected >> 3;
      high = high_[state << (high_bits_ + 1) | eighth].code(coder, value >> low_bits_) & ((1u << high_bits_) - 1);
    }
    const int32_t away = static_cast<int32_t>(expected) - static_cast<int32_t>(high << low_bits_);
    const size_t place = static_cast<size_t>(std::clamp(away, -1, 16) + 1);
    const uint32_t low_mask = (1u << low_bits_) - 1;
    const uint32_t low = low_[(state * kPlaces + place) << high_bits_ | high].code(coder, value & low_mask) & low_mask;
    return high << low_bits_ | low;
  }

 private:
  static constexpr size_t kPlaces = 18;  ///< of what is expected: below, above or which of the sixteen

  unsigned low_bits_, high_bits_;
  std::vector<QuickSymbol<16, 4>> high_;
  std::vector<QuickSymbol<16, 5>> low_;
};

/// For the fast effort: the mean of the neighbours to the left and above is what is expected.
class QuickIntensityModel {
 public:
  /// As IntensityModel.
  QuickIntensityModel(const RangeGrid& grid, uint32_t first_column, uint32_t end_column, unsigned bits)
      : grid_(grid), first_column_(first_column), end_column_(end_column), symbols_(kStates, bits) {}

  template <class Coder>
  void code_all(Coder& coder, std::span<uint8_t> intensity, bool of_all_cells) {
    for (uint32_t row = 0; row < grid_.rows; ++row) {
      const uint32_t* range = grid_.range_row(row);
      uint8_t* values = intensity.data() + size_t{row} * grid_.columns;
      uint32_t left = 0;
      probe_row(coder, size_t{row} * grid_.columns);
      for (uint32_t column = first_column_; column < end_column_; ++column) {
        probe_cell(coder, column);
        const bool empty = range[column] == 0;
        if (empty && !of_all_cells) continue;
        const uint32_t up = row > 0 ? values[static_cast<ptrdiff_t>(column) - static_cast<ptrdiff_t>(grid_.columns)] : left;
        const bool same_surface = row > 0 && near(range[column], grid_.range_row(row - 1)[column]);
        const uint32_t mean = same_surface ? (left + up + 1) / 2 : left;
        const uint32_t apart = left > up ? left - up : up - left;
        const size_t state = empty ? 3 : !same_surface ? 0 : apart < 8 ? 1 : 2;
        const uint32_t value = symbols_.code(coder, values[column], state, mean);
        values[column] = static_cast<uint8_t>(value);
        left = value;
      }
    }
  }

 private:
  static constexpr size_t kStates = 4;  ///< above on another surface, on this one and alike, and unlike; no return

  /// Within a 32nd.
  static bool near(uint32_t range, uint32_t other) {
    const uint32_t away = range > other ? range - other : other - range;
    return away <= range / 32;
  }

  const RangeGrid& grid_;
  uint32_t first_column_;
  uint32_t end_column_;
  QuickIntensitySymbols symbols_;
};

}  // namespace dew
