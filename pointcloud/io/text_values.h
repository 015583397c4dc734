// SPDX-License-Identifier: Apache-2.0
/// The ascii bodies of PCD and PLY files: one line of numbers a point.
///
///   DEW_ASSIGN(const uint64_t used, read_text_points(body, body_offset, cloud));
///   append_text_points(cloud, out);
#pragma once

#include "entropy/bytes.h"
#include "pointcloud/cloud.h"

namespace dew {

/// Errors: truncated if `bytes` cannot hold `points` lines of `values_per_point` numbers (a digit and a separator each);
/// ask before anything is allocated. `offset` is the place of `bytes` in the file.
Status check_text_room(ByteSpan bytes, uint64_t offset, uint64_t points, uint64_t values_per_point);

/// Fills the fields of `cloud` (already of their full size) from `bytes`, one point a line; empty lines are skipped.
/// Numbers are read to the nearest value of the field's type; `nan` and `inf` are taken for floats. Result: bytes used.
/// Errors: truncated, corrupt (no number, out of the type's range, too many or too few on a line).
Result<uint64_t> read_text_points(ByteSpan bytes, uint64_t offset, Cloud& cloud);

/// Appends one line a point, each number in the fewest digits that read back as the same bits (all NaNs but their sign are one).
void append_text_points(const Cloud& cloud, Bytes& out);

}  // namespace dew
