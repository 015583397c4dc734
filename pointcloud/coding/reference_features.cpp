// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/reference_features.h"

#include <algorithm>

#include "pointcloud/coding/log_scale.h"

namespace dew {
namespace {

constexpr int32_t kFarthest = ((1 << 20) - 1) * kOneTick;

int16_t state_input(int32_t range) { return static_cast<int16_t>(range > 0 ? 64 : range == kReferenceEmpty ? -64 : 0); }

/// sum / count, towards zero. REQUIRES: |sum| < 2^28, 1 <= count <= 5.
int32_t mean_of(int32_t sum, int32_t count) {
  // ceil(2^34 / count).
  constexpr std::array<uint64_t, 6> kReciprocal = {
      0, uint64_t{1} << 34, uint64_t{1} << 33, ((uint64_t{1} << 34) + 2) / 3, uint64_t{1} << 32, ((uint64_t{1} << 34) + 4) / 5};
  const int32_t minus = sum >> 31;
  const auto size = static_cast<uint64_t>((sum ^ minus) - minus);
  return (static_cast<int32_t>((size * kReciprocal[static_cast<size_t>(count)]) >> 34) ^ minus) - minus;
}

}  // namespace

ReferenceFeatures::ReferenceFeatures(const ReferencePicture& reference, uint32_t tick_um, uint32_t first_column, uint32_t end_column)
    : reference_(reference), first_column_(first_column), width_(end_column - first_column) {
  for (Errors* errors : {&of_reference_, &of_background_}) {
    for (auto& row : errors->rows) row.assign(width_ + 2 * kMargin, kNone);
    errors->signed_mean.fill(0);
    errors->size_mean.fill(48 << 8);
  }
  // A tenth of a metre, but one step and a half at least.
  tolerance_ = static_cast<int32_t>(std::max(100'000u / std::max(tick_um, 1u) * kOneTick, 24u));
  distance_input_ = static_cast<int16_t>(16 * std::min(reference.frame_distance, 16u));
}

void ReferenceFeatures::start_row(Errors& errors) const {
  std::swap(errors.rows[0], errors.rows[1]);
  std::fill(errors.rows[0].begin(), errors.rows[0].end(), kNone);
  errors.history.fill(kNone);
}

void ReferenceFeatures::start_row(uint32_t row) {
  row_at_ = reference_.at(row, 0);
  below_at_ = reference_.at(std::min(row + 1, reference_.rows - 1), 0);
  start_row(of_reference_);
  start_row(of_background_);
}

int32_t ReferenceFeatures::correction(const Errors& errors, size_t place, int32_t tolerance) const {
  const auto& up = errors.rows[1];
  const std::array<int32_t, 5> near = {errors.history[0], errors.history[1], up[place], up[place - 1], up[place + 1]};
  int32_t sum = 0, count = 0;
  for (const int32_t error : near) {
    const int32_t close = -static_cast<int32_t>(std::abs(error) < tolerance);  // kNone is beyond all tolerances
    sum += error & close;
    count -= close;
  }
  return count == 0 ? 0 : mean_of(sum, count);
}

ReferenceFeatures::RowErrors ReferenceFeatures::row_errors(int32_t tolerance) const {
  RowErrors errors;
  int32_t sum = 0, count = 0;
  for (const int32_t error : of_reference_.history) {
    const int32_t close = -static_cast<int32_t>(std::abs(error) < tolerance);
    sum += error & close;
    count -= close;
  }
  const int32_t last = of_reference_.history[0];
  if (std::abs(last) < tolerance) errors.last = last;
  if (count > 0) errors.mean = mean_of(sum, count);
  return errors;
}

void ReferenceFeatures::look(uint32_t column, int32_t base, int32_t instead, std::span<int16_t, kReferenceInputs> inputs,
                             std::span<int32_t, kReferenceCentres> centres) {
  const size_t cell = row_at_ + column, below = below_at_ + column, place = column - first_column_ + kMargin;
  const auto& r = reference_;
  const int32_t base_q4 = base * kOneTick;
  const int32_t left = r.left[cell], right = r.right[cell], guess = r.guess[cell];
  const int32_t tolerance = std::max(tolerance_, base_q4 / 256);
  const RowErrors of_row = row_errors(kRowTolerance * tolerance);
  const int32_t followed = guess > 0 ? std::clamp(guess + of_row.last, 1, kFarthest) : guess;
  const int32_t background = r.has_background ? r.background[cell] : followed;
  of_reference_.guess = guess;
  of_background_.guess = background;
  const int32_t guess_error = correction(of_reference_, place, tolerance);
  const int32_t background_error = r.has_background ? correction(of_background_, place, tolerance) : of_row.mean - of_row.last;
  const int32_t best = background > 0 ? background : guess;
  const int32_t best_error = background > 0 ? background_error : guess_error;

  const auto or_instead = [&](int32_t centre, int32_t added) {
    return centre > 0 ? std::clamp(centre + added, kOneTick, kFarthest) : instead;
  };
  const int32_t other = r.place[cell] < 128 ? right : left;
  centres[0] = or_instead(guess, 0);
  centres[1] = or_instead(guess, guess_error);
  centres[2] = or_instead(other > 0 ? other : guess, 0);
  centres[3] = or_instead(best, 0);
  centres[4] = or_instead(best, best_error);

  const auto& up = of_reference_.rows[1];
  FastReferenceLogs::put({.left = left,
                          .right = right,
                          .guess = guess,
                          .before = r.guess[cell - 1],
                          .next = r.guess[cell + 1],
                          .below = r.guess[below],
                          .background = background,
                          .corrected = centres[1],
                          .corrected_background = centres[4],
                          .base = base_q4,
                          .instead = instead,
                          .history = of_reference_.history.data(),
                          .up = &up[place - 1],
                          .background_error = of_background_.history[0],
                          .background_error_above = of_background_.rows[1][place]},
                         inputs.data());

  size_t i = kReferenceLogs;
  const auto put_number = [&](int32_t value) { inputs[i++] = static_cast<int16_t>(value); };
  put_number(state_input(left));
  put_number(state_input(right));
  put_number(r.place[cell] / 4);
  put_number(of_reference_.signed_mean[0] >> 7);
  put_number(of_reference_.size_mean[0] >> 8);
  put_number(of_reference_.size_mean[1] >> 8);
  put_number(of_background_.signed_mean[0] >> 7);
  put_number(of_background_.size_mean[0] >> 8);
  put_number(r.has_background ? r.background_spread[cell] : 0);
  put_number(r.has_background ? log_q4(r.background_seen[cell]) : 0);
  put_number(state_input(background));
  put_number(distance_input_);
}

void ReferenceFeatures::learn(Errors& errors, size_t place, int32_t range_q4) const {
  constexpr int32_t kMostSigned = 160, kMostSize = 192;
  const int32_t error = errors.guess > 0 ? range_q4 - errors.guess : kNone;
  for (size_t k = kHistory - 1; k > 0; --k) errors.history[k] = errors.history[k - 1];
  errors.history[0] = error;
  errors.rows[0][place] = error;
  if (error == kNone) return;
  const int32_t log = signed_log_q4(error / 4);
  const int32_t capped = std::clamp(log, -kMostSigned, kMostSigned), size = std::min(std::abs(log), kMostSize);
  for (size_t rate = 0; rate < kTrackerShift.size(); ++rate) {
    errors.signed_mean[rate] += ((capped << 8) - errors.signed_mean[rate]) >> kTrackerShift[rate];
    errors.size_mean[rate] += ((size << 8) - errors.size_mean[rate]) >> kTrackerShift[rate];
  }
}

void ReferenceFeatures::add_return(uint32_t column, uint32_t range) {
  const size_t place = column - first_column_ + kMargin;
  const int32_t range_q4 = static_cast<int32_t>(range) * kOneTick;
  learn(of_reference_, place, range_q4);
  learn(of_background_, place, range_q4);
}

}  // namespace dew
