// SPDX-License-Identifier: Apache-2.0
/// The numbers at the head of a mesh file, and the types of its chunks.
///
///   DEW_ASSIGN(const MeshNumbers numbers, read_header(kMeshNumbers, reader));
///   const SurfaceHeader header = surface_header(numbers);
#pragma once

#include <limits>

#include "entropy/header_table.h"
#include "mesh/coding/surface_coder.h"

namespace dew {

/// Stored in files; never renumber.
inline constexpr uint32_t kMeshChunk = 16;       ///< header, then connectivity and places; the first chunk
inline constexpr uint32_t kAttributeChunk = 17;  ///< one attribute
inline constexpr uint32_t kPartsChunk = 18;      ///< names of parts and materials, and the part of each triangle
inline constexpr uint32_t kPlacesChunk = 19;     ///< the last bits of coordinates
inline constexpr uint32_t kMeshOrderChunk = 20;  ///< of vertices, triangles and corners
inline constexpr uint32_t kImplicitChunk = 22;   ///< instead of all others: a distance field
inline constexpr uint32_t kFaceChunk = 23;       ///< one attribute of triangles
inline constexpr uint32_t kRestChunk = 21;       ///< Mesh::rest

/// MeshNumbers::decisions
inline constexpr uint64_t kFastDecisions = 1, kSizedResiduals = 2;

struct MeshNumbers {
  uint64_t mode = 0, scheme = 0, one_parallelogram = 0, fitted = 0, body_centred = 0, decisions = 0, tangent_quarters = 4, closed = 0,
           stitched = 0, source = 0;
  uint64_t triangles = 0, isolated = 0, repeated = 0, degenerate = 0;
  double step = 1, origin_x = 0, origin_y = 0, origin_z = 0, max_error = 0;
};

inline constexpr double kLargestNumber = 1e38;

inline constexpr HeaderField<MeshNumbers> kMeshNumbers[] = {
    {"mode", &MeshNumbers::mode, 0, 4, "what the encoder promised: 0 surface, 1 vertex, 2 lossless, 3 rms, 4 lossless in another order"},
    {"scheme", &MeshNumbers::scheme, 0, 2, "of places: 0 lattice, 1 frame, 2 lattice with copies"},
    {"one_parallelogram", &MeshNumbers::one_parallelogram, 0, 1, "1: places are predicted from one triangle, not the mean of all"},
    {"fitted", &MeshNumbers::fitted, 0, 1, "1: predictions are corrected by what residuals followed so far"},
    {"body_centred", &MeshNumbers::body_centred, 0, 1, "1: the numbers of a residual are all even or all odd"},
    {"decisions", &MeshNumbers::decisions, 0, 3,
     "1: of connectivity and of mixed numbers under one context each; 2: residuals are sized; 3: both"},
    {"tangent_quarters", &MeshNumbers::tangent_quarters, 1, 64, "step of residuals within the surface, in quarters of the step"},
    {"closed", &MeshNumbers::closed, 0, 1, "1: no edge of the walk is a border"},
    {"stitched", &MeshNumbers::stitched, 0, 1, "1: the walk meets some vertices again"},
    {"source", &MeshNumbers::source, 0, 6, "format of the source: 0 none, 1 ply, 2 obj, 3 stl, 4 off, 5 gltf, 6 draco"},
    {"triangles", &MeshNumbers::triangles, 0, uint64_t{1} << 29, "triangles of the walk"},
    {"isolated", &MeshNumbers::isolated, 0, uint64_t{1} << 29, "vertices that the walk does not meet"},
    {"repeated", &MeshNumbers::repeated, 0, uint64_t{1} << 29, "triangles with the vertices of another one"},
    {"degenerate", &MeshNumbers::degenerate, 0, uint64_t{1} << 29, "triangles that name a vertex twice"},
    {"step", &MeshNumbers::step, 1e-38, kLargestNumber, "of places, in the mesh's unit"},
    {"origin_x", &MeshNumbers::origin_x, -kLargestNumber, kLargestNumber, "place of the number 0, in the mesh's unit"},
    {"origin_y", &MeshNumbers::origin_y, -kLargestNumber, kLargestNumber, "likewise"},
    {"origin_z", &MeshNumbers::origin_z, -kLargestNumber, kLargestNumber, "likewise"},
    {"max_error", &MeshNumbers::max_error, 0, kLargestNumber, "promised, in the mesh's unit; what of is said by mode"},
};

inline SurfaceHeader surface_header(const MeshNumbers& numbers) {
  return {numbers.triangles,
          numbers.closed != 0,
          numbers.stitched != 0,
          0,
          {static_cast<PositionScheme>(numbers.scheme), static_cast<double>(numbers.tangent_quarters) / 4, numbers.one_parallelogram != 0,
           numbers.fitted != 0, numbers.body_centred != 0, (numbers.decisions & kFastDecisions) != 0,
           (numbers.decisions & kSizedResiduals) != 0}};
}

inline SurfaceOriginal surface_original(const Mesh& mesh, const ManifoldPieces& pieces, const MeshNumbers& numbers) {
  return {pieces, mesh.position, numbers.step, {numbers.origin_x, numbers.origin_y, numbers.origin_z}};
}

}  // namespace dew
