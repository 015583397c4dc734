// SPDX-License-Identifier: Apache-2.0
/// Ranges under a network: features of what is decoded, an integer network, a mixture of logistics around candidate predictions.
///
///   NetworkRangeModel model(net, geometry, first_column, end_column, max_range);
///   for each row: model.start_row<Coder>(number, row);
///     for each return: range = model.code(coder, column, range);
///
/// What a network's outputs mean, and so how it is trained: pointcloud/FORMAT.md, "Range network".
/// One object a slice and thread. Cost: about 500 ns a return.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "entropy/intnet.h"
#include "entropy/mixture.h"
#include "pointcloud/coding/range_features.h"

namespace dew {

/// kRangeCentres logits (256 = 1 nat), as many log2 scales (256 = a factor of 2, in range steps), as many offsets (256 = 1 scale).
inline constexpr size_t kRangeOutputs = 3 * kRangeCentres;
using RangeOutputs = std::array<int32_t, kRangeOutputs>;

/// At least one component, in the order of the centres.
struct RangeMixture {
  std::array<LogisticComponent, kRangeCentres> components;
  size_t count = 0;
  std::span<const LogisticComponent> span() const { return {components.data(), count}; }
};

/// Scales stay within 2^-2 and 2^14 steps, offsets within 4 scales.
inline constexpr int32_t kMinRangeLogScale_q8 = -2 * 256;
inline constexpr int32_t kMaxRangeLogScale_q8 = 14 * 256;
inline constexpr int32_t kMaxRangeOffset_q8 = 4 * 256;
/// Components this far below the heaviest are left out: 5 nats cost 0.1 % of the bits and save a third of a decoder's search. Part of the
/// format.
inline constexpr int32_t kLeastLogit_q8 = 5 * 256;

/// The distribution that the outputs mean. Exact for any outputs.
RangeMixture range_mixture(const RangeOutputs& outputs, const RangeCentres& centres);

class NetworkRangeModel {
 public:
  /// `net` must have kRangeInputs inputs and kRangeOutputs outputs (is_range_network) and outlive the model.
  NetworkRangeModel(const IntNet& net, const GridGeometry& geometry, uint32_t first_column, uint32_t end_column, uint32_t max_range)
      : net_(net),
        features_(geometry, first_column, end_column),
        first_column_(first_column),
        max_range_(max_range),
        inputs_(1),
        centres_(1),
        outputs_(1) {}

  static bool is_range_network(const IntNet& net) {
    return net.input_count() == kRangeInputs && net.output_count() == kRangeOutputs && net.spec().embeddings.empty();
  }

  /// Rows come in order from 0. `row`: the slice's ranges in it, 0 = no return; an encoder, which knows them, has the network run on all of
  /// them at once. A decoder's are not looked at.
  template <class Coder>
  void start_row(uint32_t number, std::span<const uint32_t> row) {
    features_.start_row(number);
    if constexpr (!Coder::kDecodes) predict_known(row);
  }

  /// Codes the range at `column` of this row, 1 to max_range.
  template <class Coder>
  uint32_t code(Coder& coder, uint32_t column, uint32_t range) {
    if constexpr (Coder::kDecodes) {
      features_.look(column, inputs_[0], centres_[0]);
      net_.run(inputs_[0], {}, outputs_[0]);
      place_ = 0;
    }
    const RangeMixture mixture = range_mixture(outputs_[place_], centres_[place_]);
    ++place_;
    range = static_cast<uint32_t>(code_by_mixture(coder, mixture.span(), range, 1, max_range_));
    if constexpr (Coder::kDecodes) features_.add_return(column, range);
    return range;
  }

 private:
  void predict_known(std::span<const uint32_t> row);

  const IntNet& net_;
  RangeFeatures features_;
  uint32_t first_column_;
  int64_t max_range_;
  /// One a return of the row where it is known; a decoder has one.
  std::vector<RangeInputs> inputs_;
  std::vector<RangeCentres> centres_;
  std::vector<RangeOutputs> outputs_;
  size_t place_ = 0;
};

}  // namespace dew
