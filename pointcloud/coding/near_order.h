// SPDX-License-Identifier: Apache-2.0
/// Points of a cloud put in an order in which neighbours in the file are neighbours in space.
///
///   if (auto near = in_near_order(cloud)) use(*near);      // all fields alike; a cloud of the same points
#pragma once

#include <optional>

#include "pointcloud/cloud.h"

namespace dew {

/// Along a Morton curve of 21 bits an axis over the box of the points; points of one cell keep their order. Nothing for clouds without
/// finite coordinates and for organised ones. Cost: about 100 ms for 1,000,000 points.
std::optional<Cloud> in_near_order(const Cloud& cloud);

}  // namespace dew
