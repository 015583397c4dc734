// SPDX-License-Identifier: Apache-2.0
/// Ranges under networks that go on learning (effort max): NetworkRangeModel, whose network takes a step after each return, and another
/// one beside it.
///
///   LearningRangeModel model(net, &second, RangeFeatures(geometry, first_column, end_column), max_range);
///   for each row: model.start_row<Coder>(number, row);
///     for each return: range = model.code(coder, column, range);
///
/// Beside the network there are shifts of its outputs, which begin at zero in each row and follow it faster: lasers differ in their noise.
/// Bytes: pointcloud/FORMAT.md, "Networks that learn". One object a slice and thread. Cost: about 7 us a return.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "entropy/coder.h"
#include "entropy/mixture.h"
#include "pointcloud/coding/learning_network.h"
#include "pointcloud/coding/network_range_model.h"
#include "pointcloud/coding/range_features.h"
#include "pointcloud/coding/range_mixture.h"
#include "pointcloud/coding/reference_features.h"
#include "pointcloud/coding/slice_memo.h"

namespace dew {

/// How much more `range` costs, in nats, for 256 more of each output: under the mixture of range_mixture with all its components, and no
/// floor but one for all ranges. Exact arithmetic: the same on every machine. REQUIRES: outputs within +-32767.
template <size_t kCentres>
void range_slopes(std::span<const int32_t, 3 * kCentres> outputs, std::span<const int32_t, kCentres> centres, uint32_t range,
                  std::span<float, 3 * kCentres> slopes);

/// Two CDFs over the same symbols, blended: `share` of 65536 is the first one's.
class BlendedCdf {
 public:
  static constexpr unsigned kBits = MixtureCdf::kBits;
  BlendedCdf(const MixtureCdf& first, const MixtureCdf& second, uint32_t share) : first_(first), second_(second), share_(share) {}

  /// Grows strictly, as both do.
  uint32_t operator()(int64_t x) const { return blend(first_(x), second_(x), share_); }
  /// From where the first one has it.
  CdfBracket around(uint32_t target, CdfBracket bracket) const {
    const CdfBracket guess = first_.around(target, bracket);
    narrow(target, guess.a, bracket);
    narrow(target, guess.b, bracket);
    return bracket;
  }
  static uint32_t blend(uint32_t first, uint32_t second, uint32_t share) {
    return static_cast<uint32_t>((uint64_t{first} * share + uint64_t{second} * (65536 - share)) >> 16);
  }

 private:
  void narrow(uint32_t target, int64_t x, CdfBracket& bracket) const {
    if (x <= bracket.a || x >= bracket.b) return;
    const uint32_t start = (*this)(x);
    (start <= target ? bracket.a : bracket.b) = x;
    (start <= target ? bracket.below : bracket.above) = start;
  }

  const MixtureCdf& first_;
  const MixtureCdf& second_;
  uint32_t share_;
};

/// `Features`: as of BasicNetworkRangeModel; beside an earlier frame there is no likeliest range with a mass of its own.
template <class Features>
class BasicLearningRangeModel {
 public:
  static bool takes(const IntNet& net) { return BasicNetworkRangeModel<Features>::takes(net) && LearningNetwork::takes(net); }

  /// As NetworkRangeModel; `second`: learns beside it, and both are blended as they did lately; or nullptr. REQUIRES: takes both; of
  /// `memo`, as there.
  BasicLearningRangeModel(const IntNet& net, const IntNet* second, Features features, uint32_t max_range, RangeMemo* memo = nullptr);

  /// Rows come in order from 0. `row`: not looked at by a decoder.
  template <class Coder>
  void start_row(uint32_t number, std::span<const uint32_t> row) {
    if constexpr (Coder::kDecodes) {
      const bool ends_as_noted = memo_ == nullptr || ((number == 0 || place_ == noted().count) && number < memo_->rows.size());
      if (!ends_as_noted) stop_recalling();
    }
    number_ = number;
    place_ = 0;
    if (!Coder::kDecodes || memo_ == nullptr) begin_row(number);
    if constexpr (!Coder::kDecodes) make_room(row);
  }

