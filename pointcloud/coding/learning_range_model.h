// SPDX-License-Identifier: Apache-2.0
/// Ranges under a network that goes on learning (effort max): NetworkRangeModel, whose network takes a step after each return.
///
///   LearningRangeModel model(net, RangeFeatures(geometry, first_column, end_column), max_range);
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

#include "entropy/coder.h"
#include "entropy/mixture.h"
#include "pointcloud/coding/learning_network.h"
#include "pointcloud/coding/network_range_model.h"
#include "pointcloud/coding/range_features.h"
#include "pointcloud/coding/range_mixture.h"
#include "pointcloud/coding/slice_memo.h"

namespace dew {

/// How much more `range` costs, in nats, for 256 more of each output: under the mixture of range_mixture with all its components, and no
/// floor but one for all ranges. Exact arithmetic: the same on every machine. REQUIRES: outputs within +-32767.
void range_slopes(std::span<const int32_t, kRangeOutputs> outputs, std::span<const int32_t, kRangeCentres> centres, uint32_t range,
                  std::span<float, kRangeOutputs> slopes);

class LearningRangeModel {
 public:
  static bool takes(const IntNet& net) { return NetworkRangeModel::takes(net) && LearningNetwork::takes(net); }

  /// As NetworkRangeModel. REQUIRES: takes(net).
  LearningRangeModel(const IntNet& net, RangeFeatures features, uint32_t max_range, RangeMemo* memo = nullptr)
      : net_(net),
        network_(net),
        features_(std::move(features)),
        max_range_(max_range),
        memo_(memo),
        recalls_(memo != nullptr && memo->is_of(net, max_range, true)) {}

  /// Rows come in order from 0. `row`: not looked at by a decoder.
  template <class Coder>
  void start_row(uint32_t number, std::span<const uint32_t> row) {
    features_.start_row(number);
    row_shift_.fill(0);
    number_ = number;
    place_ = 0;
    if constexpr (!Coder::kDecodes) {
      if (memo_ == nullptr) return;
      PredictedRow& noted = memo_->row(net_, max_range_, number, true);
      noted.count = row.size() - static_cast<size_t>(std::count(row.begin(), row.end(), 0u));
      noted.inputs.reserve(noted.count * kRangeInputs);
      noted.centres.reserve(noted.count * kRangeCentres);
      noted.intervals.reserve(noted.count);
      noted.ranges.reserve(noted.count);
    }
  }

  /// Codes the range at `column` of this row, 1 to max_range.
  template <class Coder>
  uint32_t code(Coder& coder, uint32_t column, uint32_t range) {
    features_.look(column, inputs_, centres_);
    if constexpr (Coder::kDecodes) {
      if (!recall(coder, range)) {
        ask();
        const RangeMixture mixture = range_mixture<kRangeCentres>(outputs_, centres_);
        const MixtureCdf cdf(mixture.span(), 1, max_range_);
        range = static_cast<uint32_t>(code_by_cdf(coder, cdf, 0, 1, max_range_));
        learn(range);
      }
    } else {
      ask();
      const CdfInterval interval = range_interval<kRangeCentres>(outputs_, centres_, range, static_cast<uint32_t>(max_range_));
      coder.encode_interval(interval.start, interval.size, MixtureCdf::kBits);
      if (memo_ != nullptr) note(interval, range);
      learn(range);
    }
    features_.add_return(column, range);
    ++place_;
    return range;
  }

 private:
  /// What the network says of inputs_, with the row's shifts.
  void ask();
  void learn(uint32_t range);
  void note(const CdfInterval& interval, uint32_t range);
  /// All that the encoder was asked until here, that the network may learn it after all.
  void catch_up();

  /// The noted range, where all returns so far were as noted and this one's interval holds what was read.
  template <class Coder>
  bool recall(Coder& coder, uint32_t& range) {
    if (!recalls_) return false;
    const PredictedRow& noted = memo_->rows[std::min<size_t>(number_, memo_->rows.size() - 1)];
    if (number_ < memo_->rows.size() && place_ < noted.count &&
        std::ranges::equal(inputs_, std::span(noted.inputs.data() + place_ * kRangeInputs, kRangeInputs)) &&
        std::ranges::equal(centres_, std::span(noted.centres.data() + place_ * kRangeCentres, kRangeCentres))) {
      const CdfInterval interval = noted.intervals.data()[place_];
      if (coder.decode_target(MixtureCdf::kBits) - interval.start < interval.size) {
        coder.consume(interval.start, interval.size);
        range = noted.ranges.data()[place_];
        return true;
      }
    }
    catch_up();
    return recalls_ = false;
  }

  const IntNet& net_;
  LearningNetwork network_;
  RangeFeatures features_;
  int64_t max_range_;
  RangeMemo* memo_;
  RangeInputs inputs_{};
  RangeCentres centres_{};
  std::array<float, kRangeOutputs> row_shift_{};
  std::array<int32_t, kRangeOutputs> outputs_{};  ///< as range_mixture has them
  uint32_t number_ = 0;                           ///< of the row
  size_t place_ = 0;                              ///< of the next return in it
  /// Decoder: every return so far was as the encoder that is checked noted it.
  bool recalls_;
};

}  // namespace dew
