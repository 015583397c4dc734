// SPDX-License-Identifier: Apache-2.0
/// PLY files: ascii, binary little-endian and big-endian; any scalar vertex properties. Other elements are kept as bytes.
///
///   DEW_ASSIGN(const Cloud cloud, read_ply(bytes, limits));
///   DEW_ASSIGN(const Bytes same, write_ply(cloud));                          // binary: the very bytes again
///   DEW_ASSIGN(const Bytes text, write_ply(cloud, PlyEncoding::ascii));
#pragma once

#include <optional>

#include "pointcloud/io/fields.h"

namespace dew {

enum class PlyEncoding : uint8_t { ascii, binary_little_endian, binary_big_endian };

/// True if `bytes` begin as a PLY file does.
bool is_ply(ByteSpan bytes);

/// Reads the element `vertex`, every bit kept (ascii: to the nearest value of the type), big-endian values turned. The header with its
/// comments, and all bytes after the last vertex (faces), are kept in `source`.
/// Trust: `bytes` may be hostile; memory grows with bytes.size() (8 times at most), charged to `limits`.
/// Errors: truncated, corrupt, unsupported_feature (list properties of vertices, elements before them), limit_exceeded, out_of_memory.
/// Source: Greg Turk, "The PLY Polygon File Format", 1994.
Result<Cloud> read_ply(ByteSpan bytes, const DecodeLimits& limits);

/// Without an encoding: the source's own header, encoding and trailer where the cloud came from a PLY file and still has its fields
/// and number of points; otherwise a new header and a little-endian body. Under a new header f16 becomes f32, 64-bit integers become
/// f64, and a field with several values becomes as many properties (name_0, name_1, ...).
/// Errors: invalid_argument (field sizes, a name with a blank), unsupported_feature (no field; an integer that no double holds).
Result<Bytes> write_ply(const Cloud& cloud, std::optional<PlyEncoding> encoding = {});

}  // namespace dew
