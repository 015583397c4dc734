// SPDX-License-Identifier: Apache-2.0
/// Triangles with a material each, and the shapes that scenes are made of.
///
///   TriangleMesh mesh;
///   mesh.add_box({0, 0, 0}, {4, 2, 1}, Material::wood);
///   mesh.append(car, Pose{rotation_zyx(yaw, 0, 0), place});
#pragma once

#include <array>
#include <vector>

#include "data/generate/materials.h"
#include "data/generate/random.h"

namespace dew::sim {

struct TriangleMesh {
  std::vector<std::array<float, 3>> vertices;      ///< metres
  std::vector<std::array<uint32_t, 3>> triangles;  ///< vertex numbers
  std::vector<Material> materials;                 ///< one a triangle

  uint32_t add_vertex(Vec3 place);
  void add_triangle(uint32_t a, uint32_t b, uint32_t c, Material material);
  /// Corners in order around the quad.
  void add_quad(Vec3 a, Vec3 b, Vec3 c, Vec3 d, Material material);
  void add_box(Vec3 low, Vec3 high, Material material);
  /// A tube from a to b, radii in metres, with a cap at b.
  void add_cylinder(Vec3 a, Vec3 b, double radius_a, double radius_b, int sides, Material material);
  void add_ellipsoid(Vec3 centre, Vec3 radii, Material material);
  /// Skin over closed rings of equally many points, and caps at both ends.
  void add_loft(const std::vector<std::vector<Vec3>>& rings, Material material);
  /// `leaves` flat leaves at random within an ellipsoid, denser near its skin.
  void add_leaves(Vec3 centre, Vec3 radii, int leaves, double leaf_size_m, Material material, Random& random);
  void append(const TriangleMesh& other, const Pose& pose);
};

}  // namespace dew::sim
