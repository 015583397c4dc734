// SPDX-License-Identifier: Apache-2.0
/// Ellipsoids as axes and as covariances. Internal.
///
///   Ellipsoid shape;
///   set_covariance(shape, covariance);                          // axes and deviations from a covariance
///   const std::array<double, 4> q = quaternion_of(shape.axes);  // w x y z
#pragma once

#include <array>

#include "gaussians/quaternion.h"

namespace dew {

using Symmetric = std::array<double, 6>;  ///< xx xy xz yy yz zz

struct Ellipsoid {
  std::array<double, 3> mean{};
  std::array<double, 3> deviation{};                      ///< standard deviations along own axes
  std::array<double, 9> axes{1, 0, 0, 0, 1, 0, 0, 0, 1};  ///< row by row; columns are the own axes, right-handed
};

Symmetric covariance_of(const Ellipsoid& ellipsoid);
/// Axes and deviations of the covariance, by Jacobi's rotations; values below zero count as zero. The mean stays.
void set_covariance(Ellipsoid& ellipsoid, const Symmetric& covariance);
double determinant(const Symmetric& matrix);
/// d^T matrix^-1 d. REQUIRES: a determinant that is not zero.
double inverse_form(const Symmetric& matrix, const std::array<double, 3>& d);
}  // namespace dew
