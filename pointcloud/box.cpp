// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/box.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dew {

Box bounds_of(std::span<const Vec3> points) {
  constexpr double kFar = std::numeric_limits<double>::infinity();
  Box box = {{kFar, kFar, kFar}, {-kFar, -kFar, -kFar}};
  for (const Vec3& p : points) {
    if (!std::isfinite(p.x) || !std::isfinite(p.y) || !std::isfinite(p.z)) continue;
    box.low = {std::min(box.low.x, p.x), std::min(box.low.y, p.y), std::min(box.low.z, p.z)};
    box.high = {std::max(box.high.x, p.x), std::max(box.high.y, p.y), std::max(box.high.z, p.z)};
  }
  return box;
}

Result<Cloud> points_inside(const Cloud& cloud, const Box& box) {
  DEW_ASSIGN(const std::vector<Vec3> points, positions_m(cloud));
  Cloud inside;
  for (const Field& field : cloud.fields) inside.fields.push_back({field.name, field.type, field.count, {}});
  for (size_t i = 0; i < points.size(); ++i) {
    if (!box.contains(points[i])) continue;
    ++inside.points;
    for (size_t f = 0; f < cloud.fields.size(); ++f) {
      const size_t width = cloud.fields[f].bytes_per_point();
      const auto at = cloud.fields[f].data.begin() + static_cast<ptrdiff_t>(i * width);
      inside.fields[f].data.insert(inside.fields[f].data.end(), at, at + static_cast<ptrdiff_t>(width));
    }
  }
  inside.width = static_cast<uint32_t>(std::min<uint64_t>(inside.points, 0xFFFFFFFF));
  inside.height = 1;
  return inside;
}

}  // namespace dew
