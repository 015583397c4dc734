// SPDX-License-Identifier: Apache-2.0
/// A decoder that tells what it spends on places of vertices from what it spends on the rest, and where wanted on which vertex.
///
///   MeteredMeshDecoder coder(bytes, &each);
///   meter(coder, MeshMeter::positions);         // by the walks; nothing for other coders
///   meter_vertex(coder, vertex);                // what follows is for this one
///   use(coder.bits(MeshMeter::positions));
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "entropy/coder.h"
#include "entropy/range_coder.h"

namespace dew {

enum class MeshMeter : uint8_t { connectivity, positions, attributes };
inline constexpr size_t kMeshMeters = 3;
/// By meter, one number a vertex as far as vertices took any.
using BitsOfEachVertex = std::array<std::vector<double>, kMeshMeters>;

class MeteredMeshDecoder {
 public:
  static constexpr bool kDecodes = true;

  explicit MeteredMeshDecoder(ByteSpan bytes, BitsOfEachVertex* each = nullptr) : decoder_(bytes), each_(each) {}

  void vertex(uint32_t vertex) { vertex_ = vertex; }
  void switch_to(MeshMeter meter) { current_ = static_cast<size_t>(meter); }
  double bits(MeshMeter meter) const { return bits_[static_cast<size_t>(meter)]; }
  bool overrun() const { return decoder_.overrun(); }

  bool code_bit(bool /*ignored*/, uint32_t p1) {
    const bool bit = decoder_.code_bit(false, p1);
    const uint64_t cost = code_length(bit ? p1 : 65536 - p1, kProbabilityBits);
    add(static_cast<double>(cost) / static_cast<double>(kCostOfOneBit));
    return bit;
  }
  uint32_t decode_target(unsigned total_bits) {
    total_bits_ = total_bits;
    return decoder_.decode_target(total_bits);
  }
  void consume(uint32_t start, uint32_t size) {
    decoder_.consume(start, size);
    const uint64_t cost = code_length(size, total_bits_);
    add(static_cast<double>(cost) / static_cast<double>(kCostOfOneBit));
  }
  uint64_t code_raw(uint64_t /*ignored*/, unsigned bits) {
    add(bits);
    return decoder_.code_raw(0, bits);
  }

 private:
  void add(double bits) {
    bits_[current_] += bits;
    if (each_ == nullptr) return;
    std::vector<double>& of_vertices = (*each_)[current_];
    if (of_vertices.size() <= vertex_) of_vertices.resize(size_t{vertex_} + 1);
    of_vertices[vertex_] += bits;
  }

  RangeDecoder decoder_;
  BitsOfEachVertex* each_;
  std::array<double, kMeshMeters> bits_{};
  size_t current_ = 0;
  unsigned total_bits_ = 0;
  uint32_t vertex_ = 0;
};

/// Tells a coder that counts what comes next, and whose it is.
template <class Coder>
void meter(Coder& coder, MeshMeter what) {
  if constexpr (requires { coder.switch_to(what); }) coder.switch_to(what);
}
template <class Coder>
void meter_vertex(Coder& coder, uint32_t vertex) {
  if constexpr (requires { coder.vertex(vertex); }) coder.vertex(vertex);
}

}  // namespace dew
