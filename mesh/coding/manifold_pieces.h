// SPDX-License-Identifier: Apache-2.0
/// A mesh cut where it is no oriented manifold: which triangles lie side by side, which corners see the same fan of triangles.
///
///   const ManifoldPieces pieces = manifold_pieces(mesh);
///   const uint32_t across = pieces.opposite[corner];        // kNoCorner at a border
///   pieces.fan[corner]                                      // corners of one vertex that lie in another fan have another number
#pragma once

#include <cstdint>
#include <vector>

#include "mesh/mesh.h"

namespace dew {

inline constexpr uint32_t kNoCorner = UINT32_MAX;

/// The corner after and before in the same triangle.
constexpr uint32_t next_corner(uint32_t corner) { return corner % 3 == 2 ? corner - 2 : corner + 1; }
constexpr uint32_t previous_corner(uint32_t corner) { return corner % 3 == 0 ? corner + 2 : corner - 1; }

/// A triangle with the same three vertices as an earlier one.
struct RepeatedTriangle {
  uint32_t triangle = 0;  ///< of the mesh
  uint32_t first = 0;     ///< of the pieces
  bool turned = false;    ///< the other way round
};

struct ManifoldPieces {
  std::vector<uint32_t> triangle;  ///< of the mesh, for each triangle of the pieces: those with three different vertices, once each
  std::vector<uint32_t> vertex;    ///< for each corner
  std::vector<uint32_t> opposite;  ///< the corner across the edge that faces a corner, where the two triangles are oriented alike
  std::vector<uint32_t> fan;       ///< for each corner
  uint32_t fans = 0;
  std::vector<RepeatedTriangle> repeated;
  std::vector<uint32_t> degenerate;  ///< triangles of the mesh that name a vertex twice

  size_t triangles() const { return triangle.size(); }
};

/// Cost: some 200 ns a triangle.
ManifoldPieces manifold_pieces(const Mesh& mesh);

}  // namespace dew
