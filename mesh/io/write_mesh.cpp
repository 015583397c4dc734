// SPDX-License-Identifier: Apache-2.0
#include "mesh/io/write_mesh.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

namespace dew {
namespace {

void text(ByteWriter& writer, std::string_view words) { writer.bytes(as_bytes(words)); }

void number(ByteWriter& writer, float value) {
  char digits[32];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  text(writer, std::string_view(digits, static_cast<size_t>(end - digits)));
}

const char* ply_type(AttributeType type) {
  constexpr const char* kNames[] = {"float", "uchar", "char", "ushort", "short"};
  return kNames[static_cast<size_t>(type)];
}

std::string ply_component(const MeshAttribute& attribute, uint32_t k) {
  constexpr const char* kNormal[] = {"nx", "ny", "nz", "nw"};
  constexpr const char* kColour[] = {"red", "green", "blue", "alpha"};
  constexpr const char* kTexcoord[] = {"s", "t", "r", "q"};
  switch (attribute.kind) {
    case AttributeKind::normal: return kNormal[k];
    case AttributeKind::colour: return kColour[k];
    case AttributeKind::texcoord: return kTexcoord[k];
    case AttributeKind::generic: break;
  }
  const std::string name = attribute.name.empty() ? "value" : attribute.name;
  return attribute.components == 1 ? name : name + "_" + std::to_string(k);
}

void ply_value(ByteWriter& writer, AttributeType type, float value) {
  if (type != AttributeType::f32 && std::isnan(value)) value = 0;
  switch (type) {
    case AttributeType::f32: return writer.f32(value);
    case AttributeType::u8: return writer.u8(static_cast<uint8_t>(std::clamp(value, 0.0f, 255.0f)));
    case AttributeType::i8: return writer.u8(static_cast<uint8_t>(static_cast<int8_t>(std::clamp(value, -128.0f, 127.0f))));
    case AttributeType::u16: return writer.u16(static_cast<uint16_t>(std::clamp(value, 0.0f, 65535.0f)));
    case AttributeType::i16: return writer.u16(static_cast<uint16_t>(static_cast<int16_t>(std::clamp(value, -32768.0f, 32767.0f))));
  }
}

void ply_properties(ByteWriter& writer, const MeshAttribute& attribute) {
  for (uint32_t k = 0; k < attribute.components; ++k)
    text(writer, std::string("property ") + ply_type(attribute.type) + " " + ply_component(attribute, k) + "\n");
}
void ply_values(ByteWriter& writer, const MeshAttribute& attribute, size_t at) {
  for (uint32_t k = 0; k < attribute.components; ++k) ply_value(writer, attribute.type, attribute.value[at * attribute.components + k]);
}

MeshOutput write_ply(const Mesh& given) {
  MeshOutput output;
  const bool seams =
      std::any_of(given.attributes.begin(), given.attributes.end(), [](const MeshAttribute& a) { return !a.corner.empty(); });
  Mesh split;
  if (seams) split = with_vertex_attributes(given);
  const Mesh& mesh = seams ? split : given;
  if (seams && mesh.vertices() > given.vertices()) output.losses.push_back("vertices are repeated along seams of attributes");
  if (mesh.parts.size() > 1) output.losses.push_back("parts and materials are left out");
  ByteWriter writer;
  text(writer, "ply\nformat binary_little_endian 1.0\nelement vertex " + std::to_string(mesh.vertices()) +
                   "\nproperty float x\nproperty float y\nproperty float z\n");
  for (const MeshAttribute& attribute : mesh.attributes) ply_properties(writer, attribute);
  text(writer, "element face " + std::to_string(mesh.triangles()) + "\nproperty list uchar int vertex_indices\n");
  for (const MeshAttribute& attribute : mesh.face_attributes) ply_properties(writer, attribute);
  text(writer, "end_header\n");
  for (size_t v = 0; v < mesh.vertices(); ++v) {
    for (size_t axis = 0; axis < 3; ++axis) writer.f32(mesh.position[3 * v + axis]);
    for (const MeshAttribute& attribute : mesh.attributes) ply_values(writer, attribute, v);
  }
  for (size_t t = 0; t < mesh.triangles(); ++t) {
    writer.u8(3);
    for (size_t k = 0; k < 3; ++k) writer.u32(mesh.triangle[3 * t + k]);
    for (const MeshAttribute& attribute : mesh.face_attributes) ply_values(writer, attribute, t);
  }
  output.file = writer.take();
  return output;
}

void numbers(ByteWriter& writer, const char* word, const float* values, size_t count) {
  text(writer, word);
  for (size_t k = 0; k < count; ++k) {
    if (k > 0 || *word != 0) text(writer, " ");
    number(writer, values[k]);
  }
}

/// "12", "12/3", "12//4" or "12/3/4".
std::string obj_corner(const Mesh& mesh, size_t corner, const MeshAttribute* texcoord, const MeshAttribute* normal) {
  const auto index = [&](const MeshAttribute* attribute) {
    return std::to_string((attribute->corner.empty() ? mesh.triangle[corner] : attribute->corner[corner]) + uint64_t{1});
  };
  std::string out = " " + std::to_string(mesh.triangle[corner] + uint64_t{1});
  if (texcoord != nullptr || normal != nullptr) out += "/";
  if (texcoord != nullptr) out += index(texcoord);
  if (normal != nullptr) out += "/" + index(normal);
  return out;
}

MeshOutput write_obj(const Mesh& mesh) {
  MeshOutput output;
  const MeshAttribute *texcoord = nullptr, *normal = nullptr, *colour = nullptr;
  for (const MeshAttribute& attribute : mesh.attributes) {
    const MeshAttribute*& slot = attribute.kind == AttributeKind::texcoord ? texcoord
                                 : attribute.kind == AttributeKind::normal ? normal
                                                                           : colour;
    const bool fits = attribute.kind == AttributeKind::texcoord ? attribute.components >= 2
                      : attribute.kind == AttributeKind::normal
                          ? attribute.components == 3
                          : attribute.kind == AttributeKind::colour && attribute.corner.empty() && attribute.components >= 3;
    if (fits && slot == nullptr)
      slot = &attribute;
    else
      output.losses.push_back("the attribute '" + attribute.name + "' is left out");
  }
  if (!mesh.face_attributes.empty()) output.losses.push_back("values of faces are left out");
  ByteWriter writer;
  for (const std::string& library : mesh.libraries) text(writer, "mtllib " + library + "\n");
  for (size_t v = 0; v < mesh.vertices(); ++v) {
    numbers(writer, "v", &mesh.position[3 * v], 3);
    if (colour != nullptr) {
      const float scale = colour->type == AttributeType::f32 ? 1.0f : 1.0f / 255.0f;
      for (size_t k = 0; k < 3; ++k) {
        text(writer, " ");
        number(writer, colour->value[v * colour->components + k] * scale);
      }
    }
    text(writer, "\n");
  }
  for (size_t i = 0; texcoord != nullptr && i < texcoord->count(); ++i) {
    numbers(writer, "vt", &texcoord->value[i * texcoord->components], 2);
    text(writer, "\n");
  }
  for (size_t i = 0; normal != nullptr && i < normal->count(); ++i) {
    numbers(writer, "vn", &normal->value[3 * i], 3);
    text(writer, "\n");
  }
  size_t part = 0;
  const std::string *object = nullptr, *material = nullptr;
  for (size_t t = 0; t < mesh.triangles(); ++t) {
    while (part < mesh.parts.size() && mesh.parts[part].first == t) {
      const MeshPart& next = mesh.parts[part++];
      if (object == nullptr ? !next.name.empty() : *object != next.name) text(writer, "o " + next.name + "\n");
      if (material == nullptr ? !next.material.empty() : *material != next.material) text(writer, "usemtl " + next.material + "\n");
      object = &next.name;
      material = &next.material;
    }
    text(writer, "f");
    for (size_t k = 0; k < 3; ++k) text(writer, obj_corner(mesh, 3 * t + k, texcoord, normal));
    text(writer, "\n");
  }
  output.file = writer.take();
  return output;
}

/// What formats lose that hold places and triangles alone.
std::vector<std::string> losses_of_bare_triangles(const Mesh& mesh) {
  std::vector<std::string> losses;
  if (!mesh.attributes.empty() || !mesh.face_attributes.empty()) losses.push_back("attributes are left out");
  if (mesh.parts.size() > 1) losses.push_back("parts and materials are left out");
  return losses;
}

MeshOutput write_stl(const Mesh& mesh) {
  MeshOutput output;
  output.losses = losses_of_bare_triangles(mesh);
  ByteWriter writer;
  std::string header = "binary STL";
  header.resize(80, ' ');
  text(writer, header);
  writer.u32(static_cast<uint32_t>(mesh.triangles()));
  for (size_t t = 0; t < mesh.triangles(); ++t) {
    const float* p[3];
    for (size_t k = 0; k < 3; ++k) p[k] = &mesh.position[3 * size_t{mesh.triangle[3 * t + k]}];
    double u[3], v[3];
    for (size_t axis = 0; axis < 3; ++axis) {
      u[axis] = static_cast<double>(p[1][axis]) - static_cast<double>(p[0][axis]);
      v[axis] = static_cast<double>(p[2][axis]) - static_cast<double>(p[0][axis]);
    }
    const double n[3] = {u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]};
    const double length = std::sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
    for (const double x : n) writer.f32(length > 0 ? static_cast<float>(x / length) : 0.0f);
    for (const float* corner : p) {
      for (size_t axis = 0; axis < 3; ++axis) writer.f32(corner[axis]);
    }
    writer.u16(0);
  }
  output.file = writer.take();
  return output;
}

MeshOutput write_off(const Mesh& mesh) {
  MeshOutput output;
  output.losses = losses_of_bare_triangles(mesh);
  ByteWriter writer;
  text(writer, "OFF\n" + std::to_string(mesh.vertices()) + " " + std::to_string(mesh.triangles()) + " 0\n");
  for (size_t v = 0; v < mesh.vertices(); ++v) {
    numbers(writer, "", &mesh.position[3 * v], 3);
    text(writer, "\n");
  }
  for (size_t t = 0; t < mesh.triangles(); ++t) {
    text(writer, "3");
    for (size_t k = 0; k < 3; ++k) text(writer, " " + std::to_string(mesh.triangle[3 * t + k]));
    text(writer, "\n");
  }
  output.file = writer.take();
  return output;
}

}  // namespace

