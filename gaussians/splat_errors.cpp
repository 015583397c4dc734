// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <span>

#include "gaussians/median.h"
#include "gaussians/metrics.h"

namespace dew {
namespace {

double difference(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  const double d = a - b;
  return std::isfinite(d) ? d : std::numeric_limits<double>::infinity();
}

double rms(double sum_of_squares, size_t count) { return count == 0 ? 0 : std::sqrt(sum_of_squares / static_cast<double>(count)); }

double rms_difference(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::pow(difference(a[i], b[i]), 2);
  return rms(sum, a.size());
}

double opacity(float logit) { return 1 / (1 + std::exp(-static_cast<double>(logit))); }

std::array<double, 4> unit_quaternion(const float* q) {
  const double w = q[0], x = q[1], y = q[2], z = q[3];
  const double length = std::sqrt(w * w + x * x + y * y + z * z);
  if (length == 0) return {1, 0, 0, 0};
  return {w / length, x / length, y / length, z / length};
}

/// From 0 to 180, exact for small angles too.
double angle_between_deg(const float* a, const float* b) {
  const std::array<double, 4> p = unit_quaternion(a), q = unit_quaternion(b);
  double minus = 0, plus = 0;  // q and -q are the same rotation
  for (size_t k = 0; k < 4; ++k) {
    minus += std::pow(difference(p[k], q[k]), 2);
    plus += std::pow(difference(p[k], -q[k]), 2);
  }
  const double chord = std::sqrt(std::min(minus, plus));
  if (!std::isfinite(chord)) return std::numeric_limits<double>::infinity();
  return 4 * std::asin(std::min(1.0, chord / 2)) * 180 / std::numbers::pi;
}

double sh_rms(const Splats& a, const Splats& b) {
  const size_t coefficients = sh_coefficients(std::max(a.sh_degree, b.sh_degree));
  const auto value = [](const Splats& splats, size_t i, size_t channel, size_t k) -> double {
    const size_t own = sh_coefficients(splats.sh_degree);
    return k < own ? splats.sh[i * splats.sh_stride() + channel * own + k] : 0.0f;
  };
  double sum = 0;
  for (size_t i = 0; i < a.count(); ++i) {
    for (size_t channel = 0; channel < 3; ++channel) {
      for (size_t k = 0; k < coefficients; ++k) sum += std::pow(difference(value(a, i, channel, k), value(b, i, channel, k)), 2);
    }
  }
  return rms(sum, 3 * coefficients * a.count());
}

/// Length of the difference of the three components from 3 i and 3 j.
double length_of_three(const std::vector<float>& a, size_t i, const std::vector<float>& b, size_t j) {
  double sum = 0;
  for (size_t k = 0; k < 3; ++k) sum += std::pow(difference(a[3 * i + k], b[3 * j + k]), 2);
  return std::sqrt(sum);
}

}  // namespace

bool same_order(const Splats& a, const Splats& b) {
  constexpr double kMoved = 0.05;
  const size_t count = a.count();
  if (count != b.count()) return false;
  if (count < 2) return true;
  std::vector<double> moved(count), apart(count);
  const auto distance = [](const Splats& from, size_t i, const Splats& to, size_t j) {
    const auto along = [&](size_t axis) { return double{from.position[3 * i + axis]} - double{to.position[3 * j + axis]}; };
    const double length = std::hypot(along(0), along(1), along(2));
    return std::isfinite(length) ? length : 0;
  };
  for (size_t i = 0; i < count; ++i) {
    moved[i] = distance(a, i, b, i);
    apart[i] = distance(a, i, a, (i + count / 2) % count);
  }
  return median(std::move(moved)) <= kMoved * median(std::move(apart));
}

SplatDifference splat_difference(const Splats& a, size_t i, const Splats& b, size_t j) {
  SplatDifference out;
  const double three = std::sqrt(3.0);
  out.position = length_of_three(a.position, i, b.position, j);
  out.dc = length_of_three(a.dc, i, b.dc, j) / three;
  out.opacity = std::fabs(difference(opacity(a.opacity_logit[i]), opacity(b.opacity_logit[j])));
  out.log_scale = length_of_three(a.log_scale, i, b.log_scale, j) / three;
  out.rotation_deg = angle_between_deg(&a.rotation[4 * i], &b.rotation[4 * j]);
  return out;
}

Result<SplatErrors> splat_errors(const Splats& a, const Splats& b) {
  DEW_TRY(check_shape(a));
  DEW_TRY(check_shape(b));
  const size_t count = a.count();
  if (b.count() != count) return Error{Code::invalid_argument, 0, "scenes with different counts of splats have no errors splat by splat"};
  SplatErrors out;
  double position = 0, opacities = 0, rotation = 0;
  for (size_t i = 0; i < count; ++i) {
    double squared = 0;
    for (size_t k = 0; k < 3; ++k) squared += std::pow(difference(a.position[3 * i + k], b.position[3 * i + k]), 2);
    position += squared;
    out.position_max = std::max(out.position_max, std::sqrt(squared));
    opacities += std::pow(difference(opacity(a.opacity_logit[i]), opacity(b.opacity_logit[i])), 2);
    rotation += std::pow(angle_between_deg(&a.rotation[4 * i], &b.rotation[4 * i]), 2);
  }
  out.position_rms = rms(position, count);
  out.opacity_rms = rms(opacities, count);
  out.rotation_rms_deg = rms(rotation, count);
  out.log_scale_rms = rms_difference(a.log_scale, b.log_scale);
  out.dc_rms = rms_difference(a.dc, b.dc);
  out.sh_rms = sh_rms(a, b);
  return out;
}

}  // namespace dew
