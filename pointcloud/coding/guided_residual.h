// SPDX-License-Identifier: Apache-2.0
/// Signed integers that several guesses surround: as AdaptiveResidual (entropy/binary_coder.h), each decision a GuidedBit.
///
///   GuidedResidual<5, 4> residual(slots, sets);
///   error = residual.code(coder, error, contexts, guesses, set);     // guesses: where the error may lie, and how far off that usually is
///
/// Contexts are any numbers; they share `slots` adaptive bits each. Doubles with + - * / sqrt only: part of the format. Cost: about 1 us.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "entropy/mixture.h"
#include "pointcloud/coding/guided_bit.h"

namespace dew {

/// The scale of a guess whose errors have this running logarithm, in 256 log2.
inline double scale_of_log(int32_t log_q8) {
  const int32_t octave = log_q8 >> 8, fraction = (log_q8 & 255) >> 3;
  return std::ldexp(1.2 * detail::kScaleTable[static_cast<size_t>(fraction)] / 65536, octave);
}

template <size_t kContexts, size_t kGuesses>
class GuidedResidual {
 public:
  using Contexts = std::array<uint32_t, kContexts>;
  using Guesses = std::array<Guess, kGuesses>;
  static constexpr double kFar = 1e19;

  /// `slots`: a power of two, 2^20 at most; `sets`: number of weight sets that the caller tells apart.
  GuidedResidual(uint64_t slots, size_t sets) : mask_(static_cast<uint32_t>(slots - 1)), mixed_(sets * kNodes) {
    for (auto& bits : bits_) bits.resize(slots);
  }
  static constexpr uint64_t memory_bytes(uint64_t slots, size_t sets) {
    return kContexts * slots * sizeof(AdaptiveBit) + sets * kNodes * (8 * kContexts + 4 * kGuesses + 80);
  }

  /// One decision of a number at `node` (0 to 511): is it at or above the middle of [low, high)?
  template <class Coder>
  bool code_half(Coder& coder, bool bit, const Contexts& contexts, const Guesses& guesses, size_t set, uint32_t node, double low,
                 double middle, double high) {
    typename GuidedBit<kContexts, kGuesses>::Odds odds;
    for (size_t k = 0; k < kGuesses; ++k) odds[k] = log_odds(mass_between(guesses[k], middle, high), mass_between(guesses[k], low, middle));
    return code_bit(coder, bit, contexts, odds, set, node);
  }

  /// Zero?, sign, size class in unary, the four bits below the top bit; what lies below goes as raw bits. REQUIRES: not -2^63.
  template <class Coder>
  int64_t code(Coder& coder, int64_t error, const Contexts& contexts, const Guesses& guesses, size_t set) {
    constexpr uint32_t kZero = 0, kSign = 1, kClass = 2, kFirst = 65, kSecond = 128, kThird = 256, kFourth = 384;
    typename GuidedBit<kContexts, kGuesses>::Odds odds;
    for (size_t k = 0; k < kGuesses; ++k) {
      const double mass = mass_between(guesses[k], -0.5, 0.5);
      odds[k] = log_odds(mass, 1 - mass);
    }
    if (code_bit(coder, error == 0, contexts, odds, set, kZero)) return 0;
    for (size_t k = 0; k < kGuesses; ++k) odds[k] = log_odds(mass_between(guesses[k], -kFar, -0.5), mass_between(guesses[k], 0.5, kFar));
    const bool negative = code_bit(coder, error < 0, contexts, odds, set, kSign);
    const uint64_t size = error < 0 ? 0 - static_cast<uint64_t>(error) : static_cast<uint64_t>(error);
    Guesses turned = guesses;
    if (negative) {
      for (Guess& guess : turned) guess.centre = -guess.centre;
    }
    const auto code_size = [&](bool bit, uint32_t node, double low, double middle, double high) {
      return code_half(coder, bit, contexts, turned, set, node, low - 0.5, middle - 0.5, high - 0.5);
    };
    const unsigned wanted = static_cast<unsigned>(std::bit_width(size)) - 1;
    unsigned top = 0;
    double low = 1;
    for (; top < 62 && code_size(wanted > top, kClass + top, low, 2 * low, kFar); ++top) low *= 2;
    uint64_t result = 1;
    unsigned left = top;
    double width = low;
    for (const uint32_t first : {kFirst, kSecond, kThird, kFourth}) {
      if (left == 0) break;
      const uint32_t node = first == kFirst ? first + top : first + 2 * top + static_cast<uint32_t>(result & 1);
      width /= 2;
      const bool bit = code_size(((size >> --left) & 1) != 0, node, low, low + width, low + 2 * width);
      if (bit) low += width;
      result = 2 * result + (bit ? 1u : 0u);
    }
    if (left > 0) result = (result << left) | coder.code_raw(size & ((uint64_t{1} << left) - 1), left);
    return negative ? -static_cast<int64_t>(result) : static_cast<int64_t>(result);
  }

 private:
  static constexpr size_t kNodes = 512;

  template <class Coder>
  bool code_bit(Coder& coder, bool bit, const Contexts& contexts, const typename GuidedBit<kContexts, kGuesses>::Odds& odds, size_t set,
                uint32_t node) {
    std::array<AdaptiveBit*, kContexts> bits;
    for (size_t k = 0; k < kContexts; ++k) bits[k] = &bits_[k][((contexts[k] * 0x9e3779b1u >> 8) ^ (node * 0x85ebca6bu >> 12)) & mask_];
    return mixed_.code(coder, bit, bits, odds, set * kNodes + node);
  }

  uint32_t mask_;
  std::array<std::vector<AdaptiveBit>, kContexts> bits_;
  GuidedBit<kContexts, kGuesses> mixed_;
};

}  // namespace dew
