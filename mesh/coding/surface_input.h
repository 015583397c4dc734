// SPDX-License-Identifier: Apache-2.0
/// What a walk over a surface is told: of what kind it is, and on the encoder's side the surface itself.
///
///   const SurfaceOriginal original{pieces, mesh.position, step, origin};
///   SurfaceCoder<RangeEncoder> walk(coder, header, &original);
#pragma once

#include <vector>

#include "mesh/coding/manifold_pieces.h"
#include "mesh/coding/position_model.h"

namespace dew {

/// What the walk needs to know beforehand.
struct SurfaceHeader {
  uint64_t triangles = 0;  ///< of the pieces
  bool closed = false;     ///< no edge is a border
  bool stitched = false;   ///< some vertices have several fans
  uint64_t likely = 0;     ///< of the triangles: so many get room at once; not stored
  PositionSettings positions;
};

/// The encoder's side: what there is.
struct SurfaceOriginal {
  const ManifoldPieces& pieces;
  const std::vector<float>& position;
  double step = 1;
  MeshPoint origin{};  ///< of the steps

  /// In steps.
  MeshPoint place(uint32_t vertex) const {
    const float* p = &position[3 * size_t{vertex}];
    MeshPoint out;
    for (size_t axis = 0; axis < 3; ++axis) out[axis] = (static_cast<double>(p[axis]) - origin[axis]) / step;
    return out;
  }
};

/// True of coders that note whose place comes when, instead of coding anything.
template <class Coder>
inline constexpr bool plans = requires(Coder& coder, GrowingMesh& grown) {
  coder.place(grown, 0u, 0u);
};

}  // namespace dew
