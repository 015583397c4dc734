// SPDX-License-Identifier: Apache-2.0
/// Eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations.
///
///   std::array<double, 9> matrix = {2, 1, 0, 1, 2, 0, 0, 0, 5}, axes;
///   symmetric_eigen(matrix, axes, 3);
///   use(matrix[0], &axes[0]);                 // the first eigenvalue and its vector
///
/// For fits in encoders and measures. Source: C. G. J. Jacobi, 1846.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace dew {

/// Turns rows p and q of `axes`, and both rows and columns of `matrix`, so that the entry p q becomes 0.
inline void jacobi_rotation(std::span<double> matrix, std::span<double> axes, size_t n, size_t p, size_t q) {
  const double off = matrix[p * n + q];
  if (off == 0) return;
  const double theta = (matrix[q * n + q] - matrix[p * n + p]) / (2 * off);
  const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
  const double c = 1 / std::sqrt(t * t + 1), s = t * c;
  for (size_t k = 0; k < n; ++k) {
    const double a = matrix[k * n + p], b = matrix[k * n + q];
    matrix[k * n + p] = c * a - s * b;
    matrix[k * n + q] = s * a + c * b;
  }
  const auto turn_rows = [&](std::span<double> x) {
    for (size_t k = 0; k < n; ++k) {
      const double a = x[p * n + k], b = x[q * n + k];
      x[p * n + k] = c * a - s * b;
      x[q * n + k] = s * a + c * b;
    }
  };
  turn_rows(matrix);
  turn_rows(axes);
}

/// Both of n rows of n. `matrix` is left with the eigenvalues on its diagonal, in no order, `axes` with an eigenvector of length 1 in each
/// row. Five sweeps take a 3 x 3 matrix to the last bit. Cost: 3 n^3 multiplications and additions a sweep.
inline void symmetric_eigen(std::span<double> matrix, std::span<double> axes, size_t n, int sweeps = 12) {
  std::fill(axes.begin(), axes.end(), 0.0);
  for (size_t k = 0; k < n; ++k) axes[k * n + k] = 1;
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    for (size_t p = 0; p < n; ++p) {
      for (size_t q = p + 1; q < n; ++q) jacobi_rotation(matrix, axes, n, p, q);
    }
  }
}

}  // namespace dew
