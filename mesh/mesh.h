// SPDX-License-Identifier: Apache-2.0
/// A triangle mesh: positions, triangles, attributes of vertices, corners or triangles, parts with materials by name.
///
///   DEW_ASSIGN(const MeshInput input, read_mesh(bytes, "model.obj", {}));     // any format that dew reads
///   const Mesh& mesh = input.mesh;
///   const uint32_t vertex = mesh.triangle[3 * t + k];                        // corner k of triangle t
///   const float* xyz = &mesh.position[3 * vertex];                           // the file's own unit
///   DEW_ASSIGN(const Bytes file, write_mesh(mesh, MeshFormat::ply));
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/result.h"

namespace dew {

/// File formats of meshes. Stored in files; never renumber.
enum class MeshFormat : uint8_t { none = 0, ply = 1, obj = 2, stl = 3, off = 4, gltf = 5, draco = 6 };

/// What an attribute means. Stored in files; never renumber.
enum class AttributeKind : uint8_t {
  generic = 0,
  normal = 1,    ///< x y z, mostly of length 1
  colour = 2,    ///< red green blue, or with alpha
  texcoord = 3,  ///< u v
};

/// The type that an attribute's values had in the file. Stored in files; never renumber.
enum class AttributeType : uint8_t { f32 = 0, u8 = 1, i8 = 2, u16 = 3, i16 = 4 };

/// Values of vertices, or of corners where the value changes within a vertex (seams).
struct MeshAttribute {
  std::string name;  ///< as in the file, where it names attributes: "normal", "confidence"
  AttributeKind kind = AttributeKind::generic;
  AttributeType type = AttributeType::f32;
  uint32_t components = 1;       ///< 1 to 4
  std::vector<float> value;      ///< `components` numbers each; those of u8 and so on are whole numbers, not scaled to 1
  std::vector<uint32_t> corner;  ///< for each corner the index of its value; empty: one value a vertex, in vertex order

  size_t count() const { return components == 0 ? 0 : value.size() / components; }
  bool operator==(const MeshAttribute&) const = default;
};

/// Triangles first .. first + count - 1.
struct MeshPart {
  std::string name;      ///< of the object or group; may be empty
  std::string material;  ///< may be empty
  uint64_t first = 0;
  uint64_t count = 0;
  bool operator==(const MeshPart&) const = default;
};

/// A place or a direction, in the unit of the mesh.
using MeshPoint = std::array<double, 3>;

struct Mesh {
  std::vector<float> position;     ///< x y z
  std::vector<uint32_t> triangle;  ///< three vertices, counter-clockwise from outside
  std::vector<MeshAttribute> attributes;
  std::vector<MeshAttribute> face_attributes;  ///< one value a triangle, in their order; no corners
  std::vector<MeshPart> parts;                 ///< in order, all triangles once; empty: one part without name
  std::vector<std::string> libraries;          ///< files that hold the materials (OBJ's mtllib)
  MeshFormat source = MeshFormat::none;
  Bytes rest;  ///< of glTF: nodes, materials, pictures, skins, animations, as mesh/gltf/gltf.h keeps them; mostly empty

  size_t vertices() const { return position.size() / 3; }
  size_t triangles() const { return triangle.size() / 3; }
  bool operator==(const Mesh&) const = default;
};

/// Error invalid_argument unless sizes fit together and every index names something.
Status check_shape(const Mesh& mesh);

/// True where two meshes hold the same bits in the same order: places, triangles, the values of every corner, vertex and triangle, parts.
/// Only the order in which an attribute lists its values, and values that no corner names, may differ.
bool same_mesh(const Mesh& a, const Mesh& b);

/// True where two meshes hold the same triangles, with the same bits of places and attributes at their corners and under the same names of
/// parts, and the same vertices, in any order.
bool same_mesh_reordered(const Mesh& a, const Mesh& b);

/// The axis-aligned box of all finite vertices.
struct MeshBox {
  double low[3] = {0, 0, 0};
  double high[3] = {0, 0, 0};
  double diagonal() const;
  double largest_side() const;
};
MeshBox bounding_box(const Mesh& mesh);

}  // namespace dew
