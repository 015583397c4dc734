// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/octree_level.h"

#include <bit>

namespace dew {
namespace {

/// For each child and each direction: which node beside its parent the cell there belongs to, and which of its children it is.
struct Step {
  uint8_t beside_parent, child;
};

constexpr std::array<std::array<Step, 27>, 8> make_steps() {
  std::array<std::array<Step, 27>, 8> steps{};
  for (int child = 0; child < 8; ++child) {
    for (int d = 0; d < 27; ++d) {
      const int at[3] = {(child & 1) + d % 3 - 1, (child >> 1 & 1) + d / 3 % 3 - 1, (child >> 2) + d / 9 - 1};
      int beside = 0, inside = 0;
      for (int axis = 2; axis >= 0; --axis) {
        beside = beside * 3 + (at[axis] < 0 ? 0 : at[axis] > 1 ? 2 : 1);
        inside = inside * 2 + (at[axis] & 1);
      }
      steps[static_cast<size_t>(child)][static_cast<size_t>(d)] = {static_cast<uint8_t>(beside), static_cast<uint8_t>(inside)};
    }
  }
  return steps;
}
constexpr auto kSteps = make_steps();

}  // namespace

size_t OctreeLevel::children() const {
  size_t sum = 0;
  for (const uint8_t bits : occupied) sum += static_cast<size_t>(std::popcount(bits));
  return sum;
}

OctreeLevel root_level() {
  OctreeLevel level;
  level.occupied = {0};
  level.beside.resize(1);
  level.beside[0].fill(OctreeLevel::kNone);
  level.beside[0][13] = 0;
  return level;
}

OctreeLevel next_level(const OctreeLevel& level) {
  std::vector<uint32_t> first(level.size());
  uint32_t count = 0;
  for (size_t i = 0; i < level.size(); ++i) {
    first[i] = count;
    count += static_cast<uint32_t>(std::popcount(level.occupied[i]));
  }
  OctreeLevel next;
  next.occupied.assign(count, 0);
  next.beside.resize(count);
  uint32_t node = 0;
  for (size_t i = 0; i < level.size(); ++i) {
    for (size_t child = 0; child < 8; ++child) {
      if ((level.occupied[i] >> child & 1) == 0) continue;
      for (size_t d = 0; d < 27; ++d) {
        const Step step = kSteps[child][d];
        const uint32_t parent = level.beside[i][step.beside_parent];
        const uint32_t bits = parent == OctreeLevel::kNone ? 0 : level.occupied[parent];
        next.beside[node][d] = (bits >> step.child & 1) == 0
                                   ? OctreeLevel::kNone
                                   : first[parent] + static_cast<uint32_t>(std::popcount(bits & ((1u << step.child) - 1)));
      }
      ++node;
    }
  }
  return next;
}

}  // namespace dew
