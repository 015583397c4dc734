// SPDX-License-Identifier: Apache-2.0
/// Finds the coordinate frame in which a cloud's points were once single-precision numbers. Far from that frame's origin floats are coarse,
/// so the points lie on a grid of some 10 to 100 micrometres there, however smooth the transforms before and after were.
///
///   if (const std::optional<RoundedFrame> frame = find_rounded_frame(points, origins)) use(frame->rotation);
/// Encoders only (uses libm).
#pragma once

#include <optional>
#include <span>

#include "pointcloud/sensor/column_motion.h"

namespace dew {

/// The sensor's place in a column, as the file's coordinates have it; seen where no-returns repeat.
struct ColumnOrigin {
  bool known = false;
  Vec3 place_m;
};

/// The frame, or nothing. `origins` has one entry a column. Differences between the steps from origin to origin are edges of the grid:
/// a power of two long and in the directions of its axes. From one edge the grid is followed outwards, over ever larger distances.
/// A sensor that stood still shows but one edge; the other axis is then searched about it.
/// Cost: 10 ms for 35,000 points; 0.1 s where an axis has to be searched.
std::optional<RoundedFrame> find_rounded_frame(const PointsView& points, std::span<const ColumnOrigin> origins);

}  // namespace dew
