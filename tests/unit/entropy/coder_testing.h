// SPDX-License-Identifier: Apache-2.0
/// Shared by the tests of the coders: a random generator with the same numbers everywhere, and a hash for golden values.
#pragma once

#include <cstdint>

#include "entropy/bytes.h"

namespace dew {

/// SplitMix64: the standard distributions differ between libraries, this does not.
class TestRandom {
 public:
  explicit TestRandom(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// 0 .. limit - 1.
  uint32_t below(uint32_t limit) { return static_cast<uint32_t>(((next() >> 32) * limit) >> 32); }
  int64_t between(int64_t lo, int64_t hi) { return lo + static_cast<int64_t>(next() % static_cast<uint64_t>(hi - lo + 1)); }
  bool bit(uint32_t p1_16) { return (next() >> 48) < p1_16; }
  /// Heavy-tailed signed integer, mostly within +-spread.
  int64_t residual(uint32_t spread) {
    const unsigned shift = below(8) == 0 ? below(20) : 0;
    return between(-int64_t{spread}, int64_t{spread}) * between(0, int64_t{1} << shift);
  }

 private:
  uint64_t state_;
};

/// FNV-1a.
inline uint64_t test_hash(ByteSpan bytes, uint64_t hash = 0xcbf29ce484222325u) {
  for (const std::byte byte : bytes) hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001b3u;
  return hash;
}

}  // namespace dew
