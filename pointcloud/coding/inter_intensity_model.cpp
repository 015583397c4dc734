// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/inter_intensity_model.h"

namespace dew {

InterIntensityModel::InterIntensityModel(const RangeGrid& grid, const ReferencePicture& reference, uint32_t first_column,
                                         uint32_t end_column, unsigned bits)
    : grid_(grid),
      first_column_(first_column),
      bits_(bits),
      around_(grid, first_column, end_column),
      earlier_(reference, first_column),
      left_(size_t{1} << 2 * bits),
      // Intensities of the reference may have more bits than this frame's.
      earlier_value_(size_t{256} << bits),
      range_mean_(((IntensitySurroundings::kRangeClasses << bits >> 2) + 1) << bits),
      pair_(kStepClasses * kStepClasses * kDepths * 4),
      left_up_(kStepClasses * kStepClasses * kDepths * 4),
      place_mean_(kStepClasses * kDepths * 64),
      first_left_(kStepClasses * kStepClasses * kDepths * 4),
      of_empty_(grid.rows, bits) {}

}  // namespace dew
