// SPDX-License-Identifier: Apache-2.0
/// Mixes adaptive contexts in 16-bit arithmetic, eight lanes at once: a quarter of the time of MixedBit (entropy/mixer.h) for models whose
/// inner loop it is.
///
///   QuickMix<6> mix(kSets, {64, 5, 8, 128, 16, 64});      // how many bits each context looks back on
///   std::array<QuickContext*, 6> contexts = {...};
///   bit = mix.code(coder, bit, contexts, set);
///
/// The input of a context is the logarithm to base 2 of its odds, in 1/256, with straight lines between powers of two, less the share of it
/// that its rate says: a context that has seen little has little to say. There is one constant input; a weight of 2^13 is 1. No calibration
/// follows: on flags and intensities it saves nothing. PlainMixLanes is the definition; SSE2, which every x86-64 has, computes the
/// same. One object a slice and thread. Cost: about 20 ns a bit at seven contexts.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "entropy/coder.h"

namespace dew {

/// Probability of a bit, 1 to 65534 of 65536, and the share of a surprise that it learns, in 1/65536: a half at first, then less with every
/// bit.
struct QuickContext {
  uint16_t p1 = 32768;
  uint16_t rate = 32767;
};
static_assert(sizeof(QuickContext) == 4);

/// Up to seven contexts and the constant.
inline constexpr size_t kMixLanes = 8;
using MixLanes = std::array<int16_t, kMixLanes>;

namespace detail {
/// Odds of 2^(i / 128) as P(1) in 1/65536, kept where a surprise costs at most 12 bits.
inline constexpr int32_t kOddsLimit = 4096;
constexpr std::array<uint16_t, kOddsLimit> make_odds_table() {
  std::array<uint16_t, kOddsLimit> table{};
  constexpr double kStep = 1.00542990111280282136;  // 2^(1/128)
  double power = 1;
  for (int32_t i = 0; i < kOddsLimit / 2; ++i, power *= kStep) {
    const uint32_t p1 = std::min(static_cast<uint32_t>(65536 * (power / (1 + power)) + 0.5), 65520u);
    table[static_cast<size_t>(kOddsLimit / 2 + i)] = static_cast<uint16_t>(p1);
    table[static_cast<size_t>(kOddsLimit / 2 - i)] = static_cast<uint16_t>(65536 - p1);
  }
  table[0] = 16;
  return table;
}
inline constexpr std::array<uint16_t, kOddsLimit> kOddsTable = make_odds_table();

/// log2(x) in 2^-23, less a constant, straight between powers of two: the bits of x as a float. REQUIRES: 1 <= x <= 65536.
inline int32_t log2_by_lines(uint32_t x) {
  const unsigned top = static_cast<unsigned>(std::bit_width(x)) - 1;
  return static_cast<int32_t>((top << 23) + ((x << (23 - top)) & 0x7fffff));
}
}  // namespace detail

/// P(1) of log odds in 1/256 of a factor 2.
inline uint32_t p1_of_odds(int32_t log_odds) {
  const int32_t kept = std::clamp(log_odds, -detail::kOddsLimit, detail::kOddsLimit - 1);
  return detail::kOddsTable[static_cast<size_t>(kept + detail::kOddsLimit) >> 1];
}

/// A context for lanes without one: its input is 0, or the constant's 256; it never learns.
inline constexpr QuickContext kSilentContext = {32768, 0}, kConstantContext = {43691, 0};

/// The lanes of one decision, in loops: the definition.
class PlainMixLanes {
 public:
  template <size_t kContexts>
  explicit PlainMixLanes(const std::array<QuickContext*, kContexts>& contexts) {
    for (size_t i = 0; i < kContexts; ++i) inputs_[i] = input(*contexts[i]);
    inputs_[kMixLanes - 1] = input(kConstantContext);
  }
  /// Inputs are below 2^12 in size: the sum fits 32 bits.
  int32_t sum(const MixLanes& weights) const {
    int32_t sum = 0;
    for (size_t i = 0; i < kMixLanes; ++i) sum += int32_t{inputs_[i]} * weights[i];
    return sum;
  }
  /// weight += (floor(input * error / 2^16) + 1) >> 1, saturated.
  void learn_weights(int16_t error, MixLanes& weights) const {
    for (size_t i = 0; i < kMixLanes; ++i) {
      const int32_t move = (((int32_t{inputs_[i]} * error) >> 16) + 1) >> 1;
      weights[i] = static_cast<int16_t>(std::clamp(weights[i] + move, -32768, 32767));
    }
  }
  template <size_t kContexts>
  void learn(bool bit, const MixLanes& least_rates, const std::array<QuickContext*, kContexts>& contexts) const {
    const uint32_t ones = bit ? 0xffff : 0;
    for (size_t i = 0; i < kContexts; ++i) {
      QuickContext& context = *contexts[i];
      const uint32_t room = context.p1 ^ ones, rate = context.rate;
      context.p1 = static_cast<uint16_t>((room - (room * rate >> 16)) ^ ones);
      context.rate = static_cast<uint16_t>(std::max<int32_t>(static_cast<int32_t>(rate - (rate * rate >> 16)), least_rates[i]));
    }
  }