  /// Codes the range at `column` of this row, 1 to max_range.
  template <class Coder>
  uint32_t code(Coder& coder, uint32_t column, uint32_t range) {
    if constexpr (Coder::kDecodes) {
      if (memo_ == nullptr || !recall(coder, column, range)) {
        ask(column);
        range = decode(coder);
        (void)interval_of(range);
        learn(column, range);
      }
    } else {
      ask(column);
      const CdfInterval interval = interval_of(range);
      coder.encode_interval(interval.start, interval.size, MixtureCdf::kBits);
      note(interval, column, range);
      learn(column, range);
    }
    ++place_;
    return range;
  }

 private:
  static constexpr size_t kInputs = Features::kInputs, kCentres = Features::kCentres, kOutputs = 3 * kCentres;

  /// One network, and what it said last.
  struct Voice {
    explicit Voice(const IntNet& net) : network(net) {}
    LearningNetwork network;
    std::array<float, kOutputs> row_shift{};
    std::array<int32_t, kOutputs> outputs{};  ///< as range_mixture has them
    uint32_t mass = 0;                        ///< of the range, 2^-30
  };

  void begin_row(uint32_t number);
  /// Encoder: in the memo, if there is one.
  void make_room(std::span<const uint32_t> row);
  void note(const CdfInterval& interval, uint32_t column, uint32_t range);
  /// What the networks say of a return, with the row's shifts.
  void ask(uint32_t column);
  /// Of the range, under both; each voice's mass too.
  CdfInterval interval_of(uint32_t range);
  /// REQUIRES: ask(column) and interval_of(range) before.
  void learn(uint32_t column, uint32_t range);
  /// Decoder: from here on it computes. All learn the returns so far, which are all noted.
  void stop_recalling();
  const PredictedRow& noted() const { return memo_->rows[number_]; }

  template <class Coder>
  uint32_t decode(Coder& coder) {
    const RangeMixture mixture = range_mixture<kCentres>(voices_[0].outputs, centres_);
    const MixtureCdf cdf(mixture.span(), 1, max_range_);
    if (voices_.size() == 1) return static_cast<uint32_t>(code_by_cdf(coder, cdf, 0, 1, max_range_));
    const RangeMixture other = range_mixture<kCentres>(voices_[1].outputs, centres_);
    const MixtureCdf second(other.span(), 1, max_range_);
    return static_cast<uint32_t>(code_by_cdf(coder, BlendedCdf(cdf, second, share_), 0, 1, max_range_));
  }

  /// As NetworkRangeModel's. REQUIRES: memo_.
  template <class Coder>
  bool recall(Coder& coder, uint32_t column, uint32_t& range) {
    if (place_ < noted().count && noted().columns.data()[place_] == column) {
      const CdfInterval interval = noted().intervals.data()[place_];
      if (coder.decode_target(MixtureCdf::kBits) - interval.start < interval.size) {
        coder.consume(interval.start, interval.size);
        range = noted().ranges.data()[place_];
        return true;
      }
    }
    stop_recalling();
    return false;
  }

  std::vector<Voice> voices_;
  Features features_;
  int64_t max_range_;
  RangeMemo* memo_;  ///< decoder: nullptr once something was not as noted
  std::array<int16_t, kInputs> inputs_{};
  std::array<int32_t, kCentres> centres_{};
  double lean_ = 0;         ///< towards the first voice, log odds
  uint32_t share_ = 32768;  ///< of the first voice, of 65536
  uint32_t number_ = 0;     ///< of the row
  size_t place_ = 0;        ///< of the next return in it
};

using LearningRangeModel = BasicLearningRangeModel<RangeFeatures>;
using InterLearningRangeModel = BasicLearningRangeModel<InterRangeFeatures>;

}  // namespace dew
