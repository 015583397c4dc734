// SPDX-License-Identifier: Apache-2.0
/// Short lists of points that the models do not explain: places in the file and their floats.
#pragma once

#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/sensor/laser_sorted.h"

namespace dew {

/// Index steps as varints, then 12 bytes a point.
void write_loose_points(const std::vector<LoosePoint>& points, ByteWriter& writer);
/// Indices rise and are below `point_count`. Errors: truncated, corrupt, limits.
Result<std::vector<LoosePoint>> read_loose_points(ByteReader& reader, uint64_t point_count, Budget& budget);

/// Points of `decoded` that lie farther than max_error_m from `original` (or differ in NaN), as their originals.
std::vector<LoosePoint> points_beyond(const PointsView& original, const std::vector<Float3>& decoded, double max_error_m);

/// x, y, z of a cloud as arrays; empty views where the fields are not one f32 each.
PointsView points_view(const Cloud& cloud);

}  // namespace dew
