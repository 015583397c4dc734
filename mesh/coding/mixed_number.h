// SPDX-License-Identifier: Apache-2.0
/// Signed integers of any size under several contexts at once.
///
///   MixedNumber<4> model({16, 64, 64, 8}, 2);                        // sizes of the contexts, sets of weights
///   step = model.code(coder, step, {c0, c1, c2, c3}, set);           // the same line in encoder and decoder
///
/// Decisions: zero?, sign, class of the size in unary (1, 2-3, 4-7, ...), the bit below the top bit; what lies below is nearly evenly
/// spread and goes as raw bits. As entropy/mixer.h's MixedResidual, in a third of its memory: meshes are small, and setting up counts.
/// Memory: 160 bytes for each value of each context. Threads: a model belongs to one coder at a time.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "mesh/coding/quick_mix.h"

namespace dew {

/// `Mix` and `Bit`: QuickMix of CountedBits, or the slower MixedBit of AdaptiveBits, which follows what changes.
template <size_t kContexts, template <size_t> class Mix = QuickMix, class Bit = CountedBit>
class MixedNumber {
 public:
  static constexpr uint32_t kNodes = 40;
  static constexpr unsigned kMaxClass = 60;

  MixedNumber(const std::array<size_t, kContexts>& sizes, size_t set_count = 1) : mixed_(set_count * kNodes) {
    for (size_t i = 0; i < kContexts; ++i) bits_[i].resize(sizes[i] * kNodes);
  }

  /// REQUIRES: contexts[i] < sizes[i], set < set_count; |value| < 2^60 where the coder encodes.
  template <class Coder>
  int64_t code(Coder& coder, int64_t value, const std::array<size_t, kContexts>& contexts, size_t set = 0) {
    const auto node = [&](bool bit, uint32_t at) {
      std::array<Bit*, kContexts> bits;
      for (size_t i = 0; i < kContexts; ++i) bits[i] = &bits_[i][contexts[i] * kNodes + at];
      return mixed_.code(coder, bit, bits, set * kNodes + at);
    };
    if (node(value == 0, kZero)) return 0;
    const bool negative = node(value < 0, kSign);
    const uint64_t size = static_cast<uint64_t>(value < 0 ? -value : value);
    const unsigned wanted = static_cast<unsigned>(std::bit_width(size)) - 1;
    unsigned top = 0;
    while (top < kMaxClass && node(wanted > top, kClass + std::min(top, kClasses - 1))) ++top;
    uint64_t result = 1;
    unsigned left = top;
    const uint32_t row = std::min(top, kClasses - 1);
    if (left > 0) result = 2 * result + node(((size >> --left) & 1) != 0, kFirst + row);
    if (left > 0) result = (result << left) | coder.code_raw(size & ((uint64_t{1} << left) - 1), left);
    return negative ? -static_cast<int64_t>(result) : static_cast<int64_t>(result);
  }

 private:
  static constexpr unsigned kClasses = 19;
  static constexpr uint32_t kZero = 0, kSign = 1, kClass = 2, kFirst = kClass + kClasses;
  static_assert(kFirst + kClasses <= kNodes);

  std::array<std::vector<Bit>, kContexts> bits_;
  Mix<kContexts> mixed_;
};

}  // namespace dew
