// SPDX-License-Identifier: Apache-2.0
#include "gaussians/coding/splat_shape.h"

#include <algorithm>
#include <cmath>

#include "entropy/exact_math.h"

namespace dew {
namespace {

/// Views are seldom exactly along the thinnest axis, so some of it always shows.
constexpr double kLeastShown = 0.15;
/// Below this share of the screen's blur a variance cannot be seen.
constexpr double kLeastVariance = 1e-6;
constexpr double kWidestTurn_rad = 1.6;

double variance_of(double spread, double screen_variance) {
  return std::max(exact::exp(2 * spread) - 0.5 * screen_variance, kLeastVariance * screen_variance);
}

}  // namespace

double spread_of(double log_scale, double screen_variance) {
  return std::clamp(0.5 * exact::log(exact::exp(2 * log_scale) + 0.5 * screen_variance), kLeastSpread, kLargestSpread);
}

double log_scale_of(double spread, double screen_variance) { return 0.5 * exact::log(variance_of(spread, screen_variance)); }

double log_opacity_of(double opacity_logit) {
  // ln(1 / (1 + exp(-x))), without overflow on either side.
  const double log_opacity =
      opacity_logit >= 0 ? -exact::log(1 + exact::exp(-opacity_logit)) : opacity_logit - exact::log(1 + exact::exp(opacity_logit));
  return std::clamp(log_opacity, kLeastLogOpacity, kLargestLogOpacity);
}

double opacity_logit_of(double log_opacity) { return log_opacity - exact::log(1 - exact::exp(log_opacity)); }

SplatShape::SplatShape(const std::array<double, 3>& spread, double screen_variance) {
  double inverse_sum = 0;
  for (size_t k = 0; k < 3; ++k) {
    variance_[k] = variance_of(spread[k], screen_variance);
    inverse_sum += 1 / variance_[k];
  }
  for (size_t k = 0; k < 3; ++k) {
    const double along_view = 1 / (variance_[k] * inverse_sum);
    shown_[k] = std::max(kLeastShown, 1 - along_view) * variance_[k] / (variance_[k] + screen_variance);
  }
}

RotationSteps SplatShape::rotation_steps(double alpha_step) const {
  std::array<double, 3> about;  // turns about axis a mix the other two
  for (size_t a = 0; a < 3; ++a) {
    const size_t k = (a + 1) % 3, l = (a + 2) % 3;
    const double ratio = std::sqrt(variance_[k] / variance_[l]);
    const double change = std::abs(ratio - 1 / ratio) * std::sqrt(0.5 * shown_[k] * shown_[l]);
    about[a] = std::min(kWidestTurn_rad, 0.7 * alpha_step / std::max(change, 1e-9));
  }
  return {std::min(about[0], about[1]), about[2]};
}

std::array<double, 3> SplatShape::position_steps(const SplatFrame& frame, double alpha_step) const {
  std::array<double, 3> steps;
  for (size_t axis = 0; axis < 3; ++axis) {
    double change = 0;  // squared, for a move along this axis of the scene
    for (size_t k = 0; k < 3; ++k) change += frame[3 * axis + k] * frame[3 * axis + k] * shown_[k] / variance_[k];
    steps[axis] = alpha_step / std::sqrt(change + 1e-30);
  }
  return steps;
}

}  // namespace dew
