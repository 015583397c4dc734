// SPDX-License-Identifier: Apache-2.0
/// Small signed integers under several contexts at once, or fast under one of them: what splats mostly consist of.
///
///   MixedInteger<5> model({64, 512, 512, 512, 512});          // or with `alone`: 2, and the others count for nothing
///   step = model.code(coder, step, {c0, c1, c2, c3, c4});      // the same line in encoder and decoder
///
/// A coder that has take_integer(model, value, contexts) gets the integers themselves: for choosing and for measuring.
/// Decisions: zero?, sign, "larger?" for the sizes 1 to 8, then an Elias gamma code of what is beyond 8, whose low bits are raw. Memory:
/// 256 bytes for each value of each context. Threads: a model belongs to one coder at a time.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "entropy/mixer.h"

namespace dew {

/// Bucket of a positive number on a logarithmic scale: `per_octave` (1, 2 or 4) buckets for each doubling, bucket 0 from 2^lowest_octave
/// down, the last one open; exact, as it reads the bits of the double. Negative numbers and NaN fall into bucket 0.
inline size_t log2_bucket(double value, int lowest_octave, int per_octave, size_t buckets) {
  if (!(value > 0)) return 0;
  const unsigned kept = per_octave == 1 ? 0u : per_octave == 2 ? 1u : 2u;
  const int64_t bits = static_cast<int64_t>(std::bit_cast<uint64_t>(value) >> (52 - kept));
  const int64_t lowest = static_cast<int64_t>(lowest_octave + 1023) << kept;
  return static_cast<size_t>(std::clamp<int64_t>(bits - lowest, 0, static_cast<int64_t>(buckets) - 1));
}

/// Bucket of a number on a linear scale: floor(value) within 0 .. buckets - 1; NaN falls into bucket 0.
inline size_t linear_bucket(double value, size_t buckets) {
  if (!(value > 0)) return 0;
  const double last = static_cast<double>(buckets - 1);
  return static_cast<size_t>(value < last ? value : last);
}

/// See above. REQUIRES: contexts[i] < sizes[i].
template <size_t kContexts>
class MixedInteger {
 public:
  /// Nodes of one tree of decisions.
  static constexpr uint32_t kNodes = 32;
  /// Of contexts: all of them, mixed.
  static constexpr size_t kAll = kContexts;
  /// Values with a larger magnitude are not coded: 2^kMaxGammaBits + 8.
  static constexpr unsigned kMaxGammaBits = 40;

  /// `sizes[i]`: values of context i. `set_count`: sets of weights that the caller tells apart. `alone`: the only context, if there is to
  /// be only one; a quarter of the time.
  explicit MixedInteger(const std::array<size_t, kContexts>& sizes, size_t set_count = 1, size_t alone = kAll)
      : mixed_(alone == kAll ? set_count * kNodes : 0), alone_(alone) {
    for (size_t i = 0; i < kContexts; ++i) {
      if (alone == kAll || alone == i) bits_[i].resize(sizes[i] * kNodes);
    }
  }

  template <class Coder>
  int64_t code(Coder& coder, int64_t value, const std::array<size_t, kContexts>& contexts, size_t set = 0) {
    if constexpr (requires { coder.take_integer(this, value, contexts); }) {
      coder.take_integer(this, value, contexts);
      return value;
    } else {
      if (alone_ != kAll) {
        AdaptiveBit* const bits = &bits_[alone_][contexts[alone_] * kNodes];
        return code_value(coder, value, [&](bool bit, uint32_t at) { return bits[at].code(coder, bit, kHistory); });
      }
      return code_value(coder, value, [&](bool bit, uint32_t at) {
        std::array<AdaptiveBit*, kContexts> bits;
        for (size_t i = 0; i < kContexts; ++i) bits[i] = &bits_[i][contexts[i] * kNodes + at];
        return mixed_.code(coder, bit, bits, set * kNodes + at);
      });
    }
  }

 private:
  template <class Coder, class Node>
  static int64_t code_value(Coder& coder, int64_t value, Node&& node) {
    if (node(value == 0, kZero)) return 0;
    const bool negative = node(value < 0, kSign);
    const int64_t size = code_size(coder, value < 0 ? -value : value, node);
    return negative ? -size : size;
  }

  static constexpr uint32_t kZero = 0, kSign = 1, kLarger = 2, kGamma = 10;
  static constexpr int64_t kLargestPlain = 8;
  static constexpr uint32_t kHistory = 1023;

  /// A size of 1 and more.
  template <class Coder, class Node>
  static int64_t code_size(Coder& coder, int64_t size, Node&& node) {
    for (int64_t i = 1; i <= kLargestPlain; ++i) {
      if (!node(size > i, kLarger + static_cast<uint32_t>(i) - 1)) return i;
    }
    const uint64_t beyond = static_cast<uint64_t>(size - kLargestPlain);
    const unsigned wanted = static_cast<unsigned>(std::bit_width(beyond)) - 1;
    unsigned bits = 0;
    while (bits < kMaxGammaBits && node(wanted > bits, std::min(kGamma + bits, kNodes - 1))) ++bits;
    const uint64_t rest = coder.code_raw(beyond & ((uint64_t{1} << bits) - 1), bits);
    return kLargestPlain + static_cast<int64_t>((uint64_t{1} << bits) | rest);
  }

  std::array<std::vector<AdaptiveBit>, kContexts> bits_;
  MixedBit<kContexts> mixed_;
  size_t alone_;
};

}  // namespace dew
