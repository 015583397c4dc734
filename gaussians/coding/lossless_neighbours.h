// SPDX-License-Identifier: Apache-2.0
/// The order in which the attributes of a chunk are coded, and who is near among those already coded. Both follow from the positions, so
/// a decoder has them for nothing.
///
///   const std::vector<uint32_t> order = curve_order(cells);
///   RecentNeighbours recent;
///   for (uint32_t i : order) {
///     const Nearest nearest = recent.find(&position[3 * i]);      // up to three of the last 64
///     ...
///     recent.add(&position[3 * i]);
///   }
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dew {

/// Indices along a Morton curve over cells (three numbers of 0 .. 2^25 - 1 a splat); equal places keep their order.
/// With a `run`, splats number first, first + 1, ... in runs of so many, each of which has cells of its own: one curve after the other.
std::vector<uint32_t> curve_order(std::span<const std::array<uint32_t, 3>> cells, size_t first = 0, uint32_t run = 0);

inline constexpr size_t kRecentSplats = 64;
inline constexpr size_t kNearestCount = 3;

/// `count` of the recent splats, nearest first: their slots, and weights that add up to 1.
struct Nearest {
  size_t count = 0;
  bool same_place = false;  ///< the first lies at the very same position
  std::array<size_t, kNearestCount> slot{};
  std::array<float, kNearestCount> weight{};
};

/// The positions of the last kRecentSplats splats; the n-th added has slot n % kRecentSplats.
class RecentNeighbours {
 public:
  /// REQUIRES: finite coordinates.
  Nearest find(const float* position) const;
  void add(const float* position);
  /// Slot of the next splat to be added.
  size_t next_slot() const { return added_ % kRecentSplats; }

 private:
  std::array<float, kRecentSplats> x_{}, y_{}, z_{};
  size_t added_ = 0;
};

}  // namespace dew
