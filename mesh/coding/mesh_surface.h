// SPDX-License-Identifier: Apache-2.0
/// Positions and triangles of a mesh as one stream.
///
///   const CodedSurface coded = encode_surface(mesh, pieces, numbers);       // numbers: step, origin, scheme chosen by the caller
///   DEW_ASSIGN(const DecodedSurface decoded, decode_surface(coded.bytes, numbers, budget));
///   decoded.mesh == coded.mesh
#pragma once

#include "entropy/limits.h"
#include "mesh/coding/mesh_header.h"

namespace dew {

struct CodedSurface {
  Bytes bytes;
  Mesh mesh;                             ///< what a decoder gets
  std::vector<uint32_t> vertex_order;    ///< of each decoded vertex the one of the original
  std::vector<uint32_t> triangle_order;  ///< of each decoded triangle likewise
  /// Of each corner of a decoded triangle the corner of the original.
  std::vector<uint32_t> corner_order;
};

/// What of `numbers` follows from the pieces: counts and flags.
void describe_pieces(const Mesh& mesh, const ManifoldPieces& pieces, MeshNumbers& numbers);

/// REQUIRES: coordinates are finite. Errors: internal.
Result<CodedSurface> encode_surface(const Mesh& mesh, const ManifoldPieces& pieces, const MeshNumbers& numbers);

struct DecodedSurface {
  Mesh mesh;
  double connectivity_bits = 0, position_bits = 0;  ///< where they are asked for
};

/// `measured`: where wanted, the bits of each vertex, and the sums of them all; at some cost. Errors: corrupt, truncated, limit_exceeded,
/// out_of_memory.
Result<DecodedSurface> decode_surface(ByteSpan bytes, const MeshNumbers& numbers, Budget& budget, BitsOfEachVertex* measured);

}  // namespace dew
