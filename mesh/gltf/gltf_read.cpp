// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include "mesh/gltf/gltf.h"
#include "mesh/gltf/gltf_meshopt.h"
#include "mesh/gltf/gltf_primitive.h"
#include "mesh/gltf/gltf_rest.h"
#include "mesh/gltf/value_table.h"
#include "mesh/io/polygons.h"

namespace dew {
namespace {

constexpr const char* kDraco = "KHR_draco_mesh_compression";

using Indices = std::set<uint64_t>;

void add_index(const Json& json, Indices& out) {
  if (json.is_number_unsigned()) out.insert(json.get<uint64_t>());
}

/// Accessors that a primitive names.
Indices accessors_of(const Json& primitive) {
  Indices out;
  add_index(json_member(primitive, "indices"), out);
  const Json& attributes = json_member(primitive, "attributes");
  if (attributes.is_object()) {
    for (const auto& [name, index] : attributes.items()) add_index(index, out);
  }
  return out;
}

/// Numbers under "bufferView", anywhere below.
void find_views(const Json& json, Indices& out) {
  if (json.is_object()) add_index(json_member(json, "bufferView"), out);
  if (!json.is_structured()) return;
  for (const Json& below : json) find_views(below, out);
}

/// Accessors that something other than the attributes and indices of primitives names.
Indices accessors_of_others(const Json& json) {
  Indices out;
  for (const Json& animation : json_member(json, "animations")) {
    for (const Json& sampler : json_member(animation, "samplers")) {
      add_index(json_member(sampler, "input"), out);
      add_index(json_member(sampler, "output"), out);
    }
  }
  for (const Json& skin : json_member(json, "skins")) add_index(json_member(skin, "inverseBindMatrices"), out);
  for (const Json& node : json_member(json, "nodes")) {
    const Json& attributes = json_member(json_member(json_member(node, "extensions"), "EXT_mesh_gpu_instancing"), "attributes");
    for (const Json& index : attributes) add_index(index, out);
  }
  for (const Json& mesh : json_member(json, "meshes")) {
    for (const Json& primitive : json_member(mesh, "primitives")) {
      for (const Json& target : json_member(primitive, "targets")) {
        for (const Json& index : target) add_index(index, out);
      }
    }
  }
  return out;
}

class Reader {
 public:
  Reader(GltfDocument& document, Budget& budget) : document_(document), budget_(budget) {}

  Result<MeshInput> run() {
    input_.mesh.source = MeshFormat::gltf;
    DEW_TRY(take_primitives());
    if (rest_.parts.empty()) return Error{Code::unsupported_feature, 0, "the file has no triangles that dew codes"};
    input_.mesh.position = places_.take();
    finish_attributes();
    DEW_TRY(strip());
    input_.mesh.rest = write_rest(rest_);
    if (kept_ > 0) add_note(input_.note, std::to_string(kept_) + " primitives are kept as they are: no plain triangles, or morphed");
    return std::move(input_);
  }

 private:
  /// Primitives whose accessors nothing else names; the others stay.
  Status take_primitives() {
    Indices closed = accessors_of_others(document_.json);
    const Json& meshes = json_member(document_.json, "meshes");
    // What a primitive that stays names must stay too, so ask again until no more stay.
    std::map<std::pair<size_t, size_t>, GltfPrimitive> primitives;
    for (size_t m = 0; meshes.is_array() && m < meshes.size(); ++m) {
      const Json& list = json_member(meshes[m], "primitives");
      for (size_t p = 0; list.is_array() && p < list.size(); ++p) {
        DEW_ASSIGN(std::optional<GltfPrimitive> primitive, read_primitive(document_, list[p], budget_));
        if (primitive)
          primitives.emplace(std::pair(m, p), *std::move(primitive));
        else
          closed.merge(accessors_of(list[p])), ++kept_;
      }
    }
    for (bool again = true; again;) {
      again = false;
      for (auto at = primitives.begin(); at != primitives.end();) {
        const Indices named = accessors_of(meshes[at->first.first]["primitives"][at->first.second]);
        if (std::none_of(named.begin(), named.end(), [&](uint64_t index) { return closed.contains(index); })) {
          ++at;
          continue;
        }
        closed.insert(named.begin(), named.end());
        at = primitives.erase(at);
        ++kept_;
        again = true;
      }
    }
    // What is written later would take the place of an accessor that is not there.
    DEW_TRY(all_there(closed, "accessors"));
    for (const auto& [where, primitive] : primitives) DEW_TRY(add_part(where.first, where.second, primitive));
    return {};
  }

