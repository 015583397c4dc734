// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/network_range_model.h"

#include <algorithm>

namespace dew {

template <class Features>
void BasicNetworkRangeModel<Features>::predict_known(std::span<const uint32_t> row) {
  const size_t returns = row.size() - static_cast<size_t>(std::count(row.begin(), row.end(), 0u));
  reserve(*known_, returns);
  answers().outputs.reserve(returns * kOutputs);
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
  net_.run_many({known_->inputs.data(), returns * kInputs}, {answers().outputs.data(), returns * kOutputs});
}

template class BasicNetworkRangeModel<RangeFeatures>;
template class BasicNetworkRangeModel<InterRangeFeatures>;

}  // namespace dew
