// SPDX-License-Identifier: Apache-2.0
/// Where the slices of a points frame lie, so that a reader who wants a box decodes no others.
///
///   const Bytes payload = write_slice_boxes(cloud, slices);           // empty: one slice, or no coordinates
///   DEW_ASSIGN(const std::vector<Box> boxes, read_slice_boxes(chunk.payload, chunk.payload_offset, slices));
///
/// Bytes: pointcloud/FORMAT.md, section 3.
#pragma once

#include "entropy/bytes.h"
#include "entropy/container.h"
#include "pointcloud/box.h"

namespace dew {

inline constexpr uint32_t kBoxChunk = kFirstKindChunk + 8;

/// Of the cloud as it is decoded.
Bytes write_slice_boxes(const Cloud& cloud, uint32_t slices);
/// Errors: truncated, corrupt.
Result<std::vector<Box>> read_slice_boxes(ByteSpan payload, uint64_t offset, uint64_t slices);

}  // namespace dew
