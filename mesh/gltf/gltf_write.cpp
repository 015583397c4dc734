// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include "mesh/gltf/gltf.h"
#include "mesh/gltf/gltf_primitive.h"
#include "mesh/gltf/gltf_rest.h"

namespace dew {
namespace {

constexpr uint64_t kFloat = 5126, kShort = 5123, kInt = 5125, kVertices = 34962, kIndices = 34963;
const char* const kTypes[] = {"SCALAR", "VEC2", "VEC3", "VEC4"};

/// The semantic of an attribute that came from another format.
std::string semantic_of(const MeshAttribute& attribute, const std::map<std::string, size_t>& taken) {
  std::string name = attribute.kind == AttributeKind::normal     ? "NORMAL"
                     : attribute.kind == AttributeKind::texcoord ? "TEXCOORD_0"
                     : attribute.kind == AttributeKind::colour   ? "COLOR_0"
                                                                 : "";
  if (name.empty() || taken.contains(name)) {
    name = "_";
    for (const char c : attribute.name)
      name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ? c : '_';
    while (taken.contains(name)) name += "_";
  }
  return name;
}

class Writer {
 public:
  Writer(Mesh mesh, GltfRest rest) : mesh_(std::move(mesh)), rest_(std::move(rest)), json_(rest_.json), binary_(std::move(rest_.data)) {}

  Result<Bytes> run() {
    for (const char* list : {"accessors", "bufferViews"}) {
      if (!json_.contains(list)) json_[list] = Json::array();
      if (!json_[list].is_array()) return Error{Code::corrupt, 0, "the document's lists are none"};
    }
    as_read_ = json_["accessors"];
    std::vector<Json> written(rest_.parts.size());
    size_t next = 0;
    for (size_t i = 0; i < rest_.parts.size(); ++i) {
      const GltfPart& part = rest_.parts[i];
      Json& primitive = *find_primitive(json_, part);
      if (part.same_as != i) {
        const Json& first = written[static_cast<size_t>(part.same_as)];
        if (first.is_null()) return Error{Code::corrupt, 0, "a part is the same as one that is none itself"};
        primitive["attributes"] = json_member(first, "attributes");
        primitive["indices"] = json_member(first, "indices");
        continue;
      }
      if (next >= mesh_.parts.size()) return Error{Code::corrupt, 0, "the document has more primitives than the mesh has parts"};
      DEW_TRY(write_part(mesh_.parts[next++], primitive));
      written[i] = primitive;
    }
    if (next != mesh_.parts.size()) return Error{Code::corrupt, 0, "the document has fewer primitives than the mesh has parts"};
    return finish();
  }

 private:
  struct Column {
    const MeshAttribute* attribute;
    std::string name;
  };

  /// The attribute that a primitive's accessor describes.
  Result<Column> find_column(const std::string& name, const Json& index) {
    if (!index.is_number_unsigned()) return Error{Code::corrupt, 0, "an attribute of a primitive is no accessor"};
    const Json& accessor = json_element(as_read_, index.get<uint64_t>());
    DEW_ASSIGN(const uint64_t type, json_count(accessor, "componentType"));
    const uint32_t components = components_of_type(json_text(accessor, "type"));
    for (const MeshAttribute& attribute : mesh_.attributes) {
      if (attribute.name == name && component_type(attribute.type) == type && attribute.components == components)
        return Column{&attribute, name};
    }
    return Error{Code::corrupt, 0, "the mesh has no attribute " + name};
  }

  uint32_t value_at(const MeshAttribute& attribute, size_t corner) const {
    return attribute.corner.empty() ? mesh_.triangle[corner] : attribute.corner[corner];
  }

  Status write_part(const MeshPart& part, Json& primitive) {
    std::vector<Column> columns;
    for (const auto& [name, index] : primitive["attributes"].items()) {
      if (name == "POSITION") continue;
      DEW_ASSIGN(Column column, find_column(name, index));
      columns.push_back(std::move(column));
    }
    // A vertex for each combination of a place and values.
    std::map<std::vector<uint32_t>, uint32_t> known;
    std::vector<size_t> first_corner;
    std::vector<uint32_t> indices;
    for (size_t c = 3 * part.first; c < 3 * (part.first + part.count); ++c) {
      std::vector<uint32_t> key = {mesh_.triangle[c]};
      for (const Column& column : columns) key.push_back(value_at(*column.attribute, c));
      const auto [at, fresh] = known.emplace(std::move(key), static_cast<uint32_t>(first_corner.size()));
      if (fresh) first_corner.push_back(c);
      indices.push_back(at->second);
    }
    write_places(first_corner, primitive["attributes"]["POSITION"]);
    for (const Column& column : columns) write_column(*column.attribute, first_corner, primitive["attributes"][column.name]);
    write_indices(indices, first_corner.size(), primitive);
    return {};
  }

