// SPDX-License-Identifier: Apache-2.0
/// Ranges under mixed adaptive contexts, without a network: the yardstick for networks, for measurements only. As strong as contexts get at
/// several times a network's time: one prediction blended from the seven centres by their late errors, its error as binary decisions. Each
/// decision is mixed from ten contexts: where its threshold lies among the single predictions, how well they did lately here, in the row
/// above and on this laser. A calibration follows. With guesses, two distributions that no context holds are mixed in: one logistic around
/// the blend, and one around each centre, as wide as late errors say. Doubles and exp(): bits are counted, never stored.
///
///   MixedRangeModel<false> model(geometry, first_column, end_column, max_range);
///   for each row: model.start_row(row);   for each return: range = model.code(coder, column, range);
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "entropy/mixer.h"
#include "pointcloud/coding/log_scale.h"
#include "pointcloud/coding/range_features.h"

namespace dew {

template <bool kWithGuesses>
class MixedRangeModel {
 public:
  MixedRangeModel(const GridGeometry& geometry, uint32_t first_column, uint32_t end_column, uint32_t max_range)
      : features_(geometry, first_column, end_column),
        first_column_(first_column),
        max_range_(max_range),
        mixer_(kResidualNodes * kSets, first_weights()),
        calibration_(kResidualNodes * kSets) {
    for (auto& row : errors_) row.assign(end_column - first_column + 2, kNoError);
    for (size_t i = 0; i < kContexts; ++i) bits_[i].resize(kSizes[i] * kResidualNodes);
  }

  void start_row(uint32_t row) {
    features_.start_row(row);
    row_ = row;
    std::swap(errors_[0], errors_[1]);
    std::fill(errors_[0].begin(), errors_[0].end(), kNoError);
  }

  /// Codes the range at `column` of this row, 1 to max_range.
  template <class Coder>
  uint32_t code(Coder& coder, uint32_t column, uint32_t range) {
    features_.look(column, inputs_, centres_);
    blend_ = blended();
    base_ = std::clamp<int64_t>(std::llround(blend_ / 16), 1, max_range_);
    look_around(column - first_column_);
    const int64_t error = code_error(coder, static_cast<int64_t>(range) - base_);
    const int64_t value = std::clamp<int64_t>(base_ + error, 1, max_range_);
    learn(column - first_column_, value);
    features_.add_return(column, static_cast<uint32_t>(value));
    return static_cast<uint32_t>(value);
  }

 private:
  static constexpr size_t kContexts = 10, kGuesses = 2, kSets = 4, kInputs = 2 * kContexts + kGuesses + 1;
  static constexpr int32_t kNoError = 255;
  static constexpr size_t kOffsets = 24;  ///< classes of a threshold's distance from a prediction
  static constexpr std::array<size_t, kContexts> kSizes = {24,           256,    kOffsets * 6, kOffsets * 6,       kOffsets * 6,
                                                           kOffsets * 6, 16 * 6, 128 * 2,      kOffsets* kOffsets, kOffsets* kOffsets};

  /// Mean of the centres, the better ones lately weighing more.
  double blended() const {
    double sum = 0, weights = 0;
    for (size_t k = 0; k < kRangeCentres; ++k) {
      const double weight = 1 / (misses_[k] * misses_[k] + 4);
      sum += weight * centres_[k];
      weights += weight;
    }
    return sum / weights;
  }

  void look_around(uint32_t column) {
    const auto size_class = [](double miss) { return std::clamp(static_cast<int32_t>(2 * std::log2(1 + miss)), 0, 23); };
    activity_ = size_class(fast_miss_);
    calm_ = std::clamp(size_class(0.5 * (fast_miss_ + slow_miss_)) / 4, 0, 5);
    const int32_t above = std::min(errors_[1][column + 1] == kNoError ? 15 : errors_[1][column + 1], 15);
    const int32_t last = std::min(last_error_, 15);
    near_ = static_cast<size_t>(last * 16 + above);
    const auto [low, high] = std::minmax_element(centres_.begin(), centres_.end());
    spread_ = static_cast<size_t>(std::clamp(log_q4(static_cast<uint64_t>(*high - *low)) / 24, 0, 15));
    far_ = static_cast<size_t>(std::clamp((log_q4(static_cast<uint64_t>(base_)) - 64) / 12, 0, 15));
  }

