// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/adaptive_range_model.h"

namespace dew {

AdaptiveRangeModel::AdaptiveRangeModel(uint32_t columns, uint32_t max_range)
    : max_range_(max_range), row_(columns + 2 * kMargin, 0), above_(columns + 2 * kMargin, 0), symbols_(2 * kActivityClasses) {}

AdaptiveRangeModel::AdaptiveRangeModel(uint32_t columns, uint32_t max_range, const ReferencePicture& reference, uint32_t first_column)
    : AdaptiveRangeModel(columns, max_range) {
  reference_ = &reference;
  first_column_ = first_column;
  symbols_.resize(kInsideContexts + kActivityClasses * kDisputeClasses);
}

AdaptiveRangeModel::Guess AdaptiveRangeModel::look_beside(uint32_t column) const {
  Guess guess = look_inside(column);
  guess.inside = guess.range;
  const size_t cell = reference_->at(row_number_, first_column_ + column);
  const int32_t background = reference_->has_background ? reference_->background[cell] : kReferenceUnknown;
  const int32_t earlier_q4 = background > 0 ? background : reference_->guess[cell];
  if (earlier_q4 <= 0) return guess;
  guess.earlier = std::clamp<int64_t>((earlier_q4 + 8) >> 4, 1, max_range_);
  if (earlier_size_ > inside_size_ + 32) return guess;
  // Half of what it was off before: an error of place is shared, noise is not.
  guess.range = std::clamp<int64_t>(guess.earlier + earlier_error_ / 2, 1, max_range_);
  const int64_t apart = guess.range - guess.inside;
  const int32_t dispute = log_q4(static_cast<uint64_t>(apart < 0 ? -apart : apart)) - (earlier_size_ >> 4);
  const size_t dispute_class = dispute < 0 ? 0 : dispute < 24 ? 1 : dispute < 64 ? 2 : 3;
  const size_t activity = std::min<size_t>(static_cast<size_t>(earlier_size_) / 96, kActivityClasses - 1);
  guess.context = kInsideContexts + dispute_class * kActivityClasses + activity;
  return guess;
}

AdaptiveRangeModel::Guess AdaptiveRangeModel::look_inside(uint32_t column) const {
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

void AdaptiveRangeModel::add_return(uint32_t column, int64_t range, const Guess& guess) {
  const auto size_of = [](int64_t error) { return log_q4(static_cast<uint64_t>(error < 0 ? -error : error)); };
  const int32_t size = size_of(range - (reference_ == nullptr ? guess.range : guess.inside));
  error_size_ += (size - error_size_) / 4;
  if (reference_ != nullptr && guess.earlier > 0) {
    const int64_t error = range - guess.earlier;
    inside_size_ += (16 * size - inside_size_) / 8;
    earlier_size_ += (16 * size_of(error) - earlier_size_) / 8;
    earlier_error_ = size_of(error) < 96 ? error : 0;
  }
  last_ = range;
  const uint32_t* up = above_.data() + column + kMargin;
  last_above_ = up[0] != 0 ? up[0] : up[1] != 0 ? up[1] : up[-1];
  last_column_ = static_cast<int32_t>(column);
  row_[column + kMargin] = static_cast<uint32_t>(range);
}

void AdaptiveRangeModel::end_row() {
  std::swap(row_, above_);
  std::fill(row_.begin(), row_.end(), 0);
  earlier_error_ = 0;
  ++row_number_;
  last_above_ = last_;
  last_ = 0;
  last_column_ = -1;
}

}  // namespace dew
