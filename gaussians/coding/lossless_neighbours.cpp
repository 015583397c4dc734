// SPDX-License-Identifier: Apache-2.0
#include "gaussians/coding/lossless_neighbours.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace dew {
namespace {

/// 21 bits with two empty ones between each.
uint64_t spread_bits(uint64_t x) {
  x = (x | (x << 32)) & 0x001f00000000ffff;
  x = (x | (x << 16)) & 0x001f0000ff0000ff;
  x = (x | (x << 8)) & 0x100f00f00f00f00f;
  x = (x | (x << 4)) & 0x10c30c30c30c30c3;
  return (x | (x << 2)) & 0x1249249249249249;
}

}  // namespace

std::vector<uint32_t> curve_order(std::span<const std::array<uint32_t, 3>> cells, size_t first, uint32_t run) {
  // The lowest four bits of a cell don't matter for who is near whom.
  std::vector<uint64_t> keys(cells.size());
  for (size_t i = 0; i < cells.size(); ++i) {
    keys[i] = spread_bits(cells[i][0] >> 4) | (spread_bits(cells[i][1] >> 4) << 1) | (spread_bits(cells[i][2] >> 4) << 2);
  }
  std::vector<uint32_t> order(cells.size());
  std::iota(order.begin(), order.end(), 0u);
  const auto run_of = [&](uint32_t i) { return run == 0 ? 0 : (first + i) / run; };
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    if (run_of(a) != run_of(b)) return a < b;
    return keys[a] != keys[b] ? keys[a] < keys[b] : a < b;
  });
  return order;
}

Nearest RecentNeighbours::find(const float* position) const {
  const size_t known = std::min(added_, kRecentSplats);
  std::array<float, kRecentSplats> distances;
  for (size_t i = 0; i < kRecentSplats; ++i) {
    const float dx = x_[i] - position[0], dy = y_[i] - position[1], dz = z_[i] - position[2];
    distances[i] = dx * dx + dy * dy + dz * dz;
  }
  Nearest nearest;
  std::array<float, kNearestCount> best;
  best.fill(std::numeric_limits<float>::infinity());
  // From the newest to the oldest: of equal distances the newest comes first.
  for (size_t age = 1; age <= known; ++age) {
    const size_t slot = (added_ - age) % kRecentSplats;
    const float distance = distances[slot];
    if (!(distance < best[kNearestCount - 1]) && nearest.count == kNearestCount) continue;
    if (nearest.count < kNearestCount) ++nearest.count;
    size_t at = nearest.count - 1;
    for (; at > 0 && distance < best[at - 1]; --at) {
      best[at] = best[at - 1];
      nearest.slot[at] = nearest.slot[at - 1];
    }
    best[at] = distance;
    nearest.slot[at] = slot;
  }
  if (nearest.count == 0) return nearest;
  nearest.same_place = best[0] == 0;
  for (float& distance : best) distance = std::min(distance, 1e36f);
  const float soft = 0.3f * std::sqrt(best[0]) + 1e-18f;
  float sum = 0;
  for (size_t i = 0; i < nearest.count; ++i) sum += nearest.weight[i] = 1 / (std::sqrt(best[i]) + soft);
  for (size_t i = 0; i < nearest.count; ++i) nearest.weight[i] /= sum;
  return nearest;
}

void RecentNeighbours::add(const float* position) {
  const size_t slot = next_slot();
  x_[slot] = position[0];
  y_[slot] = position[1];
  z_[slot] = position[2];
  ++added_;
}

}  // namespace dew