  void write_places(const std::vector<size_t>& corners, Json& slot) {
    ByteWriter bytes;
    float low[3], high[3];
    for (size_t i = 0; i < corners.size(); ++i) {
      const float* p = &mesh_.position[3 * size_t{mesh_.triangle[corners[i]]}];
      for (size_t k = 0; k < 3; ++k) {
        bytes.f32(p[k]);
        low[k] = i == 0 ? p[k] : std::min(low[k], p[k]);
        high[k] = i == 0 ? p[k] : std::max(high[k], p[k]);
      }
    }
    Json& accessor = take_accessor(slot);
    fill_accessor(accessor, bytes.bytes(), corners.size(), kFloat, "VEC3", 0, kVertices);
    accessor.erase("normalized");
    if (corners.empty()) return;
    accessor["min"] = {low[0], low[1], low[2]};
    accessor["max"] = {high[0], high[1], high[2]};
  }

  void write_column(const MeshAttribute& attribute, const std::vector<size_t>& corners, Json& slot) {
    ByteWriter bytes;
    const size_t width = attribute.components, size = width * component_bytes(attribute.type), stride = (size + 3) / 4 * 4;
    for (const size_t corner : corners) {
      const float* values = &attribute.value[width * value_at(attribute, corner)];
      for (size_t k = 0; k < width; ++k) {
        const float value = values[k];
        switch (attribute.type) {
          case AttributeType::f32: bytes.f32(value); break;
          case AttributeType::u8: bytes.u8(static_cast<uint8_t>(std::clamp(value, 0.0f, 255.0f))); break;
          case AttributeType::i8: bytes.u8(static_cast<uint8_t>(static_cast<int8_t>(std::clamp(value, -128.0f, 127.0f)))); break;
          case AttributeType::u16: bytes.u16(static_cast<uint16_t>(std::clamp(value, 0.0f, 65535.0f))); break;
          case AttributeType::i16: bytes.u16(static_cast<uint16_t>(static_cast<int16_t>(std::clamp(value, -32768.0f, 32767.0f)))); break;
        }
      }
      for (size_t i = size; i < stride; ++i) bytes.u8(0);
    }
    fill_accessor(take_accessor(slot), bytes.bytes(), corners.size(), component_type(attribute.type), kTypes[width - 1],
                  size == stride ? 0 : stride, kVertices);
  }

  void write_indices(const std::vector<uint32_t>& indices, size_t vertices, Json& primitive) {
    ByteWriter bytes;
    const bool small = vertices < 65535;
    for (const uint32_t index : indices) {
      if (small)
        bytes.u16(static_cast<uint16_t>(index));
      else
        bytes.u32(index);
    }
    fill_accessor(take_accessor(primitive["indices"]), bytes.bytes(), indices.size(), small ? kShort : kInt, "SCALAR", 0, kIndices);
  }

  /// The accessor that `slot` names, or where it serves already another one like it.
  Json& take_accessor(Json& slot) {
    Json& list = json_["accessors"];
    const bool there = slot.is_number_unsigned() && slot.get<uint64_t>() < list.size() && list[slot.get<size_t>()].is_object();
    if (there && taken_.insert(slot.get<uint64_t>()).second) return list[slot.get<size_t>()];
    Json copy = there ? json_element(as_read_, slot.get<uint64_t>()) : Json::object();
    slot = list.size();
    taken_.insert(list.size());
    list.push_back(std::move(copy));
    return list.back();
  }

  void fill_accessor(Json& accessor, ByteSpan bytes, size_t count, uint64_t type, const char* shape, size_t stride, uint64_t target) {
    while (binary_.size() % 4 != 0) binary_.push_back(std::byte{0});
    Json view = {{"buffer", 0}, {"byteOffset", binary_.size()}, {"byteLength", bytes.size()}, {"target", target}};
    if (stride > 0) view["byteStride"] = stride;
    for (const char* name : {"byteOffset", "min", "max", "sparse"}) accessor.erase(name);
    accessor["bufferView"] = take_view(std::move(view));
    accessor["componentType"] = type;
    accessor["type"] = shape;
    accessor["count"] = count;
    binary_.insert(binary_.end(), bytes.begin(), bytes.end());
  }

