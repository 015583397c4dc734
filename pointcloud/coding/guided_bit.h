// SPDX-License-Identifier: Apache-2.0
/// Binary decisions about a number that several guesses surround: what contexts learned and what each guess would expect at its usual error
/// are mixed. Contexts learn any shape but slowly; guesses know little but from the first value on.
///
///   const GuessRange range = {low, middle, high};                   // the number is in [low, high); is it at or above the middle?
///   GuidedBit<5, 4> mixed(sets);
///   bit = mixed.code(coder, bit, contexts, log_odds_of(guesses, range), set);
///
/// Integers, or doubles with + - * / sqrt only: part of the format.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "entropy/mixer.h"

namespace dew {

/// Where a number is expected, and how far off that usually is.
struct Guess {
  double centre = 0, scale = 1;
};

namespace detail {
/// What of Student's t distribution with two degrees of freedom lies above x: a bell with heavy tails whose integral is a square root.
inline double t2_above(double x) {
  const double r = std::sqrt(2 + x * x);
  return x > 0 ? 1 / (r * (r + x)) : 1 - 1 / (r * (r - x));
}
}  // namespace detail

/// What the guess gives to [low, high).
inline double mass_between(const Guess& guess, double low, double high) {
  const double a = (low - guess.centre) / guess.scale, b = (high - guess.centre) / guess.scale;
  if (a > 0) return detail::t2_above(a) - detail::t2_above(b);
  if (b < 0) return detail::t2_above(-b) - detail::t2_above(-a);
  return 1 - detail::t2_above(-a) - detail::t2_above(b);
}

/// ln(yes / no) in 1/256 nat, as a mixer wants it; 0 where both are nothing.
inline int32_t log_odds(double yes, double no) {
  const double sum = yes + no;
  if (!(sum > 1e-290)) return 0;
  const double p1 = 65536 * (yes / sum);
  return stretch(static_cast<uint32_t>(p1 < 1 ? 1 : p1 > 65535 ? 65535 : p1));
}

/// Mixes kContexts adaptive bits (two rates each), kGuesses log odds and a constant.
template <size_t kContexts, size_t kGuesses>
class GuidedBit {
 public:
  using Odds = std::array<int32_t, kGuesses>;

  explicit GuidedBit(size_t set_count) : mixer_(set_count, first_weights(), kRateShift), calibration_(set_count) {}

  /// REQUIRES: set < set_count.
  template <class Coder>
  bool code(Coder& coder, bool bit, const std::array<AdaptiveBit*, kContexts>& contexts, const Odds& odds, size_t set) {
    typename Mixer<kInputs>::Inputs inputs;
    for (size_t i = 0; i < kContexts; ++i) {
      inputs[2 * i] = stretch(contexts[i]->fast());
      inputs[2 * i + 1] = stretch(contexts[i]->slow());
    }
    for (size_t i = 0; i < kGuesses; ++i) inputs[2 * kContexts + i] = odds[i];
    inputs[kInputs - 1] = 256;
    const uint32_t mixed = mixer_.mix(inputs, set);
    bit = coder.code_bit(bit, calibration_.refine(mixed, mixer_.log_odds(), set));
    mixer_.update(bit);
    calibration_.update(bit);
    for (AdaptiveBit* context : contexts) context->update(bit, kHistory);
    return bit;
  }

 private:
  static constexpr size_t kInputs = 2 * kContexts + kGuesses + 1;
  static constexpr unsigned kRateShift = 17;
  static constexpr uint32_t kHistory = 1023;
  /// Half of the say to contexts, half to guesses.
  static std::array<int32_t, kInputs> first_weights() {
    std::array<int32_t, kInputs> weights{};
    for (size_t i = 0; i < 2 * kContexts; ++i) weights[i] = 65536 / 4 / static_cast<int32_t>(kContexts);
    for (size_t i = 0; i < kGuesses; ++i) weights[2 * kContexts + i] = 65536 / 2 / static_cast<int32_t>(kGuesses);
    return weights;
  }

  Mixer<kInputs> mixer_;
  Calibration calibration_;
};

}  // namespace dew
