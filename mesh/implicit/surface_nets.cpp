// SPDX-License-Identifier: Apache-2.0
#include "mesh/implicit/surface_nets.h"

#include <algorithm>
#include <cmath>

namespace dew {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

/// The eight corners of a cell, corner i at (i & 1, i >> 1 & 1, i >> 2).
using Corners = std::array<double, 8>;

/// Mean of the crossings on the twelve edges, within the cell.
MeshPoint mean_crossing(const Corners& corner) {
  MeshPoint sum{};
  double count = 0;
  for (size_t axis = 0; axis < 3; ++axis) {
    const size_t bit = size_t{1} << axis;
    for (size_t a = 0; a < 8; ++a) {
      if ((a & bit) != 0 || (corner[a] < 0) == (corner[a | bit] < 0)) continue;
      for (size_t k = 0; k < 3; ++k) sum[k] += static_cast<double>(a >> k & 1);
      sum[axis] += corner[a] / (corner[a] - corner[a | bit]);
      count += 1;
    }
  }
  for (double& x : sum) x /= count;
  return sum;
}

/// Once along the gradient of what runs linearly between the corners, kept within the cell.
MeshPoint towards_zero(const Corners& corner, const MeshPoint& at) {
  double value = 0;
  MeshPoint gradient{};
  for (size_t i = 0; i < 8; ++i) {
    double weight[3], slope[3];
    for (size_t k = 0; k < 3; ++k) {
      const bool high = (i >> k & 1) != 0;
      weight[k] = high ? at[k] : 1 - at[k];
      slope[k] = high ? 1 : -1;
    }
    value += corner[i] * weight[0] * weight[1] * weight[2];
    gradient[0] += corner[i] * slope[0] * weight[1] * weight[2];
    gradient[1] += corner[i] * weight[0] * slope[1] * weight[2];
    gradient[2] += corner[i] * weight[0] * weight[1] * slope[2];
  }
  const double steep = gradient[0] * gradient[0] + gradient[1] * gradient[1] + gradient[2] * gradient[2];
  MeshPoint out = at;
  if (!(steep > 1e-6)) return out;
  for (size_t k = 0; k < 3; ++k) out[k] = std::clamp(at[k] - value * gradient[k] / steep, 0.0, 1.0);
  return out;
}

}  // namespace

Mesh zero_surface(const DistanceField& field) {
  Mesh mesh;
  std::vector<uint32_t> vertex(field.value.size(), kNone);  // of the cell whose lowest corner it is
  const size_t stride[3] = {1, field.size[0], field.size[0] * field.size[1]};
  const auto outside = [&](size_t x, size_t y, size_t z) {
    return x == 0 || y == 0 || z == 0 || x + 1 >= field.size[0] || y + 1 >= field.size[1] || z + 1 >= field.size[2];
  };
  const auto value = [&](size_t x, size_t y, size_t z) {
    const double v = field.at(x, y, z);
    return outside(x, y, z) ? std::max(v, 1e-3) : v;
  };
  for (size_t z = 0; z + 1 < field.size[2]; ++z) {
    for (size_t y = 0; y + 1 < field.size[1]; ++y) {
      for (size_t x = 0; x + 1 < field.size[0]; ++x) {
        Corners corner;
        size_t below = 0;
        for (size_t i = 0; i < 8; ++i) {
          corner[i] = value(x + (i & 1), y + (i >> 1 & 1), z + (i >> 2));
          below += corner[i] < 0 ? 1 : 0;
        }
        if (below == 0 || below == 8) continue;
        const MeshPoint at = towards_zero(corner, mean_crossing(corner));
        vertex[field.index(x, y, z)] = static_cast<uint32_t>(mesh.vertices());
        const size_t cell[3] = {x, y, z};
        for (size_t k = 0; k < 3; ++k)
          mesh.position.push_back(static_cast<float>(field.origin[k] + field.cell * (static_cast<double>(cell[k]) + at[k])));
      }
    }
  }
  for (size_t z = 1; z + 1 < field.size[2]; ++z) {
    for (size_t y = 1; y + 1 < field.size[1]; ++y) {
      for (size_t x = 1; x + 1 < field.size[0]; ++x) {
        const size_t here = field.index(x, y, z);
        const size_t next[3] = {x + 1, y + 1, z + 1};
        for (size_t axis = 0; axis < 3; ++axis) {
          const bool inside = value(x, y, z) < 0,
                     other = value(axis == 0 ? next[0] : x, axis == 1 ? next[1] : y, axis == 2 ? next[2] : z) < 0;
          if (inside == other) continue;
          const size_t u = stride[(axis + 1) % 3], v = stride[(axis + 2) % 3];
          uint32_t quad[4] = {vertex[here - u - v], vertex[here - v], vertex[here], vertex[here - u]};
          if (other) std::swap(quad[1], quad[3]);
          mesh.triangle.insert(mesh.triangle.end(), {quad[0], quad[1], quad[2], quad[0], quad[2], quad[3]});
        }
      }
    }
  }
  return mesh;
}

}  // namespace dew
