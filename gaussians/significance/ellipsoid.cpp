// SPDX-License-Identifier: Apache-2.0
#include "gaussians/significance/ellipsoid.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace dew {
namespace {

constexpr int kSweeps = 12;  // of Jacobi's rotations; some five do in double

using Matrix = std::array<std::array<double, 3>, 3>;

/// Turns the plane p q so that matrix[p][q] becomes zero, and the axes with it.
void rotate(Matrix& matrix, Matrix& axes, size_t p, size_t q) {
  if (matrix[p][q] == 0) return;
  const double theta = (matrix[q][q] - matrix[p][p]) / (2 * matrix[p][q]);
  const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
  const double c = 1 / std::sqrt(t * t + 1), s = t * c;
  for (size_t k = 0; k < 3; ++k) {
    const double kp = matrix[k][p], kq = matrix[k][q];
    matrix[k][p] = c * kp - s * kq;
    matrix[k][q] = s * kp + c * kq;
  }
  for (size_t k = 0; k < 3; ++k) {
    const double pk = matrix[p][k], qk = matrix[q][k];
    matrix[p][k] = c * pk - s * qk;
    matrix[q][k] = s * pk + c * qk;
    const double ap = axes[k][p], aq = axes[k][q];
    axes[k][p] = c * ap - s * aq;
    axes[k][q] = s * ap + c * aq;
  }
}

}  // namespace

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
  Matrix matrix = {{{xx, xy, xz}, {xy, yy, yz}, {xz, yz, zz}}};
  Matrix axes = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    rotate(matrix, axes, 0, 1);
    rotate(matrix, axes, 0, 2);
    rotate(matrix, axes, 1, 2);
  }
  for (size_t k = 0; k < 3; ++k) {
    ellipsoid.deviation[k] = std::sqrt(std::max(0.0, matrix[k][k]));
    for (size_t row = 0; row < 3; ++row) ellipsoid.axes[3 * row + k] = axes[row][k];
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