  /// Into a place that the document's own view has left.
  size_t take_view(Json view) {
    Json& list = json_["bufferViews"];
    while (next_view_ < list.size() && !list[next_view_].is_null()) ++next_view_;
    if (next_view_ == list.size()) list.push_back(nullptr);
    list[next_view_] = std::move(view);
    return next_view_;
  }

  Result<Bytes> finish() {
    for (Json& view : json_["bufferViews"]) {
      // Nothing names these, but others keep their numbers.
      if (view.is_null()) view = {{"buffer", 0}, {"byteOffset", 0}, {"byteLength", 1}};
    }
    while (binary_.size() % 4 != 0) binary_.push_back(std::byte{0});
    json_["buffers"] = Json::array();
    json_["buffers"][0]["byteLength"] = binary_.size();
    std::string text = json_.dump(-1, ' ', false, Json::error_handler_t::replace);
    text.resize((text.size() + 3) / 4 * 4, ' ');
    const uint64_t size = 12 + 8 + uint64_t{text.size()} + 8 + binary_.size();
    if (size > UINT32_MAX) return Error{Code::limit_exceeded, 0, "a .glb holds at most 4 GiB"};
    ByteWriter out;
    for (const uint64_t word : {uint64_t{0x46546c67}, uint64_t{2}, size, uint64_t{text.size()}, uint64_t{0x4e4f534a}})
      out.u32(static_cast<uint32_t>(word));
    out.bytes(as_bytes(text));
    out.u32(static_cast<uint32_t>(binary_.size()));
    out.u32(0x004e4942);
    out.bytes(binary_);
    return out.take();
  }

  Mesh mesh_;
  GltfRest rest_;
  Json json_;
  Json as_read_;  ///< the accessors before any is written: places that were whole numbers change their type
  Bytes binary_;
  std::set<uint64_t> taken_;
  size_t next_view_ = 0;
};

/// A document for a mesh that has none: one node, a primitive for each part.
GltfRest plain_document(Mesh& mesh) {
  GltfRest rest;
  Json& json = rest.json;
  json["asset"]["version"] = "2.0";
  json["asset"]["generator"] = "dew";
  json["scene"] = 0;
  json["scenes"][0]["nodes"][0] = 0;
  json["nodes"][0]["mesh"] = 0;
  json["accessors"] = Json::array();
  Json attributes = {{"POSITION", 0}};
  json["accessors"].push_back({{"componentType", kFloat}, {"type", "VEC3"}});
  std::map<std::string, size_t> taken;
  for (MeshAttribute& attribute : mesh.attributes) {
    const std::string name = semantic_of(attribute, taken);
    taken[name] = json["accessors"].size();
    attributes[name] = json["accessors"].size();
    Json accessor = {{"componentType", component_type(attribute.type)}, {"type", kTypes[attribute.components - 1]}};
    if (attribute.type != AttributeType::f32) accessor["normalized"] = true;
    json["accessors"].push_back(std::move(accessor));
    attribute.name = name;
    // Pictures begin at the top here.
    for (size_t i = 1; attribute.kind == AttributeKind::texcoord && i < attribute.value.size(); i += attribute.components) {
      attribute.value[i] = 1 - attribute.value[i];
    }
  }
  if (mesh.parts.empty()) mesh.parts.push_back({"", "", 0, mesh.triangles()});
  Json primitives = Json::array();
  std::map<std::string, size_t> materials;
  for (size_t i = 0; i < mesh.parts.size(); ++i) {
    Json primitive = {{"attributes", attributes}};
    if (!mesh.parts[i].material.empty()) {
      const auto [at, fresh] = materials.emplace(mesh.parts[i].material, materials.size());
      if (fresh) json["materials"].push_back({{"name", mesh.parts[i].material}});
      primitive["material"] = at->second;
    }
    primitives.push_back(std::move(primitive));
    rest.parts.push_back({0, i, i});
  }
  json["meshes"][0]["primitives"] = std::move(primitives);
  return rest;
}

}  // namespace

Result<Bytes> write_mesh_gltf(const Mesh& given, const DecodeLimits& limits) {
  DEW_TRY(check_shape(given));
  Budget budget(limits);
  Mesh mesh = given;
  GltfRest rest;
  if (mesh.rest.empty()) {
    // Empty parts have no primitives.
    std::erase_if(mesh.parts, [](const MeshPart& part) { return part.count == 0; });
    rest = plain_document(mesh);
  } else {
    DEW_ASSIGN(rest, parse_rest(mesh.rest, budget));
  }
  return Writer(std::move(mesh), std::move(rest)).run();
}

}  // namespace dew
