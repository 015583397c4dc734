// SPDX-License-Identifier: Apache-2.0
#include "data/generate/mesh.h"

#include <algorithm>

namespace dew::sim {

uint32_t TriangleMesh::add_vertex(Vec3 place) {
  vertices.push_back({static_cast<float>(place.x), static_cast<float>(place.y), static_cast<float>(place.z)});
  return static_cast<uint32_t>(vertices.size() - 1);
}

void TriangleMesh::add_triangle(uint32_t a, uint32_t b, uint32_t c, Material material) {
  triangles.push_back({a, b, c});
  materials.push_back(material);
}

void TriangleMesh::add_quad(Vec3 a, Vec3 b, Vec3 c, Vec3 d, Material material) {
  const uint32_t first = add_vertex(a);
  add_vertex(b);
  add_vertex(c);
  add_vertex(d);
  add_triangle(first, first + 1, first + 2, material);
  add_triangle(first, first + 2, first + 3, material);
}

void TriangleMesh::add_box(Vec3 low, Vec3 high, Material material) {
  const Vec3 a{low.x, low.y, low.z}, b{high.x, low.y, low.z}, c{high.x, high.y, low.z}, d{low.x, high.y, low.z};
  const Vec3 e{low.x, low.y, high.z}, f{high.x, low.y, high.z}, g{high.x, high.y, high.z}, h{low.x, high.y, high.z};
  add_quad(a, d, c, b, material);
  add_quad(e, f, g, h, material);
  add_quad(a, b, f, e, material);
  add_quad(b, c, g, f, material);
  add_quad(c, d, h, g, material);
  add_quad(d, a, e, h, material);
}

void TriangleMesh::add_loft(const std::vector<std::vector<Vec3>>& rings, Material material) {
  const uint32_t sides = static_cast<uint32_t>(rings.front().size());
  const uint32_t first = static_cast<uint32_t>(vertices.size());
  for (const auto& ring : rings)
    for (const Vec3& place : ring) add_vertex(place);
  const uint32_t ring_count = static_cast<uint32_t>(rings.size());
  for (uint32_t ring = 0; ring + 1 < ring_count; ++ring) {
    for (uint32_t side = 0; side < sides; ++side) {
      const uint32_t a = first + ring * sides + side, b = first + ring * sides + (side + 1) % sides;
      add_triangle(a, b, b + sides, material);
      add_triangle(a, b + sides, a + sides, material);
    }
  }
  for (const uint32_t start : {first, first + (ring_count - 1) * sides})
    for (uint32_t side = 1; side + 1 < sides; ++side) add_triangle(start, start + side, start + side + 1, material);
}

void TriangleMesh::add_cylinder(Vec3 a, Vec3 b, double radius_a, double radius_b, int sides, Material material) {
  const Vec3 axis = normalised(b - a);
  const Vec3 helper = std::abs(axis.z) < 0.9 ? Vec3{0, 0, 1} : Vec3{1, 0, 0};
  const Vec3 u = normalised(cross(axis, helper)), v = cross(axis, u);
  std::vector<std::vector<Vec3>> rings(2);
  for (int side = 0; side < sides; ++side) {
    const double angle = 2 * kPi * side / sides;
    const Vec3 out = std::cos(angle) * u + std::sin(angle) * v;
    rings[0].push_back(a + radius_a * out);
    rings[1].push_back(b + radius_b * out);
  }
  add_loft(rings, material);
}

void TriangleMesh::add_ellipsoid(Vec3 centre, Vec3 radii, Material material) {
  constexpr int kRings = 7, kSides = 12;
  std::vector<std::vector<Vec3>> rings(kRings);
  for (int ring = 0; ring < kRings; ++ring) {
    const double polar = kPi * (ring + 0.5) / kRings;
    for (int side = 0; side < kSides; ++side) {
      const double angle = 2 * kPi * side / kSides;
      rings[static_cast<size_t>(ring)].push_back(centre + Vec3{radii.x * std::sin(polar) * std::cos(angle),
                                                               radii.y * std::sin(polar) * std::sin(angle), radii.z * std::cos(polar)});
    }
  }
  add_loft(rings, material);
}

void TriangleMesh::add_leaves(Vec3 centre, Vec3 radii, int leaves, double leaf_size_m, Material material, Random& random) {
  for (int leaf = 0; leaf < leaves; ++leaf) {
    const Vec3 out = normalised({random.normal(), random.normal(), random.normal() + 1e-9});
    const double depth = std::cbrt(random.between(0.15, 1.0));
    const Vec3 at = centre + Vec3{radii.x * depth * out.x, radii.y * depth * out.y, radii.z * depth * out.z};
    const Vec3 u = normalised({random.normal(), random.normal(), random.normal() + 1e-9});
    const Vec3 v = normalised(cross(u, {random.normal(), random.normal(), random.normal() + 1e-9}));
    const double half = 0.5 * leaf_size_m * random.between(0.6, 1.4);
    const uint32_t first = add_vertex(at + half * u);
    add_vertex(at + (0.5 * half) * v);
    add_vertex(at - half * u);
    add_vertex(at - (0.5 * half) * v);
    add_triangle(first, first + 1, first + 2, material);
    add_triangle(first, first + 2, first + 3, material);
  }
}

void TriangleMesh::append(const TriangleMesh& other, const Pose& pose) {
  const uint32_t first = static_cast<uint32_t>(vertices.size());
  for (const auto& v : other.vertices) add_vertex(pose.apply({v[0], v[1], v[2]}));
  for (size_t i = 0; i < other.triangles.size(); ++i) {
    const auto& t = other.triangles[i];
    add_triangle(first + t[0], first + t[1], first + t[2], other.materials[i]);
  }
}

}  // namespace dew::sim
