// SPDX-License-Identifier: Apache-2.0
/// Morton order: numbers whose bits take turns, so that what is near in space is mostly near in order.
///
///   const uint64_t key = morton_key(x, y, z);            // three numbers of 21 bits
#pragma once

#include <cstdint>

namespace dew {

/// Largest number that a key takes on each axis.
inline constexpr uint32_t kLastMortonStep = (1u << 21) - 1;

/// Bit i of a 21-bit number goes to bit 3 i.
inline uint64_t morton_spread(uint64_t bits) {
  bits = (bits | bits << 32) & 0x1f00000000ffff;
  bits = (bits | bits << 16) & 0x1f0000ff0000ff;
  bits = (bits | bits << 8) & 0x100f00f00f00f00f;
  bits = (bits | bits << 4) & 0x10c30c30c30c30c3;
  return (bits | bits << 2) & 0x1249249249249249;
}

/// REQUIRES: all at most kLastMortonStep.
inline uint64_t morton_key(uint64_t x, uint64_t y, uint64_t z) { return morton_spread(x) | morton_spread(y) << 1 | morton_spread(z) << 2; }

}  // namespace dew