  Status add_part(size_t mesh, size_t primitive, const GltfPrimitive& numbers) {
    const Json& json = document_.json["meshes"][mesh]["primitives"][primitive];
    const std::string key = json["attributes"].dump() + json_member(json, "indices").dump() + json_member(json, "extensions").dump();
    const auto [known, fresh] = known_.emplace(key, rest_.parts.size());
    rest_.parts.push_back({mesh, primitive, known->second});
    if (!fresh) return {};
    MeshPart part{json_text(document_.json["meshes"][mesh], "name"), {}, input_.mesh.triangles(), numbers.corner.size() / 3};
    const Json& material = json_member(json, "material");
    if (material.is_number_unsigned()) {
      part.material = json_text(json_element(json_member(document_.json, "materials"), material.get<uint64_t>()), "name");
    }
    input_.mesh.parts.push_back(part);
    DEW_TRY(budget_.take_elements(numbers.corner.size(), 0));
    DEW_TRY(budget_.take_memory(numbers.corner.size() * (64 + 16 * numbers.values.size()), 0));
    for (const uint32_t v : numbers.corner)
      input_.mesh.triangle.push_back(places_.add(std::span(numbers.position).subspan(3 * size_t{v}, 3)));
    for (const GltfValues& values : numbers.values) add_values(values, numbers.corner);
    return {};
  }

  /// An attribute of the whole mesh while it grows.
  struct Growing {
    MeshAttribute attribute;
    ValueTable table;
    std::optional<uint32_t> zero = {};
  };

  /// Corners that have no such value get zeros.
  void fill(Growing& growing, size_t corners) {
    if (growing.attribute.corner.size() >= corners) return;
    const std::array<float, 4> zeros{};
    if (!growing.zero) growing.zero = growing.table.add(std::span(zeros).first(growing.attribute.components));
    growing.attribute.corner.resize(corners, *growing.zero);
  }

  void add_values(const GltfValues& values, const std::vector<uint32_t>& corners) {
    auto at = std::find_if(attributes_.begin(), attributes_.end(), [&](const Growing& g) {
      return g.attribute.name == values.name && g.attribute.type == values.type && g.attribute.components == values.components;
    });
    if (at == attributes_.end()) {
      const AttributeKind kind = kind_of_semantic(values.name, values.type, values.components);
      attributes_.push_back({{values.name, kind, values.type, values.components, {}, {}}, ValueTable(values.components)});
      at = attributes_.end() - 1;
    }
    Growing& growing = *at;
    fill(growing, input_.mesh.triangle.size() - corners.size());
    for (const uint32_t v : corners) {
      const std::span<const float> value = std::span(values.value).subspan(size_t{v} * values.components, values.components);
      growing.attribute.corner.push_back(growing.table.add(value));
    }
  }

  void finish_attributes() {
    for (Growing& growing : attributes_) {
      fill(growing, input_.mesh.triangle.size());
      growing.attribute.value = growing.table.take();
      move_to_vertices(growing.attribute);
      input_.mesh.attributes.push_back(std::move(growing.attribute));
    }
  }

  /// One value a vertex, where no vertex has two.
  void move_to_vertices(MeshAttribute& attribute) const {
    const size_t width = attribute.components;
    std::vector<uint32_t> value_of(input_.mesh.vertices(), UINT32_MAX);
    for (size_t c = 0; c < attribute.corner.size(); ++c) {
      uint32_t& value = value_of[input_.mesh.triangle[c]];
      if (value != UINT32_MAX && value != attribute.corner[c]) return;
      value = attribute.corner[c];
    }
    std::vector<float> values;
    for (const uint32_t index : value_of) {
      const auto first = attribute.value.begin() + static_cast<std::ptrdiff_t>(index * width);
      values.insert(values.end(), first, first + static_cast<std::ptrdiff_t>(width));
    }
    attribute.value = std::move(values);
    attribute.corner.clear();
  }

