// SPDX-License-Identifier: Apache-2.0
/// Erasure coding: k blocks of data and m of parity, any k of which give the data back (systematic Reed-Solomon over GF(256)).
///
///   const std::vector<Bytes> parity = parity_blocks(data, 4);          // data: up to 192 blocks of any sizes
///   blocks[3].clear(); blocks[7].clear();                              // two were lost
///   DEW_TRY(repair_blocks(blocks, parity_with_indices));               // and are back
///
/// Parity row i, data column j of the generator is the Cauchy matrix 1 / (x_i + y_j), x_i = 255 - i, y_j = j: every square part of it can
/// be inverted, and a row does not depend on k or m. Field: polynomial x^8 + x^4 + x^3 + x^2 + 1, generator 2. Cost: about 1 ns for each
/// byte of data and block of parity. Source: I. S. Reed and G. Solomon, "Polynomial codes over certain finite fields", 1960; J. Bloemer et
/// al., "An XOR-based erasure-resilient coding scheme", 1995 (Cauchy matrices). Bytes: pointcloud/FORMAT.md, "Streams".
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "entropy/bytes.h"

namespace dew {

/// Blocks of one group. Part of the format: their sum stays below the field's size.
inline constexpr size_t kMaxDataBlocks = 192;
inline constexpr size_t kMaxParityBlocks = 63;

/// `count` blocks of parity, each as long as the longest block of data; shorter ones count as followed by zeros.
/// REQUIRES: data.size() <= kMaxDataBlocks, count <= kMaxParityBlocks.
std::vector<Bytes> parity_blocks(std::span<const ByteSpan> data, size_t count);

/// A block of parity and its row.
struct ParityBlock {
  size_t row = 0;
  ByteSpan bytes;
};

/// Fills the empty ones among `data`; repaired blocks have the length of the parity, zeros included. Untouched where too few are there.
/// Trust: blocks may be hostile; wrong blocks give wrong data. Errors: truncated (too few blocks of parity), corrupt (blocks of parity
/// that differ in length, are shorter than a block of data, or whose rows repeat), invalid_argument (more blocks than a group has).
Status repair_blocks(std::span<Bytes> data, std::span<const ParityBlock> parity);

}  // namespace dew
