// SPDX-License-Identifier: Apache-2.0
#include "entropy/documents/gltf_document.h"

#include <array>
#include <cstring>

#include "entropy/checked.h"

namespace dew {
namespace {

constexpr uint32_t kGlbMagic = 0x46546c67;
constexpr uint32_t kJsonChunk = 0x4e4f534a;
constexpr uint32_t kBinaryChunk = 0x004e4942;
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t component_bytes(uint64_t type) {
  switch (type) {
    case 5120:
    case 5121: return 1;
    case 5122:
    case 5123: return 2;
    case 5125:
    case 5126: return 4;
    default: return 0;
  }
}

size_t components_of(const std::string& type) {
  if (type == "SCALAR") return 1;
  if (type == "VEC2") return 2;
  if (type == "VEC3") return 3;
  return type == "VEC4" ? 4 : 0;
}

Result<Bytes> bytes_of_uri(const std::string& uri, const ReadSibling& read_sibling) {
  if (uri.starts_with("data:")) {
    const size_t comma = uri.find(',');
    if (comma == std::string::npos || !std::string_view(uri).substr(0, comma).ends_with(";base64")) {
      return Error{Code::unsupported_feature, 0, "a data URI that is not in base64"};
    }
    return from_base64(std::string_view(uri).substr(comma + 1));
  }
  if (!is_plain_name(uri)) return Error{Code::unsupported_feature, 0, "a buffer outside the folder of the file"};
  if (!read_sibling) return Error{Code::invalid_argument, 0, "the file " + uri + " beside the .gltf is needed too"};
  return read_sibling(uri);
}

Result<ByteSpan> view_bytes(const GltfDocument& document, uint64_t index, size_t* stride) {
  const Json& view = json_element(json_member(document.json, "bufferViews"), index);
  DEW_ASSIGN(const uint64_t buffer, json_count(view, "buffer"));
  DEW_ASSIGN(const uint64_t offset, json_count_or(view, "byteOffset", 0));
  DEW_ASSIGN(const uint64_t size, json_count(view, "byteLength"));
  DEW_ASSIGN(const uint64_t step, json_count_or(view, "byteStride", 0));
  if (buffer >= document.buffers.size()) return Error{Code::corrupt, 0, "a view of a buffer that is not there"};
  const ByteSpan bytes = document.buffers[static_cast<size_t>(buffer)];
  if (offset > bytes.size() || size > bytes.size() - offset) return Error{Code::truncated, 0, "a view beyond its buffer"};
  if (step > 252) return Error{Code::corrupt, 0, "a view with a stride above 252"};
  *stride = static_cast<size_t>(step);
  return bytes.subspan(static_cast<size_t>(offset), static_cast<size_t>(size));
}

template <class T>
float load(const std::byte* at, bool normalised) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  if constexpr (std::is_same_v<T, float>) return value;
  if (!normalised) return static_cast<float>(value);
  return static_cast<float>(std::max(-1.0, static_cast<double>(value) / static_cast<double>(std::numeric_limits<T>::max())));
}

}  // namespace

Result<GltfParts> gltf_parts(ByteSpan bytes) {
  ByteReader reader(bytes);
  const Result<uint32_t> magic = reader.u32();
  if (!magic.ok() || *magic != kGlbMagic) return GltfParts{bytes, {}, 0};
  DEW_ASSIGN(const uint32_t version, reader.u32());
  if (version != 2) return Error{Code::unsupported_version, 4, "glTF version " + std::to_string(version)};
  DEW_TRY(reader.u32());  // length of the file
  GltfParts parts;
  while (reader.remaining() >= 8) {
    DEW_ASSIGN(const uint32_t size, reader.u32());
    DEW_ASSIGN(const uint32_t type, reader.u32());
    const uint64_t at = reader.offset();
    DEW_ASSIGN(const ByteSpan chunk, reader.bytes(size));
    if (type == kJsonChunk && parts.json.empty()) parts.json = chunk, parts.json_offset = at;
    if (type == kBinaryChunk && parts.binary.empty()) parts.binary = chunk;
  }
  if (parts.json.empty()) return Error{Code::truncated, bytes.size(), "a .glb without JSON"};
  return parts;
}

