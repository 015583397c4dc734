// SPDX-License-Identifier: Apache-2.0
/// What an earlier frame says of a cell's range: further inputs of the range network, and further centres of its mixture.
///
///   InterRangeFeatures features(geometry, reference, first_column, end_column);
///   for each row: features.start_row(row);
///     for each return: features.look(column, inputs, centres);  ...code...;  features.add_return(column, range);
///
/// The inputs and centres of RangeFeatures come first, unchanged. The sharpest of the further ones: where the reference was wrong in the
/// cells coded before, and by how much. All integers; the reference is looked at beyond the slice, the frame itself is not. Cost: about 30
/// ns a cell beside RangeFeatures. One object a thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pointcloud/coding/range_features.h"
#include "pointcloud/coding/reference_logs.h"
#include "pointcloud/coding/reference_picture.h"

namespace dew {

/// Further inputs and centres; with those of RangeFeatures they are part of the format of every inter network.
inline constexpr size_t kReferenceInputs = 32, kReferenceCentres = 5;
inline constexpr size_t kInterInputs = kRangeInputs + kReferenceInputs;
inline constexpr size_t kInterCentres = kRangeCentres + kReferenceCentres;

class ReferenceFeatures {
 public:
  /// A slice of columns [first_column, end_column). `reference`, of the frame's size, must outlive the object. `tick_um`: of a step.
  ReferenceFeatures(const ReferencePicture& reference, uint32_t tick_um, uint32_t first_column, uint32_t end_column);

  /// Rows come in order 0, 1, 2, ...
  void start_row(uint32_t row);
  /// `base`: what inputs are compared with, in steps; `instead`: the centre where the reference says nothing, 1/16 steps.
  void look(uint32_t column, int32_t base, int32_t instead, std::span<int16_t, kReferenceInputs> inputs,
            std::span<int32_t, kReferenceCentres> centres);
  void add_return(uint32_t column, uint32_t range);

 private:
  static constexpr size_t kHistory = 4;
  static constexpr size_t kMargin = 2;
  /// An error that is not known.
  static constexpr int32_t kNone = ReferenceView::kNone;
  static constexpr std::array<int, 2> kTrackerShift = {3, 5};

  /// How well one guess, the reference's or the background's, did in the cells coded before. Errors: range - guess, 1/16 steps. Where
  /// there is no background its part is played by the reference moved by what it was last off in this row.
  struct Errors {
    std::array<std::vector<int32_t>, 2> rows;       ///< of the row being coded, and of the one above; kMargin kNone at both ends
    std::array<int32_t, kHistory> history;          ///< of the last returns of this row, newest first
    std::array<int32_t, 2> signed_mean, size_mean;  ///< at both rates, 2^-8 of a logarithm
    int32_t guess = 0;                              ///< of the last look; 0 or less: none
  };
  /// What the reference was off in the last returns of this row; 0 where that is more than a tolerance, or not known.
  struct RowErrors {
    int32_t last = 0, mean = 0;
  };
  /// Of one laser errors are alike far beyond what they are between lasers: its own distance and place, and how it meets the ground.
  static constexpr int32_t kRowTolerance = 4;
  RowErrors row_errors(int32_t tolerance) const;
  void start_row(Errors& errors) const;
  /// Mean of the errors around the cell that are below `tolerance`: larger ones are of something that moved.
  int32_t correction(const Errors& errors, size_t place, int32_t tolerance) const;
  void learn(Errors& errors, size_t place, int32_t range_q4) const;

  const ReferencePicture& reference_;
  uint32_t first_column_;
  uint32_t width_;
  size_t row_at_ = 0;    ///< cell of column 0 in the reference
  size_t below_at_ = 0;  ///< of the row below, or of this one in the last row
  int32_t tolerance_;    ///< of errors that are no other thing's, 1/16 steps; at least
  int16_t distance_input_;
  Errors of_reference_, of_background_;
};

class InterRangeFeatures {
 public:
  static constexpr size_t kInputs = kInterInputs, kCentres = kInterCentres;

  InterRangeFeatures(const GridGeometry& geometry, const ReferencePicture& reference, uint32_t first_column, uint32_t end_column)
      : inside_(geometry, first_column, end_column), earlier_(reference, geometry.tick_um, first_column, end_column) {}

  void start_row(uint32_t row) {
    inside_.start_row(row);
    earlier_.start_row(row);
  }
  void look(uint32_t column, std::span<int16_t, kInterInputs> inputs, std::span<int32_t, kInterCentres> centres) {
    inside_.look(column, inputs.first<kRangeInputs>(), centres.first<kRangeCentres>());
    constexpr size_t kProfile = kRangeCentres - 1;
    earlier_.look(column, inside_.base(), centres[kProfile], inputs.last<kReferenceInputs>(), centres.last<kReferenceCentres>());
  }
  uint32_t width() const { return inside_.width(); }
  void add_return(uint32_t column, uint32_t range) {
    inside_.add_return(column, range);
    earlier_.add_return(column, range);
  }

 private:
  RangeFeatures inside_;
  ReferenceFeatures earlier_;
};

}  // namespace dew
