// SPDX-License-Identifier: Apache-2.0
/// Logistic mixing of several adaptive contexts in fixed point, and a last calibration: better than the best single context.
///
///   MixedResidual<4> model({64, 128, 64, 32}, 8);                  // sizes of four contexts, weight sets
///   step = model.code(coder, step, {c0, c1, c2, c3}, set);         // set: a small context that chooses the weights
/// or by hand, one bit at a time:
///   const uint32_t p1 = mixer.mix(inputs, set);                    // inputs: stretch(probability) each
///   bit = coder.code_bit(bit, p1);
///   mixer.update(bit);
///
/// Everything is integers; the tables are computed at compile time with + - * / alone. Threads: a model belongs to one coder at a time.
/// Source: M. Mahoney, "Adaptive weighing of context models for lossless data compression", 2005; final calibration: PAQ's APM/SSE.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "entropy/binary_coder.h"

namespace dew {

/// Log odds are integers in 1/256 nat, clamped to +-kStretchLimit.
inline constexpr int32_t kStretchLimit = 11 * 256 - 1;

namespace detail {
/// Natural logarithm of 0 < x <= 1, to a few ulp: by the series of 2 artanh((x - 1) / (x + 1)) once x is near 1.
constexpr double table_ln(double x) {
  double sum = 0;
  for (; x < 0.75; x *= 2) sum -= 0.69314718055994530942;
  const double t = (x - 1) / (x + 1);
  double power = 2 * t;
  for (int i = 1; i < 27; i += 2, power *= t * t) sum += power / i;
  return sum;
}

inline constexpr uint32_t kStretchEntries = 4096;
constexpr std::array<int16_t, kStretchEntries> make_stretch_table() {
  std::array<int16_t, kStretchEntries> table{};
  for (uint32_t i = 0; i < kStretchEntries / 2; ++i) {
    const double p1 = i * 16 + 8;
    const int16_t value = static_cast<int16_t>(256 * table_ln(p1 / (65536 - p1)) - 0.5);
    table[i] = value;
    table[kStretchEntries - 1 - i] = static_cast<int16_t>(-value);
  }
  return table;
}
inline constexpr std::array<int16_t, kStretchEntries> kStretchTable = make_stretch_table();

constexpr std::array<uint16_t, 2 * kStretchLimit + 1> make_squash_table() {
  std::array<uint16_t, 2 * kStretchLimit + 1> table{};
  constexpr double kStep = 1.00391388933834757344;  // exp(1/256)
  double power = 1;
  for (int32_t i = 0; i <= kStretchLimit; ++i, power *= kStep) {
    const uint32_t p1 = static_cast<uint32_t>(65536 * (power / (1 + power)) + 0.5);
    const uint32_t capped = p1 > 65535 ? 65535 : p1;
    table[static_cast<size_t>(kStretchLimit + i)] = static_cast<uint16_t>(capped);
    table[static_cast<size_t>(kStretchLimit - i)] = static_cast<uint16_t>(65536 - capped);
  }
  return table;
}
inline constexpr std::array<uint16_t, 2 * kStretchLimit + 1> kSquashTable = make_squash_table();
}  // namespace detail

/// ln(p / (1 - p)) in 1/256 nat of p = p1 / 65536 (0 to 65535), to a relative precision of p of 1/4096; at most 9 nats.
inline int32_t stretch(uint32_t p1) { return detail::kStretchTable[p1 >> 4]; }
/// The inverse, 1 to 65535, rising with `log_odds`.
inline uint32_t squash(int32_t log_odds) {
  return detail::kSquashTable[static_cast<size_t>(std::clamp(log_odds, -kStretchLimit, kStretchLimit) + kStretchLimit)];
}

/// Weighs N inputs; one of several sets of weights, chosen by a small context, predicts and learns.
template <size_t N>
class Mixer {
 public:
  using Inputs = std::array<int32_t, N>;

  /// `rate_shift`: 12 learns fastest, 18 slowest; each set starts four times as fast for its first 128 bits, twice as fast for 1024.
  /// `first_weights`: of every set, in 1/65536.
  Mixer(size_t set_count, const std::array<int32_t, N>& first_weights, unsigned rate_shift = 16)
      : sets_(set_count, Set{first_weights, 0}), rate_shift_(rate_shift) {}

  /// P(1) in 1/65536, 1 to 65535. REQUIRES: set < set_count; inputs within +-kStretchLimit.
  uint32_t mix(const Inputs& inputs, size_t set) {
    inputs_ = inputs;
    set_ = set;
    int64_t sum = 0;
    for (size_t i = 0; i < N; ++i) sum += int64_t{inputs[i]} * sets_[set].weights[i];
    log_odds_ = static_cast<int32_t>(std::clamp<int64_t>(sum >> 16, -kStretchLimit, kStretchLimit));
    p1_ = squash(log_odds_);
    return p1_;
  }
  /// Log odds of the last mix, for a calibration.
  int32_t log_odds() const { return log_odds_; }

  /// Learns from the bit that the last mix predicted.
  void update(bool bit) {
    Set& set = sets_[set_];
    const unsigned shift = rate_shift_ - (set.count < 128 ? 2 : set.count < 1024 ? 1 : 0);
    if (set.count < 1024) ++set.count;
    const int32_t error = (bit ? 65536 : 0) - static_cast<int32_t>(p1_);
    const int32_t half = int32_t{1} << (shift - 1);
    for (size_t i = 0; i < N; ++i) {
      // |input| < 2^12 and |error| <= 2^16: the product fits 32 bits.
      const int32_t moved = set.weights[i] + ((inputs_[i] * error + half) >> shift);
      set.weights[i] = std::clamp(moved, -kWeightLimit, kWeightLimit);
    }
  }

