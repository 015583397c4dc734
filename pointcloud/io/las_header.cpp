// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/io/las_header.h"

#include <algorithm>
#include <cmath>

namespace dew {
namespace {

template <class T>
T value_of(ByteSpan bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

/// A text of fixed size that may end early.
std::string text_of(ByteSpan bytes, size_t offset, size_t size) {
  const std::string_view text = as_text(bytes.subspan(offset, size));
  return std::string(text.substr(0, text.find('\0')));
}

constexpr FieldType kExtraTypes[] = {FieldType::u8,  FieldType::i8,  FieldType::u16, FieldType::i16, FieldType::u32,
                                     FieldType::i32, FieldType::u64, FieldType::i64, FieldType::f32, FieldType::f64};

bool has_field(const std::vector<FieldSpec>& fields, const std::string& name) {
  return std::any_of(fields.begin(), fields.end(), [&](const FieldSpec& field) { return field.name == name; });
}

/// Fields that a record of descriptions names, as far as they have room in `left` bytes of a point and names of their own.
void add_described(ByteSpan descriptions, uint64_t& left, std::vector<FieldSpec>& fields) {
  for (size_t at = 0; at + kLasExtraBytes <= descriptions.size(); at += kLasExtraBytes) {
    const unsigned type = value_of<uint8_t>(descriptions, at + 2);
    const std::string name = text_of(descriptions, at + 4, 32);
    FieldSpec field{name, FieldType::u8, 1};
    if (type == 0) {
      field.count = value_of<uint8_t>(descriptions, at + 3);
    } else if (type <= 30) {
      field.type = kExtraTypes[(type - 1) % 10];
      field.count = (type - 1) / 10 + 1;
    }
    const uint64_t bytes = uint64_t{field.count} * field_type_size(field.type);
    if (type > 30 || name.empty() || bytes == 0 || bytes > left || has_field(fields, name)) return;
    left -= bytes;
    fields.push_back(std::move(field));
  }
}

/// The extra bytes of a point, named as far as the file names them.
void add_extra_fields(ByteSpan bytes, const LasHeader& header, uint32_t records, uint64_t left, std::vector<FieldSpec>& fields) {
  size_t at = value_of<uint16_t>(bytes, las_offset::kHeaderBytes);
  for (uint32_t i = 0; i < records && at + kLasRecordHeader <= header.size_bytes; ++i) {
    const size_t size = value_of<uint16_t>(bytes, at + 20);
    const size_t payload = at + kLasRecordHeader;
    if (size > header.size_bytes - payload) break;
    if (text_of(bytes, at + 2, 16) == "LASF_Spec" && value_of<uint16_t>(bytes, at + 18) == 4)
      add_described(bytes.subspan(payload, size), left, fields);
    at = payload + size;
  }
  if (left == 0) return;
  std::string name = "extra";
  while (has_field(fields, name)) name += '_';
  fields.push_back({name, FieldType::u8, static_cast<uint32_t>(left)});
}

Result<uint64_t> point_count(ByteSpan bytes, unsigned minor_version, size_t header_bytes) {
  const uint64_t legacy = value_of<uint32_t>(bytes, las_offset::kLegacyCount);
  if (minor_version < 4) return legacy;
  if (header_bytes < las_offset::kSize14)
    return Error{Code::corrupt, las_offset::kHeaderBytes, "a header of LAS 1.4 has 375 bytes or more"};
  return std::max(legacy, value_of<uint64_t>(bytes, las_offset::kCount));
}

}  // namespace

bool is_las(ByteSpan bytes) { return as_text(bytes.first(std::min<size_t>(bytes.size(), 4))) == "LASF"; }

std::vector<FieldSpec> las_format_fields(unsigned format) {
  std::vector<FieldSpec> fields = {
      {"x", FieldType::i32, 1},      {"y", FieldType::i32, 1},   {"z", FieldType::i32, 1},
      {"intensity", FieldType::u16}, {"returns", FieldType::u8},
  };
  if (format >= 6) {
    fields.push_back({"flags", FieldType::u8});
    fields.push_back({"classification", FieldType::u8});
    fields.push_back({"user_data", FieldType::u8});
    fields.push_back({"scan_angle", FieldType::i16});
  } else {
    fields.push_back({"classification", FieldType::u8});
    fields.push_back({"scan_angle", FieldType::i8});
    fields.push_back({"user_data", FieldType::u8});
  }
  fields.push_back({"point_source", FieldType::u16});
  const bool has_time = format == 1 || format >= 3;
  const bool has_color = format == 2 || format == 3 || format == 5 || format == 7 || format == 8 || format == 10;
  const bool has_wave = format == 4 || format == 5 || format == 9 || format == 10;
  if (has_time) fields.push_back({"gps_time", FieldType::f64});
  if (has_color) {
    for (const char* name : {"red", "green", "blue"}) fields.push_back({name, FieldType::u16});
  }
  if (format == 8 || format == 10) fields.push_back({"nir", FieldType::u16});
  if (has_wave) {
    fields.push_back({"wave_descriptor", FieldType::u8});
    fields.push_back({"wave_offset", FieldType::u64});
    fields.push_back({"wave_bytes", FieldType::u32});
    for (const char* name : {"wave_place", "wave_x", "wave_y", "wave_z"}) fields.push_back({name, FieldType::f32});
  }
  return fields;
}

Result<LasHeader> parse_las_header(ByteSpan bytes) {
  if (!is_las(bytes)) return Error{Code::corrupt, 0, "not a LAS file: it does not begin with LASF"};
  if (bytes.size() < las_offset::kSize12) return Error{Code::truncated, bytes.size(), "a LAS header has 227 bytes or more"};
  LasHeader header;
  header.minor_version = value_of<uint8_t>(bytes, las_offset::kMinor);
  const unsigned format = value_of<uint8_t>(bytes, las_offset::kFormat);
  if (format >= 128)
    return Error{Code::unsupported_feature, las_offset::kFormat,
                 "a compressed LAS file (.laz); unpack it first, for example with laszip or `pdal translate in.laz out.las`"};
  header.format = format;
  if (header.format > 10)
    return Error{Code::unsupported_feature, las_offset::kFormat, "point format " + std::to_string(header.format) + "; LAS has 0 to 10"};
  const size_t header_bytes = value_of<uint16_t>(bytes, las_offset::kHeaderBytes);
  header.size_bytes = value_of<uint32_t>(bytes, las_offset::kPoints);
  header.record_bytes = value_of<uint16_t>(bytes, las_offset::kRecordBytes);
  if (header_bytes < las_offset::kSize12 || header_bytes > header.size_bytes)
    return Error{Code::corrupt, las_offset::kHeaderBytes, "the header and the place of the points contradict each other"};
  if (header.size_bytes > bytes.size()) return Error{Code::truncated, bytes.size(), "the file ends before its first point"};
  DEW_ASSIGN(header.points, point_count(bytes, header.minor_version, header_bytes));
  for (size_t axis = 0; axis < 3; ++axis) {
    header.grid.scale[axis] = value_of<double>(bytes, las_offset::kScale + 8 * axis);
    header.grid.offset[axis] = value_of<double>(bytes, las_offset::kOffset + 8 * axis);
    // Also no NaNs.
    if (!(std::abs(header.grid.scale[axis]) >= 1e-12 && std::abs(header.grid.scale[axis]) <= 1e9 &&
          std::abs(header.grid.offset[axis]) <= 1e18))
      return Error{Code::corrupt, las_offset::kScale + 8 * axis, "a scale or offset is no number, or out of range"};
  }
  header.fields = las_format_fields(header.format);
  DEW_ASSIGN(const uint32_t known_bytes, record_size(header.fields, 0));
  if (header.record_bytes < known_bytes)
    return Error{Code::corrupt, las_offset::kRecordBytes,
                 "points of format " + std::to_string(header.format) + " have " + std::to_string(known_bytes) + " bytes or more"};
  add_extra_fields(bytes, header, value_of<uint32_t>(bytes, las_offset::kRecords), header.record_bytes - known_bytes, header.fields);
  return header;
}

std::optional<LasGrid> las_grid(ByteSpan header) {
  const Result<LasHeader> parsed = parse_las_header(header);
  if (!parsed.ok()) return {};
  return parsed->grid;
}

}  // namespace dew
