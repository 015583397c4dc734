// SPDX-License-Identifier: Apache-2.0
/// What a decoded surface lacks of the very mesh: the last bits of coordinates, and the order of vertices, triangles and their corners.
///
///   const Bytes places = encode_exact_places(mesh, surface);
///   const Bytes order = encode_order(mesh, surface);
///   DEW_TRY(decode_exact_places(places, decoded, budget, nullptr));
///   DEW_TRY(decode_order(order, decoded, budget, nullptr));          // decoded has the order of the original now
#pragma once

#include "mesh/coding/mesh_surface.h"

namespace dew {

/// For each vertex of the surface the difference of the floats' bits.
Bytes encode_exact_places(const Mesh& mesh, const CodedSurface& surface);
/// Errors: truncated, limit_exceeded.
/// `measured`: where wanted, the bits of each vertex are added.
Status decode_exact_places(ByteSpan bytes, Mesh& mesh, Budget& budget, BitsOfEachVertex* measured);

/// The original's number of each vertex and triangle, from that of the one before, and which corner comes first.
Bytes encode_order(const Mesh& mesh, const CodedSurface& surface);
/// Attributes move with their vertices and corners. Errors: corrupt, truncated, limit_exceeded, out_of_memory.
/// `measured`, where wanted, is put into that order with the vertices.
Status decode_order(ByteSpan bytes, Mesh& mesh, Budget& budget, BitsOfEachVertex* measured);

}  // namespace dew
