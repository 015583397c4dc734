// SPDX-License-Identifier: Apache-2.0
#include "mesh/gltf/gltf_rest.h"

namespace dew {

bool is_shallow(ByteSpan text) {
  int depth = 0;
  bool quoted = false, escaped = false;
  for (const char c : as_text(text)) {
    if (quoted) {
      quoted = escaped || c != '"';
      escaped = !escaped && c == '\\';
      continue;
    }
    quoted = c == '"';
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (depth > 64) return false;
  }
  return true;
}

Json* find_element(Json& json, const char* array, uint64_t index) {
  if (!json.is_object()) return nullptr;
  const auto found = json.find(array);
  if (found == json.end() || !found->is_array() || index >= found->size()) return nullptr;
  return &(*found)[static_cast<size_t>(index)];
}

Json* find_primitive(Json& json, const GltfPart& part) {
  Json* mesh = find_element(json, "meshes", part.mesh);
  Json* primitive = mesh == nullptr ? nullptr : find_element(*mesh, "primitives", part.primitive);
  return primitive != nullptr && json_member(*primitive, "attributes").is_object() ? primitive : nullptr;
}

Bytes write_rest(const GltfRest& rest) {
  ByteWriter writer;
  writer.sized_bytes(as_bytes(rest.json.dump(-1, ' ', false, Json::error_handler_t::replace)));
  writer.varint(rest.parts.size());
  for (const GltfPart& part : rest.parts) {
    writer.varint(part.mesh);
    writer.varint(part.primitive);
    writer.varint(part.same_as);
  }
  writer.sized_bytes(rest.data);
  return writer.take();
}

Result<GltfRest> parse_rest(ByteSpan bytes, Budget& budget) {
  ByteReader reader(bytes);
  GltfRest rest;
  DEW_ASSIGN(const ByteSpan text, reader.sized_bytes());
  if (!is_shallow(text)) return Error{Code::limit_exceeded, 0, "the document's objects lie too deep within one another"};
  DEW_ASSIGN(rest.json, parse_json(text, budget, 0));
  DEW_ASSIGN(const uint64_t parts, reader.varint());
  for (uint64_t i = 0; i < parts; ++i) {
    DEW_TRY(budget.take_memory(sizeof(GltfPart), reader.offset()));
    GltfPart part;
    DEW_ASSIGN(part.mesh, reader.varint());
    DEW_ASSIGN(part.primitive, reader.varint());
    DEW_ASSIGN(part.same_as, reader.varint());
    if (part.same_as > i || find_primitive(rest.json, part) == nullptr) {
      return Error{Code::corrupt, reader.offset(), "a part of the mesh is no primitive of the document"};
    }
    rest.parts.push_back(part);
  }
  DEW_ASSIGN(const ByteSpan data, reader.sized_bytes());
  DEW_TRY(budget.take_memory(data.size(), reader.offset()));
  rest.data.assign(data.begin(), data.end());
  DEW_TRY(reader.expect_end());
  return rest;
}

}  // namespace dew
