// SPDX-License-Identifier: Apache-2.0
/// Ranges under a network: features of what is decoded, an integer network, a mixture of logistics around candidate predictions.
///
///   NetworkRangeModel model(net, RangeFeatures(geometry, first_column, end_column), first_column, max_range);
///   for each row: model.start_row<Coder>(number, row);
///     for each return: range = model.code(coder, column, range);
///
/// What a network's outputs mean, and so how it is trained: pointcloud/FORMAT.md, "Range network".
/// One object a slice and thread. Cost: about 500 ns a return.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "entropy/intnet.h"
#include "entropy/mixture.h"
#include "pointcloud/coding/likely_symbol.h"
#include "pointcloud/coding/range_features.h"
#include "pointcloud/coding/range_mixture.h"
#include "pointcloud/coding/reference_features.h"
#include "pointcloud/coding/slice_memo.h"

namespace dew {

/// `Features`: RangeFeatures, or InterRangeFeatures where an earlier frame is known.
template <class Features>
class BasicNetworkRangeModel {
 public:
  /// `net` must fit the features (takes) and outlive the model; `features` are of one slice that begins at first_column.
  /// `memo`: where wanted, what an encoder notes down and the decoder that checks it recalls: only one whose source is what this model is
  /// made of. It must outlive the model too.
  BasicNetworkRangeModel(const IntNet& net, Features features, uint32_t first_column, uint32_t max_range, RangeMemo* memo = nullptr)
      : net_(net), features_(std::move(features)), first_column_(first_column), max_range_(max_range), memo_(memo) {
    reserve(1);
    if (kCentres == kInterCentres && max_range_ <= LikelySymbol::kMostSymbols) likely_.emplace(features_.width());
  }

  /// Whether the network is one for these features.
  static bool takes(const IntNet& net) {
    return net.input_count() == Features::kInputs && net.output_count() == kOutputs && net.spec().embeddings.empty();
  }

  /// Rows come in order from 0. `row`: the slice's ranges in it, 0 = no return; an encoder, which knows them, has the network run on all of
  /// them at once. A decoder's are not looked at.
  template <class Coder>
  void start_row(uint32_t number, std::span<const uint32_t> row) {
    if constexpr (Coder::kDecodes) {
      const bool ends_as_noted = memo_ == nullptr || ((number == 0 || place_ == noted().count) && number < memo_->rows.size());
      if (!ends_as_noted) stop_recalling();
      number_ = number;
      place_ = 0;
      if (memo_ == nullptr) features_.start_row(number);
    } else {
      place_ = 0;
      features_.start_row(number);
      if (memo_ != nullptr && memo_->rows.size() <= number) memo_->rows.resize(number + 1);
      known_ = memo_ != nullptr ? &memo_->rows[number] : &own_;
      predict_known(row);
    }
  }

  /// Codes the range at `column` of this row, 1 to max_range.
  template <class Coder>
  uint32_t code(Coder& coder, uint32_t column, uint32_t range) {
    if constexpr (Coder::kDecodes) {
      if (memo_ == nullptr || !recall(coder, column, range)) range = compute(coder, column);
    } else {
      const CdfInterval interval = interval_of(place_, column, range);
      coder.encode_interval(interval.start, interval.size, MixtureCdf::kBits);
      known_->intervals.data()[place_] = interval;
    }
    ++place_;
    return range;
  }

 private:
  static constexpr size_t kInputs = Features::kInputs, kCentres = Features::kCentres, kOutputs = 3 * kCentres;

  /// Where likely_ goes to, for an encoder that wants to know, or for nobody.
  struct IntervalCatcher {
    static constexpr bool kDecodes = false;
    CdfInterval interval{};
    void encode_interval(uint32_t start, uint32_t size, unsigned) { interval = {start, size}; }
  };

  std::span<int16_t, kInputs> inputs_of(size_t i) const { return std::span<int16_t, kInputs>(inputs_.data() + i * kInputs, kInputs); }
  std::span<int32_t, kCentres> centres_of(size_t i) const { return std::span<int32_t, kCentres>(centres_.data() + i * kCentres, kCentres); }
  std::span<int32_t, kOutputs> outputs_of(size_t i) const { return std::span<int32_t, kOutputs>(outputs_.data() + i * kOutputs, kOutputs); }
  void reserve(size_t returns) {
    inputs_.reserve(returns * kInputs);
    centres_.reserve(returns * kCentres);
    outputs_.reserve(returns * kOutputs);
  }
  const PredictedRow& noted() const { return memo_->rows[number_]; }

