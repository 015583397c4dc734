// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/io/pcd.h"

#include <algorithm>

#include "pointcloud/io/header_text.h"
#include "pointcloud/io/lzf.h"
#include "pointcloud/io/text_values.h"
#include "pointcloud/io/widen.h"

namespace dew {
namespace {

using Words = std::vector<std::string_view>;

struct PcdHeader {
  std::vector<FieldSpec> fields;
  uint64_t points = 0;
  uint32_t width = 0;
  uint32_t height = 1;
  PcdEncoding encoding = PcdEncoding::ascii;
  size_t size_bytes = 0;
};

/// The header lines that describe fields, as they stand; they may come in any order.
struct FieldLines {
  Words names, sizes, types, counts;
};

Result<FieldType> type_of(std::string_view type, uint64_t size, uint64_t offset) {
  using enum FieldType;
  struct Row {
    char letter;
    uint64_t size;
    FieldType type;
  };
  constexpr Row kRows[] = {{'U', 1, u8},  {'U', 2, u16}, {'U', 4, u32}, {'U', 8, u64}, {'I', 1, i8}, {'I', 2, i16},
                           {'I', 4, i32}, {'I', 8, i64}, {'F', 2, f16}, {'F', 4, f32}, {'F', 8, f64}};
  for (const Row& row : kRows) {
    if (type.size() == 1 && type[0] == row.letter && size == row.size) return row.type;
  }
  return Error{Code::unsupported_feature, offset,
               "a field of TYPE " + std::string(type.substr(0, 40)) + " and SIZE " + std::to_string(size)};
}

Result<std::vector<FieldSpec>> make_specs(const FieldLines& lines, uint64_t offset) {
  const size_t count = lines.names.size();
  if (count == 0 || lines.sizes.size() != count || lines.types.size() != count || (!lines.counts.empty() && lines.counts.size() != count)) {
    return Error{Code::corrupt, offset, "FIELDS, SIZE, TYPE and COUNT do not name the same number of fields"};
  }
  std::vector<FieldSpec> specs(count);
  for (size_t i = 0; i < count; ++i) {
    specs[i].name = lines.names[i];
    DEW_ASSIGN(const uint64_t size, parse_count(lines.sizes[i], offset));
    DEW_ASSIGN(specs[i].type, type_of(lines.types[i], size, offset));
    if (lines.counts.empty()) continue;
    DEW_ASSIGN(const uint64_t values, parse_count(lines.counts[i], offset));
    if (values == 0 || values > kMaxRecordBytes)
      return Error{Code::unsupported_feature, offset, "a field with a COUNT of " + std::to_string(values)};
    specs[i].count = static_cast<uint32_t>(values);
  }
  return specs;
}

Result<PcdEncoding> pcd_encoding_of(const Words& words, uint64_t offset) {
  if (words.size() == 2 && words[1] == "ascii") return PcdEncoding::ascii;
  if (words.size() == 2 && words[1] == "binary") return PcdEncoding::binary;
  if (words.size() == 2 && words[1] == "binary_compressed") return PcdEncoding::binary_compressed;
  return Error{Code::unsupported_feature, offset, "the DATA line names none of ascii, binary, binary_compressed"};
}

Result<uint64_t> only_count(const Words& words, uint64_t offset) {
  if (words.size() != 2) return Error{Code::corrupt, offset, std::string(words[0]) + " takes one number"};
  return parse_count(words[1], offset);
}

/// The header lines that shape the cloud; HEIGHT and POINTS may be missing in files of old programs.
struct ShapeLines {
  uint64_t width = 0;
  uint64_t height = 1;
  std::optional<uint64_t> points;
};

Status read_header_line(const Words& words, uint64_t offset, FieldLines& fields, ShapeLines& shape) {
  const std::string_view key = words[0];
  const std::pair<std::string_view, Words*> lists[] = {
      {"FIELDS", &fields.names}, {"COLUMNS", &fields.names}, {"SIZE", &fields.sizes}, {"TYPE", &fields.types}, {"COUNT", &fields.counts}};
  for (const auto& [name, list] : lists) {
    if (key != name) continue;
    list->assign(words.begin() + 1, words.end());
    return {};
  }
  if (key == "WIDTH") {
    DEW_ASSIGN(shape.width, only_count(words, offset));
  } else if (key == "HEIGHT") {
    DEW_ASSIGN(shape.height, only_count(words, offset));
  } else if (key == "POINTS") {
    DEW_ASSIGN(shape.points, only_count(words, offset));
  } else if (key != "VERSION" && key != "VIEWPOINT") {
    return Error{Code::corrupt, offset, quoted(key) + " begins no line of a PCD header"};
  }
  return {};
}

Status set_shape(PcdHeader& header, const ShapeLines& shape, uint64_t offset) {
  if (shape.width > UINT32_MAX || shape.height > UINT32_MAX)
    return Error{Code::limit_exceeded, offset, "WIDTH and HEIGHT must be below 2^32"};
  header.points = shape.width * shape.height;
  if (shape.points.value_or(header.points) != header.points) {
    return Error{Code::corrupt, offset,
                 "WIDTH " + std::to_string(shape.width) + " times HEIGHT " + std::to_string(shape.height) + " is not POINTS " +
                     std::to_string(*shape.points)};
  }
  header.width = static_cast<uint32_t>(shape.width);
  header.height = static_cast<uint32_t>(shape.height);
  return {};
}

Result<PcdHeader> parse_pcd_header(ByteSpan bytes) {
  PcdHeader header;
  HeaderLines lines(bytes);
  FieldLines fields;
  ShapeLines shape;
  for (;;) {
    DEW_ASSIGN(const Words words, lines.next());
    const uint64_t offset = lines.line_offset();
    if (words.empty() || words[0][0] == '#') continue;
    if (words[0] != "DATA") {
      DEW_TRY(read_header_line(words, offset, fields, shape));
      continue;
    }
    DEW_ASSIGN(header.encoding, pcd_encoding_of(words, offset));
    DEW_ASSIGN(header.fields, make_specs(fields, offset));
    DEW_TRY(set_shape(header, shape, offset));
    header.size_bytes = lines.size_bytes();
    return header;
  }
}

/// Each reads the body into `cloud`, whose fields are allocated, and returns the bytes used.
Result<uint64_t> read_compressed(ByteSpan body, uint64_t offset, uint64_t body_bytes, Budget& budget, Cloud& cloud) {
  ByteReader reader(body, offset);
  if (cloud.points == 0 && body.size() < 8) return uint64_t{0};
  DEW_ASSIGN(const uint32_t packed_bytes, reader.u32());
  DEW_ASSIGN(const uint32_t size, reader.u32());
  if (size != body_bytes) {
    return Error{Code::corrupt, offset + 4,
                 "the compressed body is of " + std::to_string(size) + " bytes, the header asks for " + std::to_string(body_bytes)};
  }
  DEW_ASSIGN(const ByteSpan packed, reader.bytes(packed_bytes));
  DEW_ASSIGN(const Bytes planes, lzf_decompress(packed, size, budget, offset + 8));
  // Field after field, each with the values of all points.
  size_t at = 0;
  for (Field& field : cloud.fields) {
    if (!field.data.empty()) std::memcpy(field.data.data(), planes.data() + at, field.data.size());
    at += field.data.size();
  }
  return reader.position();
}

/// Refuses a number of points that the body cannot hold, before anything is allocated.
Status check_room(const PcdHeader& header, ByteSpan body, uint64_t record_bytes) {
  if (header.encoding == PcdEncoding::ascii) {
    uint64_t values = 0;
    for (const FieldSpec& spec : header.fields) values += spec.count;
    return check_text_room(body, header.size_bytes, header.points, values);
  }
  const uint64_t expansion = header.encoding == PcdEncoding::binary ? 1 : kLzfLargestExpansion;
  if (header.points / expansion <= body.size() / record_bytes) return {};
  return Error{Code::truncated, header.size_bytes + body.size(),
               std::to_string(body.size()) + " bytes cannot hold " + std::to_string(header.points) + " points of " +
                   std::to_string(record_bytes) + " bytes"};
}

Result<uint64_t> read_body(const PcdHeader& header, ByteSpan body, Budget& budget, Cloud& cloud) {
  const uint64_t body_bytes = header.points * cloud.source.record_bytes;
  switch (header.encoding) {
    case PcdEncoding::ascii: return read_text_points(body, header.size_bytes, cloud);
    case PcdEncoding::binary_compressed: return read_compressed(body, header.size_bytes, body_bytes, budget, cloud);
    case PcdEncoding::binary: break;
  }
  ByteReader reader(body, header.size_bytes);
  DEW_ASSIGN(const ByteSpan records, reader.bytes(body_bytes));
  split_records(records, cloud);
  return body_bytes;
}

Result<Bytes> compressed_body(const Cloud& cloud) {
  Bytes planes;
  for (const Field& field : cloud.fields) planes.insert(planes.end(), field.data.begin(), field.data.end());
  const Bytes packed = lzf_compress(planes);
  if (planes.size() > UINT32_MAX || packed.size() > UINT32_MAX) {
    return Error{Code::unsupported_feature, 0, "binary_compressed holds at most 4 GiB; write a binary PCD"};
  }
  ByteWriter writer;
  writer.u32(static_cast<uint32_t>(packed.size()));
  writer.u32(static_cast<uint32_t>(planes.size()));
  writer.bytes(packed);
  return writer.take();
}

Status append_body(const Cloud& cloud, PcdEncoding encoding, Bytes& out) {
  if (encoding == PcdEncoding::ascii) append_text_points(cloud, out);
  if (encoding == PcdEncoding::binary) append_records(cloud, out);
  if (encoding != PcdEncoding::binary_compressed) return {};
  DEW_ASSIGN(const Bytes body, compressed_body(cloud));
  out.insert(out.end(), body.begin(), body.end());
  return {};
}

char type_letter(FieldType type) {
  if (type >= FieldType::f16) return 'F';
  return type >= FieldType::i8 ? 'I' : 'U';
}

std::string header_text(const Cloud& cloud, PcdEncoding encoding) {
  std::string names, sizes, types, counts;
  for (const Field& field : cloud.fields) {
    names += ' ' + field.name;
    sizes += ' ' + std::to_string(field_type_size(field.type));
    types += std::string(" ") + type_letter(field.type);
    counts += ' ' + std::to_string(field.count);
  }
  const bool organised = uint64_t{cloud.width} * cloud.height == cloud.points;
  const std::string shape = organised ? "WIDTH " + std::to_string(cloud.width) + "\nHEIGHT " + std::to_string(cloud.height)
                                      : "WIDTH " + std::to_string(cloud.points) + "\nHEIGHT 1";
  constexpr const char* kEncodings[] = {"ascii", "binary", "binary_compressed"};
  return "# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\nFIELDS" + names + "\nSIZE" + sizes + "\nTYPE" + types + "\nCOUNT" +
         counts + "\n" + shape + "\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS " + std::to_string(cloud.points) + "\nDATA " +
         kEncodings[static_cast<size_t>(encoding)] + "\n";
}

/// The source's own header if it still describes `cloud` and the encoding asked for.
std::optional<PcdHeader> kept_header(const Cloud& cloud, std::optional<PcdEncoding> encoding) {
  if (cloud.source.format != CloudFormat::pcd) return {};
  const Result<PcdHeader> header = parse_pcd_header(cloud.source.header);
  if (!header.ok() || header->size_bytes != cloud.source.header.size()) return {};
  if (header->points != cloud.points || header->fields != field_specs(cloud)) return {};
  if (encoding && *encoding != header->encoding) return {};
  return *header;
}

}  // namespace

bool is_pcd(ByteSpan bytes) {
  const std::string_view text = as_text(bytes.first(std::min<size_t>(bytes.size(), 64)));
  return text.starts_with("# .PCD") || text.starts_with("VERSION ") || text.starts_with("FIELDS ") ||
         (text.starts_with("#") && text.find(".PCD") != std::string_view::npos);
}

Result<Cloud> read_pcd(ByteSpan bytes, const DecodeLimits& limits) {
  DEW_TRY(check_input_size(bytes, limits));
  DEW_ASSIGN(const PcdHeader header, parse_pcd_header(bytes));
  DEW_ASSIGN(const uint32_t record_bytes, record_size(header.fields, 0));
  const ByteSpan body = bytes.subspan(header.size_bytes);
  DEW_TRY(check_room(header, body, record_bytes));

  Budget budget(limits);
  DEW_ASSIGN(Cloud cloud, allocate_cloud(header.fields, header.points, budget, 0));
  cloud.width = header.width;
  cloud.height = header.height;
  DEW_ASSIGN(const uint64_t used, read_body(header, body, budget, cloud));
  const ByteSpan trailer = body.subspan(static_cast<size_t>(used));
  DEW_TRY(budget.take_memory(header.size_bytes + trailer.size(), 0));
  cloud.source.format = CloudFormat::pcd;
  cloud.source.header.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header.size_bytes));
  cloud.source.trailer.assign(trailer.begin(), trailer.end());
  if (header.encoding != PcdEncoding::binary) {
    cloud.source.record_bytes = 0;
    cloud.source.field_offsets.clear();
  }
  return cloud;
}

Result<Bytes> write_pcd(const Cloud& cloud, std::optional<PcdEncoding> encoding) {
  DEW_TRY(check_cloud(cloud));
  DEW_TRY(record_size(field_specs(cloud), 0));
  Bytes out;
  if (const auto header = kept_header(cloud, encoding)) {
    out = cloud.source.header;
    DEW_TRY(append_body(cloud, header->encoding, out));
    out.insert(out.end(), cloud.source.trailer.begin(), cloud.source.trailer.end());
    return out;
  }
  if (cloud.points > UINT32_MAX) return Error{Code::unsupported_feature, 0, "a PCD file holds at most 2^32 - 1 points"};
  DEW_TRY(check_names(cloud));
  const PcdEncoding chosen = encoding.value_or(PcdEncoding::binary);
  const Cloud wide = with_wide_halves(cloud);
  const std::string header = header_text(wide, chosen);
  const ByteSpan header_bytes = as_bytes(header);
  out.assign(header_bytes.begin(), header_bytes.end());
  DEW_TRY(append_body(wide, chosen, out));
  return out;
}

}  // namespace dew
