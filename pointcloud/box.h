// SPDX-License-Identifier: Apache-2.0
/// A box along the axes, and the points of a cloud that lie in it.
///
///   const Box box = {{0, 0, 0}, {10, 10, 3}};
///   if (box.meets(bounds_of(points))) cloud = points_inside(cloud, box);
#pragma once

#include <span>

#include "pointcloud/cloud.h"

namespace dew {

/// Metres (the cloud's own unit), both corners included. Empty where a low corner is above the high one.
struct Box {
  Vec3 low, high;
  bool contains(const Vec3& p) const {
    return p.x >= low.x && p.x <= high.x && p.y >= low.y && p.y <= high.y && p.z >= low.z && p.z <= high.z;
  }
  bool meets(const Box& o) const {
    return low.x <= o.high.x && high.x >= o.low.x && low.y <= o.high.y && high.y >= o.low.y && low.z <= o.high.z && high.z >= o.low.z;
  }
};

/// Of all points that are finite; an empty box where none is.
Box bounds_of(std::span<const Vec3> points);

/// The points inside, in their order, as one row; the source of the file is left out. Errors: those of positions_m.
Result<Cloud> points_inside(const Cloud& cloud, const Box& box);

}  // namespace dew
