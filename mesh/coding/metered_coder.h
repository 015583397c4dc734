// SPDX-License-Identifier: Apache-2.0
/// A decoder that tells what it spends on places of vertices from what it spends on the rest.
///
///   MeteredMeshDecoder coder(bytes);
///   coder.switch_to(MeshMeter::positions);
///   use(coder.bits(MeshMeter::positions));
#pragma once

#include <array>
#include <cstdint>

#include "entropy/coder.h"
#include "entropy/range_coder.h"

namespace dew {

enum class MeshMeter : uint8_t { connectivity, positions };

class MeteredMeshDecoder {
 public:
  static constexpr bool kDecodes = true;

  explicit MeteredMeshDecoder(ByteSpan bytes) : decoder_(bytes) {}

  void switch_to(MeshMeter meter) { current_ = static_cast<size_t>(meter); }
  double bits(MeshMeter meter) const { return bits_[static_cast<size_t>(meter)]; }
  bool overrun() const { return decoder_.overrun(); }

  bool code_bit(bool /*ignored*/, uint32_t p1) {
    const bool bit = decoder_.code_bit(false, p1);
    const uint64_t cost = code_length(bit ? p1 : 65536 - p1, kProbabilityBits);
    bits_[current_] += static_cast<double>(cost) / static_cast<double>(kCostOfOneBit);
    return bit;
  }
  uint64_t code_raw(uint64_t /*ignored*/, unsigned bits) {
    bits_[current_] += bits;
    return decoder_.code_raw(0, bits);
  }

 private:
  RangeDecoder decoder_;
  std::array<double, 2> bits_{};
  size_t current_ = 0;
};

/// Tells a coder that counts what comes next.
template <class Coder>
void meter(Coder& coder, MeshMeter what) {
  if constexpr (requires { coder.switch_to(what); }) coder.switch_to(what);
}

}  // namespace dew
