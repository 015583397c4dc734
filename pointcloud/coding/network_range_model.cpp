// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/network_range_model.h"

#include <algorithm>

namespace dew {

template <size_t kCentres>
RangeMixture range_mixture(std::span<const int32_t, 3 * kCentres> outputs, std::span<const int32_t, kCentres> centres) {
  static_assert(kCentres <= kMaxComponents);
  RangeMixture mixture;
  const int64_t heaviest = *std::max_element(outputs.begin(), outputs.begin() + kCentres);
  for (size_t k = 0; k < kCentres; ++k) {
    if (outputs[k] <= heaviest - kLeastLogit_q8) continue;
    const int32_t log_scale_q5 = std::clamp(outputs[kCentres + k], min_range_log_scale_q8(kCentres), kMaxRangeLogScale_q8) >> 3;
    const int64_t offset_q8 = std::clamp(outputs[2 * kCentres + k], -kMaxRangeOffset_q8, kMaxRangeOffset_q8);
    // offset * 2^(log_scale / 32); the table holds 2^16 * 2^(i / 32). Four octaves are added so that the shift stays a right one.
    const uint32_t octaves = static_cast<uint32_t>(log_scale_q5 + 128) >> 5;
    const int64_t fraction = detail::kScaleTable[static_cast<size_t>(log_scale_q5 & 31)];
    const int64_t shift_q8 = (((offset_q8 * fraction) << octaves) >> 20);
    const int64_t centre_q8 = (int64_t{centres[k]} << (8 - kCentreBits)) + shift_q8;
    mixture.components[mixture.count++] = {static_cast<int32_t>(std::clamp<int64_t>(centre_q8, 0, int64_t{1} << 30)), log_scale_q5,
                                           outputs[k]};
  }
  return mixture;
}

template RangeMixture range_mixture<kRangeCentres>(std::span<const int32_t, kRangeOutputs>, std::span<const int32_t, kRangeCentres>);
template RangeMixture range_mixture<kInterCentres>(std::span<const int32_t, kInterOutputs>, std::span<const int32_t, kInterCentres>);

template <class Features>
void BasicNetworkRangeModel<Features>::predict_known(std::span<const uint32_t> row) {
  const size_t returns = row.size() - static_cast<size_t>(std::count(row.begin(), row.end(), 0u));
  reserve(*known_, returns);
  known_->intervals.reserve(returns);
  known_->ranges.reserve(returns);
  known_->count = returns;
  size_t place = 0;
  for (size_t i = 0; i < row.size(); ++i) {
    if (row[i] == 0) continue;
    const uint32_t column = first_column_ + static_cast<uint32_t>(i);
    features_.look(column, inputs_of(*known_, place), centres_of(*known_, place));
    features_.add_return(column, row[i]);
    ++place;
  }
  net_.run_many({known_->inputs.data(), returns * kInputs}, {known_->outputs.data(), returns * kOutputs});
}

template class BasicNetworkRangeModel<RangeFeatures>;
template class BasicNetworkRangeModel<InterRangeFeatures>;

}  // namespace dew
