// SPDX-License-Identifier: Apache-2.0
/// Which children an octree's node has, bit after bit, each mixed from what stands beside the child, what stands beside its parent, and
/// on which side of the nodes beside it the surface runs.
///
///   OctreeModel model(points);
///   for each node of a level, in order: level.occupied[node] = model.code_node(coder, bits, level, node, levels_below);
///
/// One object a slice and thread. Integers only: part of the format (pointcloud/FORMAT.md, "Octrees"). Cost: about 40 ns a bit.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <vector>

#include "entropy/mixer.h"
#include "pointcloud/coding/octree_level.h"

namespace dew {

class OctreeModel {
 public:
  explicit OctreeModel(uint64_t points) : slot_bits_(slot_bits(points)), mixed_(kSets) {
    for (auto& bits : bits_) bits.resize(size_t{1} << slot_bits_);
  }
  static uint64_t memory_bytes(uint64_t points) { return (kContexts * sizeof(AdaptiveBit) << slot_bits(points)) + kSets * 256; }

  /// Codes the children of `node`, whose nodes before it are known. `levels_below`: 0 where children are leaves. Never 0.
  template <class Coder>
  uint8_t code_node(Coder& coder, uint8_t occupied, const OctreeLevel& level, size_t node, unsigned levels_below) {
    const Around around(level, node);
    uint32_t tree = 1;
    for (unsigned child = 0; child < 8; ++child) {
      // A node has a child.
      if (tree == 128) {
        tree = 257;
        break;
      }
      const Child seen(around, tree, child);
      const std::array<uint32_t, kContexts> numbers = {
          seen.outward | tree << 7,       seen.faces + 729 * seen.corner + (tree == 1u << child ? 0 : 4096 * (child + 1)),
          seen.faces * 729 + seen.edges,  around.behind * 0x2f0b4c47u + tree,
          around.lean | tree << 10,       tree | std::min(levels_below, 7u) << 8 | seen.opposite << 12,
          seen.edges * 729 + seen.crossed};
      std::array<AdaptiveBit*, kContexts> contexts;
      for (size_t k = 0; k < kContexts; ++k) {
        uint32_t x = (numbers[k] + 1) * 0x9e3779b1u;
        x ^= x >> 15;
        contexts[k] = &bits_[k][x * 0x85ebca6bu >> (32 - slot_bits_)];
      }
      const size_t set = std::min(seen.count, 7u) * 64 + std::min(around.count, 7u) * 8 + child;
      tree = 2 * tree + (mixed_.code(coder, (occupied >> child & 1) != 0, contexts, set) ? 1 : 0);
    }
    // The tree has child 0 at the top.
    uint32_t bits = 0;
    for (unsigned child = 0; child < 8; ++child) bits |= (tree >> (7 - child) & 1) << child;
    return static_cast<uint8_t>(bits);
  }

 private:
  static constexpr size_t kContexts = 7, kSets = 512;
  static unsigned slot_bits(uint64_t points) {
    return static_cast<unsigned>(std::bit_width(std::clamp<uint64_t>(4 * points, 1 << 12, 1 << 18) - 1));
  }

  /// Cells of the size of children around a node: 4 x 4 x 4, its own in the middle; cell (x, y, z) is bit x + 4 y + 16 z.
  static constexpr unsigned cell(unsigned x, unsigned y, unsigned z) { return x + 4 * y + 16 * z; }
  static constexpr unsigned cell_of_child(unsigned child) { return cell(1 + (child & 1), 1 + (child >> 1 & 1), 1 + (child >> 2)); }

  struct Around {
    uint64_t there = 0;   ///< cells that are known to be occupied
    uint64_t open = 0;    ///< cells in nodes that are coded later
    uint32_t nodes = 0;   ///< which of the 26 nodes beside exist, as in OctreeLevel::Beside
    uint32_t count = 0;   ///< how many of them
    uint32_t behind = 0;  ///< children of the nodes at -x, -y and -z
    uint32_t lean = 0;    ///< of x, y, z: to which side what is known leans, nine classes each

    Around(const OctreeLevel& level, size_t node) {
      std::array<int32_t, 3> leans{};
      for (unsigned d = 0; d < 27; ++d) {
        const uint32_t other = level.beside[node][d];
        if (d == 13 || other == OctreeLevel::kNone) continue;
        nodes |= 1u << d;
        const uint32_t bits = other < node ? level.occupied[other] : 0;
        place(d, other < node ? bits : 255, other < node ? there : open);
        if (bits != 0) add_lean(d, bits, leans);
        if (d == 12 || d == 10 || d == 4) behind |= bits << (d == 12 ? 0 : d == 10 ? 8 : 16);
      }
      count = static_cast<uint32_t>(std::popcount(nodes));
      for (const int32_t axis : leans) lean = lean * 9 + class_of(axis);
    }

