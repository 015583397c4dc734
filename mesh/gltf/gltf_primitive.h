// SPDX-License-Identifier: Apache-2.0
/// The numbers of one primitive of a glTF document.
///
///   const std::optional<GltfPrimitive> primitive = read_primitive(document, json, budget);      // none: not of the kind that dew codes
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "entropy/documents/gltf_document.h"
#include "mesh/mesh.h"

namespace dew {

struct GltfValues {
  std::string name;  ///< "NORMAL", "TEXCOORD_0", ...
  AttributeType type = AttributeType::f32;
  uint32_t components = 1;
  std::vector<float> value;  ///< of each vertex
};

struct GltfPrimitive {
  std::vector<uint32_t> corner;  ///< vertices of triangles
  std::vector<float> position;
  std::vector<GltfValues> values;
};

/// What a glTF semantic means.
AttributeKind kind_of_semantic(const std::string& name, AttributeType type, uint32_t components);
/// glTF's component type, and back; no value where meshes have no such type.
std::optional<AttributeType> attribute_type(uint64_t component_type);
uint64_t component_type(AttributeType type);
size_t component_bytes(AttributeType type);
/// Numbers of "SCALAR", "VEC2", ...; 0 for matrices.
uint32_t components_of_type(const std::string& type);

/// None where the primitive is none of whole triangles with places, or its accessors are damaged or of kinds that meshes lack.
/// Errors: limit_exceeded, out_of_memory; unsupported_feature where Draco is needed.
Result<std::optional<GltfPrimitive>> read_primitive(const GltfDocument& document, const Json& primitive, Budget& budget);

/// The bytes of a view. Errors: corrupt, truncated.
Result<ByteSpan> bytes_of_view(const GltfDocument& document, uint64_t index);

/// A primitive under KHR_draco_mesh_compression.
Result<std::optional<GltfPrimitive>> read_draco_primitive(const GltfDocument& document, const Json& primitive, Budget& budget);

}  // namespace dew
