// SPDX-License-Identifier: Apache-2.0
/// The header of a LAS file: what of it says how points are laid out.
///
///   DEW_ASSIGN(const LasHeader header, parse_las_header(bytes));
///   header.fields;                                     // of a record, x, y and z as i32
#pragma once

#include "pointcloud/io/las.h"

namespace dew {

/// Byte offsets in the header that readers and writers need.
namespace las_offset {
inline constexpr size_t kMinor = 25, kHeaderBytes = 94, kPoints = 96, kRecords = 100, kFormat = 104, kRecordBytes = 105, kLegacyCount = 107,
                        kLegacyReturns = 111, kScale = 131, kOffset = 155, kBox = 179, kCount = 247, kReturns = 255;
/// Size of the header in versions up to 1.2, 1.3, and 1.4.
inline constexpr size_t kSize12 = 227, kSize13 = 235, kSize14 = 375;
}  // namespace las_offset

/// Bytes of a record header of variable length, before its payload.
inline constexpr size_t kLasRecordHeader = 54;
/// Bytes that describe one extra field.
inline constexpr size_t kLasExtraBytes = 192;

struct LasHeader {
  unsigned minor_version = 2;
  unsigned format = 0;
  size_t size_bytes = 0;  ///< up to the first point
  uint32_t record_bytes = 0;
  uint64_t points = 0;
  LasGrid grid;
  std::vector<FieldSpec> fields;  ///< of a record, extra bytes included; x, y and z are i32
};

/// The fields of a point format, 0 to 10.
std::vector<FieldSpec> las_format_fields(unsigned format);

/// Errors: truncated, corrupt, unsupported_feature.
Result<LasHeader> parse_las_header(ByteSpan bytes);

}  // namespace dew