Mesh with_vertex_attributes(const Mesh& mesh) {
  Mesh out;
  out.parts = mesh.parts;
  out.libraries = mesh.libraries;
  out.face_attributes = mesh.face_attributes;
  out.source = mesh.source;
  std::map<std::vector<uint32_t>, uint32_t> known;
  std::vector<std::vector<uint32_t>> keys;  // of each new vertex: the vertex, then the value of each attribute
  const auto vertex_of = [&](const std::vector<uint32_t>& key) {
    const auto [at, added] = known.emplace(key, static_cast<uint32_t>(keys.size()));
    if (added) keys.push_back(key);
    return at->second;
  };
  std::vector<bool> used(mesh.vertices(), false);
  std::vector<uint32_t> key(1 + mesh.attributes.size());
  for (size_t c = 0; c < mesh.triangle.size(); ++c) {
    key[0] = mesh.triangle[c];
    used[key[0]] = true;
    for (size_t a = 0; a < mesh.attributes.size(); ++a)
      key[a + 1] = mesh.attributes[a].corner.empty() ? key[0] : mesh.attributes[a].corner[c];
    out.triangle.push_back(vertex_of(key));
  }
  for (uint32_t v = 0; v < mesh.vertices(); ++v) {
    if (used[v]) continue;
    key[0] = v;
    // A vertex that no corner names has no value of its own where values are those of corners.
    for (size_t a = 0; a < mesh.attributes.size(); ++a) key[a + 1] = mesh.attributes[a].corner.empty() ? v : UINT32_MAX;
    vertex_of(key);
  }
  for (const std::vector<uint32_t>& vertex : keys) {
    const float* p = &mesh.position[3 * size_t{vertex[0]}];
    out.position.insert(out.position.end(), p, p + 3);
  }
  for (size_t a = 0; a < mesh.attributes.size(); ++a) {
    const MeshAttribute& from = mesh.attributes[a];
    MeshAttribute to{from.name, from.kind, from.type, from.components, {}, {}};
    for (const std::vector<uint32_t>& vertex : keys) {
      for (uint32_t k = 0; k < from.components; ++k) {
        to.value.push_back(vertex[a + 1] == UINT32_MAX ? 0.0f : from.value[size_t{vertex[a + 1]} * from.components + k]);
      }
    }
    out.attributes.push_back(std::move(to));
  }
  return out;
}

MeshFormat mesh_format_of_name(const std::string& name) {
  std::string end = name.size() < 4 ? name : name.substr(name.size() - 4);
  for (char& c : end) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return end == ".ply"   ? MeshFormat::ply
         : end == ".obj" ? MeshFormat::obj
         : end == ".stl" ? MeshFormat::stl
         : end == ".off" ? MeshFormat::off
                         : MeshFormat::none;
}

Result<MeshOutput> write_mesh(const Mesh& mesh, MeshFormat format) {
  DEW_TRY(check_shape(mesh));
  switch (format) {
    case MeshFormat::ply: return write_ply(mesh);
    case MeshFormat::obj: return write_obj(mesh);
    case MeshFormat::stl: return write_stl(mesh);
    case MeshFormat::off: return write_off(mesh);
    default: return Error{Code::unsupported_feature, 0, "dew writes meshes as .ply, .obj, .stl and .off"};
  }
}

}  // namespace dew