 private:
  static constexpr int32_t kWeightLimit = 1 << 20;
  struct Set {
    std::array<int32_t, N> weights;
    uint32_t count;
  };

  std::vector<Set> sets_;
  unsigned rate_shift_;
  Inputs inputs_{};
  size_t set_ = 0;
  int32_t log_odds_ = 0;
  uint32_t p1_ = 32768;
};

/// Maps a probability to what really happened after it, under a small context; 33 nodes over the log odds, linear between them.
class Calibration {
 public:
  explicit Calibration(size_t context_count);

  /// The mean of `p1` and the calibrated probability, 1 to 65535. `log_odds` within +-kStretchLimit. REQUIRES: context < context_count.
  uint32_t refine(uint32_t p1, int32_t log_odds, size_t context) {
    const uint32_t place = static_cast<uint32_t>(log_odds + kStretchLimit + 1);
    const uint32_t node = place / kSpacing;
    const uint32_t share = place % kSpacing;
    low_ = context * kNodes + node;
    const uint32_t between = (nodes_[low_] * (kSpacing - share) + nodes_[low_ + 1] * share) / kSpacing;
    nearest_ = share * 2 >= kSpacing ? low_ + 1 : low_;
    return std::clamp<uint32_t>((p1 + between + 1) >> 1, 1, 65535);
  }
  /// Learns from the bit that the last refine predicted.
  void update(bool bit) {
    uint16_t& node = nodes_[nearest_];
    const uint32_t p = node;
    node = static_cast<uint16_t>(bit ? p + ((65535 - p) >> kRateShift) : p - (p >> kRateShift));
  }

 private:
  static constexpr uint32_t kNodes = 33;
  static constexpr uint32_t kSpacing = 2 * (kStretchLimit + 1) / (kNodes - 1);
  static constexpr unsigned kRateShift = 6;
  std::vector<uint16_t> nodes_;
  size_t low_ = 0;
  size_t nearest_ = 0;
};

/// Mixes kContexts adaptive bits (two rates each, and a constant) into one prediction, with a calibration by weight set.
template <size_t kContexts>
class MixedBit {
 public:
  /// `set_count`: number of weight sets.
  explicit MixedBit(size_t set_count) : mixer_(set_count, first_weights()), calibration_(set_count) {}

  /// Codes one bit under the given contexts, and lets all of them learn. REQUIRES: set < set_count.
  template <class Coder>
  bool code(Coder& coder, bool bit, const std::array<AdaptiveBit*, kContexts>& contexts, size_t set) {
    typename Mixer<kInputs>::Inputs inputs;
    for (size_t i = 0; i < kContexts; ++i) {
      inputs[2 * i] = stretch(contexts[i]->fast());
      inputs[2 * i + 1] = stretch(contexts[i]->slow());
    }
    inputs[kInputs - 1] = 256;
    const uint32_t mixed = mixer_.mix(inputs, set);
    bit = coder.code_bit(bit, calibration_.refine(mixed, mixer_.log_odds(), set));
    mixer_.update(bit);
    calibration_.update(bit);
    for (AdaptiveBit* context : contexts) context->update(bit, kHistory);
    return bit;
  }

 private:
  static constexpr size_t kInputs = 2 * kContexts + 1;
  static constexpr uint32_t kHistory = 1023;
  /// Together 1.2: contexts that agree are worth a little more than one. The constant begins without a say.
  static std::array<int32_t, kInputs> first_weights() {
    std::array<int32_t, kInputs> weights;
    weights.fill(65536 * 3 / 5 / static_cast<int32_t>(kContexts));
    weights.back() = 0;
    return weights;
  }
  Mixer<kInputs> mixer_;
  Calibration calibration_;
};

/// Signed integers (as AdaptiveResidual) under kContexts contexts at once. Memory: 2 KiB for each value of each context,
/// and 44 bytes or more for each weight set of each of the 256 decisions.
template <size_t kContexts>
class MixedResidual {
 public:
  /// `sizes[i]`: number of values of context i; `set_count`: number of weight sets that the caller tells apart.
  MixedResidual(const std::array<size_t, kContexts>& sizes, size_t set_count) : mixed_(set_count * kResidualNodes) {
    for (size_t i = 0; i < kContexts; ++i) bits_[i].resize(sizes[i] * kResidualNodes);
  }

  /// REQUIRES: contexts[i] < sizes[i], set < set_count; value as for code_residual.
  template <class Coder>
  int64_t code(Coder& coder, int64_t value, const std::array<size_t, kContexts>& contexts, size_t set) {
    return code_residual(coder, value, [&](bool bit, uint32_t node) {
      std::array<AdaptiveBit*, kContexts> bits;
      for (size_t i = 0; i < kContexts; ++i) bits[i] = &bits_[i][contexts[i] * kResidualNodes + node];
      return mixed_.code(coder, bit, bits, set * kResidualNodes + node);
    });
  }

 private:
  std::array<std::vector<AdaptiveBit>, kContexts> bits_;
  MixedBit<kContexts> mixed_;
};

}  // namespace dew
