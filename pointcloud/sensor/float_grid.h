// SPDX-License-Identifier: Apache-2.0
/// The grid on which a cloud's points lie where they were once single-precision numbers far from an origin: directions, steps and offsets
/// of its two horizontal axes. Encoders only (uses libm).
///
///   const ByDistance cloud = by_distance(points);
///   GridAxis first, second;                                  // places and distances in metres, offsets in steps
///   if (find_axes(cloud, origins, first, second)) use(first.step_m);
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "pointcloud/sensor/rounded_frame.h"

namespace dew {

/// p is on the grid where dot(normal, p) + offset is a whole number.
struct GridAxis {
  Vec3 normal;        // 1 / metres
  double offset = 0;  // steps
  double step_m = 0;  // a power of two
};

/// Every second point, in order of the distance from the file's origin, and the distances.
struct ByDistance {
  std::vector<Vec3> points;
  std::vector<double> distance;
};

ByDistance by_distance(const PointsView& points);

/// How many of the points are no farther than `radius`, metres.
size_t count_within(const ByDistance& cloud, double radius);

/// Both horizontal axes of the grid; false where one is not found. `origins` has one entry a column. Cost: that of find_rounded_frame.
bool find_axes(const ByDistance& cloud, std::span<const ColumnOrigin> origins, GridAxis& first, GridAxis& second);

}  // namespace dew
