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
  /// `memo`: where wanted, what an encoder notes down and the decoder that checks it recalls; it must outlive the model too.
  BasicNetworkRangeModel(const IntNet& net, Features features, uint32_t first_column, uint32_t max_range, RangeMemo* memo = nullptr)
      : net_(net), features_(std::move(features)), first_column_(first_column), max_range_(max_range), memo_(memo) {
    reserve(row_, 1);
    row_.outputs.reserve(kOutputs);
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
    features_.start_row(number);
    place_ = 0;
    if constexpr (Coder::kDecodes) {
      noted_ = memo_ != nullptr && memo_->is_of(net_, max_range_) && number < memo_->rows.size() ? &memo_->rows[number] : nullptr;
    } else {
      known_ = memo_ != nullptr ? &memo_->row(net_, max_range_, number) : &row_;
      predict_known(row);
    }
  }

  /// Codes the range at `column` of this row, 1 to max_range.
  template <class Coder>
  uint32_t code(Coder& coder, uint32_t column, uint32_t range) {
    if constexpr (Coder::kDecodes) {
      features_.look(column, inputs_of(row_, 0), centres_of(row_, 0));
      if (!is_noted() || !recall(coder, range)) range = decode(coder, column);
      features_.add_return(column, range);
    } else {
      const auto centres = centres_of(*known_, place_);
      if (likely_) {
        const RangeMixture mixture = range_mixture<kCentres>(outputs_of(answers(), place_), centres);
        const MixtureCdf cdf(mixture.span(), 1, max_range_);
        likely_->code(coder, cdf, likely(mixture, centres), column - first_column_, range, max_range_);
      } else {
        const CdfInterval interval =
            range_interval<kCentres>(outputs_of(answers(), place_), centres, range, static_cast<uint32_t>(max_range_));
        coder.encode_interval(interval.start, interval.size, MixtureCdf::kBits);
        if (memo_ != nullptr) note(interval, range);
      }
    }
    ++place_;
    return range;
  }

 private:
  static constexpr size_t kInputs = Features::kInputs, kCentres = Features::kCentres, kOutputs = 3 * kCentres;

  static std::span<int16_t, kInputs> inputs_of(const PredictedRow& row, size_t i) {
    return std::span<int16_t, kInputs>(row.inputs.data() + i * kInputs, kInputs);
  }
  static std::span<int32_t, kCentres> centres_of(const PredictedRow& row, size_t i) {
    return std::span<int32_t, kCentres>(row.centres.data() + i * kCentres, kCentres);
  }
  static std::span<int32_t, kOutputs> outputs_of(const PredictedRow& row, size_t i) {
    return std::span<int32_t, kOutputs>(row.outputs.data() + i * kOutputs, kOutputs);
  }
  static void reserve(PredictedRow& row, size_t count) {
    row.inputs.reserve(count * kInputs);
    row.centres.reserve(count * kCentres);
  }
  /// The row with the network's outputs: noted down where they cannot be had from intervals.
  PredictedRow& answers() { return likely_ ? *known_ : row_; }

  /// The decoder's symbol, where the network has not been asked yet: what it is asked stands in row_.
  template <class Coder>
  uint32_t decode(Coder& coder, uint32_t column) {
    const auto outputs = outputs_of(row_, 0);
    if (is_noted() && likely_) {
      std::ranges::copy(outputs_of(*noted_, place_), outputs.begin());
    } else {
      net_.run(inputs_of(row_, 0), {}, outputs);
    }
    const auto centres = centres_of(row_, 0);
    const RangeMixture mixture = range_mixture<kCentres>(outputs, centres);
    const MixtureCdf cdf(mixture.span(), 1, max_range_);
    if (likely_) return likely_->code(coder, cdf, likely(mixture, centres), column - first_column_, 0, max_range_);
    return static_cast<uint32_t>(code_by_cdf(coder, cdf, 0, 1, max_range_));
  }

  /// Whether the encoder that is checked had the very inputs and centres here.
  bool is_noted() const {
    return noted_ != nullptr && place_ < noted_->count && std::ranges::equal(inputs_of(row_, 0), inputs_of(*noted_, place_)) &&
           std::ranges::equal(centres_of(row_, 0), centres_of(*noted_, place_));
  }
  /// The noted symbol, if its interval holds what was read. REQUIRES: is_noted(): then the interval is that of this decoder's CDF.
  template <class Coder>
  bool recall(Coder& coder, uint32_t& range) const {
    if (likely_) return false;
    const CdfInterval interval = noted_->intervals.data()[place_];
    if (coder.decode_target(MixtureCdf::kBits) - interval.start >= interval.size) return false;
    coder.consume(interval.start, interval.size);
    range = noted_->ranges.data()[place_];
    return true;
  }
  void note(const CdfInterval& interval, uint32_t range) {
    known_->intervals.data()[place_] = interval;
    known_->ranges.data()[place_] = range;
  }

  void predict_known(std::span<const uint32_t> row);
  /// Where the heaviest component has its centre; the reference, its other column and the background may agree.
  LikelySymbol::Guess likely(const RangeMixture& mixture, std::span<const int32_t, kCentres> all_centres) {
    size_t heaviest = 0;
    for (size_t k = 1; k < mixture.count; ++k)
      heaviest = mixture.components[k].logit_q8 > mixture.components[heaviest].logit_q8 ? k : heaviest;
    const int64_t symbol = std::clamp<int64_t>((int64_t{mixture.components[heaviest].centre_q8} + 128) >> 8, 1, max_range_);
    const auto centres = all_centres.template last<kReferenceCentres>();
    uint32_t agree = 0;
    for (const size_t k : {size_t{0}, size_t{2}, size_t{3}}) agree += (centres[k] + kOneTick / 2) / kOneTick == symbol ? 1 : 0;
    return {symbol, agree};
  }

  const IntNet& net_;
  Features features_;
  uint32_t first_column_;
  int64_t max_range_;
  std::optional<LikelySymbol> likely_;
  RangeMemo* memo_;
  /// An encoder's row, unless it is noted down; a decoder's return is the first of it.
  PredictedRow row_;
  PredictedRow* known_ = nullptr;        ///< encoder: the row
  const PredictedRow* noted_ = nullptr;  ///< decoder: what the encoder that is checked noted of this row
  size_t place_ = 0;                     ///< of the next return in its row
};

using NetworkRangeModel = BasicNetworkRangeModel<RangeFeatures>;
using InterRangeModel = BasicNetworkRangeModel<InterRangeFeatures>;

}  // namespace dew
