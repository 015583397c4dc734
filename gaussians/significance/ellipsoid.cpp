// SPDX-License-Identifier: Apache-2.0
#include "gaussians/significance/ellipsoid.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "entropy/symmetric_eigen.h"

namespace dew {
Symmetric covariance_of(const Ellipsoid& ellipsoid) {
  const auto& r = ellipsoid.axes;
  const auto entry = [&](size_t row, size_t column) {
    double sum = 0;
    for (size_t k = 0; k < 3; ++k) sum += r[3 * row + k] * r[3 * column + k] * ellipsoid.deviation[k] * ellipsoid.deviation[k];
    return sum;
  };
  return {entry(0, 0), entry(0, 1), entry(0, 2), entry(1, 1), entry(1, 2), entry(2, 2)};
}

void set_covariance(Ellipsoid& ellipsoid, const Symmetric& covariance) {
  const auto& [xx, xy, xz, yy, yz, zz] = covariance;
  std::array<double, 9> matrix = {xx, xy, xz, xy, yy, yz, xz, yz, zz}, axes;
  symmetric_eigen(matrix, axes, 3);
  for (size_t k = 0; k < 3; ++k) {
    ellipsoid.deviation[k] = std::sqrt(std::max(0.0, matrix[4 * k]));
    for (size_t row = 0; row < 3; ++row) ellipsoid.axes[3 * row + k] = axes[3 * k + row];
  }
}

double determinant(const Symmetric& m) {
  const auto& [xx, xy, xz, yy, yz, zz] = m;
  return xx * (yy * zz - yz * yz) - xy * (xy * zz - yz * xz) + xz * (xy * yz - yy * xz);
}

double inverse_form(const Symmetric& m, const std::array<double, 3>& d) {
  const auto& [xx, xy, xz, yy, yz, zz] = m;
  const Symmetric adjugate = {yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy,
                              xx * zz - xz * xz, xy * xz - xx * yz, xx * yy - xy * xy};
  const double form = adjugate[0] * d[0] * d[0] + adjugate[3] * d[1] * d[1] + adjugate[5] * d[2] * d[2] +
                      2 * (adjugate[1] * d[0] * d[1] + adjugate[2] * d[0] * d[2] + adjugate[4] * d[1] * d[2]);
  return form / determinant(m);
}

}  // namespace dew
