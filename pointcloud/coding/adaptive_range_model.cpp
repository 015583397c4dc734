// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/adaptive_range_model.h"

namespace dew {

AdaptiveRangeModel::AdaptiveRangeModel(uint32_t columns, uint32_t max_range)
    : max_range_(max_range), row_(columns + 2 * kMargin, 0), above_(columns + 2 * kMargin, 0), nodes_(2 * kActivityClasses * kNodes) {}

AdaptiveRangeModel::Guess AdaptiveRangeModel::look(uint32_t column) const {
  const uint32_t* up = above_.data() + column + kMargin;
  const int64_t above = up[0] != 0 ? up[0] : up[1] != 0 ? up[1] : up[-1];
  if (last_ == 0) return {above != 0 ? above : last_above_ != 0 ? last_above_ : max_range_ / 8, 2 * kActivityClasses - 1};
  int64_t range = last_;
  int64_t activity = error_size_;
  if (above != 0 && last_above_ != 0) {
    // The row above stepped by so much between the last return and here; a small step is shared, an edge often is not.
    const int64_t step = above - last_above_;
    const int64_t size = log_q4(static_cast<uint64_t>(step < 0 ? -step : step));
    if (size < 96) range += step / 2;
    activity += size;
  } else {
    activity += 48;
  }
  const size_t gap = static_cast<int32_t>(column) - last_column_ > 1 ? kActivityClasses : 0;
  return {std::clamp<int64_t>(range, 1, max_range_), std::min<size_t>(static_cast<size_t>(activity) / 10, kActivityClasses - 1) + gap};
}

void AdaptiveRangeModel::add_return(uint32_t column, int64_t range, int64_t error) {
  const int32_t size = log_q4(static_cast<uint64_t>(error < 0 ? -error : error));
  error_size_ += (size - error_size_) / 4;
  last_ = range;
  const uint32_t* up = above_.data() + column + kMargin;
  last_above_ = up[0] != 0 ? up[0] : up[1] != 0 ? up[1] : up[-1];
  last_column_ = static_cast<int32_t>(column);
  row_[column + kMargin] = static_cast<uint32_t>(range);
}

void AdaptiveRangeModel::end_row() {
  std::swap(row_, above_);
  std::fill(row_.begin(), row_.end(), 0);
  last_above_ = last_;
  last_ = 0;
  last_column_ = -1;
}

}  // namespace dew
