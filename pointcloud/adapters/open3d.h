// SPDX-License-Identifier: Apache-2.0
/// Clouds to and from Open3D's legacy point cloud. Header only, for programs that link Open3D; dew itself never does.
///
///   std::vector<std::string> lost;
///   DEW_ASSIGN(const open3d::geometry::PointCloud points, dew::to_open3d(cloud, lost));
///   for (const std::string& what : lost) warn(what);            // "field ring", ...
///   const dew::Cloud back = dew::from_open3d(points);
#pragma once

#include <open3d/geometry/PointCloud.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "pointcloud/cloud.h"

namespace dew {

/// x, y, z as double. Open3D's point cloud has no other named fields: those of `cloud`, and its rows if it is organised, are named in
/// `lost`. Errors: invalid_argument without x, y, z.
inline Result<open3d::geometry::PointCloud> to_open3d(const Cloud& cloud, std::vector<std::string>& lost) {
  DEW_ASSIGN(const std::vector<Vec3> positions, positions_m(cloud));
  open3d::geometry::PointCloud out;
  out.points_.reserve(positions.size());
  for (const Vec3& p : positions) out.points_.emplace_back(p.x, p.y, p.z);
  for (const Field& field : cloud.fields) {
    if (field.name != "x" && field.name != "y" && field.name != "z") lost.push_back("field " + field.name);
  }
  if (cloud.height > 1) lost.push_back("rows of the organised cloud");
  return out;
}

/// Fields x, y, z; with normals normal_x, normal_y, normal_z; with colours red, green, blue from 0 to 1; all double, every bit kept.
inline Cloud from_open3d(const open3d::geometry::PointCloud& points) {
  Cloud out;
  out.points = points.points_.size();
  out.width = static_cast<uint32_t>(std::min<uint64_t>(out.points, UINT32_MAX));
  const auto add = [&out](const std::vector<Eigen::Vector3d>& values, const std::array<const char*, 3>& names) {
    if (values.size() != out.points) return;
    for (int axis = 0; axis < 3; ++axis) {
      Field field{names[static_cast<size_t>(axis)], FieldType::f64, 1, Bytes(values.size() * sizeof(double))};
      const std::span<double> column = field.values<double>();
      for (size_t i = 0; i < values.size(); ++i) column[i] = values[i][axis];
      out.fields.push_back(std::move(field));
    }
  };
  add(points.points_, {"x", "y", "z"});
  if (points.HasNormals()) add(points.normals_, {"normal_x", "normal_y", "normal_z"});
  if (points.HasColors()) add(points.colors_, {"red", "green", "blue"});
  return out;
}

}  // namespace dew