  /// The document without what the mesh holds.
  Status strip() {
    Json& json = document_.json;
    for (const GltfPart& part : rest_.parts) {
      Json& primitive = *find_primitive(json, part);
      for (const uint64_t index : accessors_of(primitive)) {
        Json* accessor = find_element(json, "accessors", index);
        if (accessor == nullptr || !accessor->is_object()) continue;
        for (const char* name : {"bufferView", "byteOffset", "count", "min", "max"}) accessor->erase(name);
      }
      if (json_member(primitive, "extensions").is_object()) {
        primitive["extensions"].erase(kDraco);
        if (primitive["extensions"].empty()) primitive.erase("extensions");
      }
    }
    Indices views;
    find_views(json, views);
    if (!draco_left(json)) forget_extension(json, kDraco);
    forget_extension(json, kMeshopt);
    return keep_views(views);
  }

  static void forget_extension(Json& json, const char* extension) {
    for (const char* list : {"extensionsUsed", "extensionsRequired"}) {
      const auto found = json.find(list);
      if (found == json.end() || !found->is_array()) continue;
      for (size_t i = found->size(); i-- > 0;) {
        if ((*found)[i] == extension) found->erase(i);
      }
      if (found->empty()) json.erase(list);
    }
  }

  static bool draco_left(const Json& json) {
    for (const Json& mesh : json_member(json, "meshes")) {
      for (const Json& primitive : json_member(mesh, "primitives")) {
        if (!json_member(json_member(primitive, "extensions"), kDraco).is_null()) return true;
      }
    }
    return false;
  }

  Status all_there(const Indices& named, const char* list) const {
    const Json& json = json_member(document_.json, list);
    const uint64_t count = json.is_array() ? json.size() : 0;
    if (named.empty() || *named.rbegin() < count) return {};
    return Error{Code::corrupt, 0, std::string("the document names ") + list + " that are not there"};
  }

  Status keep_views(const Indices& views) {
    Json& json = document_.json;
    DEW_TRY(all_there(views, "bufferViews"));
    for (uint64_t i = 0; Json* view = find_element(json, "bufferViews", i); ++i) {
      if (!views.contains(i)) {
        *view = nullptr;
        continue;
      }
      DEW_ASSIGN(const ByteSpan bytes, bytes_of_view(document_, i));
      DEW_TRY(budget_.take_memory(bytes.size(), 0));
      while (rest_.data.size() % 4 != 0) rest_.data.push_back(std::byte{0});
      (*view)["buffer"] = 0;
      (*view)["byteOffset"] = rest_.data.size();
      rest_.data.insert(rest_.data.end(), bytes.begin(), bytes.end());
    }
    json.erase("buffers");
    rest_.json = std::move(json);
    return {};
  }

  GltfDocument& document_;
  Budget& budget_;
  MeshInput input_;
  GltfRest rest_;
  ValueTable places_{3};
  std::vector<Growing> attributes_;
  std::map<std::string, uint64_t> known_;
  size_t kept_ = 0;
};

}  // namespace

bool is_mesh_gltf(ByteSpan bytes) {
  const Result<GltfParts> parts = gltf_parts(bytes);
  if (!parts.ok()) return false;
  const std::string_view text = as_text(parts->json);
  const size_t begin = text.find_first_not_of(" \t\r\n");
  const auto names = [&](const char* word) { return text.find('"' + std::string(word) + '"') != std::string_view::npos; };
  return begin != std::string_view::npos && text[begin] == '{' && names("asset") && names("meshes") && names("primitives");
}

Result<MeshInput> read_mesh_gltf(ByteSpan bytes, const ReadBeside& read_beside, const DecodeLimits& limits) {
  if (bytes.size() > limits.input_bytes) return Error{Code::limit_exceeded, 0, "the file is larger than allowed"};
  Budget budget(limits);
  DEW_ASSIGN(const GltfParts parts, gltf_parts(bytes));
  if (!is_shallow(parts.json)) return Error{Code::limit_exceeded, 0, "the document's objects lie too deep within one another"};
  DEW_ASSIGN(GltfDocument document, open_gltf(bytes, read_beside, budget));
  DEW_TRY(expand_compressed_views(document, budget));
  return Reader(document, budget).run();
}

}  // namespace dew
