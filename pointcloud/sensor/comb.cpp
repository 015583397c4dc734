// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/comb.h"

#include <algorithm>

namespace dew {

std::optional<CoordinateComb> find_comb(const PointsView& points) {
  constexpr size_t kSamples = 4096;
  if (points.size() == 0) return std::nullopt;
  const size_t step = std::max<size_t>(1, points.size() / kSamples);
  for (const uint32_t units_per_metre : {100u, 1000u, 10000u}) {
    const CoordinateComb comb{units_per_metre};
    size_t samples = 0;
    size_t fitting = 0;
    for (size_t i = 0; i < points.size(); i += step) {
      int64_t units;
      for (const float coordinate : {points.x[i], points.y[i], points.z[i]}) {
        ++samples;
        fitting += comb.units_of(coordinate, units);
      }
    }
    if (fitting * 20 >= samples * 19) return comb;
  }
  return std::nullopt;
}

}  // namespace dew
