// SPDX-License-Identifier: Apache-2.0
#include "mesh/gltf/gltf_primitive.h"

#include <cmath>

namespace dew {
namespace {

using Found = std::optional<GltfPrimitive>;

/// The values of an accessor as they are stored; nothing where meshes cannot hold them.
Result<std::optional<GltfValues>> read_values(const GltfDocument& document, const std::string& name, uint64_t index, Budget& budget) {
  const Json& json = json_element(json_member(document.json, "accessors"), index);
  const uint32_t components = components_of_type(json_text(json, "type"));
  const Result<uint64_t> stored = json_count(json, "componentType");
  if (components == 0 || !stored.ok() || !attribute_type(*stored)) return std::optional<GltfValues>();
  Result<GltfAccessor> accessor = find_accessor(document, index, components);
  if (!accessor.ok()) return std::optional<GltfValues>();
  DEW_TRY(budget.take_memory(accessor->count * components * sizeof(float), 0));
  DEW_TRY(budget.take_work(accessor->count * components, 0));
  GltfValues values{name, *attribute_type(*stored), components, {}};
  values.value.reserve(static_cast<size_t>(accessor->count) * components);
  accessor->normalised = false;
  for (size_t i = 0; i < accessor->count; ++i) {
    for (size_t k = 0; k < components; ++k) values.value.push_back(accessor->value(i, k));
  }
  return std::optional<GltfValues>(std::move(values));
}

/// Places that are whole numbers (KHR_mesh_quantization) become floats, by the same rule as any reader of theirs: nodes do the rest.
void take_places(const Json& accessor, GltfValues values, std::vector<float>& out) {
  out = std::move(values.value);
  if (values.type == AttributeType::f32 || json_member(accessor, "normalized") != true) return;
  const double largest = values.type == AttributeType::i8    ? 127
                         : values.type == AttributeType::u8  ? 255
                         : values.type == AttributeType::i16 ? 32767
                                                             : 65535;
  for (float& x : out) x = static_cast<float>(std::max(-1.0, static_cast<double>(x) / largest));
}

/// False where they are no indices of triangles.
Result<bool> read_corners(const GltfDocument& document, const Json& primitive, Budget& budget, GltfPrimitive& out) {
  const size_t vertices = out.position.size() / 3;
  const Json& indices = json_member(primitive, "indices");
  if (indices.is_null()) {
    for (uint32_t v = 0; v < vertices; ++v) out.corner.push_back(v);
    return vertices % 3 == 0;
  }
  if (!indices.is_number_unsigned()) return false;
  Result<GltfAccessor> accessor = find_accessor(document, indices.get<uint64_t>(), 1);
  if (!accessor.ok() || accessor->count % 3 != 0) return false;
  if (accessor->type != 5121 && accessor->type != 5123 && accessor->type != 5125) return false;
  DEW_TRY(budget.take_memory(accessor->count * sizeof(uint32_t), 0));
  const size_t width = accessor->type == 5121 ? 1 : accessor->type == 5123 ? 2 : 4;
  for (size_t i = 0; i < accessor->count; ++i) {
    uint32_t index = 0;
    std::memcpy(&index, accessor->data + i * accessor->stride, width);
    if (index >= vertices) return false;
    out.corner.push_back(index);
  }
  return true;
}

}  // namespace

AttributeKind kind_of_semantic(const std::string& name, AttributeType type, uint32_t components) {
  const bool floats = type == AttributeType::f32;
  if (name == "NORMAL" && floats && components == 3) return AttributeKind::normal;
  if (name.starts_with("TEXCOORD_") && floats && components == 2) return AttributeKind::texcoord;
  return name.starts_with("COLOR_") && components >= 3 ? AttributeKind::colour : AttributeKind::generic;
}

std::optional<AttributeType> attribute_type(uint64_t component_type) {
  switch (component_type) {
    case 5120: return AttributeType::i8;
    case 5121: return AttributeType::u8;
    case 5122: return AttributeType::i16;
    case 5123: return AttributeType::u16;
    case 5126: return AttributeType::f32;
    default: return {};
  }
}

uint64_t component_type(AttributeType type) {
  constexpr uint64_t kTypes[] = {5126, 5121, 5120, 5123, 5122};
  return kTypes[static_cast<size_t>(type)];
}

size_t component_bytes(AttributeType type) {
  constexpr size_t kBytes[] = {4, 1, 1, 2, 2};
  return kBytes[static_cast<size_t>(type)];
}

uint32_t components_of_type(const std::string& type) {
  if (type == "SCALAR") return 1;
  return type.size() == 4 && type.starts_with("VEC") && type[3] >= '2' && type[3] <= '4' ? static_cast<uint32_t>(type[3] - '0') : 0;
}

Result<ByteSpan> bytes_of_view(const GltfDocument& document, uint64_t index) {
  const Json& view = json_element(json_member(document.json, "bufferViews"), index);
  DEW_ASSIGN(const uint64_t buffer, json_count(view, "buffer"));
  DEW_ASSIGN(const uint64_t offset, json_count_or(view, "byteOffset", 0));
  DEW_ASSIGN(const uint64_t size, json_count(view, "byteLength"));
  if (buffer >= document.buffers.size()) return Error{Code::corrupt, 0, "a view of a buffer that is not there"};
  const ByteSpan bytes = document.buffers[static_cast<size_t>(buffer)];
  if (offset > bytes.size() || size > bytes.size() - offset) return Error{Code::truncated, 0, "a view beyond its buffer"};
  return bytes.subspan(static_cast<size_t>(offset), static_cast<size_t>(size));
}

Result<std::optional<GltfPrimitive>> read_primitive(const GltfDocument& document, const Json& primitive, Budget& budget) {
  const Json &attributes = json_member(primitive, "attributes"), &mode = json_member(primitive, "mode");
  if (!attributes.is_object() || !json_member(primitive, "targets").is_null()) return Found();
  if (!mode.is_null() && mode != 4) return Found();
  if (!json_member(json_member(primitive, "extensions"), "KHR_draco_mesh_compression").is_null()) {
    return read_draco_primitive(document, primitive, budget);
  }
  GltfPrimitive out;
  for (const auto& [name, index] : attributes.items()) {
    if (!index.is_number_unsigned()) return Found();
    DEW_ASSIGN(std::optional<GltfValues> values, read_values(document, name, index.get<uint64_t>(), budget));
    if (!values) return Found();
    if (name != "POSITION") {
      out.values.push_back(*std::move(values));
      continue;
    }
    if (values->components != 3) return Found();
    take_places(json_element(json_member(document.json, "accessors"), index.get<uint64_t>()), *std::move(values), out.position);
  }
  for (const float x : out.position) {
    if (!std::isfinite(x)) return Found();
  }
  const size_t vertices = out.position.size() / 3;
  for (const GltfValues& values : out.values) {
    if (values.value.size() != vertices * values.components) return Found();
  }
  DEW_ASSIGN(const bool triangles, read_corners(document, primitive, budget, out));
  return triangles && !out.corner.empty() ? Found(std::move(out)) : Found();
}

}  // namespace dew
