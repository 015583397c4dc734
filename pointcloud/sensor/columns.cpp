// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/columns.h"

#include <algorithm>
#include <cstdlib>

namespace dew {
namespace {

uint32_t wrap(int64_t tick, uint32_t ticks_per_turn) {
  const int64_t turn = ticks_per_turn;
  return static_cast<uint32_t>(((tick % turn) + turn) % turn);
}

/// Returns under each encoder tick, less what the neighbouring ticks have: near 0 where a scene is simply full, large where only some ticks
/// fire.
std::vector<int32_t> contrast(const std::vector<int32_t>& votes) {
  const size_t turn = votes.size();
  std::vector<int32_t> result(turn);
  for (size_t tick = 0; tick < turn; ++tick) {
    result[tick] = 2 * votes[tick] - votes[tick == 0 ? turn - 1 : tick - 1] - votes[tick + 1 == turn ? 0 : tick + 1];
  }
  return result;
}

void vote(const std::vector<uint32_t>& ticks, int32_t shift, int32_t weight, std::vector<int32_t>& votes) {
  const uint32_t turn = static_cast<uint32_t>(votes.size()), back = wrap(shift, turn);
  for (const uint32_t tick : ticks) votes[tick >= back ? tick - back : tick + turn - back] += weight;
}

int32_t best_shift(const std::vector<uint32_t>& ticks, const std::vector<int32_t>& votes) {
  const uint32_t turn = static_cast<uint32_t>(votes.size());
  const std::vector<int32_t> once = contrast(votes);
  std::vector<int32_t> twice(once);  // two turns, so that tick + shift needs no wrapping
  twice.insert(twice.end(), once.begin(), once.end());
  const int32_t reach = static_cast<int32_t>(turn / 16);
  int32_t best = 0;
  int64_t best_score = 0;
  for (int32_t distance = 0; distance <= reach; ++distance) {
    for (const int32_t shift : {distance, -distance}) {
      const uint32_t start = wrap(-shift, turn);
      int64_t score = 0;
      for (const uint32_t tick : ticks) score += twice[tick + start];
      if (score > best_score) {
        best_score = score;
        best = shift;
      }
    }
  }
  return best;
}

}  // namespace

std::vector<int32_t> find_azimuth_shifts(std::span<const std::vector<uint32_t>> ticks, uint32_t ticks_per_turn) {
  std::vector<int32_t> shifts(ticks.size(), 0);
  if (ticks.empty()) return shifts;
  std::vector<size_t> by_size(ticks.size());
  for (size_t k = 0; k < by_size.size(); ++k) by_size[k] = k;
  std::stable_sort(by_size.begin(), by_size.end(), [&](size_t a, size_t b) { return ticks[a].size() > ticks[b].size(); });
  std::vector<int32_t> votes(ticks_per_turn, 0);
  vote(ticks[by_size[0]], 0, 1, votes);
  for (size_t k = 1; k < by_size.size(); ++k) {
    shifts[by_size[k]] = best_shift(ticks[by_size[k]], votes);
    vote(ticks[by_size[k]], shifts[by_size[k]], 1, votes);
  }
  // The first ones were placed on few votes: once more, each against all others.
  for (size_t k = 1; k < by_size.size(); ++k) {
    const size_t laser = by_size[k];
    vote(ticks[laser], shifts[laser], -1, votes);
    shifts[laser] = best_shift(ticks[laser], votes);
    vote(ticks[laser], shifts[laser], 1, votes);
  }
  return shifts;
}

std::vector<uint32_t> find_columns(std::span<const std::vector<uint32_t>> ticks, std::span<const int32_t> shifts, uint32_t ticks_per_turn) {
  std::vector<int32_t> votes(ticks_per_turn, 0);
  for (size_t k = 0; k < ticks.size(); ++k) vote(ticks[k], shifts[k], 1, votes);
  std::vector<uint32_t> columns;
  for (uint32_t tick = 0; tick < ticks_per_turn; ++tick) {
    if (votes[tick] >= 2) columns.push_back(tick);
  }
  return columns;
}

}  // namespace dew
