// SPDX-License-Identifier: Apache-2.0
#include "mesh/surface_samples.h"

#include <algorithm>
#include <cmath>

#include "mesh/coding/vector_math.h"

namespace dew {
namespace {

constexpr double kDegreesPerRadian = 57.29577951308232;

/// A number in [0, 1) that looks random.
double fraction(uint64_t i, uint64_t salt) {
  uint64_t x = i * 0x9e3779b97f4a7c15u + salt;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return static_cast<double>((x ^ (x >> 31)) >> 11) * 0x1p-53;
}

}  // namespace

MeshPoint corner_place(const Mesh& mesh, size_t t, size_t k) {
  const float* p = &mesh.position[3 * size_t{mesh.triangle[3 * t + k]}];
  return {static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
}

MeshPoint area_vector(const MeshPoint& a, const MeshPoint& b, const MeshPoint& c) {
  const MeshPoint u = vector_math::minus(b, a), v = vector_math::minus(c, a);
  return {(u[1] * v[2] - u[2] * v[1]) / 2, (u[2] * v[0] - u[0] * v[2]) / 2, (u[0] * v[1] - u[1] * v[0]) / 2};
}

double angle_deg(const MeshPoint& a, const MeshPoint& b) {
  const double scale = vector_math::length(a) * vector_math::length(b);
  if (!(scale > 0)) return 0;
  return kDegreesPerRadian * std::acos(std::clamp(vector_math::dot(a, b) / scale, -1.0, 1.0));
}

std::vector<SurfaceSample> spread_samples(const Mesh& mesh, uint64_t count) {
  std::vector<double> sums(mesh.triangles());
  double sum = 0;
  for (size_t t = 0; t < sums.size(); ++t) {
    const double area = vector_math::length(area_vector(corner_place(mesh, t, 0), corner_place(mesh, t, 1), corner_place(mesh, t, 2)));
    if (std::isfinite(area)) sum += area;
    sums[t] = sum;
  }
  std::vector<SurfaceSample> samples;
  if (!(sum > 0)) return samples;
  samples.reserve(count);
  size_t t = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const double place = sum * (static_cast<double>(i) + fraction(i, 1)) / static_cast<double>(count);
    while (t + 1 < sums.size() && sums[t] <= place) ++t;
    const double root = std::sqrt(fraction(i, 2)), share = fraction(i, 3);
    const double w[3] = {1 - root, root * (1 - share), root * share};
    SurfaceSample sample{{0, 0, 0}, static_cast<uint32_t>(t)};
    for (size_t k = 0; k < 3; ++k) {
      const MeshPoint corner = corner_place(mesh, t, k);
      for (size_t axis = 0; axis < 3; ++axis) sample.point[axis] += w[k] * corner[axis];
    }
    samples.push_back(sample);
  }
  return samples;
}

}  // namespace dew
