// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/beam_head_fit.h"

#include <cmath>

#include "pointcloud/sensor/beam_lasers.h"
#include "pointcloud/sensor/small_matrix.h"

namespace dew {

void HeadFitter::find_slopes(const BeamHead& head, double cap) {
  for (int pass = 0; pass < 2; ++pass) {
    std::fill(sums_.begin(), sums_.end(), std::array<double, 2>{});
    for (const size_t i : chosen_) {
      const Vec3 p = from_head(head, points_[i], place(i));
      const double flat = std::sqrt(p.x * p.x + p.y * p.y);
      if (!(flat > 1)) continue;
      const double ratio = (p.z - head.tilt[0] * p.x - head.tilt[1] * p.y) / flat;
      const double off = has_slopes_ ? ratio - slope_[labels_[i]] : 0;
      const double weight = 1 / (1 + off * off / (cap * cap));
      sums_[labels_[i]][0] += weight * ratio;
      sums_[labels_[i]][1] += weight;
    }
    for (size_t label = 0; label < slope_.size(); ++label) {
      if (sums_[label][1] > 0) slope_[label] = sums_[label][0] / sums_[label][1];
    }
    has_slopes_ = true;
  }
}

void HeadFitter::step(HeadFit& fit, double cap) {
  find_slopes(fit.head, cap);
  constexpr size_t kUnknowns = 8;
  NormalEquations<kUnknowns> equations;
  std::vector<std::array<double, kUnknowns + 2>> mean(slope_.size());
  const auto row_of = [&](size_t i, std::array<double, kUnknowns>& row, double& value, double& weight) {
    const double t = place(i);
    const Vec3 p = from_head(fit.head, points_[i], t);
    const double flat = std::sqrt(p.x * p.x + p.y * p.y);
    if (!(flat > 1) || !(flat < 1e6)) return false;
    const double slope = slope_[labels_[i]];
    value = (p.z - fit.head.tilt[0] * p.x - fit.head.tilt[1] * p.y) / flat - slope;
    weight = 1 / (1 + value * value / (cap * cap));
    const double dx = (-slope * p.x / flat - fit.head.tilt[0]) / flat, dy = (-slope * p.y / flat - fit.head.tilt[1]) / flat, dz = 1 / flat;
    row = {dx, dy, dz, dx * t, dy * t, dz * t, p.x / flat, p.y / flat};
    return true;
  };
  std::array<double, kUnknowns> row;
  double value, weight, capped = 0, count = 0;
  for (const size_t i : chosen_) {
    if (!row_of(i, row, value, weight)) continue;
    auto& of_label = mean[labels_[i]];
    for (size_t k = 0; k < kUnknowns; ++k) of_label[k] += weight * row[k];
    of_label[kUnknowns] += weight * value;
    of_label[kUnknowns + 1] += weight;
    capped += std::min(std::abs(value), 0.01);
    count += 1;
  }
  fit.error = count > 0 ? capped / count : 1;
  for (const size_t i : chosen_) {
    if (!row_of(i, row, value, weight)) continue;
    const auto& of_label = mean[labels_[i]];
    for (size_t k = 0; k < kUnknowns; ++k) row[k] -= of_label[k] / of_label[kUnknowns + 1];
    equations.add(row, value - of_label[kUnknowns] / of_label[kUnknowns + 1], weight);
  }
  // A weak pull towards what is there, since a motion in height or a tilt may not show.
  for (size_t k = 0; k < kUnknowns; ++k) {
    std::array<double, kUnknowns> stay{};
    stay[k] = 1;
    equations.add(stay, 0, k < 6 ? 1e-3 : 1e-1);
  }
  std::array<double, kUnknowns> move;
  if (!equations.solve(move)) return;
  for (size_t k = 0; k < 3; ++k) {
    fit.head.origin[k] = std::clamp(fit.head.origin[k] + std::clamp(move[k], -0.5, 0.5), -20.0, 20.0);
    fit.head.motion[k] = std::clamp(fit.head.motion[k] + std::clamp(move[3 + k], -0.5, 0.5), -10.0, 10.0);
  }
  for (size_t k = 0; k < 2; ++k) fit.head.tilt[k] = std::clamp(fit.head.tilt[k] + move[6 + k], -0.3, 0.3);
}

}  // namespace dew
