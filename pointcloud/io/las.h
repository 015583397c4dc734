// SPDX-License-Identifier: Apache-2.0
/// LAS files, versions 1.0 to 1.4, point formats 0 to 10, extra bytes. Compressed ones (.laz) are named, not read.
///
///   DEW_ASSIGN(const Cloud cloud, read_las(bytes, limits));   // x, y, z: doubles in the file's unit, scale and offset applied
///   DEW_ASSIGN(const Bytes same, write_las(cloud));           // an untouched cloud: the very bytes again
///   LasGrid grid = *las_grid(cloud.source.header);            // x = integer * grid.scale[0] + grid.offset[0]
#pragma once

#include <array>
#include <optional>

#include "pointcloud/io/fields.h"

namespace dew {

/// True if `bytes` begin as a LAS or LAZ file does.
bool is_las(ByteSpan bytes);

/// The integers behind the coordinates, per axis: value = integer * scale + offset, in doubles.
struct LasGrid {
  std::array<double, 3> scale, offset;
};
/// That of a LAS header; nothing where `header` is none.
std::optional<LasGrid> las_grid(ByteSpan header);

/// Reads all points: x, y, z as f64, then intensity, returns (number and count of returns, flags), classification, scan_angle, user_data,
/// point_source, gps_time, red, green, blue, nir and wave_* as the point format has them, then the extra bytes by the names that the file
/// gives them, or as one field `extra`. Header and records before the points, and all bytes after them, are kept in `source`.
/// Trust: `bytes` may be hostile; memory grows with bytes.size(), charged to `limits`.
/// Errors: truncated, corrupt, unsupported_feature (LAZ, unknown point formats), limit_exceeded, out_of_memory.
/// Source: ASPRS, "LAS Specification 1.4 - R15", 2019.
Result<Cloud> read_las(ByteSpan bytes, const DecodeLimits& limits);

/// A cloud that came from a LAS file and still has its fields: its own header and trailer; counts and box are written anew where the number
/// of points changed, scales where a coordinate is no multiple of them any more. Others: LAS 1.4, point format 6 to 8, fields without a
/// place in it as extra bytes, coordinates to a micrometre or what 31 bits leave.
/// Errors: invalid_argument (coordinates missing or not finite, field sizes, names of more than 32 bytes), unsupported_feature (more than
/// 65,535 bytes a point).
Result<Bytes> write_las(const Cloud& cloud);

}  // namespace dew
