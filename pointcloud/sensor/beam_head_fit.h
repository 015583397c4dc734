// SPDX-License-Identifier: Apache-2.0
/// Where a head of lasers stands, moves and is tilted, from points whose laser is known: each laser's points lie on a cone. For encoders.
///
///   BeamHead head = HeadFitter(points, labels, chosen, label_count).fit().head;
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "pointcloud/cloud.h"
#include "pointcloud/sensor/beams.h"

namespace dew {

/// One head's fit: cones of all its labels share an origin, a motion and a tilt.
struct HeadFit {
  BeamHead head;
  double error = 0;  ///< mean of the capped relative residual
};

class HeadFitter {
 public:
  HeadFitter(std::span<const Vec3> points, std::span<const uint8_t> labels, const std::vector<size_t>& chosen, size_t label_count)
      : points_(points), labels_(labels), chosen_(chosen), slope_(label_count), sums_(label_count) {}

  HeadFit fit(const BeamHead& start = {}) {
    HeadFit fit{start};
    for (int i = 0; i < 25; ++i) step(fit, i < 8 ? 0.05 : i < 16 ? 0.01 : 0.003);
    return fit;
  }
  /// From a start that is off by centimetres.
  HeadFit refine(const BeamHead& start) {
    HeadFit fit{start};
    for (int i = 0; i < 8; ++i) step(fit, i < 3 ? 0.01 : 0.003);
    return fit;
  }

 private:
  double place(size_t i) const { return static_cast<double>(i) / static_cast<double>(std::max<size_t>(points_.size() - 1, 1)); }

  /// Slopes of all labels by means of weighted ratios.
  void find_slopes(const BeamHead& head, double cap);
  /// One step of Gauss and Newton on relative residuals, each label's slope taken out.
  void step(HeadFit& fit, double cap);

  std::span<const Vec3> points_;
  std::span<const uint8_t> labels_;
  const std::vector<size_t>& chosen_;
  std::vector<double> slope_;
  std::vector<std::array<double, 2>> sums_;
  bool has_slopes_ = false;
};

}  // namespace dew