 private:
  static int16_t input(const QuickContext& context) {
    const int32_t odds = (detail::log2_by_lines(context.p1) - detail::log2_by_lines(65536u - context.p1)) >> 15;
    return static_cast<int16_t>(odds - ((odds * context.rate) >> 16));
  }
  MixLanes inputs_{};
};

#if defined(__SSE2__)
/// The same in registers: four contexts in each, p1 below rate.
class RegisterMixLanes {
 public:
  template <size_t kContexts>
  explicit RegisterMixLanes(const std::array<QuickContext*, kContexts>& contexts)
      : low_(four(lane<0>(contexts), lane<1>(contexts), lane<2>(contexts), lane<3>(contexts))),
        high_(four(lane<4>(contexts), lane<5>(contexts), lane<6>(contexts), load(kConstantContext))) {
    const __m128i odds = _mm_packs_epi32(log_odds(low_), log_odds(high_));
    inputs_ = _mm_sub_epi16(odds, _mm_mulhi_epi16(odds, rates()));
  }
  int32_t sum(const MixLanes& weights) const {
    const __m128i pairs = _mm_madd_epi16(inputs_, vector(weights));
    const __m128i halves = _mm_add_epi32(pairs, _mm_shuffle_epi32(pairs, _MM_SHUFFLE(1, 0, 3, 2)));
    return _mm_cvtsi128_si32(_mm_add_epi32(halves, _mm_shuffle_epi32(halves, _MM_SHUFFLE(2, 3, 0, 1))));
  }
  void learn_weights(int16_t error, MixLanes& weights) const {
    const __m128i products = _mm_mulhi_epi16(inputs_, _mm_set1_epi16(error));
    const __m128i moves = _mm_srai_epi16(_mm_add_epi16(products, _mm_set1_epi16(1)), 1);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(weights.data()), _mm_adds_epi16(vector(weights), moves));
  }
  template <size_t kContexts>
  void learn(bool bit, const MixLanes& least_rates, const std::array<QuickContext*, kContexts>& contexts) const {
    const __m128i ones = _mm_set1_epi16(static_cast<int16_t>(0 - static_cast<int>(bit)));
    const __m128i rate = rates(), least = vector(least_rates);
    const __m128i p1 = _mm_packs_epi32(_mm_srai_epi32(_mm_slli_epi32(low_, 16), 16), _mm_srai_epi32(_mm_slli_epi32(high_, 16), 16));
    const __m128i room = _mm_xor_si128(p1, ones);
    const __m128i moved = _mm_xor_si128(_mm_sub_epi16(room, _mm_mulhi_epu16(room, rate)), ones);
    const __m128i slower = _mm_max_epi16(_mm_sub_epi16(rate, _mm_mulhi_epu16(rate, rate)), least);
    const __m128i low = _mm_unpacklo_epi16(moved, slower), high = _mm_unpackhi_epi16(moved, slower);
    store<0>(low, contexts);
    store<1>(_mm_shuffle_epi32(low, 1), contexts);
    store<2>(_mm_shuffle_epi32(low, 2), contexts);
    store<3>(_mm_shuffle_epi32(low, 3), contexts);
    store<4>(high, contexts);
    store<5>(_mm_shuffle_epi32(high, 1), contexts);
    store<6>(_mm_shuffle_epi32(high, 2), contexts);
  }

