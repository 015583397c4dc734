// SPDX-License-Identifier: Apache-2.0
/// Lasers of points in firing order from the order alone: elevations repeat with a period, some points are left out. For encoders.
///
///   for (size_t period : likely_periods(elevations)) use(follow_cycle(elevations, period).labels);
///
/// Works about an origin that is off by a metre, since a cycle is followed and not looked up. Cost: about 50 ms for 100,000 points.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "pointcloud/cloud.h"

namespace dew {

struct BeamCycle {
  size_t period = 0;
  std::vector<uint8_t> labels;  ///< a point: its place in the cycle
};

/// The three numbers of lasers after which elevations, in degrees, repeat most often; fewer where they hardly do.
std::vector<size_t> likely_periods(std::span<const double> elevations);
BeamCycle follow_cycle(std::span<const double> elevations, size_t period);

/// Where points begin anew with another head: the point after which the direction leaps furthest, if that is further than 30 degrees.
std::optional<size_t> find_leap(std::span<const Vec3> points);

/// The origin in front of which, and above or below which, elevations gather best: within 3 m, to some decimetres.
Vec3 find_gathering_origin(std::span<const Vec3> points);

}  // namespace dew
