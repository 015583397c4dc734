// SPDX-License-Identifier: Apache-2.0
/// Numbers at the nodes of a regular grid: how far each node is from a surface, negative inside.
///
///   DistanceField field({64, 48, 40}, {0, 0, 0}, 0.1);
///   field.at(3, 4, 5) = -0.2;
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "mesh/mesh.h"

namespace dew {

using GridSize = std::array<size_t, 3>;

struct DistanceField {
  GridSize size{};
  MeshPoint origin{};         ///< of node 0 0 0, in the mesh's unit
  double cell = 1;            ///< between nodes, in the mesh's unit
  std::vector<double> value;  ///< in cells; x runs fastest

  DistanceField() = default;
  DistanceField(const GridSize& nodes, const MeshPoint& first, double apart)
      : size(nodes), origin(first), cell(apart), value(nodes[0] * nodes[1] * nodes[2], 0) {}

  size_t index(size_t x, size_t y, size_t z) const { return x + size[0] * (y + size[1] * z); }
  double& at(size_t x, size_t y, size_t z) { return value[index(x, y, z)]; }
  double at(size_t x, size_t y, size_t z) const { return value[index(x, y, z)]; }
};

}  // namespace dew
