// SPDX-License-Identifier: Apache-2.0
/// Values of triangles as the payload of a chunk.
///
///   const Bytes coded = encode_face_values(attribute, order, decoded);       // order: of each decoded triangle the one of the original
///   DEW_ASSIGN(const MeshAttribute attribute, decode_face_values(coded, decoded, budget));
///
/// Kept to the last bit under every promise: they are mostly few, as colours, groups and materials are. A triangle has the value of the one
/// that was last at one of its corners, one seen before, or a new one.
#pragma once

#include <vector>

#include "entropy/limits.h"
#include "mesh/mesh.h"

namespace dew {

/// `decoded`: triangles as they come back. Whole numbers are kept within their type.
Bytes encode_face_values(const MeshAttribute& attribute, const std::vector<uint32_t>& order, const Mesh& decoded);

/// Errors: corrupt, truncated, limit_exceeded, out_of_memory.
Result<MeshAttribute> decode_face_values(ByteSpan bytes, const Mesh& mesh, Budget& budget);

}  // namespace dew
