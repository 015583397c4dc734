// SPDX-License-Identifier: Apache-2.0
/// The splats that were coded last, and what the nearest of them say about the next one.
///
///   const Neighbours near = recent.nearest(place, reach);
///   const double guess = near.mean([](const CodedSplat& splat) { return splat.log_opacity; }, -1.5);
///
/// Splats come in Morton order, so the last twelve hold most of those nearby: a search among all that were coded before saves 0.3 bits a
/// splat of 54 and takes longer than all the rest. Everything here has the same bits on every machine.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

#include "gaussians/coding/rotation_lattice.h"

namespace dew {

/// A splat as encoder and decoder both know it.
struct CodedSplat {
  int alpha_class = 0;   ///< its geometry is made for relative changes of alpha of 2^-alpha_class
  int colour_class = 0;  ///< its colour for changes of 2^-colour_class
  double log_opacity = 0;
  std::array<double, 3> spread{};  ///< descending, nearly
  RotationLevels levels;
  RotationCode rotation;
  std::array<double, 3> position{};  ///< scene units
  std::array<double, 3> colour{};    ///< sum, red less blue, and red less twice green plus blue, each of unit length
};

/// Up to four splats and their weights, which add up to 1.
class Neighbours {
 public:
  static constexpr size_t kMost = 4;

  size_t count() const { return count_; }
  /// The nearest. REQUIRES: count() > 0.
  const CodedSplat& first() const { return *splats_[0]; }

  template <class Value>
  double mean(Value&& value, double without) const {
    if (count_ == 0) return without;
    double sum = 0;
    for (size_t i = 0; i < count_; ++i) sum += weights_[i] * value(*splats_[i]);
    return sum;
  }
  /// Mean distance from `mean`.
  template <class Value>
  double spread(Value&& value, double mean, double without) const {
    if (count_ < 2) return without;
    double sum = 0;
    for (size_t i = 0; i < count_; ++i) sum += weights_[i] * std::abs(value(*splats_[i]) - mean);
    return sum;
  }

 private:
  friend class RecentSplats;
  std::array<const CodedSplat*, kMost> splats_{};
  std::array<double, kMost> weights_{};
  size_t count_ = 0;
};

class RecentSplats {
 public:
  void add(const CodedSplat& splat) { splats_[added_++ % kKept] = splat; }

  /// Those nearest to `place`, weighted by the inverse of their distance plus `reach`. REQUIRES: reach > 0.
  Neighbours nearest(const std::array<double, 3>& place, double reach) const {
    std::array<double, Neighbours::kMost> distances{};
    Neighbours near;
    const size_t known = added_ < kKept ? added_ : kKept;
    for (size_t i = 1; i <= known; ++i) insert(splats_[(added_ - i) % kKept], place, near, distances);
    double sum = 0;
    for (size_t i = 0; i < near.count_; ++i) sum += near.weights_[i] = 1 / (std::sqrt(distances[i]) + reach);
    for (size_t i = 0; i < near.count_; ++i) near.weights_[i] /= sum;
    return near;
  }

 private:
  static constexpr size_t kKept = 12;

  static void insert(const CodedSplat& splat, const std::array<double, 3>& place, Neighbours& near,
                     std::array<double, Neighbours::kMost>& distances) {
    double distance = 0;
    for (size_t k = 0; k < 3; ++k) distance += (splat.position[k] - place[k]) * (splat.position[k] - place[k]);
    size_t at = near.count_;
    if (at == Neighbours::kMost) {
      if (!(distance < distances[at - 1])) return;
      --at;
    } else {
      ++near.count_;
    }
    for (; at > 0 && distances[at - 1] > distance; --at) {
      distances[at] = distances[at - 1];
      near.splats_[at] = near.splats_[at - 1];
    }
    distances[at] = distance;
    near.splats_[at] = &splat;
  }

  std::array<CodedSplat, kKept> splats_{};
  size_t added_ = 0;
};

}  // namespace dew
