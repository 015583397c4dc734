// SPDX-License-Identifier: Apache-2.0
/// Points of a cloud put in an order in which neighbours in the file are neighbours in space.
///
///   if (auto near = in_near_order(cloud, mode, max_error_m)) use(*near);      // all fields alike; a cloud of the same points
#pragma once

#include <optional>

#include "pointcloud/cloud.h"
#include "pointcloud/coding/frame.h"

namespace dew {

/// In the order of the octree of the whole numbers that a points frame of this mode codes; where there are none, of 2^21 cells an axis over
/// the box of the points. Equal points keep their order. Nothing for clouds without finite coordinates and for organised ones. Cost: about
/// 300 ms for 1,000,000 points.
std::optional<Cloud> in_near_order(const Cloud& cloud, Mode mode, double max_error_m);

}  // namespace dew
