// SPDX-License-Identifier: Apache-2.0
/// A linear correction of a prediction, learned as values come: recursive least squares with a little forgetting.
///
///   OnlineFit<3> fit;
///   const double more = fit.predict(features);
///   fit.learn(features, truth);                       // what more should have been
///
/// Computes with + - * / on doubles alone. Source: S. Haykin, "Adaptive Filter Theory", chapter on recursive least squares.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

namespace dew {

template <size_t N>
class OnlineFit {
 public:
  using Features = std::array<double, N>;

  OnlineFit() {
    for (size_t i = 0; i < N; ++i) inverse_[i][i] = kFirst;
  }
  double predict(const Features& features) const {
    double sum = 0;
    for (size_t i = 0; i < N; ++i) sum += weights_[i] * features[i];
    return sum;
  }
  void learn(const Features& features, double truth) {
    std::array<double, N> gain{};
    double power = kForget;
    for (size_t i = 0; i < N; ++i) {
      for (size_t j = 0; j < N; ++j) gain[i] += inverse_[i][j] * features[j];
      power += features[i] * gain[i];
    }
    if (!(power > 0) || !(power < 1e30)) return;
    // Few divisions: they take longer than all the rest.
    const double scale = 1 / power, move = (truth - predict(features)) * scale;
    for (size_t i = 0; i < N; ++i) weights_[i] += gain[i] * move;
    for (size_t i = 0; i < N; ++i) {
      const double share = gain[i] * scale;
      // Counts that compilers know are unrolled; a loop to i would be guessed wrongly each time.
      for (size_t j = 0; j < N; ++j) {
        if (j <= i) inverse_[i][j] = inverse_[j][i] = (inverse_[i][j] - share * gain[j]) * kGrow;
      }
      // Features that stay at zero must not make it grow without end.
      if (!(inverse_[i][i] > 0) || !(inverse_[i][i] < kMost)) return reset_inverse();
    }
    for (const double w : weights_) {
      if (!(std::abs(w) < 8)) return reset();
    }
  }

 private:
  static constexpr double kForget = 0.9995, kGrow = 1 / kForget, kFirst = 2e-5, kMost = 1e6;

  void reset_inverse() {
    inverse_ = {};
    for (size_t i = 0; i < N; ++i) inverse_[i][i] = kFirst;
  }
  void reset() {
    weights_ = {};
    reset_inverse();
  }

  std::array<double, N> weights_{};
  std::array<std::array<double, N>, N> inverse_{};
};

}  // namespace dew
