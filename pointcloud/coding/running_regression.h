// SPDX-License-Identifier: Apache-2.0
/// Least squares of a number on a few others, point after point, the past fading: what a field's value follows from.
///
///   RunningRegression regression(3, 0.995);
///   const double guess = regression.predict(features);      // then the number becomes known
///   regression.learn(features, value, 1.0);
///
/// Doubles with + - * / sqrt only: part of the format. Any numbers are allowed; a prediction may be any double, NaN included.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace dew {

class RunningRegression {
 public:
  static constexpr size_t kMost = 12;
  using Features = std::array<double, kMost>;

  /// `count`: 1 to kMost features; `memory`: what of the past is left after a point, below 1.
  RunningRegression(size_t count, double memory) : count_(count), memory_(memory) {}

  double predict(const Features& features) const {
    double sum = 0;
    for (size_t i = 0; i < count_; ++i) sum += weights_[i] * features[i];
    return sum;
  }

  void learn(const Features& features, double value, double importance) {
    for (size_t i = 0; i < count_; ++i) {
      const double weighed = importance * features[i];
      for (size_t j = 0; j <= i; ++j) products_[i][j] = products_[i][j] * memory_ + weighed * features[j];
      right_[i] = right_[i] * memory_ + weighed * value;
    }
    // Later a point changes little.
    if (learned_ < kAlwaysSolved || learned_ % kSolvedEvery == 0) solve();
    ++learned_;
  }

 private:
  static constexpr uint64_t kAlwaysSolved = 64, kSolvedEvery = 8;
  static constexpr double kRidge = 1e-5;

  /// By Cholesky's decomposition, what does not vary held down.
  void solve() {
    std::array<std::array<double, kMost>, kMost> lower;
    Features half;
    for (size_t i = 0; i < count_; ++i) {
      for (size_t j = 0; j <= i; ++j) {
        double sum = i == j ? products_[i][i] * (1 + kRidge) + 1e-3 : products_[i][j];
        for (size_t k = 0; k < j; ++k) sum -= lower[i][k] * lower[j][k];
        lower[i][j] = i != j ? sum / lower[j][j] : sum > 0 ? std::sqrt(sum) : 1e-9;
      }
      double sum = right_[i];
      for (size_t k = 0; k < i; ++k) sum -= lower[i][k] * half[k];
      half[i] = sum / lower[i][i];
    }
    for (size_t i = count_; i-- > 0;) {
      double sum = half[i];
      for (size_t k = i + 1; k < count_; ++k) sum -= lower[k][i] * weights_[k];
      weights_[i] = sum / lower[i][i];
    }
  }

  size_t count_;
  double memory_;
  std::array<std::array<double, kMost>, kMost> products_{};
  Features right_{}, weights_{};
  uint64_t learned_ = 0;
};

}  // namespace dew
