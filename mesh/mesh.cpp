// SPDX-License-Identifier: Apache-2.0
#include "mesh/mesh.h"

#include <algorithm>
#include <cmath>

namespace dew {
namespace {

Error wrong(const std::string& what) { return {Code::invalid_argument, 0, what}; }

bool all_below(const std::vector<uint32_t>& indices, size_t count) {
  return std::all_of(indices.begin(), indices.end(), [&](uint32_t index) { return index < count; });
}

Status check_attribute(const MeshAttribute& attribute, const Mesh& mesh) {
  const std::string name = "the attribute '" + attribute.name + "'";
  if (attribute.components < 1 || attribute.components > 4) return wrong(name + " has no 1 to 4 components");
  if (attribute.value.size() % attribute.components != 0) return wrong(name + " ends within a value");
  if (attribute.corner.empty()) {
    return attribute.count() == mesh.vertices() ? Status{} : wrong(name + " has not one value for each vertex");
  }
  if (attribute.corner.size() != mesh.triangle.size()) return wrong(name + " has not one index for each corner");
  return all_below(attribute.corner, attribute.count()) ? Status{} : wrong(name + " has a corner without a value");
}

}  // namespace

Status check_shape(const Mesh& mesh) {
  if (mesh.position.size() % 3 != 0 || mesh.triangle.size() % 3 != 0) return wrong("positions and triangles come in threes");
  if (mesh.vertices() >= UINT32_MAX / 8 || mesh.triangles() >= UINT32_MAX / 8)
    return wrong("meshes have fewer than 2^29 vertices and faces");
  if (!all_below(mesh.triangle, mesh.vertices())) return wrong("a triangle names a vertex that is not there");
  for (const MeshAttribute& attribute : mesh.attributes) DEW_TRY(check_attribute(attribute, mesh));
  uint64_t next = 0;
  for (const MeshPart& part : mesh.parts) {
    if (part.first != next || part.count > mesh.triangles() - next) return wrong("parts do not hold all triangles once, in order");
    next += part.count;
  }
  if (!mesh.parts.empty() && next != mesh.triangles()) return wrong("parts do not hold all triangles once, in order");
  return {};
}

double MeshBox::diagonal() const {
  double sum = 0;
  for (size_t axis = 0; axis < 3; ++axis) sum += (high[axis] - low[axis]) * (high[axis] - low[axis]);
  return std::sqrt(sum);
}

double MeshBox::largest_side() const { return std::max({high[0] - low[0], high[1] - low[1], high[2] - low[2]}); }

MeshBox bounding_box(const Mesh& mesh) {
  MeshBox box;
  bool any = false;
  for (size_t i = 0; i + 2 < mesh.position.size(); i += 3) {
    const float* p = &mesh.position[i];
    if (!std::isfinite(p[0]) || !std::isfinite(p[1]) || !std::isfinite(p[2])) continue;
    for (size_t axis = 0; axis < 3; ++axis) {
      const double x = static_cast<double>(p[axis]);
      box.low[axis] = any ? std::min(box.low[axis], x) : x;
      box.high[axis] = any ? std::max(box.high[axis], x) : x;
    }
    any = true;
  }
  return box;
}

}  // namespace dew
