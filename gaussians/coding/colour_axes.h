// SPDX-License-Identifier: Apache-2.0
/// Three channels of a colour and back: the sum of red, green and blue, red less blue, and red less twice green plus blue, each of unit
/// length, so that an error in any of them costs the same.
///
///   const std::array<double, 3> axes = colour_axes(red, green, blue);
///   const std::array<double, 3> rgb = rgb_of_axes(axes);
///
/// Bytes: gaussians/FORMAT.md, sections 6.7 and 9. Only IEEE + - * / sqrt. Threads: any.
#pragma once

#include <array>
#include <cmath>

namespace dew {

inline std::array<double, 3> colour_axes(double r, double g, double b) {
  return {(r + g + b) / std::sqrt(3.0), (r - b) / std::sqrt(2.0), (r - 2 * g + b) / std::sqrt(6.0)};
}

inline std::array<double, 3> rgb_of_axes(const std::array<double, 3>& c) {
  const double third = 1 / std::sqrt(3.0), half = 1 / std::sqrt(2.0), sixth = 1 / std::sqrt(6.0);
  return {c[0] * third + c[1] * half + c[2] * sixth, c[0] * third - 2 * c[2] * sixth, c[0] * third - c[1] * half + c[2] * sixth};
}

}  // namespace dew
