// SPDX-License-Identifier: Apache-2.0
/// A bit under many contexts at once, for effort max: as MixedBit (entropy/mixer.h), but contexts that have seen little have less of a say,
/// several sets of weights are chosen by contexts of their own, and their log odds are averaged before two calibrations.
///
///   DeepMixedBit<16, 3> mixed({128, 512, 512});
///   bit = mixed.code(coder, bit, contexts, {set0, set1, set2});
///
/// Bytes: pointcloud/FORMAT.md, "Deep bits". Cost: about 15 ns a context.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "entropy/mixer.h"

namespace dew {

template <size_t kContexts, size_t kSets>
class DeepMixedBit {
 public:
  /// `set_counts`: how many sets each choice has.
  explicit DeepMixedBit(const std::array<size_t, kSets>& set_counts)
      : first_calibration_(set_counts.front()), last_calibration_(set_counts.back()) {
    for (const size_t count : set_counts) mixers_.emplace_back(count, first_weights(), kRateShift);
  }

  /// Codes one bit under the given contexts, and lets all of them learn. REQUIRES: sets within their counts.
  template <class Coder>
  bool code(Coder& coder, bool bit, const std::array<AdaptiveBit*, kContexts>& contexts, const std::array<size_t, kSets>& sets) {
    typename Mixer<kInputs>::Inputs inputs;
    for (size_t i = 0; i < kContexts; ++i) {
      const int32_t say = kSay[std::min<uint32_t>(contexts[i]->count(), kSay.size() - 1)];
      inputs[2 * i] = stretch(contexts[i]->fast()) * say / 256;
      inputs[2 * i + 1] = stretch(contexts[i]->slow()) * say / 256;
    }
    inputs[kInputs - 1] = 256;
    int32_t sum = 0;
    for (size_t i = 0; i < kSets; ++i) {
      mixers_[i].mix(inputs, sets[i]);
      sum += mixers_[i].log_odds();
    }
    const int32_t log_odds = sum / static_cast<int32_t>(kSets);
    const uint32_t p1 = squash(log_odds);
    const uint32_t first = first_calibration_.refine(p1, log_odds, sets.front());
    const uint32_t last = last_calibration_.refine(p1, log_odds, sets.back());
    bit = coder.code_bit(bit, (first + last) / 2);
    for (Mixer<kInputs>& mixer : mixers_) mixer.update(bit);
    first_calibration_.update(bit);
    last_calibration_.update(bit);
    for (AdaptiveBit* context : contexts) context->update(bit, kHistory);
    return bit;
  }

 private:
  // All of these are part of the format.
  static constexpr size_t kInputs = 2 * kContexts + 1;
  static constexpr unsigned kRateShift = 17;
  static constexpr uint32_t kHistory = 1023;
  /// Of a context that has seen so many bits, 2^-8.
  static constexpr std::array<int32_t, 7> kSay = {0, 90, 140, 180, 210, 235, 256};
  static std::array<int32_t, kInputs> first_weights() {
    std::array<int32_t, kInputs> weights;
    weights.fill(65536 * 3 / 5 / static_cast<int32_t>(kContexts));
    weights.back() = 0;
    return weights;
  }

  std::vector<Mixer<kInputs>> mixers_;
  Calibration first_calibration_, last_calibration_;
};

}  // namespace dew
