// SPDX-License-Identifier: Apache-2.0
/// A glTF document as JSON and buffers, and its accessors as floats.
///
///   DEW_ASSIGN(const GltfDocument document, open_gltf(bytes, read_sibling, budget));
///   DEW_ASSIGN(const GltfAccessor accessor, find_accessor(document, index, 3));
///   const float x = accessor.value(i, 0);
///
/// Source: Khronos, "glTF 2.0 Specification", sections 3.6 (buffers and accessors) and 4.4 (binary files).
#pragma once

#include <string>
#include <vector>

#include "entropy/documents/json_value.h"
#include "entropy/limits.h"
#include "entropy/named_bytes.h"

namespace dew {

struct GltfDocument {
  Json json;
  std::vector<ByteSpan> buffers;
  std::vector<Bytes> owned;  ///< buffers that are not in the file itself
};

/// The parts of a .glb; the JSON alone for text.
struct GltfParts {
  ByteSpan json;
  ByteSpan binary;
  uint64_t json_offset = 0;
};

/// Errors: truncated, corrupt, unsupported_version.
Result<GltfParts> gltf_parts(ByteSpan bytes);

/// `bytes` must outlive the document. Fallback buffers of EXT_meshopt_compression are left empty. Errors: as read_splat_gltf.
Result<GltfDocument> open_gltf(ByteSpan bytes, const ReadSibling& read_sibling, Budget& budget);

/// Checked: value(i, c) is within its buffer for all i below `count` and c below `components`.
struct GltfAccessor {
  const std::byte* data = nullptr;
  uint64_t count = 0;
  size_t components = 0;
  size_t stride = 0;
  uint32_t type = 5126;  ///< glTF's component type
  bool normalised = false;
  float value(size_t index, size_t component) const;
};

/// Errors: corrupt (also where the accessor has other than `components` components), unsupported_feature (sparse, or without a view).
Result<GltfAccessor> find_accessor(const GltfDocument& document, uint64_t index, size_t components);

/// Text in base64, and back. Errors: corrupt.
Result<Bytes> from_base64(std::string_view text);
std::string to_base64(ByteSpan bytes);

}  // namespace dew
