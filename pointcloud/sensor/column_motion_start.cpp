// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <complex>

#include "entropy/exact_math.h"
#include "pointcloud/sensor/column_motion_fit.h"

namespace dew {
namespace {

constexpr double kNear_m = 2.0;      // returns from here on tell attitudes
constexpr uint32_t kYawWindow = 24;  // columns

double median_of(std::vector<double>& values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Values given at rising places, linearly between and constant outside.
void interpolate(std::span<const double> at, std::span<const Vec3> values, std::span<Vec3> columns) {
  size_t k = 0;
  for (size_t c = 0; c < columns.size(); ++c) {
    const double x = static_cast<double>(c);
    while (k + 1 < at.size() && at[k + 1] < x) ++k;
    if (k + 1 >= at.size() || x <= at[k]) {
      columns[c] = values[k];
      continue;
    }
    const double share = std::clamp((x - at[k]) / (at[k + 1] - at[k]), 0.0, 1.0);
    columns[c] = values[k] + (values[k + 1] - values[k]) * share;
  }
}

}  // namespace

bool MotionFit::find_range_tick(ColumnSensorTable& sensor) const {
  for (const uint32_t tick_um : {10000u, 8000u, 5000u, 4000u, 2000u, 1000u}) {
    double re = 0, im = 0, count = 0;
    for (size_t i = 0; i < distance_.size(); i += 3) {
      if (distance_[i] < 0.3 || distance_[i] > 100) continue;
      const double phase = kTurn_rad * distance_[i] / (tick_um * 1e-6);
      re += std::cos(phase);
      im += std::sin(phase);
      count += 1;
    }
    if (count > 200 && re > 0.8 * count && std::abs(im) < 0.3 * count) {
      sensor.range_tick_um = tick_um;
      return true;
    }
  }
  return false;
}

/// Turns of the sensor about its horizontal axes, linear between knots: the lasers' elevations must come out right. One window of columns
/// alone looks in one direction and tells one of the two turns; with its neighbours it tells both.
void MotionFit::fit_tilt(std::span<const double> elevation_rad, size_t knots) {
  std::vector<double> sines(lasers_);
  for (uint32_t l = 0; l < lasers_; ++l) sines[l] = std::sin(elevation_rad[l]);
  std::fill(angle_.begin(), angle_.end(), Vec3{});
  const double spacing = static_cast<double>(columns_ - 1) / static_cast<double>(knots - 1);
  constexpr uint32_t kStride = 3;  // a third of the points is plenty
  constexpr size_t kUnknowns = 2 * kMostKnots;
  double limit = 0.05;
  for (int round = 0; round < 6; ++round) {
    NormalEquations<kUnknowns> fit;
    std::vector<double> errors;
    for (uint32_t c = 0; c < columns_; ++c) {
      const size_t knot = std::min(knots - 2, static_cast<size_t>(c / spacing));
      const double t = c / spacing - static_cast<double>(knot);
      const Vec3 up = transposed(rotation_matrix(angle_[c])).row[2];
      for (uint32_t l = (c + static_cast<uint32_t>(round)) % kStride; l < lasers_; l += kStride) {
        const size_t i = static_cast<size_t>(c) * lasers_ + l;
        if (!(distance_[i] > kNear_m)) continue;
        const Vec3 d = relative(i) * (1.0 / distance_[i]);
        const double error = dot(up, d) - sines[l];
        errors.push_back(std::abs(error));
        if (std::abs(error) > limit) continue;
        fit.add_sparse<4>({2 * knot, 2 * knot + 1, 2 * knot + 2, 2 * knot + 3}, {(1 - t) * d.y, (t - 1) * d.x, t * d.y, -t * d.x}, error);
      }
    }
    for (size_t k = 0; k < kUnknowns; ++k) fit.damp(k, 1e-4);
    std::array<double, kUnknowns> s;
    if (errors.size() < 40 || !fit.solve(s)) return;
    for (uint32_t c = 0; c < columns_; ++c) {
      const size_t k = std::min(knots - 2, static_cast<size_t>(c / spacing));
      const double t = c / spacing - static_cast<double>(k);
      angle_[c].x += (1 - t) * s[2 * k] + t * s[2 * k + 2];
      angle_[c].y += (1 - t) * s[2 * k + 1] + t * s[2 * k + 3];
    }
    limit = std::max(1e-5, 5 * median_of(errors));
  }
}

bool MotionFit::find_elevations(ColumnSensorTable& sensor) {
  std::vector<double> elevation(lasers_, 0.0);
  std::fill(angle_.begin(), angle_.end(), Vec3{});
  for (int round = 0; round < 4; ++round) {
    std::vector<std::vector<double>> seen(lasers_);
    for (uint32_t c = 0; c < columns_; ++c) {
      const Mat3 back = transposed(rotation_matrix(angle_[c]));
      for (uint32_t l = 0; l < lasers_; ++l) {
        const size_t i = static_cast<size_t>(c) * lasers_ + l;
        if (distance_[i] > kNear_m) seen[l].push_back(std::asin(std::clamp(dot(back.row[2], relative(i)) / distance_[i], -1.0, 1.0)));
      }
    }
    for (uint32_t l = 0; l < lasers_; ++l) {
      if (seen[l].size() < 20) return false;
      elevation[l] = median_of(seen[l]);
    }
    if (round == 3) break;
    // Few knots: a tilt that turns with the head would look like a change of all elevations.
    fit_tilt(elevation, 3);
  }
  // Data sheets give hundredths of a degree. What all lasers are off those together is such a tilt; what is no such number stays.
  std::complex<double> phase = 0;
  for (const double e : elevation) phase += std::polar(1.0, e * 36000);
  const double common = std::arg(phase) / kTurn_rad;
  sensor.elevation_mdeg.clear();
  for (const double e : elevation) {
    const double hundredths = e * 36000 / kTurn_rad - common;
    const bool whole = std::abs(hundredths - std::round(hundredths)) < 0.35;
    sensor.elevation_mdeg.push_back(static_cast<int32_t>(whole ? 10 * std::lround(hundredths) : std::lround(10 * (hundredths + common))));
  }
  return true;
}

/// Yaw by window: azimuths have a common phase on the encoder's comb, which moves with the turn rate. Followed back from the last column.
bool MotionFit::fit_yaw(double ticks_per_turn) {
  constexpr double kMostRate = 0.3;  // ticks a column
  constexpr double kRateStep = 0.004;
  std::vector<std::complex<double>> phase(columns_);
  std::vector<int> count(columns_);
  for (uint32_t c = 0; c < columns_; ++c) {
    const Mat3 back = transposed(rotation_matrix(angle_[c]));
    for (uint32_t l = 0; l < lasers_; ++l) {
      const size_t i = static_cast<size_t>(c) * lasers_ + l;
      if (!(distance_[i] > kNear_m)) continue;
      const Vec3 d = relative(i);
      phase[c] += std::polar(1.0, ticks_per_turn * std::atan2(dot(back.row[1], d), dot(back.row[0], d)));
      ++count[c];
    }
  }
  std::vector<double> at, yaw, rate, quality;
  for (uint32_t start = 0; start + kYawWindow <= columns_; start += kYawWindow / 2) {
    int total = 0;
    for (uint32_t c = start; c < start + kYawWindow; ++c) total += count[c];
    if (total < 60) continue;
    std::complex<double> best = 0;
    double best_rate = 0;
    for (double r = -kMostRate; r <= kMostRate; r += kRateStep) {
      const std::complex<double> turn = std::polar(1.0, -kTurn_rad * r);
      std::complex<double> sum = 0, now = std::polar(1.0, kTurn_rad * r * (kYawWindow - 1) / 2.0);
      for (uint32_t c = start; c < start + kYawWindow; ++c, now *= turn) sum += phase[c] * now;
      if (std::abs(sum) > std::abs(best)) {
        best = sum;
        best_rate = r;
      }
    }
    at.push_back(start + (kYawWindow - 1) / 2.0);
    yaw.push_back(std::arg(best) / kTurn_rad);
    rate.push_back(best_rate);
    quality.push_back(std::abs(best) / total);
  }
  if (at.size() < 4 || median_of(quality) < 0.6) return false;
  for (size_t k = yaw.size() - 1; k-- > 0;) {
    const double expected = yaw[k + 1] - (at[k + 1] - at[k]) * 0.5 * (rate[k] + rate[k + 1]);
    yaw[k] += std::round(expected - yaw[k]);
  }
  std::vector<Vec3> values;
  for (const double y : yaw) values.push_back({0, 0, (y - std::round(yaw.back())) * kTurn_rad / ticks_per_turn});
  std::vector<Vec3> columns(columns_);
  interpolate(at, values, columns);
  for (uint32_t c = 0; c < columns_; ++c) angle_[c].z = columns[c].z;
  return true;
}

}  // namespace dew
