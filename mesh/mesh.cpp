// SPDX-License-Identifier: Apache-2.0
#include "mesh/mesh.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

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
  for (const MeshAttribute& attribute : mesh.face_attributes) {
    if (attribute.components < 1 || attribute.components > 4 || !attribute.corner.empty() ||
        attribute.value.size() != mesh.triangles() * attribute.components)
      return wrong("the attribute '" + attribute.name + "' has not one value of 1 to 4 components for each triangle");
  }
  uint64_t next = 0;
  for (const MeshPart& part : mesh.parts) {
    if (part.first != next || part.count > mesh.triangles() - next) return wrong("parts do not hold all triangles once, in order");
    next += part.count;
  }
  if (!mesh.parts.empty() && next != mesh.triangles()) return wrong("parts do not hold all triangles once, in order");
  return {};
}

namespace {

bool same_description(const MeshAttribute& a, const MeshAttribute& b) {
  return a.name == b.name && a.kind == b.kind && a.type == b.type && a.components == b.components;
}

}  // namespace

bool same_mesh(const Mesh& a, const Mesh& b) {
  const auto same_bits = [](const std::vector<float>& x, const std::vector<float>& y, size_t i, size_t j, size_t count) {
    return std::memcmp(x.data() + i, y.data() + j, count * sizeof(float)) == 0;
  };
  if (a.triangle != b.triangle || a.parts != b.parts || a.libraries != b.libraries || a.attributes.size() != b.attributes.size())
    return false;
  if (a.position.size() != b.position.size() || !same_bits(a.position, b.position, 0, 0, a.position.size())) return false;
  for (size_t n = 0; n < a.attributes.size(); ++n) {
    const MeshAttribute &x = a.attributes[n], &y = b.attributes[n];
    const size_t width = x.components;
    if (!same_description(x, y) || x.corner.size() != y.corner.size()) return false;
    if (x.corner.empty() && (x.value.size() != y.value.size() || !same_bits(x.value, y.value, 0, 0, x.value.size()))) return false;
    for (size_t c = 0; c < x.corner.size(); ++c) {
      if (!same_bits(x.value, y.value, size_t{x.corner[c]} * width, size_t{y.corner[c]} * width, width)) return false;
    }
  }
  return std::equal(a.face_attributes.begin(), a.face_attributes.end(), b.face_attributes.begin(), b.face_attributes.end(),
                    [&](const MeshAttribute& x, const MeshAttribute& y) {
                      return same_description(x, y) && x.value.size() == y.value.size() &&
                             same_bits(x.value, y.value, 0, 0, x.value.size());
                    });
}

namespace {

using Record = std::vector<uint32_t>;  // bits

void add_bits(const std::vector<float>& values, size_t first, size_t count, Record& record) {
  for (size_t i = first; i < first + count; ++i) record.push_back(std::bit_cast<uint32_t>(values[i]));
}

/// Each vertex's place and values.
std::vector<Record> vertex_records(const Mesh& mesh) {
  std::vector<Record> records(mesh.vertices());
  for (size_t v = 0; v < records.size(); ++v) {
    add_bits(mesh.position, 3 * v, 3, records[v]);
    for (const MeshAttribute& attribute : mesh.attributes) {
      if (attribute.corner.empty()) add_bits(attribute.value, v * attribute.components, attribute.components, records[v]);
    }
  }
  return records;
}

/// Each triangle's corners, the least first, and the number of its part.
std::vector<Record> triangle_records(const Mesh& mesh, const std::vector<Record>& vertices) {
  std::vector<Record> records(mesh.triangles());
  size_t part = 0;
  for (size_t t = 0; t < records.size(); ++t) {
    std::array<Record, 3> corners;
    for (size_t k = 0; k < 3; ++k) {
      corners[k] = vertices[mesh.triangle[3 * t + k]];
      for (const MeshAttribute& attribute : mesh.attributes) {
        if (attribute.corner.empty()) continue;
        add_bits(attribute.value, size_t{attribute.corner[3 * t + k]} * attribute.components, attribute.components, corners[k]);
      }
    }
    std::rotate(corners.begin(), std::min_element(corners.begin(), corners.end()), corners.end());
    while (part < mesh.parts.size() && t >= mesh.parts[part].first + mesh.parts[part].count) ++part;
    records[t].push_back(static_cast<uint32_t>(part));
    for (const Record& corner : corners) records[t].insert(records[t].end(), corner.begin(), corner.end());
    for (const MeshAttribute& attribute : mesh.face_attributes)
      add_bits(attribute.value, t * attribute.components, attribute.components, records[t]);
  }
  return records;
}

}  // namespace

bool same_mesh_reordered(const Mesh& a, const Mesh& b) {
  if (a.parts != b.parts || a.libraries != b.libraries || a.attributes.size() != b.attributes.size()) return false;
  for (size_t n = 0; n < a.attributes.size(); ++n) {
    const MeshAttribute &x = a.attributes[n], &y = b.attributes[n];
    if (!same_description(x, y)) return false;
    if (x.corner.empty() != y.corner.empty()) return false;
  }
  if (!std::equal(a.face_attributes.begin(), a.face_attributes.end(), b.face_attributes.begin(), b.face_attributes.end(), same_description))
    return false;
  std::vector<Record> of_a = vertex_records(a), of_b = vertex_records(b);
  std::vector<Record> triangles_a = triangle_records(a, of_a), triangles_b = triangle_records(b, of_b);
  for (std::vector<Record>* records : {&of_a, &of_b, &triangles_a, &triangles_b}) std::sort(records->begin(), records->end());
  return of_a == of_b && triangles_a == triangles_b;
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