Result<GltfDocument> open_gltf(ByteSpan bytes, const ReadSibling& read_sibling, Budget& budget) {
  GltfDocument document;
  DEW_ASSIGN(const GltfParts parts, gltf_parts(bytes));
  DEW_ASSIGN(document.json, parse_json(parts.json, budget, parts.json_offset));
  const Json& buffers = json_member(document.json, "buffers");
  for (size_t i = 0; buffers.is_array() && i < buffers.size(); ++i) {
    DEW_ASSIGN(const uint64_t size, json_count(buffers[i], "byteLength"));
    // Stands in for those who cannot read what its views hold compressed.
    if (json_member(json_member(json_member(buffers[i], "extensions"), "EXT_meshopt_compression"), "fallback") == true) {
      document.buffers.emplace_back();
      continue;
    }
    ByteSpan content = parts.binary;
    if (!json_member(buffers[i], "uri").is_null()) {
      const std::string uri = json_text(buffers[i], "uri");
      DEW_TRY(budget.take_memory(uri.size(), parts.json_offset));
      DEW_ASSIGN(Bytes own, bytes_of_uri(uri, read_sibling));
      document.owned.push_back(std::move(own));
      content = document.owned.back();
    }
    if (content.size() < size) return Error{Code::truncated, 0, "a buffer is shorter than the file says"};
    document.buffers.push_back(content.first(static_cast<size_t>(size)));
  }
  return document;
}

float GltfAccessor::value(size_t index, size_t component) const {
  const std::byte* at = data + index * stride + component * component_bytes(type);
  switch (type) {
    case 5120: return load<int8_t>(at, normalised);
    case 5121: return load<uint8_t>(at, normalised);
    case 5122: return load<int16_t>(at, normalised);
    case 5123: return load<uint16_t>(at, normalised);
    case 5125: return load<uint32_t>(at, normalised);
    default: return load<float>(at, normalised);
  }
}

Result<GltfAccessor> find_accessor(const GltfDocument& document, uint64_t index, size_t components) {
  const Json& json = json_element(json_member(document.json, "accessors"), index);
  if (!json_member(json, "sparse").is_null()) return Error{Code::unsupported_feature, 0, "a sparse accessor"};
  GltfAccessor out;
  DEW_ASSIGN(const uint64_t view, json_count(json, "bufferView"));
  DEW_ASSIGN(const uint64_t offset, json_count_or(json, "byteOffset", 0));
  DEW_ASSIGN(out.count, json_count(json, "count"));
  DEW_ASSIGN(const uint64_t type, json_count(json, "componentType"));
  const size_t size = component_bytes(type);
  if (size == 0 || components_of(json_text(json, "type")) != components) {
    return Error{Code::corrupt, 0, "accessor " + std::to_string(index) + " is of another type than its attribute"};
  }
  DEW_ASSIGN(const ByteSpan bytes, view_bytes(document, view, &out.stride));
  const Json& normalised = json_member(json, "normalized");
  out.normalised = normalised.is_boolean() && normalised.get<bool>();
  out.type = static_cast<uint32_t>(type);
  out.components = components;
  if (out.stride == 0) out.stride = size * components;
  if (out.count == 0) return out;
  DEW_ASSIGN(const uint64_t before_last, checked_multiply(out.count - 1, out.stride));
  DEW_ASSIGN(const uint64_t last, checked_add(before_last, offset));
  DEW_ASSIGN(const uint64_t end, checked_add(last, size * components));
  if (end > bytes.size()) return Error{Code::truncated, 0, "accessor " + std::to_string(index) + " reaches beyond its view"};
  out.data = bytes.data() + offset;
  return out;
}

Result<Bytes> from_base64(std::string_view text) {
  std::array<uint8_t, 256> digit;
  digit.fill(255);
  for (size_t i = 0; i < kAlphabet.size(); ++i) digit[static_cast<uint8_t>(kAlphabet[i])] = static_cast<uint8_t>(i);
  while (text.ends_with('=')) text.remove_suffix(1);
  Bytes out;
  out.reserve(text.size() / 4 * 3 + 2);
  uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const uint8_t value = digit[static_cast<uint8_t>(c)];
    if (value == 255) return Error{Code::corrupt, 0, "text that is no base64"};
    bits = bits << 6 | value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<std::byte>(bits >> count));
  }
  return out;
}

std::string to_base64(ByteSpan bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) bits = bits << 8 | (i + k < bytes.size() ? std::to_integer<uint32_t>(bytes[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k) {
      text += i + k <= bytes.size() ? kAlphabet[bits >> (18 - 6 * k) & 63] : '=';
    }
  }
  return text;
}

}  // namespace dew
