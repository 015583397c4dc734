// SPDX-License-Identifier: Apache-2.0
/// Where the matter of a scene is, whatever its outliers. Internal.
///
///   if (const std::optional<Extent> extent = extent_of(scene)) look_at(extent->centre, extent->radius);
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "gaussians/splats.h"

namespace dew {

using Point = std::array<double, 3>;

struct Extent {
  Point centre{};            ///< median of each axis
  Point low{}, high{};       ///< 10th and 90th percentile of each axis
  double radius = 0;         ///< 90th percentile of the distance to the centre
  double median_radius = 0;  ///< 50th
};

/// Opacity times area of the two longest axes, the area cut at that of the largest tenth of splats; 0 where a value is not finite.
std::vector<double> matter_of(const Splats& splats);

/// By the weights of matter_of. Nothing where there is no matter, or all of it in one point.
std::optional<Extent> extent_of(const Splats& splats, const std::vector<double>& matter);

}  // namespace dew
