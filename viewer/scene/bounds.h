// SPDX-License-Identifier: Apache-2.0
/// Boxes around things.
///
///   Bounds bounds;
///   for (size_t i = 0; i < layer.count(); ++i) bounds.add(layer.position(i));   // points that are not finite are left out
///   const Vec3 middle = bounds.centre();
#pragma once

#include <cmath>
#include <limits>
#include <span>

#include "viewer/camera/vector.h"

namespace dew::viewer {

/// Parallel to the axes; empty until something is added.
struct Bounds {
  Vec3 low{kNone, kNone, kNone};
  Vec3 high{-kNone, -kNone, -kNone};

  bool empty() const { return low.x > high.x; }
  void add(const Vec3& point) {
    if (!std::isfinite(point.x) || !std::isfinite(point.y) || !std::isfinite(point.z)) return;
    low = {std::fmin(low.x, point.x), std::fmin(low.y, point.y), std::fmin(low.z, point.z)};
    high = {std::fmax(high.x, point.x), std::fmax(high.y, point.y), std::fmax(high.z, point.z)};
  }
  void add_box(const Bounds& other) {
    if (other.empty()) return;
    add(other.low);
    add(other.high);
  }
  /// The origin where empty.
  Vec3 centre() const { return empty() ? Vec3{} : 0.5 * (low + high); }
  /// Of the sphere around the box; 0 where empty.
  double radius() const { return empty() ? 0 : 0.5 * length(high - low); }

 private:
  static constexpr double kNone = std::numeric_limits<double>::infinity();
};

/// The box that holds all but the outermost `outside` (0 to 0.5) of the points on either side of each axis: what stray points do not blow
/// up. `xyz`: three floats a point, relative to `origin`. Looks at 100,000 points at most, evenly spread.
Bounds robust_bounds(std::span<const float> xyz, const Vec3& origin, double outside);

}  // namespace dew::viewer
