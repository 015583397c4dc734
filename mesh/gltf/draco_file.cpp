// SPDX-License-Identifier: Apache-2.0
#include "mesh/gltf/gltf.h"
#include "mesh/gltf/gltf_primitive.h"

#if defined(DEW_HAS_DRACO)
#include <draco/compression/decode.h>

#include "mesh/adapters/draco.h"
#include "mesh/io/polygons.h"
#endif

namespace dew {

bool is_draco_file(ByteSpan bytes) { return as_text(bytes).starts_with("DRACO"); }

#if defined(DEW_HAS_DRACO)
namespace {

/// Draco bounds neither its memory nor its time: the header says how many there are, at least, and files that claim many triangles for
/// their size are refused.
Result<std::unique_ptr<draco::Mesh>> decode(ByteSpan bytes, Budget& budget) {
  constexpr uint64_t kBytesOfACodedByte = 4096;
  DEW_TRY(budget.take_memory(bytes.size() * kBytesOfACodedByte, 0));
  draco::DecoderBuffer buffer;
  buffer.Init(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto type = draco::Decoder::GetEncodedGeometryType(&buffer);
  if (!type.ok() || type.value() != draco::TRIANGULAR_MESH) return Error{Code::unsupported_feature, 0, "Draco's file holds no triangles"};
  draco::Decoder decoder;
  auto decoded = decoder.DecodeMeshFromBuffer(&buffer);
  if (!decoded.ok()) return Error{Code::corrupt, 0, "Draco: " + decoded.status().error_msg_string()};
  std::unique_ptr<draco::Mesh> mesh = std::move(decoded).value();
  DEW_TRY(budget.take_elements(uint64_t{mesh->num_points()} + mesh->num_faces(), 0));
  return mesh;
}

}  // namespace

Result<MeshInput> read_mesh_draco(ByteSpan bytes, const DecodeLimits& limits) {
  if (bytes.size() > limits.input_bytes) return Error{Code::limit_exceeded, 0, "the file is larger than allowed"};
  Budget budget(limits);
  DEW_ASSIGN(const std::unique_ptr<draco::Mesh> mesh, decode(bytes, budget));
  MeshInput input;
  std::vector<std::string> lost;
  input.mesh = from_draco(*mesh, lost);
  for (const std::string& what : lost) add_note(input.note, what + " was left out");
  DEW_TRY(check_shape(input.mesh));
  return input;
}

Result<std::optional<GltfPrimitive>> read_draco_primitive(const GltfDocument& document, const Json& primitive, Budget& budget) {
  const Json& extension = json_member(json_member(primitive, "extensions"), "KHR_draco_mesh_compression");
  DEW_ASSIGN(const uint64_t view, json_count(extension, "bufferView"));
  DEW_ASSIGN(const ByteSpan bytes, bytes_of_view(document, view));
  DEW_ASSIGN(const std::unique_ptr<draco::Mesh> mesh, decode(bytes, budget));
  GltfPrimitive out;
  out.corner = corners_of(*mesh);
  for (const uint32_t v : out.corner) {
    if (v >= mesh->num_points()) return Error{Code::corrupt, 0, "Draco: a face names a point that is not there"};
  }
  for (const auto& [name, index] : json_member(primitive, "attributes").items()) {
    DEW_ASSIGN(const uint64_t id, json_count(json_member(extension, "attributes"), name.c_str()));
    const draco::PointAttribute* attribute = id <= UINT32_MAX ? mesh->GetAttributeByUniqueId(static_cast<uint32_t>(id)) : nullptr;
    if (attribute == nullptr) return Error{Code::corrupt, 0, "Draco: no attribute " + name};
    const std::optional<AttributeType> type = attribute_type_of(attribute->data_type());
    const int components = attribute->num_components();
    if (!type || components < 1 || components > 4) return std::optional<GltfPrimitive>();
    std::vector<float> values = values_of(*attribute, mesh->num_points());
    if (name == "POSITION" && *type == AttributeType::f32 && components == 3)
      out.position = std::move(values);
    else
      out.values.push_back({name, *type, static_cast<uint32_t>(components), std::move(values)});
  }
  if (out.position.empty() || out.corner.empty()) return std::optional<GltfPrimitive>();
  return std::optional<GltfPrimitive>(std::move(out));
}

#else

Result<MeshInput> read_mesh_draco(ByteSpan, const DecodeLimits&) {
  return Error{Code::unsupported_feature, 0, "dew was built without Draco (libdraco-dev)"};
}

Result<std::optional<GltfPrimitive>> read_draco_primitive(const GltfDocument&, const Json&, Budget&) {
  return Error{Code::unsupported_feature, 0, "the file is compressed by Draco, without which dew was built (libdraco-dev)"};
}

#endif

}  // namespace dew
