// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/range_features.h"

#include <algorithm>

#include "pointcloud/coding/log_scale.h"

namespace dew {
namespace {

constexpr int64_t kOne = int64_t{1} << kCentreBits;
/// What is assumed where nothing is known.
constexpr int64_t kDefaultRange_um = 4'000'000;
/// Rates of the error trackers: 1/8 and 1/32 of each new error.
constexpr std::array<int, 2> kTrackerShift = {3, 5};

/// A prediction that left the neighbourhood of the base says nothing: the base instead.
int64_t near_base(int64_t value, int64_t base) { return value > base / 2 && value < base * 2 ? value : base; }

int16_t narrow_input(int64_t value) { return static_cast<int16_t>(std::clamp<int64_t>(value, -2047, 2047)); }

/// Mean of `reference` and those of the given ranges that lie within `tolerance` of it; 2^-kCentreBits steps.
template <size_t N>
int64_t mean_of_close(int64_t reference, const std::array<int64_t, N>& others, int64_t tolerance) {
  int64_t sum = reference;
  int64_t count = 1;
  for (const int64_t other : others) {
    if (other > 0 && std::abs(other - reference) < tolerance) {
      sum += other;
      ++count;
    }
  }
  return sum * kOne / count;
}

/// 1 / (1/a + 1/b - 1/c): three corners of a parallelogram of directions on a plane give the fourth. 0 where there is none.
int64_t plane_through(int64_t a, int64_t b, int64_t c) {
  const int64_t denominator = b * c + a * c - a * b;
  if (denominator <= 0) return 0;
  // Ranges stay below 2^20: a b c stays below 2^60.
  return a * b * c / denominator * kOne;
}

}  // namespace

RangeFeatures::RangeFeatures(const GridGeometry& geometry, uint32_t first_column, uint32_t end_column)
    : geometry_(geometry), first_column_(first_column), width_(end_column - first_column) {
  for (auto& row : rows_) row.assign(width_ + 2 * kMargin, 0);
  tick_input_ = narrow_input(4 * (log_q4(geometry.tick_um) - log_q4(2000)));
  column_input_ = narrow_input(geometry.column_millidegrees / 8);
  for (auto& tracker : trackers_) tracker.size_mean.fill(48 << 8);
  density_ = 1 << 11;
}

void RangeFeatures::start_row(uint32_t row) {
  row_ = row;
  std::rotate(rows_.begin(), rows_.end() - 1, rows_.end());
  fill_row_above();
  std::fill(rows_[0].begin(), rows_[0].end(), 0);
  history_range_.fill(0);
  history_column_.fill(static_cast<int32_t>(first_column_) - 1);
  const auto& elevation = geometry_.elevation_centidegrees;
  const int32_t spacing = row == 0 ? 0 : elevation[row - 1] - elevation[row];
  row_spacing_input_ = narrow_input(spacing / 2);
  elevation_input_ = narrow_input(elevation[row] / 32);
}

void RangeFeatures::fill_row_above() {
  auto& row = rows_[1];
  int32_t before = 0;
  for (uint32_t i = kMargin; i < width_ + kMargin; ++i) {
    const int32_t here = row[i];
    if (here == 0) row[i] = before != 0 ? before : row[i + 1];
    before = here;
  }
}

int64_t RangeFeatures::base_for(uint32_t column) const {
  const int64_t last = history_range_[0];
  if (last > 0 && static_cast<int32_t>(column) - history_column_[0] < 12) return last;
  const int32_t* up = above(1, column);
  for (const int offset : {0, 1, -1, 2, -2}) {
    if (up[offset] > 0) return up[offset];
  }
  if (last > 0) return last;
  return std::max<int64_t>(1, kDefaultRange_um / geometry_.tick_um);
}

int64_t RangeFeatures::line_through_history(uint32_t column, int64_t base) const {
  // Least squares through the last returns that belong to the same surface; x is the column, counted back from here.
  const int64_t last = history_range_[0];
  if (last == 0) return base * kOne;
  const int64_t tolerance = std::max<int64_t>(60, base / 50);
  int64_t n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (int k = 0; k < kHistory; ++k) {
    const int64_t range = history_range_[static_cast<size_t>(k)];
    const int64_t x = history_column_[static_cast<size_t>(k)] - static_cast<int64_t>(column);
    if (range == 0 || std::abs(range - last) >= tolerance || x < -24) continue;
    const int64_t y = range - last;
    n += 1;
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
  }
  const int64_t determinant = n * sxx - sx * sx;
  if (determinant == 0) return last * kOne;
  const int64_t value = last * kOne + (sxx * sy - sx * sxy) * kOne / determinant;
  return value > base * kOne / 2 && value < base * kOne * 2 ? value : base * kOne;
}

RangeFeatures::Candidates RangeFeatures::candidates(uint32_t column, int64_t base) const {
  const int32_t* up = above(1, column);
  const auto& w = history_range_;
  const int64_t last = w[0] > 0 ? w[0] : base;
  const int64_t tolerance = std::max<int64_t>(30, base / 256);
  const int64_t n = up[0] > 0 ? up[0] : base;
  Candidates c{};
  c.last = last * kOne;
  c.line = line_through_history(column, base);
  c.mean = mean_of_close<3>(last, {w[1], w[2], w[3]}, tolerance);
  c.above = n * kOne;
  c.above_next = (up[1] > 0 ? up[1] : base) * kOne;
  c.plane = c.line;
  c.profile = c.line;
  // The upper row's value where the last return of this row was: its step to here is this row's step, scaled to this row's range.
  const int32_t back = static_cast<int32_t>(column) - history_column_[0];
  if (up[0] > 0 && w[0] > 0 && back <= 4 && up[-back] > 0) {
    const int64_t nw = up[-back];
    const int64_t plane = plane_through(last, n, nw);
    c.plane = near_base(plane / kOne, base) == plane / kOne ? plane : base * kOne;
    const int64_t mean_here = mean_of_close<2>(n, {up[-1], up[1]}, tolerance);
    const int64_t mean_there = mean_of_close<2>(nw, {back < 4 ? up[-back - 1] : 0, back > 1 ? up[-back + 1] : 0}, tolerance);
    const int64_t profile = c.mean * mean_here / std::max<int64_t>(1, mean_there);
    c.profile = near_base(profile / kOne, base) == profile / kOne ? profile : base * kOne;
  }
  return c;
}

void RangeFeatures::look(uint32_t column, RangeInputs& inputs, RangeCentres& centres) {
  const int64_t base = base_for(column);
  const Candidates c = candidates(column, base);
  centres = {static_cast<int32_t>(c.last),  static_cast<int32_t>(c.line),       static_cast<int32_t>(c.mean),   static_cast<int32_t>(c.plane),
             static_cast<int32_t>(c.above), static_cast<int32_t>(c.above_next), static_cast<int32_t>(c.profile)};
  tracked_ = {c.mean, c.above, c.profile, c.last};

  size_t i = 0;
  const auto put = [&](int64_t value) { inputs[i++] = narrow_input(value); };
  // Logarithms stay within +-512 and need no clamp; absent numbers become zeros without branches.
  const auto put_log = [&](int64_t difference, bool present) { inputs[i++] = static_cast<int16_t>(signed_log_q4(difference) & -static_cast<int32_t>(present)); };
  const auto put_range = [&](int64_t range) {
    put_log(range - base, range > 0);
    inputs[i++] = static_cast<int16_t>(64 * (range > 0));
  };
  const auto put_step = [&](int64_t a, int64_t b) { put_log(a - b, a > 0 && b > 0); };

  for (size_t k = 0; k < 5; ++k) put_log(history_range_[k] - base, history_range_[k] > 0);
  int32_t at = static_cast<int32_t>(column);
  for (size_t k = 0; k < 3; ++k) {
    put(std::min(15, at - history_column_[k]) * 8);
    at = history_column_[k];
  }
  const int32_t* up = above(1, column);
  for (int offset = -3; offset <= 4; ++offset) put_range(up[offset]);
  for (int offset = -1; offset <= 1; ++offset) put_range(above(2, column)[offset]);
  put_range(above(3, column)[0]);
  for (const int64_t centre : {c.line, c.mean, c.plane, c.profile}) put_log((centre - base * kOne) / 4, true);
  put_step(history_range_[0], history_range_[1]);
  put_step(history_range_[1], history_range_[2]);
  put_step(history_range_[2], history_range_[3]);
  put_step(up[0], up[-1]);
  put_step(up[1], up[0]);
  put_step(up[2], up[1]);
  put_step(up[-1], up[-2]);
  const uint64_t base_um = static_cast<uint64_t>(base) * geometry_.tick_um;
  put((log_q4(base_um / 1000) - 200) * 2);
  put(log_q4(static_cast<uint64_t>(base)) - 176);
  put(tick_input_);
  put(column_input_);
  put(row_spacing_input_);
  put(elevation_input_);
  put(density_ >> 6);
  put(last_error_[0]);
  put(last_error_[1]);
  for (size_t t = 0; t < kTrackers; ++t) {
    for (size_t rate = 0; rate < (t < 2 ? 2 : 1); ++rate) {
      put(trackers_[t].signed_mean[rate] >> 7);
      put(trackers_[t].size_mean[rate] >> 8);
    }
  }
}

void RangeFeatures::add_return(uint32_t column, uint32_t range) {
  const int64_t value = static_cast<int64_t>(range) * kOne;
  for (size_t t = 0; t < kTrackers; ++t) {
    const int64_t error = (value - tracked_[t]) / kOne;
    const int32_t signed_size = signed_log_q4(std::clamp<int64_t>(error, -200, 200)) << 8;
    last_error_[t] = signed_size >> 8;
    const int32_t size = std::min(128, log_q4(static_cast<uint64_t>(std::abs(error)))) << 8;
    for (size_t rate = 0; rate < 2; ++rate) {
      trackers_[t].signed_mean[rate] += (signed_size - trackers_[t].signed_mean[rate]) >> kTrackerShift[rate];
      trackers_[t].size_mean[rate] += (size - trackers_[t].size_mean[rate]) >> kTrackerShift[rate];
    }
  }
  const int32_t gap = static_cast<int32_t>(column) - history_column_[0] - 1;
  for (int32_t k = 0; k < std::min(gap, 16); ++k) density_ -= density_ >> 4;
  density_ += (4096 - density_) >> 4;
  for (size_t k = kHistory - 1; k > 0; --k) {
    history_range_[k] = history_range_[k - 1];
    history_column_[k] = history_column_[k - 1];
  }
  history_range_[0] = range;
  history_column_[0] = static_cast<int32_t>(column);
  rows_[0][kMargin + column - first_column_] = static_cast<int32_t>(range);
}

}  // namespace dew
