// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/io/fields.h"

#include <algorithm>
#include <charconv>

namespace dew {
namespace {

/// Copies `points` values of kBytes bytes between two strided arrays. The size is a constant so that each copy is one move.
template <size_t kBytes>
void copy_strided(const std::byte* from, size_t from_stride, std::byte* to, size_t to_stride, uint64_t points) {
  for (uint64_t i = 0; i < points; ++i) std::memcpy(to + i * to_stride, from + i * from_stride, kBytes);
}

void copy_values(const std::byte* from, size_t from_stride, std::byte* to, size_t to_stride, size_t bytes, uint64_t points) {
  switch (bytes) {
    case 1: return copy_strided<1>(from, from_stride, to, to_stride, points);
    case 2: return copy_strided<2>(from, from_stride, to, to_stride, points);
    case 4: return copy_strided<4>(from, from_stride, to, to_stride, points);
    case 8: return copy_strided<8>(from, from_stride, to, to_stride, points);
    default:
      for (uint64_t i = 0; i < points; ++i) std::memcpy(to + i * to_stride, from + i * from_stride, bytes);
  }
}

/// Parses `f32` or `f32x3`.
Status parse_type(std::string_view text, uint64_t offset, FieldSpec& spec) {
  const size_t times = text.find('x');
  if (times != std::string_view::npos) {
    const std::string_view digits = text.substr(times + 1);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), spec.count);
    if (parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size() || spec.count == 0) {
      return Error{Code::invalid_argument, offset, quoted(text) + " does not end in a count of 1 or more, as in f32x3"};
    }
  }
  const Result<FieldType> type = field_type_from_name(text.substr(0, times));
  if (!type.ok()) return Error{Code::invalid_argument, offset, type.error().message};
  spec.type = *type;
  return {};
}

}  // namespace

Result<std::vector<FieldSpec>> parse_fields(std::string_view text) {
  std::vector<FieldSpec> specs;
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view item = text.substr(begin, end - begin);
    const size_t colon = item.find(':');
    if (colon == 0 || colon == std::string_view::npos) {
      return Error{Code::invalid_argument, begin, quoted(item) + " is not name:type, as in x:f32"};
    }
    FieldSpec spec;
    spec.name = item.substr(0, colon);
    DEW_TRY(parse_type(item.substr(colon + 1), begin, spec));
    const bool repeats = std::any_of(specs.begin(), specs.end(), [&](const FieldSpec& other) { return other.name == spec.name; });
    if (repeats && spec.name != "_") return Error{Code::invalid_argument, begin, "field '" + spec.name + "' is named twice"};
    specs.push_back(std::move(spec));
    begin = end + 1;
  }
  DEW_TRY(record_size(specs, 0));
  return specs;
}

std::string fields_text(std::span<const FieldSpec> specs) {
  std::string text;
  for (const FieldSpec& spec : specs) {
    if (!text.empty()) text += ',';
    text += spec.name + ':' + field_type_name(spec.type);
    if (spec.count > 1) text += 'x' + std::to_string(spec.count);
  }
  return text;
}

std::vector<FieldSpec> field_specs(const Cloud& cloud) {
  std::vector<FieldSpec> specs;
  for (const Field& field : cloud.fields) specs.push_back({field.name, field.type, field.count});
  return specs;
}

Result<uint32_t> record_size(std::span<const FieldSpec> specs, uint64_t offset) {
  uint64_t total = 0;
  for (const FieldSpec& spec : specs) {
    total += uint64_t{spec.count} * field_type_size(spec.type);
    if (total > kMaxRecordBytes) {
      return Error{Code::unsupported_feature, offset, "a point of more than " + std::to_string(kMaxRecordBytes) + " bytes"};
    }
  }
  if (total == 0) return Error{Code::unsupported_feature, offset, "a point without any field"};
  return static_cast<uint32_t>(total);
}

Result<Cloud> allocate_cloud(std::span<const FieldSpec> specs, uint64_t points, Budget& budget, uint64_t offset) {
  Cloud cloud;
  DEW_ASSIGN(cloud.source.record_bytes, record_size(specs, offset));
  DEW_TRY(budget.take_elements(points, offset));
  // points is within the element limit here, so that the product fits as long as the limit is below 2^44.
  if (points > UINT64_MAX / kMaxRecordBytes) return Error{Code::limit_exceeded, offset, std::to_string(points) + " points"};
  DEW_TRY(budget.take_memory(points * cloud.source.record_bytes, offset));
  cloud.points = points;
  cloud.width = static_cast<uint32_t>(std::min<uint64_t>(points, UINT32_MAX));
  uint32_t field_offset = 0;
  for (const FieldSpec& spec : specs) {
    cloud.fields.push_back({spec.name, spec.type, spec.count, {}});
    Field& field = cloud.fields.back();
    field.data.resize(static_cast<size_t>(points) * field.bytes_per_point());
    cloud.source.field_offsets.push_back(field_offset);
    field_offset += static_cast<uint32_t>(field.bytes_per_point());
  }
  return cloud;
}

void split_records(ByteSpan records, Cloud& cloud) {
  if (cloud.points == 0) return;
  for (size_t i = 0; i < cloud.fields.size(); ++i) {
    Field& field = cloud.fields[i];
    const size_t bytes = field.bytes_per_point();
    copy_values(records.data() + cloud.source.field_offsets[i], cloud.source.record_bytes, field.data.data(), bytes, bytes, cloud.points);
  }
}

void append_records(const Cloud& cloud, Bytes& out) {
  if (cloud.points == 0) return;
  size_t record_bytes = 0;
  for (const Field& field : cloud.fields) record_bytes += field.bytes_per_point();
  const size_t begin = out.size();
  out.resize(begin + record_bytes * static_cast<size_t>(cloud.points));
  size_t field_offset = begin;
  for (const Field& field : cloud.fields) {
    const size_t bytes = field.bytes_per_point();
    copy_values(field.data.data(), bytes, out.data() + field_offset, record_bytes, bytes, cloud.points);
    field_offset += bytes;
  }
}

Status check_cloud(const Cloud& cloud) {
  for (const Field& field : cloud.fields) {
    const size_t bytes = field.bytes_per_point();
    if (bytes == 0 || field.data.size() / bytes != cloud.points || field.data.size() % bytes != 0) {
      return Error{Code::invalid_argument, 0,
                   "field '" + field.name + "' holds " + std::to_string(field.data.size()) + " bytes, not " + std::to_string(bytes) +
                       " for each of " + std::to_string(cloud.points) + " points"};
    }
  }
  return {};
}

std::string quoted(std::string_view word) {
  std::string text = "'";
  return text.append(word.substr(0, 40)).append("'");
}

Status check_input_size(ByteSpan bytes, const DecodeLimits& limits) {
  if (bytes.size() <= limits.input_bytes) return {};
  return Error{Code::limit_exceeded, 0,
               std::to_string(bytes.size()) + " bytes of input, the limit is " + std::to_string(limits.input_bytes) +
                   "; raise DecodeLimits if the input is trusted"};
}

}  // namespace dew
