// SPDX-License-Identifier: Apache-2.0
/// What is known of a cell's range before it is coded: the inputs of the range network, and the centres of its mixture.
///
///   RangeFeatures features(geometry, first_column, end_column);
///   for each row: features.start_row(row);
///     for each return, left to right: features.look(column, inputs, centres);  ...code...;  features.add_return(column, range);
///
/// Coded order: row after row from the top, columns left to right, inside one slice of columns; nothing outside the slice is looked at.
/// All integers: encoder and decoder compute the same on every machine. Cost: about 100 ns a cell. One object a thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pointcloud/coding/range_grid.h"

namespace dew {

/// Inputs of the range network a cell; scale: 64 = 1.0. Part of the format of every network trained on them.
inline constexpr size_t kRangeInputs = 64;
/// Components of the mixture.
inline constexpr size_t kRangeCentres = 7;
/// Fractional bits of a centre.
inline constexpr unsigned kCentreBits = 4;

using RangeInputs = std::array<int16_t, kRangeInputs>;
/// In 1 / 2^kCentreBits of a range step.
using RangeCentres = std::array<int32_t, kRangeCentres>;

class RangeFeatures {
 public:
  /// A slice of columns [first_column, end_column). `geometry` must outlive the object.
  RangeFeatures(const GridGeometry& geometry, uint32_t first_column, uint32_t end_column);

  /// Rows come in order 0, 1, 2, ...
  void start_row(uint32_t row);
  /// Inputs and centres for a return at `column` of this row.
  void look(uint32_t column, RangeInputs& inputs, RangeCentres& centres);
  /// The range that was coded after look(column). Columns without a return are simply left out.
  void add_return(uint32_t column, uint32_t range);

 private:
  static constexpr int kHistory = 6;
  static constexpr int kMargin = 5;
  static constexpr int kTrackers = 4;

  /// The mean error of one centre over the last returns: with its sign, and its size. 2^-8 of an input unit.
  struct ErrorTracker {
    std::array<int32_t, 2> signed_mean{};
    std::array<int32_t, 2> size_mean{};
  };
  struct Candidates {
    int64_t last, line, mean, plane, above, above_next, profile;
  };

  const int32_t* above(int rows_up, uint32_t column) const {
    return rows_[static_cast<size_t>(rows_up)].data() + kMargin + (column - first_column_);
  }
  int64_t base_for(uint32_t column) const;
  Candidates candidates(uint32_t column, int64_t base) const;
  int64_t line_through_history(uint32_t column, int64_t base) const;
  void fill_row_above();

  const GridGeometry& geometry_;
  uint32_t first_column_;
  uint32_t width_;
  uint32_t row_ = 0;
  int16_t row_spacing_input_ = 0;
  int16_t elevation_input_ = 0;
  int16_t tick_input_ = 0;
  int16_t column_input_ = 0;
  /// [0]: the row being coded, as coded; [1], [2], [3]: the rows above with gaps of one column filled. kMargin zeros at both ends.
  std::array<std::vector<int32_t>, 4> rows_;
  std::array<int64_t, kHistory> history_range_{};   ///< last returns of this row, newest first; 0 = none
  std::array<int32_t, kHistory> history_column_{};
  int32_t density_ = 0;                             ///< share of columns with a return lately, 2^-12
  std::array<int32_t, kTrackers> last_error_{};     ///< of the last return, as an input
  std::array<ErrorTracker, kTrackers> trackers_{};
  std::array<int64_t, kTrackers> tracked_{};        ///< the centres that look() gave, 2^-kCentreBits steps
};

}  // namespace dew
