// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/near_order.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "pointcloud/coding/attributes.h"
#include "pointcloud/coding/octree_points.h"
#include "pointcloud/coding/points_quantise.h"

namespace dew {
namespace {

/// The coordinates' integers as a points frame would have them, point after point; empty where it would not have three.
std::vector<int64_t> coded_integers(const Cloud& cloud, Mode mode, double max_error_m) {
  Cloud coordinates;
  coordinates.source.format = cloud.source.format;
  coordinates.source.header = cloud.source.header;
  for (const Field& field : cloud.fields) {
    if (part_of_field(field.name) == Part::geometry) coordinates.fields.push_back(field);
  }
  if (coordinates.fields.size() != 3) return {};
  const bool quantised = mode == Mode::max_error && can_quantise(cloud);
  const std::vector<AttributePlan> plans = plan_attributes(coordinates, {}, 0);
  std::vector<int64_t> xyz(cloud.points * 3);
  for (size_t f = 0; f < 3; ++f) {
    std::vector<int64_t> integers;
    if (quantised && !quantise(coordinates.fields[f], step_of_bound(max_error_m), integers)) return {};
    if (!quantised) integers = to_integers(coordinates.fields[f], plans[f].view);
    if (integers.size() != cloud.points) return {};
    for (size_t i = 0; i < integers.size(); ++i) xyz[3 * i + f] = integers[i];
  }
  return xyz;
}

/// Where the points lie in 2^21 cells an axis; empty where they do not lie in a box.
std::vector<int64_t> cells_of_box(const std::vector<Vec3>& points) {
  std::array<double, 3> low{1e300, 1e300, 1e300}, high{-1e300, -1e300, -1e300};
  std::vector<double> values;
  for (const Vec3& p : points) values.insert(values.end(), {p.x, p.y, p.z});
  for (size_t i = 0; i < values.size(); ++i) {
    low[i % 3] = std::min(low[i % 3], values[i]);
    high[i % 3] = std::max(high[i % 3], values[i]);
  }
  const double edge = std::max({high[0] - low[0], high[1] - low[1], high[2] - low[2]});
  if (!(edge > 0) || !std::isfinite(edge)) return {};
  std::vector<int64_t> cells;
  for (size_t i = 0; i < values.size(); ++i) cells.push_back(static_cast<int64_t>((values[i] - low[i % 3]) / edge * 0x1fffff));
  return cells;
}

}  // namespace

std::optional<Cloud> in_near_order(const Cloud& cloud, Mode mode, double max_error_m) {
  const Result<std::vector<Vec3>> points = positions_m(cloud);
  if (!points.ok() || cloud.height > 1 || cloud.points == 0) return {};
  for (const Vec3& p : *points) {
    if (!std::isfinite(p.x) || !std::isfinite(p.y) || !std::isfinite(p.z)) return {};
  }
  std::vector<int64_t> xyz = coded_integers(cloud, mode, max_error_m);
  std::optional<OctreeLow> low = octree_low(xyz);
  if (!low) {
    xyz = cells_of_box(*points);
    low = octree_low(xyz);
  }
  if (!low) return {};
  const std::vector<uint64_t> order = octree_order(xyz, *low);
  Cloud near = cloud;
  for (size_t f = 0; f < cloud.fields.size(); ++f) {
    const size_t bytes = cloud.fields[f].bytes_per_point();
    for (size_t i = 0; i < order.size(); ++i)
      std::memcpy(near.fields[f].data.data() + i * bytes, cloud.fields[f].data.data() + order[i] * bytes, bytes);
  }
  return near;
}

}  // namespace dew
