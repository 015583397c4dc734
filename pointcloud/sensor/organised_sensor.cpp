// SPDX-License-Identifier: Apache-2.0
// From a line for each laser to the numbers that its maker wrote down: a shared origin of the beams, angles in decimal degrees, offsets in
// micrometres. Nothing of it is needed to code a cloud; it makes the model small and its points exact.
#include <algorithm>
#include <array>
#include <complex>

#include "entropy/exact_math.h"
#include "pointcloud/sensor/organised_fit.h"

namespace dew {
namespace {

constexpr double kLengthNoise_m = 3e-7;  // of one laser's fitted offset; most are nearer
constexpr double kSharedNoise_m = 5e-8;  // of an offset that all share

bool known(const LaserLine& line) { return line.points >= kFewestPoints; }

/// Whether nine of ten values are within `most` of zero.
bool mostly_within(std::vector<double> values, double most) {
  const auto near = std::count_if(values.begin(), values.end(), [&](double value) { return std::abs(value) <= most; });
  return !values.empty() && static_cast<size_t>(near) * 10 >= values.size() * 9;
}

/// To a whole number of units where that is within the fit's noise.
double near_whole(double value, double unit, double noise) {
  const double whole = std::round(value / unit) * unit;
  return std::abs(whole - value) <= noise ? whole : value;
}

double mean_angle(const std::vector<double>& angles_rad, double turn_rad) {
  std::complex<double> sum{};
  for (const double angle : angles_rad) sum += std::polar(1.0, angle * kTurn_rad / turn_rad);
  return std::arg(sum) / kTurn_rad * turn_rad;
}

/// How far from the axis the beams begin in the direction of their firing column; 0 where the lines do not say so. A line's offsets are
/// then side = -forward sin(beam azimuth), vertical = const - forward cos(beam azimuth) tan(elevation).
double forward_offset(const LineFit& fit) {
  constexpr double kLeast_m = 0.002, kMost_m = 0.5;
  double forward = 0;
  for (int pass = 0; pass < 6; ++pass) {
    double n = 0, sx = 0, sxx = 0, sy = 0, sxy = 0;
    for (const LaserLine& line : fit.lasers) {
      if (!known(line)) continue;
      const double sine = forward == 0 ? 0 : std::clamp(line.side_m / forward, -0.7, 0.7);
      const double x = std::sqrt(1 - sine * sine) * std::tan(line.elevation_rad), y = line.vertical_m;
      n += 1;
      sx += x;
      sxx += x * x;
      sy += y;
      sxy += x * y;
    }
    const double determinant = n * sxx - sx * sx;
    if (n < 8 || determinant <= 0) return 0;
    forward = -(n * sxy - sx * sy) / determinant;
    if (std::abs(forward) < kLeast_m || std::abs(forward) > kMost_m) return 0;
  }
  return forward;
}

/// Finds from the lines' offsets where the direction of the firing column is, and so how many columns each laser was shifted in the file.
/// False where the lines do not say so.
bool find_forward(const LineFit& fit, SensorFit& sensor) {
  const double forward = forward_offset(fit);
  if (forward == 0) return false;
  std::vector<double> turned;  // by how much the file turned a laser's column, and the zero of azimuths
  for (const LaserLine& line : fit.lasers) {
    if (!known(line)) continue;
    if (std::abs(line.side_m) > 0.7 * std::abs(forward)) return false;
    turned.push_back(line.azimuth_rad + std::asin(line.side_m / forward));
  }
  const double step = std::abs(fit.step_rad), phase = mean_angle(turned, step);
  std::vector<double> off;
  for (const double angle : turned) off.push_back(wrapped_angle((angle - phase) / step * kTurn_rad) / kTurn_rad);
  if (!mostly_within(off, 0.15)) return false;
  // The least shift is none, so that columns count as the sensor's do.
  std::vector<int64_t> shifts;
  const double first = mean_angle(turned, kTurn_rad);
  for (const double angle : turned)
    shifts.push_back(std::llround((phase - angle + kTurn_rad * std::round((angle - first) / kTurn_rad)) / fit.step_rad));
  const int64_t least = *std::min_element(shifts.begin(), shifts.end());
  sensor.zero_rad = wrapped_angle(phase - static_cast<double>(least) * fit.step_rad);
  size_t next = 0;
  for (size_t i = 0; i < fit.lasers.size(); ++i) {
    LaserPlace& laser = sensor.lasers[i];
    if (known(fit.lasers[i])) laser.file_shift = shifts[next++] - least;
    laser.forward_m = forward;
    laser.beam_azimuth_rad =
        wrapped_angle(fit.lasers[i].azimuth_rad - sensor.zero_rad + static_cast<double>(laser.file_shift) * fit.step_rad);
  }
  return true;
}

/// The unit of angle, in parts of a turn, on which elevations and beam azimuths lie; 0: none of the decimal ones.
uint64_t find_angle_units(const LineFit& fit, double rounding_m, SensorFit& sensor) {
  for (const uint64_t units : {3600u, 36'000u, 72'000u, 360'000u, 3'600'000u}) {
    const double unit = kTurn_rad / static_cast<double>(units), noise_rad = std::min(2e-7 + 1e-3 * rounding_m, unit / 12);
    std::vector<double> beams, elevations;
    for (size_t i = 0; i < fit.lasers.size(); ++i) {
      if (!known(fit.lasers[i])) continue;
      beams.push_back(sensor.lasers[i].beam_azimuth_rad);
      elevations.push_back(wrapped_angle(sensor.lasers[i].elevation_rad / unit * kTurn_rad) / kTurn_rad * unit);
    }
    if (beams.size() < 8 || !mostly_within(elevations, noise_rad)) continue;
    const double phase = mean_angle(beams, unit);
    for (double& beam : beams) beam = wrapped_angle((beam - phase) / unit * kTurn_rad) / kTurn_rad * unit;
    if (!mostly_within(beams, noise_rad)) continue;
    sensor.zero_rad = near_whole(sensor.zero_rad + phase, unit, noise_rad);
    for (LaserPlace& laser : sensor.lasers) {
      laser.beam_azimuth_rad = std::round((laser.beam_azimuth_rad - phase) / unit) * unit;
      laser.elevation_rad = std::round(laser.elevation_rad / unit) * unit;
    }
    return units;
  }
  return 0;
}

/// One forward, sideways and upward offset for all lasers where they have the same; then the lines' own are forgotten.
void share_offsets(const LineFit& fit, double rounding_m, SensorFit& sensor) {
  const double noise_m = kLengthNoise_m + 0.1 * rounding_m, shared_noise_m = kSharedNoise_m + 0.1 * rounding_m;
  std::array<std::array<double, 4>, 3> a{};  // normal equations of forward, side, vertical
  const auto add = [&](const std::array<double, 3>& row, double y) {
    for (size_t i = 0; i < 3; ++i) {
      for (size_t k = 0; k < 3; ++k) a[i][k] += row[i] * row[k];
      a[i][3] += row[i] * y;
    }
  };
  const auto forward_parts = [](const LaserPlace& laser) -> std::array<double, 2> {
    return {-std::sin(laser.beam_azimuth_rad), -std::cos(laser.beam_azimuth_rad) * std::tan(laser.elevation_rad)};
  };
  const bool with_forward = sensor.lasers.front().forward_m != 0;
  for (size_t i = 0; i < fit.lasers.size(); ++i) {
    if (!known(fit.lasers[i])) continue;
    const std::array<double, 2> parts = forward_parts(sensor.lasers[i]);
    add({with_forward ? parts[0] : 0, 1, 0}, fit.lasers[i].side_m);
    add({with_forward ? parts[1] : 0, 0, 1}, fit.lasers[i].vertical_m);
  }
  if (!with_forward) a[0][0] = 1;
  // Side and vertical are means once forward is known.
  const double inner = a[0][0] - a[0][1] * a[0][1] / a[1][1] - a[0][2] * a[0][2] / a[2][2];
  const double forward =
      with_forward && inner > 0
          ? near_whole((a[0][3] - a[0][1] * a[1][3] / a[1][1] - a[0][2] * a[2][3] / a[2][2]) / inner, 1e-6, shared_noise_m)
          : 0;
  std::vector<double> side, vertical;
  for (size_t i = 0; i < fit.lasers.size(); ++i) {
    const std::array<double, 2> parts = forward_parts(sensor.lasers[i]);
    LaserPlace& laser = sensor.lasers[i];
    laser.forward_m = forward;
    laser.side_m = fit.lasers[i].side_m - forward * parts[0];
    laser.vertical_m = fit.lasers[i].vertical_m - forward * parts[1];
    if (!known(fit.lasers[i])) continue;
    side.push_back(laser.side_m);
    vertical.push_back(laser.vertical_m);
  }
  const double shared_side = near_whole(median(side), 1e-6, shared_noise_m),
               shared_vertical = near_whole(median(vertical), 1e-6, shared_noise_m);
  for (double& value : side) value -= shared_side;
  for (double& value : vertical) value -= shared_vertical;
  const bool one_side = mostly_within(side, noise_m), one_vertical = mostly_within(vertical, noise_m);
  for (LaserPlace& laser : sensor.lasers) {
    if (one_side) laser.side_m = shared_side;
    if (one_vertical) laser.vertical_m = shared_vertical;
  }
}

}  // namespace

SensorFit fit_sensor(const ShotGrid& grid, bool decimals, LineFit& fit) {
  SensorFit sensor;
  sensor.lasers.resize(fit.lasers.size());
  std::vector<double> azimuths;
  for (const LaserLine& line : fit.lasers) {
    if (known(line)) azimuths.push_back(line.azimuth_rad);
  }
  if (azimuths.empty()) return sensor;
  sensor.zero_rad = mean_angle(azimuths, kTurn_rad);
  for (size_t i = 0; i < fit.lasers.size(); ++i) {
    sensor.lasers[i].beam_azimuth_rad = wrapped_angle(fit.lasers[i].azimuth_rad - sensor.zero_rad);
    sensor.lasers[i].elevation_rad = fit.lasers[i].elevation_rad;
  }
  if (fit.uniform) find_forward(fit, sensor);
  if (decimals) sensor.angle_units = find_angle_units(fit, grid.rounding_m, sensor);
  if (sensor.angle_units != 0) {
    // Offsets are better known once angles are.
    for (size_t i = 0; i < fit.lasers.size(); ++i) {
      const LaserPlace& laser = sensor.lasers[i];
      fit.lasers[i].azimuth_rad = sensor.zero_rad + laser.beam_azimuth_rad - static_cast<double>(laser.file_shift) * fit.step_rad;
      fit.lasers[i].elevation_rad = laser.elevation_rad;
    }
    refit_offsets(grid, fit);
  }
  share_offsets(fit, grid.rounding_m, sensor);
  return sensor;
}

}  // namespace dew
