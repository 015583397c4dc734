// SPDX-License-Identifier: Apache-2.0
/// Decisions under several contexts at once, in a quarter of the time of entropy/mixer.h's MixedBit: a mesh asks some twenty a vertex.
///
///   QuickMix<5> mix(kSets);
///   bit = mix.code(coder, bit, rows, at, set);        // rows: five of CountedBits; the same line in encoder and decoder
///
/// One probability a context, which slows down as it sees more; their log odds and a constant fill the eight lanes of one vector of 16-bit
/// numbers, weights of 1/16384 another. Everything is integers, alike with and without vectors. Threads: a model belongs to one coder.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "entropy/mixer.h"

namespace dew {

namespace quick_mix {
/// As entropy/mixer.h's, of probabilities that are counted from one half on.
inline constexpr std::array<int16_t, detail::kStretchEntries> kStretchFromMiddle = [] {
  std::array<int16_t, detail::kStretchEntries> table{};
  for (size_t i = 0; i < table.size(); ++i) table[i] = detail::kStretchTable[i ^ (table.size() / 2)];
  return table;
}();
}  // namespace quick_mix

/// Probability of a bit: the mean of what came, of the last `kHistory` or so in the end. Four bytes; all zero it is new.
/// Shorter histories follow what changes.
template <uint32_t kHistory>
class BitOfHistory {
 public:
  uint32_t p1() const { return (state_ ^ kMiddle) >> 16; }  ///< in 1/65536
  int16_t stretched() const { return quick_mix::kStretchFromMiddle[state_ >> 20]; }
  /// Codes a bit under this context alone.
  template <class Coder>
  bool code(Coder& coder, bool bit) {
    bit = coder.code_bit(bit, std::clamp<uint32_t>(p1(), kLeast, 65536 - kLeast));
    update(0 - static_cast<uint32_t>(bit));
    return bit;
  }
  void update(uint32_t ones) {
    const uint32_t n = state_ & 1023, sign = ~ones, turned = ones ^ kMiddle;
    const uint32_t move = static_cast<uint32_t>((uint64_t{(state_ ^ turned) >> 10} * detail::kStepTable[n]) >> 16) << 10;
    state_ += ((move ^ sign) - sign) + (n < kHistory ? 1 : 0);
  }

 private:
  static_assert(kHistory < 1024);
  /// 22 bits of probability, counted from one half on, 10 bits of count.
  uint32_t state_ = 0;
  static constexpr uint32_t kMiddle = uint32_t{1} << 31, kLeast = 32;
};
using CountedBit = BitOfHistory<400>;

namespace quick_mix {

inline constexpr size_t kLanes = 8;
struct alignas(16) Lanes {
  int16_t lane[kLanes];
};

/// Sum of products.
inline int32_t dot_plain(const Lanes& a, const Lanes& b) {
  int32_t sum = 0;
  for (size_t i = 0; i < kLanes; ++i) sum += int32_t{a.lane[i]} * b.lane[i];
  return sum;
}
/// weights += round(inputs * error / 2^shift), kept within 16 bits. REQUIRES: |error| <= 16384, so that nothing leaves 32 bits.
inline void learn_plain(Lanes& weights, const Lanes& inputs, int32_t error, unsigned shift) {
  const int32_t half = int32_t{1} << (shift - 1);
  for (size_t i = 0; i < kLanes; ++i) {
    const int32_t moved = weights.lane[i] + ((inputs.lane[i] * error + half) >> shift);
    weights.lane[i] = static_cast<int16_t>(std::clamp(moved, -32768, 32767));
  }
}

#if defined(__SSE2__)
using Vector = __m128i;
/// Lanes that are put together in a register: a vector written to memory number by number is read back late.
inline Vector vector_of(const std::array<int16_t, kLanes>& l) { return _mm_setr_epi16(l[0], l[1], l[2], l[3], l[4], l[5], l[6], l[7]); }
/// `half_alone`: the upper four lanes have no say, and do not learn.
template <bool half_alone = false>
inline int32_t dot(Vector a, const Lanes& b) {
  __m128i sum = _mm_madd_epi16(a, _mm_load_si128(reinterpret_cast<const __m128i*>(&b)));
  if constexpr (!half_alone) sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1)));
}
template <bool half_alone = false>
inline void learn(Lanes& weights, Vector in, int32_t error, unsigned shift) {
  const __m128i by = _mm_set1_epi16(static_cast<int16_t>(error));
  const __m128i low = _mm_mullo_epi16(in, by), high = _mm_mulhi_epi16(in, by);
  const __m128i half = _mm_set1_epi32(int32_t{1} << (shift - 1)), count = _mm_cvtsi32_si128(static_cast<int>(shift));
  const __m128i first = _mm_sra_epi32(_mm_add_epi32(_mm_unpacklo_epi16(low, high), half), count);
  const __m128i second = half_alone ? _mm_setzero_si128() : _mm_sra_epi32(_mm_add_epi32(_mm_unpackhi_epi16(low, high), half), count);
  // Sums saturate as the plain way clamps them: a move itself is far within 16 bits.
  __m128i* at = reinterpret_cast<__m128i*>(&weights);
  _mm_store_si128(at, _mm_adds_epi16(_mm_load_si128(at), _mm_packs_epi32(first, second)));
}
#else
using Vector = Lanes;
inline Vector vector_of(const std::array<int16_t, kLanes>& l) {
  Vector vector;
  for (size_t i = 0; i < kLanes; ++i) vector.lane[i] = l[i];
  return vector;
}
template <bool half_alone = false>
inline int32_t dot(const Vector& a, const Lanes& b) {
  return dot_plain(a, b);
}
template <bool half_alone = false>
inline void learn(Lanes& weights, const Vector& inputs, int32_t error, unsigned shift) {
  learn_plain(weights, inputs, error, shift);
}
#endif

}  // namespace quick_mix

