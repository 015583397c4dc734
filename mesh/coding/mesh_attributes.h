// SPDX-License-Identifier: Apache-2.0
/// One attribute as the payload of a chunk.
///
///   DEW_ASSIGN(const CodedAttribute coded, encode_attribute(mesh, attribute, surface, earlier, options));
///   DEW_ASSIGN(const MeshAttribute decoded, decode_attribute(coded.bytes, surface.mesh, budget, nullptr));
#pragma once

#include "mesh/codec.h"
#include "mesh/coding/mesh_surface.h"

namespace dew {

struct CodedAttribute {
  Bytes bytes;
  std::vector<uint32_t> corner;  ///< the value at each corner of the decoded mesh; empty where values are those of vertices
};

/// `earlier`: the corners of the last attribute before it that has any. Errors: those of check_shape.
Result<CodedAttribute> encode_attribute(const Mesh& mesh, const MeshAttribute& attribute, const CodedSurface& surface,
                                        const std::vector<uint32_t>& earlier, const MeshEncodeOptions& options);

/// True of normals that have other lengths than 1: what is not exact keeps their directions alone.
bool loses_length(const MeshAttribute& attribute);

/// `mesh`: with the attributes before it. `measured`: where wanted, the bits of each vertex. Errors: corrupt, truncated, limit_exceeded,
/// out_of_memory.
Result<MeshAttribute> decode_attribute(ByteSpan bytes, const Mesh& mesh, Budget& budget, BitsOfEachVertex* measured);

/// Parts and libraries. `triangle_order`: of each decoded triangle the one of the original; in each part the decoded triangles keep their
/// order.
Bytes encode_parts(const Mesh& mesh, const std::vector<uint32_t>& triangle_order);
/// Adds them to `mesh`, whose triangles and corners are put in the order of the parts.
Status decode_parts(ByteSpan bytes, Mesh& mesh, Budget& budget);

}  // namespace dew
