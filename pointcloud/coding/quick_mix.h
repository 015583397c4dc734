// SPDX-License-Identifier: Apache-2.0
/// Mixes adaptive bits in 16-bit arithmetic, one input a context: half the time of MixedBit (entropy/mixer.h) for models whose inner loop it is.
///
///   QuickMix<6> mix(kSets);
///   std::array<AdaptiveBit*, 6> contexts = {...};
///   bit = mix.code(coder, bit, contexts, set);
///
/// The input of a context is stretch() of the mean of its two rates, and there is one constant input; a weight of 2^13 is 1. No calibration
/// follows: on flags and intensities it saves nothing. Learning: the
/// error of the prediction times the input, rounded, saturated to 16 bits. The plain loops are the definition; SSE2, which every x86-64 has,
/// computes the same. One object a slice and thread. Cost: about 15 ns a bit at six contexts.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "entropy/mixer.h"

namespace dew {

/// Eight lanes: up to seven contexts and the constant.
inline constexpr size_t kMixLanes = 8;
using MixLanes = std::array<int16_t, kMixLanes>;

/// The definition of the sum. Inputs within +-kStretchLimit: 8 * 2816 * 2^15 fits 32 bits.
inline int32_t mix_sum_plain(const MixLanes& inputs, const MixLanes& weights) {
  int32_t sum = 0;
  for (size_t i = 0; i < kMixLanes; ++i) sum += int32_t{inputs[i]} * weights[i];
  return sum;
}
/// The definition of learning: weight += (floor(input * error / 2^16) + 1) >> 1, saturated.
inline void mix_learn_plain(const MixLanes& inputs, int16_t error, MixLanes& weights) {
  for (size_t i = 0; i < kMixLanes; ++i) {
    const int32_t move = (((int32_t{inputs[i]} * error) >> 16) + 1) >> 1;
    weights[i] = static_cast<int16_t>(std::clamp(weights[i] + move, -32768, 32767));
  }
}

/// Inputs and weights in a register where there is one.
#if defined(__SSE2__)
using MixVector = __m128i;
inline MixVector mix_vector(const MixLanes& lanes) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(lanes.data())); }
/// Lanes given one by one: never stored, since a load of narrow stores just made would wait for them.
inline MixVector mix_vector(int a, int b, int c, int d, int e, int f, int g, int h) {
  const auto lane = [](int value) { return static_cast<int16_t>(value); };
  return _mm_setr_epi16(lane(a), lane(b), lane(c), lane(d), lane(e), lane(f), lane(g), lane(h));
}
inline int32_t mix_sum(MixVector inputs, const MixLanes& weights) {
  const __m128i pairs = _mm_madd_epi16(inputs, mix_vector(weights));
  const __m128i halves = _mm_add_epi32(pairs, _mm_shuffle_epi32(pairs, _MM_SHUFFLE(1, 0, 3, 2)));
  return _mm_cvtsi128_si32(_mm_add_epi32(halves, _mm_shuffle_epi32(halves, _MM_SHUFFLE(2, 3, 0, 1))));
}
inline void mix_learn(MixVector inputs, int16_t error, MixLanes& weights) {
  const __m128i products = _mm_mulhi_epi16(inputs, _mm_set1_epi16(error));
  const __m128i moves = _mm_srai_epi16(_mm_add_epi16(products, _mm_set1_epi16(1)), 1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(weights.data()), _mm_adds_epi16(mix_vector(weights), moves));
}
#else
using MixVector = MixLanes;
inline MixVector mix_vector(const MixLanes& lanes) { return lanes; }
inline MixVector mix_vector(int a, int b, int c, int d, int e, int f, int g, int h) {
  const auto lane = [](int value) { return static_cast<int16_t>(value); };
  return {lane(a), lane(b), lane(c), lane(d), lane(e), lane(f), lane(g), lane(h)};
}
inline int32_t mix_sum(const MixVector& inputs, const MixLanes& weights) { return mix_sum_plain(inputs, weights); }
inline void mix_learn(const MixVector& inputs, int16_t error, MixLanes& weights) { mix_learn_plain(inputs, error, weights); }
#endif

template <size_t kContexts>
class QuickMix {
  static_assert(kContexts < kMixLanes);

 public:
  explicit QuickMix(size_t set_count) : sets_(set_count) {
    for (Set& set : sets_) {
      // Together 1.2, as in MixedBit.
      for (size_t i = 0; i < kContexts; ++i) set.weights[i] = static_cast<int16_t>(8192 * 6 / 5 / kContexts);
    }
  }

  /// Codes one bit under the given contexts, and lets all of them learn. REQUIRES: set < set_count.
  template <class Coder>
  bool code(Coder& coder, bool bit, const std::array<AdaptiveBit*, kContexts>& contexts, size_t set_index) {
    const MixVector inputs = mix_vector(input<0>(contexts), input<1>(contexts), input<2>(contexts), input<3>(contexts), input<4>(contexts),
                                        input<5>(contexts), input<6>(contexts), input<7>(contexts));
    Set& set = sets_[set_index];
    const int32_t log_odds = std::clamp(mix_sum(inputs, set.weights) >> 13, -kStretchLimit, kStretchLimit);
    const uint32_t p1 = squash(log_odds);
    bit = coder.code_bit(bit, p1);
    const int32_t error = ((bit ? 65535 : 0) - static_cast<int32_t>(p1)) >> 2;
    const int32_t boost = set.count < kBoosted ? 1 : 0;
    set.count = static_cast<uint16_t>(set.count + boost);
    mix_learn(inputs, static_cast<int16_t>(error << boost), set.weights);
    for (AdaptiveBit* context : contexts) context->update(bit);
    return bit;
  }

 private:
  /// The mean of both rates; the constant follows the contexts.
  template <size_t kLane>
  static int input(const std::array<AdaptiveBit*, kContexts>& contexts) {
    if constexpr (kLane < kContexts) return stretch((contexts[kLane]->fast() + contexts[kLane]->slow()) >> 1);
    return kLane == kContexts ? 256 : 0;
  }

  /// A set learns twice as fast for its first bits.
  static constexpr uint32_t kBoosted = 128;
  struct Set {
    MixLanes weights{};
    uint16_t count = 0;
  };
  std::vector<Set> sets_;
};

}  // namespace dew
