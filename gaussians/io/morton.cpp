// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/morton.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace dew {
namespace {

constexpr uint32_t kLastStep = (1u << 21) - 1;

/// Bit i of a 21-bit number goes to bit 3 i.
uint64_t spread(uint64_t bits) {
  bits = (bits | bits << 32) & 0x1f00000000ffff;
  bits = (bits | bits << 16) & 0x1f0000ff0000ff;
  bits = (bits | bits << 8) & 0x100f00f00f00f00f;
  bits = (bits | bits << 4) & 0x10c30c30c30c30c3;
  return (bits | bits << 2) & 0x1249249249249249;
}

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
};

uint64_t cell(float value, const Range& range) {
  if (!std::isfinite(value) || !(range.high > range.low)) return 0;
  return static_cast<uint64_t>((value - range.low) / (range.high - range.low) * kLastStep);
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
    keyed[i] = {spread(cell(p[0], range[0])) | spread(cell(p[1], range[1])) << 1 | spread(cell(p[2], range[2])) << 2,
                static_cast<uint32_t>(i)};
  }
  std::sort(keyed.begin(), keyed.end());
  std::vector<uint32_t> order(splats.count());
  for (size_t i = 0; i < order.size(); ++i) order[i] = keyed[i].second;
  return order;
}

}  // namespace dew
