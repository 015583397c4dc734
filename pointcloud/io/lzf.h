// SPDX-License-Identifier: Apache-2.0
/// LZF, the byte-oriented Lempel-Ziv scheme in the bodies of PCD `binary_compressed` files.
///
///   Bytes packed = lzf_compress(body);
///   DEW_ASSIGN(const Bytes body, lzf_decompress(packed, body_size, budget, offset));
///
/// A control byte c below 32 is followed by c + 1 literal bytes. Otherwise the upper three bits are a length l (7: the next byte is
/// added to it) and the lower five bits with one more byte a distance d: l + 2 bytes are copied from d + 1 bytes back.
#pragma once

#include "entropy/bytes.h"
#include "entropy/limits.h"

namespace dew {

/// The densest code is three bytes for a match of 264.
inline constexpr uint64_t kLzfLargestExpansion = 88;

/// Decompresses to exactly `size` bytes, charged to `budget`; `offset` is the place of `packed` in the file, for errors.
/// Trust: `packed` may be hostile. A size that `packed` cannot reach (88 times its own) is refused before anything is allocated.
/// Errors: corrupt, truncated, limit_exceeded, out_of_memory.
Result<Bytes> lzf_decompress(ByteSpan packed, uint64_t size, Budget& budget, uint64_t offset);

/// Compresses greedily with one hash table of 3-byte strings. The result is at most 1/32 larger than the input, plus one byte.
Bytes lzf_compress(ByteSpan bytes);

}  // namespace dew
