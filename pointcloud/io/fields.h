// SPDX-License-Identifier: Apache-2.0
/// What the readers and writers of point files share: field lists as text, and records taken apart into fields and put together again.
///
///   DEW_ASSIGN(const std::vector<FieldSpec> specs, parse_fields("x:f32,y:f32,z:f32,intensity:u8"));
///   DEW_ASSIGN(const uint32_t bytes, record_size(specs, 0));   // 13
///   std::string text = fields_text(specs);                     // the same text again
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/cloud.h"

namespace dew {

/// Name, type and number of values a point of one field, without the values.
struct FieldSpec {
  std::string name;
  FieldType type = FieldType::f32;
  uint32_t count = 1;
  bool operator==(const FieldSpec&) const = default;
};

/// Largest record that is read or written, in bytes.
inline constexpr uint64_t kMaxRecordBytes = 1u << 20;

/// Parses `name:type,name:type,...` as `--fields` takes it; `type` may end in xN for N values a point (`normal:f32x3`).
/// The name `_` is padding and may repeat. Errors: invalid_argument, with the offset in `text`.
Result<std::vector<FieldSpec>> parse_fields(std::string_view text);
/// The text that parse_fields reads back.
std::string fields_text(std::span<const FieldSpec> specs);
/// The fields of a cloud, in its order.
std::vector<FieldSpec> field_specs(const Cloud& cloud);

/// Bytes of one dense record. Errors: unsupported_feature above kMaxRecordBytes or for no field at all; `offset` is put into them.
Result<uint32_t> record_size(std::span<const FieldSpec> specs, uint64_t offset);

/// A cloud of `points` points whose fields are all zero, charged to `budget`. The caller has checked that its input can hold that many.
/// `source.record_bytes` and `source.field_offsets` describe dense records. Errors: as record_size, limit_exceeded, out_of_memory.
Result<Cloud> allocate_cloud(std::span<const FieldSpec> specs, uint64_t points, Budget& budget, uint64_t offset);

/// Copies `records` into the fields of `cloud`, and back; layout as in `cloud.source`.
/// Requires records.size() == cloud.points * cloud.source.record_bytes.
void split_records(ByteSpan records, Cloud& cloud);
/// Appends the records of `cloud` to `out`, fields densely one after another.
void append_records(const Cloud& cloud, Bytes& out);

/// Errors: invalid_argument unless every field holds exactly points * count values.
Status check_cloud(const Cloud& cloud);

/// The first 40 characters of a word of the input, in quotes, for messages.
std::string quoted(std::string_view word);

/// Refuses inputs above limits.input_bytes with limit_exceeded.
Status check_input_size(ByteSpan bytes, const DecodeLimits& limits);

}  // namespace dew
