// SPDX-License-Identifier: Apache-2.0
/// Sizes and checks that the container's reader and writer share; entropy/FORMAT.md sections 3 to 5 describe them.
///
///   file header   'D' 'E' 'W' version kind check16(the 5 bytes)
///   chunk         varint tag, varint payload size, check16(both), payload, u64 checksum(all before)
///   end payload   u8 kind << 1 | has_hash, [32 bytes hash], {varint tag, varint chunk size} a chunk, u32 size of the end chunk
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "entropy/bytes.h"
#include "entropy/checksum.h"

namespace dew::container_layout {

inline constexpr std::array<std::byte, 3> kMagic = {std::byte{'D'}, std::byte{'E'}, std::byte{'W'}};
inline constexpr uint8_t kVersion = 0;  // of the format; nothing is promised before 1
inline constexpr size_t kFileHeaderBytes = 7;
inline constexpr size_t kCheckBytes = 2;
inline constexpr size_t kChecksumBytes = 8;
inline constexpr size_t kLongestHeaderBytes = 5 + 10 + kCheckBytes;
inline constexpr size_t kSmallestChunkBytes = 1 + 1 + kCheckBytes + kChecksumBytes;
inline constexpr size_t kSmallestIndexEntryBytes = 2;
inline constexpr size_t kEndSizeBytes = 4;  // the u32 at the end of the end chunk's payload

/// Short check of a header: enough to tell a header from other bytes while scanning, since the checksum follows.
inline uint16_t check16(ByteSpan header) { return static_cast<uint16_t>(checksum(header)); }

}  // namespace dew::container_layout