  /// P(range < x - 1/2) as each guess says it.
  using Guess = std::array<double, kGuesses>;
  Guess below(int64_t x) const {
    if constexpr (!kWithGuesses) return {};
    const double at = 16 * static_cast<double>(x) - 8;
    Guess guess = {logistic((at - blend_) / (16 * (0.55 * fast_miss_ + 0.25))), 0};
    double weights = 0;
    for (size_t k = 0; k < kRangeCentres; ++k) {
      const double weight = 1 / (misses_[k] * misses_[k] + 4);
      guess[1] += weight * logistic((at - centres_[k]) / (16 * (0.4 * misses_[k] + 0.25)));
      weights += weight;
    }
    guess[1] /= weights;
    return guess;
  }
  static double logistic(double x) { return 1 / (1 + std::exp(-x)); }
  /// P(the error, seen from `sign`'s side, is at least m).
  Guess side(int64_t sign, int64_t m) const {
    Guess guess = below(sign > 0 ? base_ + m : base_ - m + 1);
    if (sign > 0) {
      for (double& p : guess) p = 1 - p;
    }
    return guess;
  }
  /// Part of whole.
  static Guess share(const Guess& part, const Guess& whole) {
    Guess guess{};
    for (size_t k = 0; k < kGuesses; ++k) guess[k] = (part[k] + 1e-9) / (whole[k] + 2e-9);
    return guess;
  }
  static Guess minus(Guess a, const Guess& b) {
    for (size_t k = 0; k < kGuesses; ++k) a[k] = std::max(0.0, a[k] - b[k]);
    return a;
  }

  /// As code_residual, with the range at which each decision splits.
  template <class Coder>
  int64_t code_error(Coder& coder, int64_t error) {
    constexpr uint32_t kZero = 0, kSign = 1, kClass = 2, kFirst = 65, kSecond = 128;
    const Guess under = below(base_), over = side(1, 1), all = {1, 1};
    const Guess rest = {under[0] + over[0], under[1] + over[1]};
    if (bit(coder, error == 0, kZero, base_, share(minus(all, rest), all))) return 0;
    const bool negative = bit(coder, error < 0, kSign, base_, share(under, rest));
    const int64_t sign = negative ? -1 : 1;
    const uint64_t size = static_cast<uint64_t>(error < 0 ? -error : error);
    const unsigned wanted = size == 0 ? 0 : static_cast<unsigned>(std::bit_width(size)) - 1;
    unsigned top = 0;
    Guess least = negative ? under : over, most{};
    for (; top < 24; ++top) {
      most = side(sign, int64_t{2} << top);
      if (!bit(coder, wanted > top, kClass + 2 * top + negative, base_ + sign * (int64_t{2} << top), share(most, least))) break;
      least = most;
    }
    uint64_t result = 1;
    unsigned left = top;
    for (const uint32_t first : {kFirst, kSecond}) {
      if (left == 0) break;
      --left;
      const int64_t middle = static_cast<int64_t>((2 * result + 1) << left);
      const uint32_t node =
          first == kFirst ? kFirst + 2 * top + negative : kSecond + 4 * top + 2 * static_cast<uint32_t>(result & 1) + negative;
      const Guess split = side(sign, middle);
      const bool upper = bit(coder, ((size >> left) & 1) != 0, node, base_ + sign * middle, share(minus(split, most), minus(least, most)));
      (upper ? least : most) = split;
      result = 2 * result + (upper ? 1u : 0u);
    }
    if (left > 0) result = (result << left) | coder.code_raw(size & ((uint64_t{1} << left) - 1), left);
    return sign * static_cast<int64_t>(result);
  }

  size_t offset_class(int64_t threshold, int32_t centre) const {
    const int32_t away = signed_log_q4((threshold * 16 - centre) / 2) / 10;
    return static_cast<size_t>(std::clamp(away + 12, 0, static_cast<int32_t>(kOffsets) - 1));
  }

