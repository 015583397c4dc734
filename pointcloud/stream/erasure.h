// SPDX-License-Identifier: Apache-2.0
/// Erasure coding: blocks of data and of parity (systematic Reed-Solomon over GF(256)), where blocks have any sizes and nothing is padded.
///
///   const std::vector<Bytes> parity = parity_blocks(data, parity_lengths(sizes, 0.5, 60));   // data: up to 192 blocks of any sizes
///   blocks[3].clear(); blocks[7].clear();                                                // two were lost
///   const size_t still_missing = *repair_blocks(blocks, parity_with_indices);            // and are back
///
/// A block begins with a u16 that says how many bytes follow. A block of parity covers the beginnings of all blocks, as far as it goes:
/// where few blocks are so long, few of parity are. Any k blocks of parity that reach so far give back k lost blocks.
/// Parity row i, data column j of the generator is the Cauchy matrix 1 / (x_i + y_j), x_i = 255 - i, y_j = j: every square part of it can
/// be inverted, and a row does not depend on how many there are. Field: polynomial x^8 + x^4 + x^3 + x^2 + 1, generator 2. Cost: about 1 ns
/// for each byte of data and block of parity. Source: I. S. Reed and G. Solomon, "Polynomial codes over certain finite fields", 1960;
/// J. Bloemer et al., "An XOR-based erasure-resilient coding scheme", 1995 (Cauchy matrices). Bytes: pointcloud/FORMAT.md, "Streams".
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/result.h"

namespace dew {

/// Blocks of one group. Part of the format: their sum stays below the field's size.
inline constexpr size_t kMaxDataBlocks = 192;
inline constexpr size_t kMaxParityBlocks = 63;

/// How long blocks of parity are to be so that all together take `overhead` of what the data takes, `more` bytes a block included on both
/// sides, and long blocks, of which there are few, are as safe as short ones. Falling; at most kMaxParityBlocks.
std::vector<size_t> parity_lengths(std::span<const ByteSpan> data, double overhead, size_t more);

/// A block of parity for each of `lengths`. REQUIRES: data.size() <= kMaxDataBlocks, lengths.size() <= kMaxParityBlocks.
std::vector<Bytes> parity_blocks(std::span<const ByteSpan> data, std::span<const size_t> lengths);

/// A block of parity and its row.
struct ParityBlock {
  size_t row = 0;
  ByteSpan bytes;
};

/// Fills those of the empty ones among `data` that can be repaired; gives how many are still empty. Trust: blocks may be hostile; wrong
/// blocks give wrong data. Errors: corrupt (rows of parity repeat, or are shorter than the two bytes of a length), invalid_argument (more
/// blocks than a group has).
Result<size_t> repair_blocks(std::span<Bytes> data, std::span<const ParityBlock> parity);

}  // namespace dew
