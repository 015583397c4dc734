// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/laser_runs.h"

#include <cmath>
#include <limits>

namespace dew {

std::vector<uint32_t> find_laser_runs(const PointsView& points) {
  constexpr size_t kMinMeanPoints = 200;
  constexpr float kAway = 0.2f;  // 11 degrees
  if (points.size() < 2 * kMinMeanPoints || points.size() > std::numeric_limits<uint32_t>::max()) return {};
  std::vector<uint32_t> starts = {0};
  bool been_away = false;
  for (size_t i = 1; i < points.size(); ++i) {
    // Signs, not values: -0 is what rounding leaves of an azimuth just below zero.
    const bool passes_zero = std::signbit(points.y[i - 1]) && !std::signbit(points.y[i]) && points.x[i - 1] > 0 && points.x[i] > 0;
    if (passes_zero && been_away) {
      starts.push_back(static_cast<uint32_t>(i));
      if (starts.size() > kMaxLasers) return {};
      been_away = false;
    }
    been_away = been_away || points.x[i] < 0 || points.y[i] > kAway * points.x[i];
  }
  if (starts.size() < 2 || points.size() / starts.size() < kMinMeanPoints) return {};
  starts.push_back(static_cast<uint32_t>(points.size()));
  return starts;
}

}  // namespace dew
