// SPDX-License-Identifier: Apache-2.0
/// Which cells of a sector may hold points of a box: a cover, never too small.
///
///   for (const FineRegion& region : regions_of_box({5, -2, -3}, {20, 2, 1}, sector.columns, sensor)) ...
///
/// Encoders only. Axes and angles are those of cloud_of_scan (sensor/calibration.h).
#pragma once

#include <vector>

#include "pointcloud/cloud.h"
#include "pointcloud/stream/slice.h"

namespace dew {

/// Columns whose lasers may look at the box from above, with the ranges at which they may meet it. REQUIRES: sensor.calibration.
std::vector<FineRegion> regions_of_box(const Vec3& least, const Vec3& most, const Scan& columns, const SensorDescription& sensor);

}  // namespace dew