/// Mixes kContexts bits; one of several sets of weights, chosen by a small context, predicts and learns.
template <size_t kContexts, class Bit>
class QuickMixOf {
  static_assert(kContexts + 1 < quick_mix::kLanes);

 public:
  /// `first_alone`: nothing is mixed, the first context says it all; half of the time.
  explicit QuickMixOf(size_t set_count, bool first_alone = false) : sets_(first_alone ? 0 : set_count), first_alone_(first_alone) {}

  /// Codes one bit under the given contexts, and lets all of them learn: of each row of bits the one at `at`. Inline, as what differs
  /// from one question to the next is known best where it is asked. REQUIRES: set < set_count.
  template <class Coder>
  [[gnu::always_inline]] bool code(Coder& coder, bool bit, const std::array<Bit*, kContexts>& rows, size_t at, size_t set) {
    if (first_alone_) return rows[0][at].code(coder, bit);
    std::array<int16_t, quick_mix::kLanes> lanes{};
    for (size_t i = 0; i < kContexts; ++i) lanes[i] = rows[i][at].stretched();
    lanes[kContexts] = 256;
    const quick_mix::Vector inputs = quick_mix::vector_of(lanes);
    quick_mix::Lanes& weights = sets_[set].weights;
    const uint32_t p1 = squash(quick_mix::dot<kHalf>(inputs, weights) >> 14);
    bit = coder.code_bit(bit, p1);
    const uint32_t ones = 0 - static_cast<uint32_t>(bit);
    const int32_t error = (static_cast<int32_t>(ones & 65536) - static_cast<int32_t>(p1)) / 4;
    const int16_t count = weights.lane[kCount];
    const unsigned shift = kRate - (count < 128 ? 1u : 0u) - (count < 1024 ? 1u : 0u);
    quick_mix::learn<kHalf>(weights, inputs, error, shift);
    // Last: a lane written alone is read late as part of the vector.
    weights.lane[kCount] = static_cast<int16_t>(count + (count < 1024 ? 1 : 0));
    for (Bit* row : rows) row[at].update(ones);
    return bit;
  }

 private:
  /// Four lanes are enough for three contexts and the constant.
  static constexpr bool kHalf = kContexts < quick_mix::kLanes / 2;
  static constexpr unsigned kRate = 15;
  /// Lane of the weights that counts what they have seen: there is no input to it.
  static constexpr size_t kCount = quick_mix::kLanes - 1;
  struct Set {
    quick_mix::Lanes weights{};
    /// Together 1.2: contexts that agree are worth a little more than one. The constant begins without a say.
    Set() {
      for (size_t i = 0; i < kContexts; ++i) weights.lane[i] = 16384 * 6 / 5 / static_cast<int16_t>(kContexts);
    }
  };
  std::vector<Set> sets_;
  bool first_alone_;
};

template <size_t kContexts>
using QuickMix = QuickMixOf<kContexts, CountedBit>;

}  // namespace dew
