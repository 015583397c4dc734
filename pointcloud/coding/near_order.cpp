// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/near_order.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "entropy/morton.h"

namespace dew {
std::optional<Cloud> in_near_order(const Cloud& cloud) {
  const Result<std::vector<Vec3>> points = positions_m(cloud);
  if (!points.ok() || cloud.height > 1 || cloud.points == 0) return {};
  std::array<double, 3> low{1e300, 1e300, 1e300}, high{-1e300, -1e300, -1e300};
  for (const Vec3& p : *points) {
    const std::array<double, 3> v = {p.x, p.y, p.z};
    for (size_t axis = 0; axis < 3; ++axis) {
      if (!std::isfinite(v[axis])) return {};
      low[axis] = std::min(low[axis], v[axis]);
      high[axis] = std::max(high[axis], v[axis]);
    }
  }
  const double edge = std::max({high[0] - low[0], high[1] - low[1], high[2] - low[2]});
  if (!(edge > 0) || !std::isfinite(edge)) return {};
  std::vector<std::pair<uint64_t, uint64_t>> keys(points->size());
  for (size_t i = 0; i < keys.size(); ++i) {
    const Vec3& p = (*points)[i];
    const auto cell = [&](double v, size_t axis) { return static_cast<uint64_t>((v - low[axis]) / edge * kLastMortonStep); };
    keys[i] = {morton_key(cell(p.x, 0), cell(p.y, 1), cell(p.z, 2)), i};
  }
  std::sort(keys.begin(), keys.end());
  Cloud near = cloud;
  for (size_t f = 0; f < cloud.fields.size(); ++f) {
    const size_t bytes = cloud.fields[f].bytes_per_point();
    for (size_t i = 0; i < keys.size(); ++i)
      std::memcpy(near.fields[f].data.data() + i * bytes, cloud.fields[f].data.data() + keys[i].second * bytes, bytes);
  }
  return near;
}

}  // namespace dew
