// SPDX-License-Identifier: Apache-2.0
/// Meshes to and from Draco's. Header only, for programs that link Draco.
///
///   std::vector<std::string> lost;
///   const dew::Mesh mesh = dew::from_draco(decoded, lost);        // decoded: a draco::Mesh
///   for (const std::string& what : lost) warn(what);
///   DEW_ASSIGN(const std::unique_ptr<draco::Mesh> back, dew::to_draco(mesh));
#pragma once

#include <draco/mesh/mesh.h>
#include <draco/mesh/triangle_soup_mesh_builder.h>

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "entropy/result.h"
#include "mesh/mesh.h"

namespace dew {

/// None where meshes have no such type: 32-bit whole numbers and wider, doubles.
inline std::optional<AttributeType> attribute_type_of(draco::DataType type) {
  switch (type) {
    case draco::DT_FLOAT32: return AttributeType::f32;
    case draco::DT_UINT8: return AttributeType::u8;
    case draco::DT_INT8: return AttributeType::i8;
    case draco::DT_UINT16: return AttributeType::u16;
    case draco::DT_INT16: return AttributeType::i16;
    default: return {};
  }
}

/// Values of an attribute, one for each point, as they are stored: whole numbers are not scaled to 1. REQUIRES: 1 to 4 components.
inline std::vector<float> values_of(const draco::PointAttribute& attribute, uint32_t points) {
  const auto components = static_cast<size_t>(attribute.num_components());
  std::vector<float> values(points * components);
  for (uint32_t i = 0; i < points; ++i) {
    const draco::AttributeValueIndex index = attribute.mapped_index(draco::PointIndex(i));
    const uint8_t* at = attribute.GetAddress(index);
    for (size_t k = 0; k < components; ++k) {
      const auto load = [&]<class T>(T value) {
        std::memcpy(&value, at + k * sizeof(T), sizeof(T));
        return static_cast<float>(value);
      };
      float& value = values[i * components + k];
      switch (attribute.data_type()) {
        case draco::DT_UINT8: value = load(uint8_t{}); break;
        case draco::DT_INT8: value = load(int8_t{}); break;
        case draco::DT_UINT16: value = load(uint16_t{}); break;
        case draco::DT_INT16: value = load(int16_t{}); break;
        default: value = load(float{}); break;
      }
    }
  }
  return values;
}

/// Corners of the faces, as points.
inline std::vector<uint32_t> corners_of(const draco::Mesh& mesh) {
  std::vector<uint32_t> corners;
  corners.reserve(size_t{mesh.num_faces()} * 3);
  for (uint32_t f = 0; f < mesh.num_faces(); ++f) {
    for (const draco::PointIndex& point : mesh.face(draco::FaceIndex(f))) corners.push_back(point.value());
  }
  return corners;
}

/// Draco's points become vertices; `lost` names what dew's meshes cannot hold. Without places as floats the mesh is empty.
inline Mesh from_draco(const draco::Mesh& mesh, std::vector<std::string>& lost) {
  Mesh out;
  out.source = MeshFormat::draco;
  const draco::PointAttribute* places = mesh.GetNamedAttribute(draco::GeometryAttribute::POSITION);
  if (places == nullptr || places->num_components() != 3 || places->data_type() != draco::DT_FLOAT32) {
    lost.push_back("everything: there are no places as three floats");
    return out;
  }
  out.position = values_of(*places, mesh.num_points());
  out.triangle = corners_of(mesh);
  for (int32_t i = 0; i < mesh.num_attributes(); ++i) {
    const draco::PointAttribute& attribute = *mesh.attribute(i);
    if (&attribute == places) continue;
    const std::optional<AttributeType> type = attribute_type_of(attribute.data_type());
    const int components = attribute.num_components();
    const std::string name = draco::GeometryAttribute::TypeToString(attribute.attribute_type());
    if (!type || components < 1 || components > 4) {
      lost.push_back("attribute " + std::to_string(i) + " (" + name + ")");
      continue;
    }
    AttributeKind kind = AttributeKind::generic;
    if (attribute.attribute_type() == draco::GeometryAttribute::NORMAL && components == 3) kind = AttributeKind::normal;
    if (attribute.attribute_type() == draco::GeometryAttribute::COLOR && components >= 3) kind = AttributeKind::colour;
    if (attribute.attribute_type() == draco::GeometryAttribute::TEX_COORD && components == 2) kind = AttributeKind::texcoord;
    out.attributes.push_back({name, kind, *type, static_cast<uint32_t>(components), values_of(attribute, mesh.num_points()), {}});
  }
  return out;
}

/// Corners with the same values become one of Draco's points. Names of attributes, parts and materials have no place there. Errors:
/// invalid_argument (check_shape), internal where Draco does not take it.
inline Result<std::unique_ptr<draco::Mesh>> to_draco(const Mesh& mesh) {
  DEW_TRY(check_shape(mesh));
  constexpr draco::DataType kTypes[] = {draco::DT_FLOAT32, draco::DT_UINT8, draco::DT_INT8, draco::DT_UINT16, draco::DT_INT16};
  constexpr draco::GeometryAttribute::Type kKinds[] = {draco::GeometryAttribute::GENERIC, draco::GeometryAttribute::NORMAL,
                                                       draco::GeometryAttribute::COLOR, draco::GeometryAttribute::TEX_COORD};
  draco::TriangleSoupMeshBuilder builder;
  builder.Start(static_cast<int>(mesh.triangles()));
  const int places = builder.AddAttribute(draco::GeometryAttribute::POSITION, 3, draco::DT_FLOAT32);
  for (uint32_t t = 0; t < mesh.triangles(); ++t) {
    const float* p[3];
    for (size_t k = 0; k < 3; ++k) p[k] = &mesh.position[3 * size_t{mesh.triangle[3 * size_t{t} + k]}];
    builder.SetAttributeValuesForFace(places, draco::FaceIndex(t), p[0], p[1], p[2]);
  }
  for (const MeshAttribute& attribute : mesh.attributes) {
    const size_t width = attribute.components;
    const int id = builder.AddAttribute(kKinds[static_cast<size_t>(attribute.kind)], static_cast<int8_t>(width),
                                        kTypes[static_cast<size_t>(attribute.type)]);
    for (uint32_t t = 0; t < mesh.triangles(); ++t) {
      uint8_t values[3][16] = {};
      for (size_t k = 0; k < 3; ++k) {
        const size_t c = 3 * size_t{t} + k;
        const size_t at = width * (attribute.corner.empty() ? mesh.triangle[c] : attribute.corner[c]);
        for (size_t i = 0; i < width; ++i) {
          const float value = attribute.value[at + i];
          const auto store = [&]<class T>(T whole) { std::memcpy(&values[k][i * sizeof(T)], &whole, sizeof(T)); };
          switch (attribute.type) {
            case AttributeType::f32: store(value); break;
            case AttributeType::u8: store(static_cast<uint8_t>(value)); break;
            case AttributeType::i8: store(static_cast<int8_t>(value)); break;
            case AttributeType::u16: store(static_cast<uint16_t>(value)); break;
            case AttributeType::i16: store(static_cast<int16_t>(value)); break;
          }
        }
      }
      builder.SetAttributeValuesForFace(id, draco::FaceIndex(t), values[0], values[1], values[2]);
    }
  }
  std::unique_ptr<draco::Mesh> out = builder.Finalize();
  if (!out) return Error{Code::internal, 0, "Draco does not take the mesh"};
  return out;
}

}  // namespace dew
