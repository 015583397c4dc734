// SPDX-License-Identifier: Apache-2.0
#include "viewer/scene/normals.h"

#include "pointcloud/metrics.h"

namespace dew::viewer {
namespace {

constexpr uint32_t kNeighbours = 12;

}  // namespace

void add_normals(PointLayer& layer) {
  if (layer.find(kNormalX) != nullptr) return;
  std::vector<Vec3> points;
  points.reserve(layer.count());
  for (size_t i = 0; i < layer.count(); ++i) points.push_back(layer.position(i));
  Attribute x{kNormalX, {}, {}}, y{"normal_y", {}, {}}, z{"normal_z", {}, {}};
  for (const Vec3& normal : surface_normals(points, kNeighbours)) {
    x.values.push_back(static_cast<float>(normal.x));
    y.values.push_back(static_cast<float>(normal.y));
    z.values.push_back(static_cast<float>(normal.z));
  }
  layer.set(std::move(x));
  layer.set(std::move(y));
  layer.set(std::move(z));
}

}  // namespace dew::viewer
