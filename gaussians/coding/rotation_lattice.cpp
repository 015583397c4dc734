// SPDX-License-Identifier: Apache-2.0
#include "gaussians/coding/rotation_lattice.h"

#include <algorithm>
#include <cmath>

#include "entropy/exact_math.h"

namespace dew {
namespace {

using Vector = std::array<double, 3>;

constexpr double kPi = 3.14159265358979323846;

Vector cross(const Vector& a, const Vector& b) { return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]}; }

double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

size_t largest_component(const Vector& v) {
  size_t largest = 0;
  for (size_t k = 1; k < 3; ++k) {
    if (std::abs(v[k]) > std::abs(v[largest])) largest = k;
  }
  return largest;
}

uint32_t levels_for(double whole, double step) {
  return static_cast<uint32_t>(std::clamp(std::ceil(whole / step), 1.0, static_cast<double>(kMaxRotationLevels)));
}

/// The level of `share` (0 to 1), and the share of a level's middle.
uint32_t level_of(double share, uint32_t levels) {
  return static_cast<uint32_t>(std::clamp(std::floor(share * levels), 0.0, static_cast<double>(levels - 1)));
}
double middle_of(uint32_t level, uint32_t levels) { return (level + 0.5) / levels; }

/// Where on a face the level lies, -1 to 1, so that levels are equal angles.
double place_on_face(uint32_t level, uint32_t levels) {
  const exact::SinCos angle = exact::sincos((2 * middle_of(level, levels) - 1) * (kPi / 4));
  return angle.sin / angle.cos;
}

Vector direction_of(const RotationCode& code, const RotationLevels& levels) {
  if (levels.direction == 1) return {0, 0, 1};
  Vector direction;
  const double u = place_on_face(code.u, levels.direction), v = place_on_face(code.v, levels.direction);
  const double length = std::sqrt(1 + u * u + v * v);
  direction[code.face] = 1 / length;
  direction[(code.face + 1) % 3] = u / length;
  direction[(code.face + 2) % 3] = v / length;
  return direction;
}

/// A unit vector across `direction`, from which the turn about it counts.
Vector zero_of_spin(const Vector& direction) {
  size_t smallest = 0;
  for (size_t k = 1; k < 3; ++k) {
    if (std::abs(direction[k]) < std::abs(direction[smallest])) smallest = k;
  }
  Vector across;
  for (size_t k = 0; k < 3; ++k) across[k] = (k == smallest ? 1.0 : 0.0) - direction[smallest] * direction[k];
  const double length = std::sqrt(dot(across, across));
  for (double& component : across) component /= length;
  return across;
}

}  // namespace

RotationLevels rotation_levels(const RotationSteps& steps) {
  RotationLevels levels;
  if (steps.direction < 1.5) levels.direction = levels_for(kPi / 2, steps.direction);
  levels.spin = levels_for(kPi, steps.spin);
  return levels;
}

RotationCode rotation_code(const SplatFrame& frame, const RotationLevels& levels) {
  const Vector thinnest{frame[2], frame[5], frame[8]}, longest{frame[0], frame[3], frame[6]};
  RotationCode code;
  if (levels.direction > 1) {
    const size_t face = largest_component(thinnest);
    const auto angle_share = [&](size_t k) { return (exact::atan(thinnest[k] / thinnest[face]) * (4 / kPi) + 1) / 2; };
    code.face = static_cast<uint32_t>(face);
    code.u = level_of(angle_share((face + 1) % 3), levels.direction);
    code.v = level_of(angle_share((face + 2) % 3), levels.direction);
  }
  if (levels.spin > 1) {
    const Vector direction = direction_of(code, levels);
    const Vector zero = zero_of_spin(direction), quarter = cross(direction, zero);
    double turn = exact::atan2(dot(longest, quarter), dot(longest, zero));
    if (turn < 0) turn += kPi;
    code.spin = level_of(turn / kPi, levels.spin);
  }
  return code;
}

SplatFrame rotation_frame(const RotationCode& code, const RotationLevels& levels) {
  const Vector thinnest = direction_of(code, levels);
  const Vector zero = zero_of_spin(thinnest), quarter = cross(thinnest, zero);
  const exact::SinCos turn = exact::sincos(middle_of(code.spin, levels.spin) * kPi);
  Vector longest;
  for (size_t k = 0; k < 3; ++k) longest[k] = turn.cos * zero[k] + turn.sin * quarter[k];
  const Vector middle = cross(thinnest, longest);
  SplatFrame frame;
  for (size_t k = 0; k < 3; ++k) {
    frame[3 * k] = longest[k];
    frame[3 * k + 1] = middle[k];
    frame[3 * k + 2] = thinnest[k];
  }
  return frame;
}

}  // namespace dew
