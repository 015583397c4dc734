// SPDX-License-Identifier: Apache-2.0
/// Real spherical harmonics up to degree 3, in the order and with the signs of 3D Gaussian Splatting.
///
///   const std::array<double, 16> basis = sh_basis(scene.sh_degree, {0, 0, 1});       // unit direction, camera centre to mean
///   double red = 0.5 + basis[0] * scene.dc[3 * i];
///   for (uint32_t k = 0; k < sh_coefficients(scene.sh_degree); ++k) red += basis[k + 1] * scene.sh[i * scene.sh_stride() + k];
///
/// Source: the real basis with Condon-Shortley phase as B. Kerbl et al. 2023 use it; orthonormal over the sphere.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "gaussians/splats.h"

namespace dew {

/// The (degree + 1)^2 values of the basis in the direction, and zeros behind them. REQUIRES: a unit direction, degree up to 3.
inline std::array<double, 16> sh_basis(uint32_t degree, const std::array<double, 3>& direction) {
  const auto [x, y, z] = direction;
  std::array<double, 16> basis{kShConstant};
  if (degree < 1) return basis;
  constexpr double kFirst = 0.4886025119029199;  // sqrt(3 / (4 pi))
  basis[1] = -kFirst * y;
  basis[2] = kFirst * z;
  basis[3] = -kFirst * x;
  if (degree < 2) return basis;
  const double xx = x * x, yy = y * y, zz = z * z;
  constexpr double kSecond = 1.0925484305920792;  // sqrt(15 / (4 pi))
  basis[4] = kSecond * x * y;
  basis[5] = -kSecond * y * z;
  basis[6] = 0.31539156525252005 * (2 * zz - xx - yy);  // sqrt(5 / (16 pi))
  basis[7] = -kSecond * x * z;
  basis[8] = 0.5 * kSecond * (xx - yy);
  if (degree < 3) return basis;
  constexpr double kOuter = 0.5900435899266435;   // sqrt(35 / (32 pi))
  constexpr double kMiddle = 0.4570457994644658;  // sqrt(21 / (32 pi))
  constexpr double kMixed = 2.890611442640554;    // sqrt(105 / (4 pi))
  basis[9] = -kOuter * y * (3 * xx - yy);
  basis[10] = kMixed * x * y * z;
  basis[11] = -kMiddle * y * (4 * zz - xx - yy);
  basis[12] = 0.3731763325901154 * z * (2 * zz - 3 * xx - 3 * yy);  // sqrt(7 / (16 pi))
  basis[13] = -kMiddle * x * (4 * zz - xx - yy);
  basis[14] = 0.5 * kMixed * z * (xx - yy);
  basis[15] = -kOuter * x * (xx - 3 * yy);
  return basis;
}

/// 0.5 + dc + SH of splat `i` seen in the direction, red green blue; not cut at zero. REQUIRES: a unit direction, i below count().
inline std::array<double, 3> sh_colour(const Splats& splats, size_t i, const std::array<double, 3>& direction) {
  const std::array<double, 16> basis = sh_basis(splats.sh_degree, direction);
  const size_t coefficients = sh_coefficients(splats.sh_degree);
  std::array<double, 3> colour;
  for (size_t channel = 0; channel < 3; ++channel) {
    double sum = 0.5 + basis[0] * static_cast<double>(splats.dc[3 * i + channel]);
    const float* sh = splats.sh.data() + i * splats.sh_stride() + channel * coefficients;
    for (size_t k = 0; k < coefficients; ++k) sum += basis[k + 1] * static_cast<double>(sh[k]);
    colour[channel] = sum;
  }
  return colour;
}

}  // namespace dew