   private:
    static void place(unsigned d, uint32_t bits, uint64_t& cells) {
      for (unsigned child = 0; child < 8; ++child) {
        // Its cell, from the corner of the 4 x 4 x 4 on; the node's own begins at 1.
        const unsigned x = 2 * (d % 3) + (child & 1) - 1, y = 2 * (d / 3 % 3) + (child >> 1 & 1) - 1, z = 2 * (d / 9) + (child >> 2) - 1;
        if (x < 4 && y < 4 && z < 4 && (bits >> child & 1) != 0) cells |= uint64_t{1} << cell(x, y, z);
      }
    }
    static void add_lean(unsigned d, uint32_t bits, std::array<int32_t, 3>& leans) {
      const unsigned at[3] = {d % 3, d / 3 % 3, d / 9};
      const unsigned away = (at[0] != 1) + (at[1] != 1) + (at[2] != 1);
      constexpr uint32_t kUpper[3] = {0xaa, 0xcc, 0xf0};
      for (size_t axis = 0; axis < 3; ++axis) {
        if (at[axis] == 1) leans[axis] += (8 >> away) * (2 * std::popcount(bits & kUpper[axis]) - std::popcount(bits));
      }
    }
    static uint32_t class_of(int32_t lean) {
      const uint32_t size = lean == 0 ? 0 : std::abs(lean) < 2 ? 1 : std::abs(lean) < 5 ? 2 : std::abs(lean) < 13 ? 3 : 4;
      return lean < 0 ? 4 - size : 4 + size;
    }
  };

  /// What stands around one child, as seen from it: "outward" is away from the middle of its parent.
  struct Child {
    uint32_t outward = 0, opposite = 0;                  ///< nodes beside the parent: 7 bits, 3 bits
    uint32_t faces = 0, edges = 0, crossed = 0, corner;  ///< cells, base 3: 0 empty, 1 there, 2 not known yet
    uint32_t count = 0;                                  ///< of the 26 cells around, those that are there

    Child(const Around& around, uint32_t tree, unsigned child) {
      uint64_t there = around.there, open = around.open;
      for (unsigned o = 0; o < 8; ++o) {
        if (o < child) there |= uint64_t{tree >> (child - 1 - o) & 1} << cell_of_child(o);
        if (o > child) open |= uint64_t{1} << cell_of_child(o);
      }
      const int sx = (child & 1) != 0 ? 1 : -1, sy = (child & 2) != 0 ? 1 : -1, sz = (child & 4) != 0 ? 1 : -1;
      const int home = static_cast<int>(cell_of_child(child));
      const auto state = [&](int a, int b, int c) {
        const int at = home + a * sx + 4 * b * sy + 16 * c * sz;
        return (there >> at & 1) != 0 ? 1u : (open >> at & 1) != 0 ? 2u : 0u;
      };
      const auto node = [&](int a, int b, int c) { return around.nodes >> (13 + a * sx + 3 * b * sy + 9 * c * sz) & 1; };
      faces = digits({state(1, 0, 0), state(0, 1, 0), state(0, 0, 1), state(-1, 0, 0), state(0, -1, 0), state(0, 0, -1)});
      edges = digits({state(1, 1, 0), state(0, 1, 1), state(1, 0, 1), state(-1, -1, 0), state(0, -1, -1), state(-1, 0, -1)});
      crossed = digits({state(1, -1, 0), state(-1, 1, 0), state(1, 0, -1), state(-1, 0, 1), state(0, 1, -1), state(0, -1, 1)});
      corner = state(1, 1, 1);
      outward = node(1, 0, 0) | node(0, 1, 0) << 1 | node(0, 0, 1) << 2 | node(1, 1, 0) << 3 | node(0, 1, 1) << 4 | node(1, 0, 1) << 5 |
                node(1, 1, 1) << 6;
      opposite = node(-1, 0, 0) | node(0, -1, 0) << 1 | node(0, 0, -1) << 2;
      // The 3 x 3 x 3 cells around the child; its own is empty.
      const uint64_t block = 0x0000077707770777u << (home - 21);
      count = static_cast<uint32_t>(std::popcount(there & block));
    }

   private:
    static uint32_t digits(std::initializer_list<uint32_t> states) {
      uint32_t number = 0;
      for (const uint32_t state : states) number = number * 3 + state;
      return number;
    }
  };

  unsigned slot_bits_;
  std::array<std::vector<AdaptiveBit>, kContexts> bits_;
  MixedBit<kContexts> mixed_;
};

}  // namespace dew
