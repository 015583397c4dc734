// SPDX-License-Identifier: Apache-2.0
/// What is known of a cell's range before it is coded: the inputs of the range network, and the centres of its mixture.
///
///   RangeFeatures features(geometry, first_column, end_column);
///   for each row: features.start_row(row);
///     for each return, left to right: features.look(column, inputs, centres);  ...code...;  features.add_return(column, range);
///
/// Coded order: row after row from the top, columns left to right, inside one slice of columns; nothing outside the slice is looked at.
/// All integers: encoder and decoder compute the same on every machine. Loops run over arrays of fixed size, which compilers turn into
/// vector instructions. Cost: about 50 ns a cell. One object a thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pointcloud/coding/error_trackers.h"
#include "pointcloud/coding/range_grid.h"

namespace dew {

/// Inputs of the range network a cell; scale: 64 = 1.0. Part of the format of every network trained on them.
inline constexpr size_t kRangeInputs = 64;
/// Components of the mixture.
inline constexpr size_t kRangeCentres = 7;
/// Fractional bits of a centre.
inline constexpr unsigned kCentreBits = 4;
inline constexpr int32_t kOneTick = 1 << kCentreBits;  ///< as centres count

using RangeInputs = std::array<int16_t, kRangeInputs>;
/// In 1 / 2^kCentreBits of a range step.
using RangeCentres = std::array<int32_t, kRangeCentres>;

class RangeFeatures {
 public:
  static constexpr size_t kInputs = kRangeInputs, kCentres = kRangeCentres;

  /// A slice of columns [first_column, end_column). `geometry` must outlive the object.
  RangeFeatures(const GridGeometry& geometry, uint32_t first_column, uint32_t end_column);

  /// Rows come in order 0, 1, 2, ...
  void start_row(uint32_t row);
  /// Inputs and centres for a return at `column` of this row.
  void look(uint32_t column, std::span<int16_t, kRangeInputs> inputs, std::span<int32_t, kRangeCentres> centres);
  /// The range that was coded after look(column). Columns without a return are simply left out.
  void add_return(uint32_t column, uint32_t range);
  /// Of the last look(): the range, in steps, that inputs are compared with.
  int32_t base() const { return base_; }
  uint32_t width() const { return width_; }

 private:
  static constexpr size_t kHistory = 6, kHistoryLanes = 8;
  static constexpr int kMargin = 5;

  /// In 2^-kCentreBits of a range step, below 2^26.
  struct Candidates {
    int32_t last, line, mean, plane, above, above_next, profile;
  };

  const int32_t* above(int rows_up, uint32_t column) const {
    return rows_[static_cast<size_t>(rows_up)].data() + kMargin + (column - first_column_);
  }
  int32_t base_for(uint32_t column) const;
  Candidates candidates(uint32_t column, int32_t base) const;
  int32_t line_through_history(uint32_t column, int32_t base) const;
  void put_logs(uint32_t column, int32_t base, const Candidates& centres, std::span<int16_t, kRangeInputs> inputs) const;
  void fill_row_above();

  const GridGeometry& geometry_;
  uint32_t first_column_;
  uint32_t width_;
  uint32_t row_ = 0;
  int32_t base_ = 0;
  int16_t row_spacing_input_ = 0;
  int16_t elevation_input_ = 0;
  int16_t tick_input_ = 0;
  int16_t column_input_ = 0;
  /// [0]: the row being coded, as coded; [1], [2], [3]: the rows above with gaps of one column filled. kMargin zeros at both ends.
  std::array<std::vector<int32_t>, 4> rows_;
  /// The last kHistory returns of this row, newest first; 0 = none. Lanes beyond them stay empty.
  std::array<int32_t, kHistoryLanes> history_range_{};
  std::array<int32_t, kHistoryLanes> history_column_{};
  int32_t density_ = 0;               ///< share of columns with a return lately, 2^-12
  ErrorTrackers::Numbers tracked_{};  ///< the centres that look() gave, 2^-kCentreBits steps
  ErrorTrackers trackers_;
};

}  // namespace dew
