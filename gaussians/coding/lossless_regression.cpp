// SPDX-License-Identifier: Apache-2.0
#include "gaussians/coding/lossless_regression.h"

#include <algorithm>

namespace dew {
namespace {

/// target[0 .. count) -= factor * source[0 .. count).
void subtract(double* target, const double* source, double factor, size_t count) {
  for (size_t i = 0; i < count; ++i) target[i] -= factor * source[i];
}

}  // namespace

RunningRegression::RunningRegression(size_t given, size_t columns, size_t fit_rows, float forgetting, double ridge)
    : given_(given),
      columns_(columns),
      fit_rows_(fit_rows),
      forgetting_(forgetting),
      ridge_(ridge),
      own_(1 + given),
      inputs_(own_ + columns),
      row_(inputs_),
      predictions_(columns),
      moments_(inputs_ * inputs_),
      coefficients_(inputs_ * columns) {
  // Until the first fit: column k is as given value k.
  for (size_t k = 0; k < std::min(given, columns); ++k) coefficients_[(1 + k) * columns + k] = 1;
}

void RunningRegression::start(const float* given) {
  row_[0] = 1;
  std::copy_n(coefficients_.begin(), columns_, predictions_.begin());
  for (size_t j = 0; j < given_; ++j) {
    const float value = row_[1 + j] = given[j];
    const float* coefficient = &coefficients_[(1 + j) * columns_];
    for (size_t k = 0; k < columns_; ++k) predictions_[k] += coefficient[k] * value;
  }
}

void RunningRegression::reveal(size_t column, float value) {
  row_[own_ + column] = value;
  const float* coefficient = &coefficients_[(own_ + column) * columns_];
  for (size_t k = column + 1; k < columns_; ++k) predictions_[k] += coefficient[k] * value;
}

void RunningRegression::learn(float weight) {
  for (size_t a = 0; a < inputs_; ++a) {
    const float weighted = row_[a] * weight;
    float* moments = &moments_[a * inputs_];
    for (size_t b = 0; b <= a; ++b) moments[b] += weighted * row_[b];
  }
  weight_sum_ += 1;
  if (++rows_ < next_fit_) return;
  fit();
  next_fit_ = std::min(2 * rows_, rows_ + fit_rows_);
}

void RunningRegression::fit() {
  // Gauss: the moments become upper triangular, and the same steps make of the identity the inverse of the unit lower triangle L in
  // moments = L D L'. Row a of that inverse holds 1 at a, and before it the negative coefficients of the best prediction of input a.
  const size_t n = inputs_;
  const double ridge = 1 + ridge_ / std::max(1.0, weight_sum_ / 1000);
  std::vector<double> upper(n * n), inverse(n * n);
  for (size_t a = 0; a < n; ++a) {
    for (size_t b = 0; b <= a; ++b) upper[b * n + a] = moments_[a * n + b];
    upper[a * n + a] = upper[a * n + a] * ridge + 1e-9;
    inverse[a * n + a] = 1;
  }
  for (size_t p = 0; p < n; ++p) {
    double& pivot = upper[p * n + p];
    if (!(pivot > 1e-12)) pivot = 1e-12;
    for (size_t a = p + 1; a < n; ++a) {
      const double factor = upper[p * n + a] / pivot;
      if (factor == 0) continue;
      subtract(&upper[a * n + a], &upper[p * n + a], factor, n - a);
      subtract(&inverse[a * n], &inverse[p * n], factor, p + 1);
    }
  }
  for (size_t k = 0; k < columns_; ++k) {
    for (size_t j = 0; j < own_ + k; ++j) {
      coefficients_[j * columns_ + k] = static_cast<float>(std::clamp(-inverse[(own_ + k) * n + j], -1e6, 1e6));
    }
  }
  for (float& moment : moments_) moment *= forgetting_;
  weight_sum_ *= static_cast<double>(forgetting_);
}

}  // namespace dew
