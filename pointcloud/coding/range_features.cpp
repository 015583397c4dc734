// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/range_features.h"

#include <algorithm>

#include "pointcloud/coding/log_scale.h"
#include "pointcloud/coding/near_logs.h"

namespace dew {
namespace {

/// What is assumed where nothing is known.
constexpr int64_t kDefaultRange_um = 4'000'000;

/// Whether a prediction, in steps, stayed in the neighbourhood of the base; one that left it says nothing.
bool near_base(int64_t value, int64_t base) { return value > base / 2 && value < base * 2; }

int16_t narrow_input(int64_t value) { return static_cast<int16_t>(std::clamp<int64_t>(value, -2047, 2047)); }

/// Mean of `reference` and those of the given ranges that lie within `tolerance` of it; 2^-kCentreBits steps.
template <size_t N>
int32_t mean_of_close(int32_t reference, const std::array<int32_t, N>& others, int32_t tolerance) {
  static_assert(N < 4);
  // ceil(2^34 / count): exact quotients of sums below 2^26.
  constexpr std::array<uint64_t, 5> kReciprocal = {0, uint64_t{1} << 34, uint64_t{1} << 33, ((uint64_t{1} << 34) + 2) / 3,
                                                   uint64_t{1} << 32};
  int32_t sum = reference;
  size_t count = 1;
  for (const int32_t other : others) {
    const bool close = other > 0 && std::abs(other - reference) < tolerance;
    sum += close ? other : 0;
    count += close ? 1 : 0;
  }
  return static_cast<int32_t>((static_cast<uint64_t>(sum) * kOneTick * kReciprocal[count]) >> 34);
}

/// 1 / (1/a + 1/b - 1/c): three corners of a parallelogram of directions on a plane give the fourth. 0 where there is none.
int64_t plane_through(int64_t a, int64_t b, int64_t c) {
  const int64_t denominator = b * c + a * c - a * b;
  if (denominator <= 0) return 0;
  // Ranges stay below 2^20: a b c stays below 2^60.
  return a * b * c / denominator;
}

}  // namespace

RangeFeatures::RangeFeatures(const GridGeometry& geometry, uint32_t first_column, uint32_t end_column)
    : geometry_(geometry), first_column_(first_column), width_(end_column - first_column) {
  for (auto& row : rows_) row.assign(width_ + 2 * kMargin, 0);
  tick_input_ = narrow_input(4 * (log_q4(geometry.tick_um) - log_q4(2000)));
  column_input_ = narrow_input(geometry.column_millidegrees / 8);
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

int32_t RangeFeatures::base_for(uint32_t column) const {
  const int32_t last = history_range_[0];
  if (last > 0 && static_cast<int32_t>(column) - history_column_[0] < 12) return last;
  const int32_t* up = above(1, column);
  for (const int offset : {0, 1, -1, 2, -2}) {
    if (up[offset] > 0) return up[offset];
  }
  if (last > 0) return last;
  return static_cast<int32_t>(std::clamp<int64_t>(kDefaultRange_um / geometry_.tick_um, 1, 1 << 20));
}

int32_t RangeFeatures::line_through_history(uint32_t column, int32_t base) const {
  // Least squares through the last returns that belong to the same surface; x is the column, counted back from here.
  const int32_t last = history_range_[0];
  if (last == 0) return base * kOneTick;
  const int32_t tolerance = std::max(60, base / 50);
  // Both fit 16 bits, of which a vector holds eight.
  std::array<int16_t, kHistoryLanes> use, xs, ys;
  for (size_t k = 0; k < kHistoryLanes; ++k) {
    const int32_t x = history_column_[k] - static_cast<int32_t>(column);
    const int32_t y = history_range_[k] - last;
    const int32_t used = -static_cast<int32_t>(history_range_[k] != 0 && std::abs(y) < tolerance && x >= -24);
    use[k] = static_cast<int16_t>(-used);
    xs[k] = static_cast<int16_t>(x & used);
    ys[k] = static_cast<int16_t>(y & used);
  }
  int32_t n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (size_t k = 0; k < kHistoryLanes; ++k) {
    n += use[k] * use[k];
    sx += xs[k] * use[k];
    sy += ys[k] * use[k];
    sxx += xs[k] * xs[k];
    sxy += xs[k] * ys[k];
  }
  const int32_t determinant = n * sxx - sx * sx;
  if (determinant == 0) return last * kOneTick;
  const int64_t value = int64_t{last} * kOneTick + (int64_t{sxx} * sy - int64_t{sx} * sxy) * kOneTick / determinant;
  return value > base * kOneTick / 2 && value < int64_t{base} * kOneTick * 2 ? static_cast<int32_t>(value) : base * kOneTick;
}

RangeFeatures::Candidates RangeFeatures::candidates(uint32_t column, int32_t base) const {
  const int32_t* up = above(1, column);
  const auto& w = history_range_;
  const int32_t last = w[0] > 0 ? w[0] : base;
  const int32_t tolerance = std::max(30, base / 256);
  const int32_t n = up[0] > 0 ? up[0] : base;
  Candidates c{};
  c.last = last * kOneTick;
  c.line = line_through_history(column, base);
  c.mean = mean_of_close<3>(last, {w[1], w[2], w[3]}, tolerance);
  c.above = n * kOneTick;
  c.above_next = (up[1] > 0 ? up[1] : base) * kOneTick;
  c.plane = c.line;
  c.profile = c.line;
  // The upper row's value where the last return of this row was: its step to here is this row's step, scaled to this row's range.
  const int32_t back = static_cast<int32_t>(column) - history_column_[0];
  if (up[0] > 0 && w[0] > 0 && back <= 4 && up[-back] > 0) {
    const int32_t nw = up[-back];
    const int64_t plane = plane_through(last, n, nw);
    c.plane = (near_base(plane, base) ? static_cast<int32_t>(plane) : base) * kOneTick;
    const int32_t mean_here = mean_of_close<2>(n, {up[-1], up[1]}, tolerance);
    const int32_t mean_there = mean_of_close<2>(nw, {back < 4 ? up[-back - 1] : 0, back > 1 ? up[-back + 1] : 0}, tolerance);
    const int64_t profile = int64_t{c.mean} * mean_here / std::max(1, mean_there);
    c.profile = near_base(profile / kOneTick, base) ? static_cast<int32_t>(profile) : base * kOneTick;
  }
  return c;
}

/// Inputs 0 to 42: where the neighbours and the centres lie from the base, and the steps between neighbours.
void RangeFeatures::put_logs(uint32_t column, int32_t base, const Candidates& c, std::span<int16_t, kRangeInputs> inputs) const {
  const auto& at = history_column_;
  FastNearLogs::put({.up = above(1, column),
                     .up2 = above(2, column),
                     .up3 = above(3, column),
                     .left = history_range_.data(),
                     .centres = {c.line, c.mean, c.plane, c.profile},
                     .gaps = {static_cast<int32_t>(column) - at[0], at[0] - at[1], at[1] - at[2]},
                     .base = base},
                    inputs.data());
}

void RangeFeatures::look(uint32_t column, std::span<int16_t, kRangeInputs> inputs, std::span<int32_t, kRangeCentres> centres) {
  const int32_t base = base_for(column);
  base_ = base;
  const Candidates c = candidates(column, base);
  const RangeCentres of_mixture = {c.last, c.line, c.mean, c.plane, c.above, c.above_next, c.profile};
  std::copy(of_mixture.begin(), of_mixture.end(), centres.begin());
  tracked_ = {c.mean, c.above, c.profile, c.last};
  put_logs(column, base, c, inputs);

  // All of these stay within +-2047.
  size_t i = kNearInputs;
  const auto put = [&](int32_t value) { inputs[i++] = static_cast<int16_t>(value); };
  const uint64_t base_um = static_cast<uint64_t>(base) * geometry_.tick_um;
  put((log_q4(base_um / 1000) - 200) * 2);
  put(log_q4(static_cast<uint64_t>(base)) - 176);
  put(tick_input_);
  put(column_input_);
  put(row_spacing_input_);
  put(elevation_input_);
  put(density_ >> 6);
  put(trackers_.last[0]);
  put(trackers_.last[1]);
  for (size_t t = 0; t < ErrorTrackers::kCount; ++t) {
    for (size_t rate = 0; rate < (t < 2 ? 2 : 1); ++rate) {
      put(trackers_.signed_mean[rate][t] >> 7);
      put(trackers_.size_mean[rate][t] >> 8);
    }
  }
}

void RangeFeatures::add_return(uint32_t column, uint32_t range) {
  trackers_.add(static_cast<int32_t>(range) * kOneTick, tracked_);
  const int32_t gap = static_cast<int32_t>(column) - history_column_[0] - 1;
  for (int32_t k = 0; k < std::min(gap, 16); ++k) density_ -= density_ >> 4;
  density_ += (4096 - density_) >> 4;
  for (size_t k = kHistory - 1; k > 0; --k) {
    history_range_[k] = history_range_[k - 1];
    history_column_[k] = history_column_[k - 1];
  }
  history_range_[0] = static_cast<int32_t>(range);
  history_column_[0] = static_cast<int32_t>(column);
  rows_[0][kMargin + column - first_column_] = static_cast<int32_t>(range);
}

}  // namespace dew
