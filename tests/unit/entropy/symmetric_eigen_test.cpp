// SPDX-License-Identifier: Apache-2.0
#include "entropy/symmetric_eigen.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace dew {
namespace {

/// The matrix comes back from what was found: M = sum of value v v^T, with vectors of length 1 that stand on one another.
TEST(SymmetricEigen, GivesTheMatrixBack) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> uniform(-1, 1);
  for (const size_t n : {1u, 2u, 3u, 9u, 45u}) {
    for (const double scale : {1e-9, 1.0, 1e9}) {
      std::vector<double> original(n * n);
      for (size_t a = 0; a < n; ++a) {
        for (size_t b = 0; b <= a; ++b) original[a * n + b] = original[b * n + a] = scale * uniform(random);
      }
      std::vector<double> matrix = original, axes(n * n);
      symmetric_eigen(matrix, axes, n);
      for (size_t a = 0; a < n; ++a) {
        for (size_t b = 0; b < n; ++b) {
          double back = 0, dot = 0;
          for (size_t k = 0; k < n; ++k) {
            back += matrix[k * n + k] * axes[k * n + a] * axes[k * n + b];
            dot += axes[a * n + k] * axes[b * n + k];
          }
          EXPECT_NEAR(back, original[a * n + b], 1e-12 * static_cast<double>(n) * scale);
          EXPECT_NEAR(dot, a == b ? 1 : 0, 1e-12);
        }
      }
    }
  }
}

}  // namespace
}  // namespace dew
