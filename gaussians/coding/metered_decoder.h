// SPDX-License-Identifier: Apache-2.0
/// A decoder that adds up what each part of a splat costs, and where wanted what each splat does.
///
///   MeteredDecoder coder(bytes);
///   announce(coder, SplatPart::opacity);       // by the models; nothing for other coders
///   use(coder.bits());
///
///   MeteredDecoder coder(bytes, {&each, first});
///   announce_splat(coder, i);                   // what follows belongs to each[part][first + i]
///   announce_shared(coder, i, count);           // ... to so many splats from that one on, evenly
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "entropy/coder.h"
#include "entropy/range_coder.h"

namespace dew {

/// What `dew info` tells apart.
enum class SplatPart : uint8_t { position, colour, sh, opacity, scale, rotation, classes };
inline constexpr size_t kSplatParts = 7;
using SplatPartBits = std::array<double, kSplatParts>;
/// By part, one number a splat. REQUIRES of those that are given to a decoder: as many as it names splats.
using BitsOfEachSplat = std::array<std::vector<double>, kSplatParts>;

/// Where a decoder says what its splats take: from splat `first` on. Null: nowhere.
struct EachSplat {
  BitsOfEachSplat* bits = nullptr;
  size_t first = 0;
};

class MeteredDecoder {
 public:
  static constexpr bool kDecodes = true;

  explicit MeteredDecoder(ByteSpan bytes, EachSplat each = {}) : decoder_(bytes), each_(each) {}

  void part(SplatPart part) { current_ = static_cast<size_t>(part); }
  void splat(size_t index, size_t count) {
    splat_ = each_.first + (order_.empty() ? index : order_[index]);
    sharers_ = count;
  }
  /// From here on splats are named by their place in `order`, which must outlive the decoder. REQUIRES: it names splats that are there.
  void order(std::span<const uint32_t> order) { order_ = order; }
  const SplatPartBits& bits() const { return bits_; }
  bool overrun() const { return decoder_.overrun(); }
  bool at_end() const { return decoder_.at_end(); }

  bool code_bit(bool /*ignored*/, uint32_t p1) {
    const bool bit = decoder_.code_bit(false, p1);
    add(bit ? p1 : 65536 - p1, kProbabilityBits);
    return bit;
  }
  uint32_t decode_target(unsigned total_bits) {
    total_bits_ = total_bits;
    return decoder_.decode_target(total_bits);
  }
  void consume(uint32_t start, uint32_t size) {
    add(size, total_bits_);
    decoder_.consume(start, size);
  }
  uint64_t code_raw(uint64_t /*ignored*/, unsigned bits) {
    add_bits(bits);
    return decoder_.code_raw(0, bits);
  }

 private:
  void add(uint32_t size, unsigned total_bits) {
    add_bits(static_cast<double>(code_length(size, total_bits)) / static_cast<double>(kCostOfOneBit));
  }
  void add_bits(double bits) {
    bits_[current_] += bits;
    if (each_.bits == nullptr) return;
    std::vector<double>& each = (*each_.bits)[current_];
    const size_t end = std::min(each.size(), splat_ + sharers_);
    for (size_t i = splat_; i < end; ++i) each[i] += bits / static_cast<double>(sharers_);
  }

  RangeDecoder decoder_;
  EachSplat each_;
  std::span<const uint32_t> order_;
  SplatPartBits bits_{};
  size_t current_ = 0;
  size_t splat_ = 0, sharers_ = 1;
  unsigned total_bits_ = 0;
};

/// Tells a coder that cares what comes next; whose it is; in which order splats come from here on.
template <class Coder>
void announce(Coder& coder, SplatPart part) {
  if constexpr (requires { coder.part(part); }) coder.part(part);
}
template <class Coder>
void announce_shared(Coder& coder, size_t first, size_t count) {
  if constexpr (requires { coder.splat(first, count); }) coder.splat(first, count);
}
template <class Coder>
void announce_splat(Coder& coder, size_t index) {
  announce_shared(coder, index, 1);
}
template <class Coder>
void announce_order(Coder& coder, std::span<const uint32_t> order) {
  if constexpr (requires { coder.order(order); }) coder.order(order);
}

}  // namespace dew
