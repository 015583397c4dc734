// SPDX-License-Identifier: Apache-2.0
/// Headers and trailers of point files as a few bytes: a model of text that has read such a header before it begins.
///
///   write_source_text(header, {points, width, height}, writer);
///   DEW_ASSIGN(Bytes header, read_source_text(reader, {points, width, height}, budget));
///
/// Bytes: pointcloud/FORMAT.md, "Text". Any bytes are coded; what looks like the usual headers takes about a bit a character. Cost: 0.5 ms,
/// and 3 us a byte.
#pragma once

#include <cstdint>

#include "entropy/bytes.h"
#include "entropy/limits.h"

namespace dew {

/// Numbers of the frame that its header is likely to name.
struct HeaderCounts {
  uint64_t points = 0, width = 0, height = 0;
};

void write_source_text(ByteSpan text, const HeaderCounts& counts, ByteWriter& writer);
/// Errors: truncated, corrupt, limits.
Result<Bytes> read_source_text(ByteReader& reader, const HeaderCounts& counts, Budget& budget);

}  // namespace dew
