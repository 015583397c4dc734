// SPDX-License-Identifier: Apache-2.0
/// Signed integers of any size under several contexts at once.
///
///   MixedNumber<4> model({16, 64, 64, 8}, 2);                        // sizes of the contexts, sets of weights
///   step = model.code(coder, step, {c0, c1, c2, c3}, set);           // the same line in encoder and decoder
///
/// Decisions: class of the size (0, 1, 2-3, 4-7, ...) by steps up or down from the one that the caller expects, sign, the bit below the top
/// bit; what lies below is nearly evenly spread and goes as raw bits. As entropy/mixer.h's MixedResidual, in a third of its memory: meshes
/// are small, and setting up counts. Memory: 240 bytes for each value of each context. Threads: a model belongs to one coder at a time.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "mesh/coding/fresh_memory.h"
#include "mesh/coding/quick_mix.h"

namespace dew {

/// `Mix` and `Bit`: QuickMix of CountedBits, or the slower MixedBit of AdaptiveBits, which follows what changes.
template <size_t kContexts, template <size_t> class Mix = QuickMix, class Bit = CountedBit>
class MixedNumber {
 public:
  static constexpr uint32_t kNodes = 60;
  static constexpr unsigned kMaxClass = 60;
  static constexpr unsigned kMostExpected = 14;

  MixedNumber(const std::array<size_t, kContexts>& sizes, size_t set_count = 1, bool first_alone = false)
      : mixed_(set_count * kNodes, first_alone) {
    for (size_t i = 0; i < kContexts; ++i) bits_[i] = FreshMemory<Bit>(sizes[i] * kNodes);
  }

  /// `expected`: the class that the search begins at, at most kMostExpected; the nearer the faster.
  /// REQUIRES: contexts[i] < sizes[i], set < set_count; |value| < 2^60 where the coder encodes.
  template <class Coder>
  int64_t code(Coder& coder, int64_t value, const std::array<size_t, kContexts>& contexts, size_t set = 0, unsigned expected = 0) {
    std::array<Bit*, kContexts> rows;
    for (size_t i = 0; i < kContexts; ++i) rows[i] = &bits_[i][contexts[i] * kNodes];
    const auto node = [&](bool bit, uint32_t at) { return mixed_.code(coder, bit, rows, at, set * kNodes + at); };
    const uint64_t size = static_cast<uint64_t>(value < 0 ? -value : value);
    const unsigned wanted = static_cast<unsigned>(std::bit_width(size));
    unsigned found = expected;
    if (node(wanted > found, kUp + kWidth * found)) {
      ++found;
      while (found <= kMaxClass && node(wanted > found, kUp + kWidth * std::min(found, kRows - 1))) ++found;
    } else {
      while (found > 0 && !node(wanted > found - 1, kDown + kWidth * found)) --found;
    }
    if (found == 0) return 0;
    const bool negative = node(value < 0, kSign);
    uint64_t result = 1;
    unsigned left = found - 1;
    if (left > 0) result = 2 * result + node(((size >> --left) & 1) != 0, kFirst + kWidth * (std::min(found, kRows) - 1));
    if (left > 0) result = (result << left) | coder.code_raw(size & ((uint64_t{1} << left) - 1), left);
    return negative ? -static_cast<int64_t>(result) : static_cast<int64_t>(result);
  }

 private:
  static constexpr unsigned kRows = 20;
  /// What is asked at a class lies together, so that a number touches few lines of the cache; nothing is asked below class 0.
  static constexpr uint32_t kWidth = 3, kUp = 0, kDown = 1, kFirst = 2, kSign = kDown;
  static_assert(kWidth * kRows <= kNodes && kMostExpected < kRows);

  std::array<FreshMemory<Bit>, kContexts> bits_;
  Mix<kContexts> mixed_;
};

}  // namespace dew