  /// Of a range whose answers stand at `place`; likely_ learns it.
  CdfInterval interval_of(size_t place, uint32_t column, uint32_t range) {
    const auto most = static_cast<uint32_t>(max_range_);
    if (!likely_) return range_interval<kCentres>(outputs_of(place), centres_of(place), range, most);
    IntervalCatcher catcher;
    likely_->code(catcher, IntervalCdf<kCentres>(outputs_of(place), centres_of(place), most), likely(place), column - first_column_, range,
                  max_range_);
    return catcher.interval;
  }
  template <class Coder>
  uint32_t compute(Coder& coder, uint32_t column) {
    ask(column);
    const RangeMixture mixture = range_mixture<kCentres>(outputs_of(0), centres_of(0));
    const MixtureCdf cdf(mixture.span(), 1, max_range_);
    const uint32_t range = likely_ ? likely_->code(coder, cdf, likely(0), column - first_column_, 0, max_range_)
                                   : static_cast<uint32_t>(code_by_cdf(coder, cdf, 0, 1, max_range_));
    features_.add_return(column, range);
    return range;
  }
  /// Decoder: what the network says of one return.
  void ask(uint32_t column) {
    features_.look(column, inputs_of(0), centres_of(0));
    net_.run(inputs_of(0), {}, outputs_of(0));
  }

  /// The next return with the encoder's answers, which are those of this decoder too: all returns so far were those that are noted.
  /// False, and nothing read, where this one is not. REQUIRES: memo_.
  template <class Coder>
  bool recall(Coder& coder, uint32_t column, uint32_t& range) {
    const PredictedRow& row = noted();
    if (place_ < row.count && row.columns.data()[place_] == column) {
      const CdfInterval interval = row.intervals.data()[place_];
      if (coder.decode_target(MixtureCdf::kBits) - interval.start < interval.size) {
        coder.consume(interval.start, interval.size);
        range = row.ranges.data()[place_];
        return true;
      }
    }
    stop_recalling();
    return false;
  }
  /// Decoder: from here on it computes. Features and likely_ learn the returns so far, which are all noted.
  void stop_recalling();

  void predict_known(std::span<const uint32_t> row);
  /// Where the heaviest component has its centre; the reference, its other column and the background may agree.
  LikelySymbol::Guess likely(size_t place) const {
    const auto outputs = outputs_of(place);
    const auto heaviest = static_cast<size_t>(std::max_element(outputs.begin(), outputs.begin() + kCentres) - outputs.begin());
    const LogisticComponent component = range_component(outputs[heaviest], outputs[kCentres + heaviest], outputs[2 * kCentres + heaviest],
                                                        centres_of(place)[heaviest], kCentres);
    const int64_t symbol = std::clamp<int64_t>((int64_t{component.centre_q8} + 128) >> 8, 1, max_range_);
    const auto centres = centres_of(place).template last<kReferenceCentres>();
    uint32_t agree = 0;
    for (const size_t k : {size_t{0}, size_t{2}, size_t{3}}) agree += (centres[k] + kOneTick / 2) / kOneTick == symbol ? 1 : 0;
    return {symbol, agree};
  }

  const IntNet& net_;
  Features features_;
  uint32_t first_column_;
  int64_t max_range_;
  std::optional<LikelySymbol> likely_;
  RangeMemo* memo_;  ///< decoder: nullptr once something was not as noted
  /// Encoder: of the returns of a row; decoder: of a return.
  Scratch<int16_t> inputs_;
  Scratch<int32_t> centres_, outputs_;
  PredictedRow own_;               ///< encoder: where no memo takes the row
  PredictedRow* known_ = nullptr;  ///< encoder: the row
  size_t number_ = 0;              ///< decoder: of the row
  size_t place_ = 0;               ///< of the next return in its row
};

using NetworkRangeModel = BasicNetworkRangeModel<RangeFeatures>;
using InterRangeModel = BasicNetworkRangeModel<InterRangeFeatures>;

}  // namespace dew
