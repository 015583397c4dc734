// SPDX-License-Identifier: Apache-2.0
/// A decoder that adds up what each part of a splat costs.
///
///   MeteredDecoder coder(bytes);
///   announce(coder, SplatPart::opacity);       // by the models; nothing for other coders
///   use(coder.bits());
#pragma once

#include <array>
#include <cstdint>

#include "entropy/coder.h"
#include "entropy/range_coder.h"

namespace dew {

/// What `dew info` tells apart.
enum class SplatPart : uint8_t { position, colour, sh, opacity, scale, rotation, classes };
inline constexpr size_t kSplatParts = 7;
using SplatPartBits = std::array<double, kSplatParts>;

class MeteredDecoder {
 public:
  static constexpr bool kDecodes = true;

  explicit MeteredDecoder(ByteSpan bytes) : decoder_(bytes) {}

  void part(SplatPart part) { current_ = static_cast<size_t>(part); }
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
    bits_[current_] += bits;
    return decoder_.code_raw(0, bits);
  }

 private:
  void add(uint32_t size, unsigned total_bits) {
    bits_[current_] += static_cast<double>(code_length(size, total_bits)) / static_cast<double>(kCostOfOneBit);
  }

  RangeDecoder decoder_;
  SplatPartBits bits_{};
  size_t current_ = 0;
  unsigned total_bits_ = 0;
};

/// Tells a coder that cares what comes next.
template <class Coder>
void announce(Coder& coder, SplatPart part) {
  if constexpr (requires { coder.part(part); }) coder.part(part);
}

}  // namespace dew
