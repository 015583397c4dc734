// SPDX-License-Identifier: Apache-2.0
/// The header of a binary PLY file of vertices without lists: which properties a record holds, and where.
///
///   DEW_ASSIGN(const PlyHeader header, parse_ply_header(bytes));
///   const PlyProperty* opacity = header.find("opacity");   // null where there is none
///
/// Source: G. Turk, "The PLY Polygon File Format", 1994.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "entropy/bytes.h"
#include "gaussians/splats.h"

namespace dew {

struct PlyProperty {
  std::string name;
  PropertyType type = PropertyType::f32;
  size_t offset = 0;  ///< in the record, bytes
};

struct PlyElement {
  std::string name;
  uint64_t count = 0;
  std::vector<PlyProperty> properties;
  size_t record_bytes = 0;
};

struct PlyHeader {
  std::vector<PlyElement> elements;
  size_t size_bytes = 0;  ///< up to the first record

  const PlyElement* find(std::string_view element) const;
};

const PlyProperty* find_property(const PlyElement& element, std::string_view name);

/// Errors: truncated, corrupt, unsupported_feature (text, big-endian, lists).
Result<PlyHeader> parse_ply_header(ByteSpan bytes);

/// "float", "uchar", ...
const char* ply_type_name(PropertyType type);

}  // namespace dew
