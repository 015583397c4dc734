// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/io/ply.h"

#include <algorithm>

#include "pointcloud/io/header_text.h"
#include "pointcloud/io/text_values.h"
#include "pointcloud/io/widen.h"

namespace dew {
namespace {

using Words = std::vector<std::string_view>;

struct PlyHeader {
  std::vector<FieldSpec> fields;
  uint64_t points = 0;
  PlyEncoding encoding = PlyEncoding::ascii;
  size_t size_bytes = 0;
};

struct TypeNames {
  FieldType type;
  const char* name;        // as it is written
  const char* sized_name;  // as newer programs write it
};
constexpr TypeNames kTypeNames[] = {{FieldType::i8, "char", "int8"},      {FieldType::u8, "uchar", "uint8"},
                                    {FieldType::i16, "short", "int16"},   {FieldType::u16, "ushort", "uint16"},
                                    {FieldType::i32, "int", "int32"},     {FieldType::u32, "uint", "uint32"},
                                    {FieldType::f32, "float", "float32"}, {FieldType::f64, "double", "float64"}};
constexpr const char* kEncodingNames[] = {"ascii", "binary_little_endian", "binary_big_endian"};

Result<FieldType> type_of(std::string_view name, uint64_t offset) {
  for (const TypeNames& names : kTypeNames) {
    if (name == names.name || name == names.sized_name) return names.type;
  }
  return Error{Code::unsupported_feature, offset, quoted(name) + " is no PLY type"};
}

const char* name_of(FieldType type) {
  for (const TypeNames& names : kTypeNames) {
    if (names.type == type) return names.name;
  }
  return "";
}

Result<PlyEncoding> ply_encoding_of(const Words& words, uint64_t offset) {
  for (size_t i = 0; i < std::size(kEncodingNames); ++i) {
    if (words.size() == 3 && words[1] == kEncodingNames[i] && words[2] == "1.0") return static_cast<PlyEncoding>(i);
  }
  return Error{Code::unsupported_feature, offset,
               "the format line names none of ascii, binary_little_endian, binary_big_endian in version 1.0"};
}

Result<FieldSpec> vertex_property(const Words& words, uint64_t offset) {
  if (words.size() > 1 && words[1] == "list") {
    return Error{Code::unsupported_feature, offset, "a list property of vertices; only lists of other elements (faces) are kept"};
  }
  if (words.size() != 3) return Error{Code::corrupt, offset, "a property line takes a type and a name"};
  FieldSpec spec;
  DEW_ASSIGN(spec.type, type_of(words[1], offset));
  spec.name = words[2];
  return spec;
}

/// Which elements the header has named so far.
enum class Seen { nothing, vertex, later };

Status add_element(const Words& words, uint64_t offset, Seen& seen, PlyHeader& header) {
  if (words.size() != 3) return Error{Code::corrupt, offset, "an element line takes a name and a count"};
  DEW_ASSIGN(const uint64_t count, parse_count(words[2], offset));
  if (seen == Seen::nothing && words[1] != "vertex") {
    return Error{Code::unsupported_feature, offset, "element '" + std::string(words[1].substr(0, 40)) + "' before the vertices"};
  }
  if (seen == Seen::nothing) header.points = count;
  seen = seen == Seen::nothing ? Seen::vertex : Seen::later;
  return {};
}

Result<PlyHeader> parse_ply_header(ByteSpan bytes) {
  PlyHeader header;
  HeaderLines lines(bytes);
  DEW_ASSIGN(const Words magic, lines.next());
  if (magic.size() != 1 || magic[0] != "ply") return Error{Code::corrupt, 0, "not a PLY file: its first line is not 'ply'"};
  Seen seen = Seen::nothing;
  bool has_format = false;
  for (;;) {
    DEW_ASSIGN(const Words words, lines.next());
    const uint64_t offset = lines.line_offset();
    if (words.empty() || words[0] == "comment" || words[0] == "obj_info") continue;
    if (words[0] == "format") {
      DEW_ASSIGN(header.encoding, ply_encoding_of(words, offset));
      has_format = true;
    } else if (words[0] == "element") {
      DEW_TRY(add_element(words, offset, seen, header));
    } else if (words[0] == "property" && seen == Seen::vertex) {
      DEW_ASSIGN(FieldSpec spec, vertex_property(words, offset));
      header.fields.push_back(std::move(spec));
    } else if (words[0] == "end_header") {
      if (!has_format || seen == Seen::nothing) return Error{Code::corrupt, offset, "the header names no format, or no element vertex"};
      header.size_bytes = lines.size_bytes();
      return header;
    } else if (words[0] != "property" || seen != Seen::later) {
      return Error{Code::corrupt, offset, quoted(words[0]) + " begins no line of a PLY header"};
    }
  }
}

/// Reverses the bytes of every value of the cloud.
void turn_bytes(Cloud& cloud) {
  for (Field& field : cloud.fields) {
    const auto size = static_cast<std::ptrdiff_t>(field_type_size(field.type));
    for (auto value = field.data.begin(); value != field.data.end(); value += size) std::reverse(value, value + size);
  }
}

Status check_room(const PlyHeader& header, ByteSpan body, uint64_t record_bytes) {
  if (header.encoding == PlyEncoding::ascii) return check_text_room(body, header.size_bytes, header.points, header.fields.size());
  if (header.points <= body.size() / record_bytes) return {};
  return Error{Code::truncated, header.size_bytes + body.size(),
               std::to_string(body.size()) + " bytes cannot hold " + std::to_string(header.points) + " vertices of " +
                   std::to_string(record_bytes) + " bytes"};
}

void append_body(const Cloud& cloud, PlyEncoding encoding, Bytes& out) {
  if (encoding == PlyEncoding::ascii) return append_text_points(cloud, out);
  if (encoding == PlyEncoding::binary_little_endian) return append_records(cloud, out);
  Cloud turned = cloud;
  turn_bytes(turned);
  append_records(turned, out);
}

/// What a new header can name: scalar properties of PLY's types.
Result<Cloud> with_ply_fields(const Cloud& cloud) {
  DEW_ASSIGN(const Cloud wide, with_doubles_for_int64(with_wide_halves(cloud)));
  Cloud scalar;
  scalar.points = wide.points;
  for (const Field& field : wide.fields) {
    for (uint32_t i = 0; i < field.count; ++i) {
      const std::string name = field.count == 1 ? field.name : field.name + '_' + std::to_string(i);
      scalar.fields.push_back({name, field.type, 1, Bytes(field.data.size() / field.count)});
      const size_t bytes = field_type_size(field.type);
      std::byte* to = scalar.fields.back().data.data();
      for (uint64_t point = 0; point < cloud.points; ++point) {
        std::memcpy(to + point * bytes, field.data.data() + (point * field.count + i) * bytes, bytes);
      }
    }
  }
  return scalar;
}

std::string header_text(const Cloud& cloud, PlyEncoding encoding) {
  std::string text = std::string("ply\nformat ") + kEncodingNames[static_cast<size_t>(encoding)] + " 1.0\nelement vertex " +
                     std::to_string(cloud.points) + "\n";
  for (const Field& field : cloud.fields) text += std::string("property ") + name_of(field.type) + ' ' + field.name + "\n";
  return text + "end_header\n";
}

/// The source's own header if it still describes `cloud` and the encoding asked for.
std::optional<PlyHeader> kept_header(const Cloud& cloud, std::optional<PlyEncoding> encoding) {
  if (cloud.source.format != CloudFormat::ply) return {};
  const Result<PlyHeader> header = parse_ply_header(cloud.source.header);
  if (!header.ok() || header->size_bytes != cloud.source.header.size()) return {};
  if (header->points != cloud.points || header->fields != field_specs(cloud)) return {};
  if (encoding && *encoding != header->encoding) return {};
  return *header;
}

}  // namespace

bool is_ply(ByteSpan bytes) {
  const std::string_view text = as_text(bytes.first(std::min<size_t>(bytes.size(), 5)));
  return text.starts_with("ply\n") || text.starts_with("ply\r\n");
}

Result<Cloud> read_ply(ByteSpan bytes, const DecodeLimits& limits) {
  DEW_TRY(check_input_size(bytes, limits));
  DEW_ASSIGN(const PlyHeader header, parse_ply_header(bytes));
  DEW_ASSIGN(const uint32_t record_bytes, record_size(header.fields, 0));
  const ByteSpan body = bytes.subspan(header.size_bytes);
  DEW_TRY(check_room(header, body, record_bytes));

  Budget budget(limits);
  DEW_ASSIGN(Cloud cloud, allocate_cloud(header.fields, header.points, budget, 0));
  uint64_t used = header.points * record_bytes;
  if (header.encoding == PlyEncoding::ascii) {
    DEW_ASSIGN(used, read_text_points(body, header.size_bytes, cloud));
  } else {
    split_records(body.first(static_cast<size_t>(used)), cloud);
  }
  if (header.encoding == PlyEncoding::binary_big_endian) turn_bytes(cloud);

  const ByteSpan trailer = body.subspan(static_cast<size_t>(used));
  DEW_TRY(budget.take_memory(header.size_bytes + trailer.size(), 0));
  cloud.source.format = CloudFormat::ply;
  cloud.source.header.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header.size_bytes));
  cloud.source.trailer.assign(trailer.begin(), trailer.end());
  if (header.encoding != PlyEncoding::binary_little_endian) {
    cloud.source.record_bytes = 0;
    cloud.source.field_offsets.clear();
  }
  return cloud;
}

Result<Bytes> write_ply(const Cloud& cloud, std::optional<PlyEncoding> encoding) {
  DEW_TRY(check_cloud(cloud));
  DEW_TRY(record_size(field_specs(cloud), 0));
  Bytes out;
  if (const auto header = kept_header(cloud, encoding)) {
    out = cloud.source.header;
    append_body(cloud, header->encoding, out);
    out.insert(out.end(), cloud.source.trailer.begin(), cloud.source.trailer.end());
    return out;
  }
  DEW_TRY(check_names(cloud));
  const PlyEncoding chosen = encoding.value_or(PlyEncoding::binary_little_endian);
  DEW_ASSIGN(const Cloud scalar, with_ply_fields(cloud));
  const std::string header = header_text(scalar, chosen);
  const ByteSpan header_bytes = as_bytes(header);
  out.assign(header_bytes.begin(), header_bytes.end());
  append_body(scalar, chosen, out);
  return out;
}

}  // namespace dew
