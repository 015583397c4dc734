// SPDX-License-Identifier: Apache-2.0
/// A glTF document without the numbers of its triangles, as Mesh::rest holds it.
///
///   DEW_ASSIGN(GltfRest rest, parse_rest(mesh.rest, budget));
///   mesh.rest = write_rest(rest);
///
/// Views and accessors keep their places in the document: those of the primitives that became parts of the mesh are null, or lack what
/// their numbers say, until the document is written again.
#pragma once

#include <vector>

#include "entropy/documents/json_value.h"

namespace dew {

/// A primitive of the document whose triangles are a part of the mesh.
struct GltfPart {
  uint64_t mesh = 0, primitive = 0;  ///< in the document
  uint64_t same_as = 0;              ///< the part that holds its triangles: itself, or an earlier one with the same accessors
};

struct GltfRest {
  Json json;
  std::vector<GltfPart> parts;
  Bytes data;  ///< what the views that are left show
};

Bytes write_rest(const GltfRest& rest);
/// Checked: every part names a primitive with attributes, and `same_as` an earlier part or itself. Errors: corrupt, truncated,
/// out_of_memory.
Result<GltfRest> parse_rest(ByteSpan bytes, Budget& budget);

/// The element of an array of the document that can be changed; null where there is none.
Json* find_element(Json& json, const char* array, uint64_t index);
Json* find_primitive(Json& json, const GltfPart& part);

/// True where objects and arrays lie within one another at most 64 times: deeper ones could exhaust the stack.
bool is_shallow(ByteSpan text);

}  // namespace dew
