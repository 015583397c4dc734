// SPDX-License-Identifier: Apache-2.0
/// Points spread evenly over a mesh's surface, by a fixed rule: the same mesh gives the same points.
///
///   for (const SurfaceSample& sample : spread_samples(mesh, 50000)) look_from(sample.point);
#pragma once

#include <cstdint>
#include <vector>

#include "mesh/mesh.h"

namespace dew {

struct SurfaceSample {
  MeshPoint point;
  uint32_t triangle;
};

/// One sample in each of `count` equal shares of the area, triangle after triangle; none where there is no area.
std::vector<SurfaceSample> spread_samples(const Mesh& mesh, uint64_t count);

/// Where corner k of triangle t lies.
MeshPoint corner_place(const Mesh& mesh, size_t t, size_t k);

/// As long as the triangle's area.
MeshPoint area_vector(const MeshPoint& a, const MeshPoint& b, const MeshPoint& c);

/// Degrees; 0 where one of them has no length.
double angle_deg(const MeshPoint& a, const MeshPoint& b);

}  // namespace dew
