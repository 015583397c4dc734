// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/morton.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "entropy/morton.h"

namespace dew {
namespace {

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
};

uint64_t cell(float value, const Range& range) {
  if (!std::isfinite(value) || !(range.high > range.low)) return 0;
  return static_cast<uint64_t>((value - range.low) / (range.high - range.low) * kLastMortonStep);
}

}  // namespace

std::vector<uint32_t> morton_order(const Splats& splats) {
  std::array<Range, 3> range;
  for (size_t i = 0; i < splats.position.size(); ++i) {
    const double value = splats.position[i];
    if (!std::isfinite(value)) continue;
    range[i % 3].low = std::min(range[i % 3].low, value);
    range[i % 3].high = std::max(range[i % 3].high, value);
  }
  std::vector<std::pair<uint64_t, uint32_t>> keyed(splats.count());
  for (size_t i = 0; i < splats.count(); ++i) {
    const float* p = &splats.position[3 * i];
    keyed[i] = {morton_key(cell(p[0], range[0]), cell(p[1], range[1]), cell(p[2], range[2])), static_cast<uint32_t>(i)};
  }
  std::sort(keyed.begin(), keyed.end());
  std::vector<uint32_t> order(splats.count());
  for (size_t i = 0; i < order.size(); ++i) order[i] = keyed[i].second;
  return order;
}

}  // namespace dew
