// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/network_range_model.h"

#include <algorithm>

namespace dew {

template <class Features>
void BasicNetworkRangeModel<Features>::predict_known(std::span<const uint32_t> row) {
  const size_t returns = row.size() - static_cast<size_t>(std::count(row.begin(), row.end(), 0u));
  reserve(returns);
  known_->reserve(returns);
  known_->count = returns;
  size_t place = 0;
  for (size_t i = 0; i < row.size(); ++i) {
    if (row[i] == 0) continue;
    const uint32_t column = first_column_ + static_cast<uint32_t>(i);
    features_.look(column, inputs_of(place), centres_of(place));
    features_.add_return(column, row[i]);
    known_->columns.data()[place] = column;
    known_->ranges.data()[place] = row[i];
    ++place;
  }
  net_.run_many({inputs_.data(), returns * kInputs}, {outputs_.data(), returns * kOutputs});
}

template <class Features>
void BasicNetworkRangeModel<Features>::stop_recalling() {
  for (uint32_t number = 0; number <= number_; ++number) {
    features_.start_row(number);
    const PredictedRow& row = memo_->rows[number];
    const size_t returns = number < number_ ? row.count : place_;
    for (size_t i = 0; i < returns; ++i) {
      const uint32_t column = row.columns.data()[i], range = row.ranges.data()[i];
      ask(column);
      if (likely_) interval_of(0, column, range);
      features_.add_return(column, range);
    }
  }
  memo_ = nullptr;
}

template class BasicNetworkRangeModel<RangeFeatures>;
template class BasicNetworkRangeModel<InterRangeFeatures>;

}  // namespace dew
