// SPDX-License-Identifier: Apache-2.0
/// One level of an octree: its nodes in order, which eight children each has, and which nodes lie beside which.
///
///   OctreeLevel level = root_level();
///   level.occupied[0] = 0b00000011;                       // two children, along x
///   level = next_level(level);                            // level.size() == 2; level.beside[0][14] == 1: at +x
///
/// Child o lies at (o & 1, o >> 1 & 1, o >> 2); nodes stand in the order of their parents, then of o, which is Morton order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace dew {

struct OctreeLevel {
  static constexpr uint32_t kNone = ~uint32_t{0};
  /// Of (dx, dy, dz), each -1 to 1: number (dx + 1) + 3 (dy + 1) + 9 (dz + 1); number 13 is the node itself.
  using Beside = std::array<uint32_t, 27>;

  std::vector<uint8_t> occupied;  ///< a node: bit o says that child o is there; 0 until it is known
  std::vector<Beside> beside;     ///< a node: the nodes of this level around it, kNone where there is none

  size_t size() const { return occupied.size(); }
  size_t children() const;
  /// About what a node takes while the next level is made.
  static constexpr uint64_t kNodeBytes = sizeof(Beside) + 8;
};

OctreeLevel root_level();
/// The children of all nodes, their own children not known yet. Cost: about 100 ns a child.
OctreeLevel next_level(const OctreeLevel& level);

}  // namespace dew