 private:
  static __m128i vector(const MixLanes& lanes) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(lanes.data())); }
  static __m128i load(const QuickContext& context) { return _mm_cvtsi32_si128(std::bit_cast<int32_t>(context)); }
  template <size_t kLane, size_t kContexts>
  static __m128i lane(const std::array<QuickContext*, kContexts>& contexts) {
    if constexpr (kLane < kContexts) return load(*contexts[kLane]);
    return load(kSilentContext);
  }
  template <size_t kLane, size_t kContexts>
  static void store(__m128i from, const std::array<QuickContext*, kContexts>& contexts) {
    if constexpr (kLane < kContexts) {
      *contexts[kLane] = std::bit_cast<QuickContext>(_mm_cvtsi128_si32(from));
    }
  }
  static __m128i four(__m128i a, __m128i b, __m128i c, __m128i d) {
    return _mm_unpacklo_epi64(_mm_unpacklo_epi32(a, b), _mm_unpacklo_epi32(c, d));
  }
  /// Numbers up to 65536 are exact as floats, whose bits are log2_by_lines.
  static __m128i log_odds(__m128i contexts) {
    const __m128i p1 = _mm_and_si128(contexts, _mm_set1_epi32(0xffff));
    const __m128i p0 = _mm_sub_epi32(_mm_set1_epi32(65536), p1);
    return _mm_srai_epi32(_mm_sub_epi32(_mm_castps_si128(_mm_cvtepi32_ps(p1)), _mm_castps_si128(_mm_cvtepi32_ps(p0))), 15);
  }
  __m128i rates() const { return _mm_packs_epi32(_mm_srai_epi32(low_, 16), _mm_srai_epi32(high_, 16)); }

  __m128i low_, high_, inputs_;
};
using FastMixLanes = RegisterMixLanes;
#else
using FastMixLanes = PlainMixLanes;
#endif

template <size_t kContexts>
class QuickMix {
  static_assert(kContexts < kMixLanes);

 public:
  /// `history`: about how many bits each context looks back on, 3 to 1024: its least rate is 65536 over that.
  QuickMix(size_t set_count, const std::array<uint16_t, kContexts>& history) : sets_(set_count) {
    for (size_t i = 0; i < kContexts; ++i) least_rates_[i] = static_cast<int16_t>(65536 / history[i]);
    for (Set& set : sets_) {
      // Together 1.2: contexts that agree are worth a little more than one. The constant begins without a say.
      for (size_t i = 0; i < kContexts; ++i) set.weights[i] = static_cast<int16_t>(8192 * 6 / 5 / kContexts);
    }
  }

  /// Codes one bit under the given contexts, and lets all of them learn. REQUIRES: set < set_count, contexts that differ.
  template <class Coder>
  bool code(Coder& coder, bool bit, const std::array<QuickContext*, kContexts>& contexts, size_t set_index) {
    const FastMixLanes lanes(contexts);
    Set& set = sets_[set_index];
    const uint32_t p1 = p1_of_odds(lanes.sum(set.weights) >> 13);
    bit = code_expected_bit(coder, bit, p1);
    const int32_t error = ((bit ? 65535 : 0) - static_cast<int32_t>(p1)) >> 2;
    const int32_t boost = set.count < kBoosted ? 1 : 0;
    set.count = static_cast<uint16_t>(set.count + boost);
    lanes.learn_weights(static_cast<int16_t>(error << boost), set.weights);
    lanes.learn(bit, least_rates_, contexts);
    return bit;
  }

 private:
  /// A set learns twice as fast for its first bits.
  static constexpr uint32_t kBoosted = 128;
  struct alignas(16) Set {
    MixLanes weights{};
    uint16_t count = 0;
  };
  MixLanes least_rates_{};
  std::vector<Set> sets_;
};

}  // namespace dew