  template <class Coder>
  bool bit(Coder& coder, bool value, uint32_t node, int64_t threshold, const Guess& guess) {
    const size_t calm = static_cast<size_t>(calm_);
    const std::array<size_t, 5> from = {offset_class(threshold, centres_[0]), offset_class(threshold, centres_[2]),
                                        offset_class(threshold, centres_[3]), offset_class(threshold, centres_[4]),
                                        offset_class(threshold, centres_[6])};
    const std::array<size_t, kContexts> contexts = {static_cast<size_t>(activity_),
                                                    near_,
                                                    from[0] * 6 + calm,
                                                    from[1] * 6 + calm,
                                                    from[2] * 6 + calm,
                                                    from[4] * 6 + calm,
                                                    far_ * 6 + calm,
                                                    std::min<size_t>(row_, 127) * 2 + (calm > 2),
                                                    from[3] * kOffsets + from[0],
                                                    from[1] * kOffsets + from[4]};
    std::array<AdaptiveBit*, kContexts> bits;
    typename Mixer<kInputs>::Inputs inputs;
    for (size_t i = 0; i < kContexts; ++i) {
      bits[i] = &bits_[i][contexts[i] * kResidualNodes + node];
      inputs[2 * i] = confident(stretch(bits[i]->fast()), bits[i]->count());
      inputs[2 * i + 1] = confident(stretch(bits[i]->slow()), bits[i]->count());
    }
    for (size_t k = 0; k < kGuesses; ++k)
      inputs[2 * kContexts + k] = kWithGuesses ? stretch(static_cast<uint32_t>(std::clamp(guess[k] * 65536, 16.0, 65520.0))) : 0;
    inputs[kInputs - 1] = 256;
    const size_t set = std::min<size_t>(spread_ / 3, kSets - 1) * kResidualNodes + node;
    const uint32_t mixed = mixer_.mix(inputs, set);
    value = coder.code_bit(value, calibration_.refine(mixed, mixer_.log_odds(), set));
    mixer_.update(value);
    calibration_.update(value);
    for (AdaptiveBit* context : bits) context->update(value, kWithGuesses ? 1023 : 511);
    return value;
  }
  /// A context that has seen little says little, where guesses say something.
  static int32_t confident(int32_t log_odds, uint32_t count) {
    return !kWithGuesses || count >= 24 ? log_odds : log_odds * static_cast<int32_t>(count) / 24;
  }
  /// Guesses begin with most of the say.
  static std::array<int32_t, kInputs> first_weights() {
    std::array<int32_t, kInputs> weights;
    weights.fill(kWithGuesses ? 65536 / 40 : 65536 * 3 / 5 / static_cast<int32_t>(kContexts));
    for (size_t k = 0; k < kGuesses; ++k) weights[2 * kContexts + k] = 65536 * 2 / 5;
    weights.back() = 0;
    return weights;
  }

  void learn(uint32_t column, int64_t value) {
    for (size_t k = 0; k < kRangeCentres; ++k) {
      const double miss = std::abs(static_cast<double>(16 * value - centres_[k])) / 16;
      misses_[k] += (std::min(miss, 200.0) - misses_[k]) / 12;
    }
    const double miss = std::abs(static_cast<double>(16 * value) - blend_) / 16;
    fast_miss_ += (std::min(miss, 400.0) - fast_miss_) / 4;
    slow_miss_ += (std::min(miss, 400.0) - slow_miss_) / 24;
    last_error_ = log_q4(static_cast<uint64_t>(miss)) / 8;
    errors_[0][column + 1] = last_error_;
  }

  RangeFeatures features_;
  uint32_t first_column_, row_ = 0;
  int64_t max_range_, base_ = 1;
  RangeInputs inputs_{};
  RangeCentres centres_{};
  std::array<double, kRangeCentres> misses_ = {8, 8, 8, 8, 8, 8, 8};  ///< of each centre lately, in steps
  double fast_miss_ = 8, slow_miss_ = 8, blend_ = 0;                  ///< of the blend, and itself
  int32_t last_error_ = 4, activity_ = 0, calm_ = 0;
  size_t near_ = 0, spread_ = 0, far_ = 0;
  std::array<std::vector<int32_t>, 2> errors_;  ///< size classes of this row and the one above
  std::array<std::vector<AdaptiveBit>, kContexts> bits_;
  Mixer<kInputs> mixer_;
  Calibration calibration_;
};

}  // namespace dew
