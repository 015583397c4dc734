// SPDX-License-Identifier: Apache-2.0
/// Chunks that a fuzzer wrote, as a file with right checksums: bytes alone seldom get past those.
///
///   const Bytes file = file_of_chunks(Kind::cloud, kFrameChunk, kSliceChunk, rest);
#pragma once

#include <algorithm>
#include <cstddef>

#include "entropy/container.h"
#include "fuzz_check.h"

namespace dew {

/// Each chunk: a byte (2: a network; else even: a chunk of type `first`, odd: of `other`), three bytes of size, payload.
inline Bytes file_of_chunks(Kind kind, uint32_t first, uint32_t other, ByteSpan rest) {
  ContainerWriter writer(kind);
  while (rest.size() >= 4) {
    const auto number = [&](size_t i) { return std::to_integer<size_t>(rest[i]); };
    const uint32_t type = number(0) == 2 ? kNetworkChunk : number(0) % 2 == 0 ? first : other;
    const size_t size = std::min(number(1) | number(2) << 8 | number(3) << 16, rest.size() - 4);
    DEW_FUZZ_CHECK(writer.append(type, kRequired, rest.subspan(4, size)).ok());
    rest = rest.subspan(4 + size);
  }
  DEW_FUZZ_CHECK(writer.finish().ok());
  return writer.take();
}

}  // namespace dew
