// SPDX-License-Identifier: Apache-2.0
/// .lrf files: one sweep of a spinning sensor as its own integers (range ticks, encoder angles), nothing calibrated.
///
///   DEW_ASSIGN(const Scan scan, read_lrf(bytes, limits));
///   Bytes same = *write_lrf(scan);      // the very bytes again
///
/// Layout, little-endian: "LRFRAME1", then u32 columns, lasers, range_bytes (2 or 4), tick_um, planes (always 1), turn; then without
/// padding u16 azimuth[columns], u32 time_us[columns], range[columns][lasers], u8 intensity[columns][lasers].
#pragma once

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/scan.h"

namespace dew {

/// True if `bytes` begin as an .lrf file does.
bool is_lrf(ByteSpan bytes);

/// Trust: `bytes` may be hostile; nothing is allocated before the size that the header asks for was found equal to bytes.size().
/// Errors: truncated, corrupt (magic, sizes, bytes after the end), unsupported_feature (planes), limit_exceeded, out_of_memory.
Result<Scan> read_lrf(ByteSpan bytes, const DecodeLimits& limits);

/// Errors: invalid_argument where the arrays of `scan` do not fit its columns and lasers, or a range does not fit range_bytes.
Result<Bytes> write_lrf(const Scan& scan);

}  // namespace dew
