// SPDX-License-Identifier: Apache-2.0
/// Raw record files: points one after another, no header (KITTI .bin, nuScenes .bin, any other layout by its field list).
///
///   DEW_ASSIGN(const RecordLayout layout, recognise_records(bytes));   // or parse_fields("x:f16,y:f16,...")
///   std::cerr << layout.reason;                                        // "16-byte records x:f32,..., because ..."
///   DEW_ASSIGN(const Cloud cloud, read_records(bytes, layout.fields, limits));
#pragma once

#include <span>
#include <string>
#include <vector>

#include "pointcloud/io/fields.h"

namespace dew {

/// The fields of a record and, in words, how they were found.
struct RecordLayout {
  std::vector<FieldSpec> fields;
  std::string reason;
};

/// Tells 16-byte records (x y z intensity, f32) from 20-byte records (the same and ring) by their content: coordinates within 100 km,
/// intensity within 0..255, ring an integer within 0..255. Looks at all points, once for each layout; about 1 ns a byte.
/// Errors: invalid_argument with a hint at `--fields` where neither fits, or both do.
Result<RecordLayout> recognise_records(ByteSpan bytes);

/// Reads dense records of the given fields, in file order, every bit kept. Little-endian.
/// Trust: `bytes` may be hostile; memory is bytes.size(), charged to `limits`.
/// Errors: invalid_argument (the size is no multiple of the record), limit_exceeded, out_of_memory.
Result<Cloud> read_records(ByteSpan bytes, std::span<const FieldSpec> fields, const DecodeLimits& limits);

/// The records of all fields in their order; the very bytes that read_records was given.
/// Errors: invalid_argument where a field does not hold one value for each point.
Result<Bytes> write_records(const Cloud& cloud);

}  // namespace dew
