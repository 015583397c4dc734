// SPDX-License-Identifier: Apache-2.0
/// Coordinates as an octree (section 10.18 of pointcloud/FORMAT.md), written from that page alone: slow, short, no code of pointcloud/.
/// The bytes must be sound.
///
///   const std::vector<int64_t> xyz = plain::octree({depth, repeats, {x, y, z}}, stream, points, low);
#pragma once

#include <array>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "tests/golden/plain_grid.h"

namespace plain {

class Octree {
 public:
  using Cell = std::array<int64_t, 3>;

  Octree(RangeReader& reader_, uint64_t points) : reader(reader_) {
    while (slots < 4 * static_cast<int64_t>(points) && slots < 1 << 18) slots *= 2;
    mixed.assign(512, Mixed(7));
  }

  /// The nodes of the level below, in order; `below` levels are left under it.
  std::vector<Cell> children(const std::vector<Cell>& nodes, int64_t below) {
    std::map<Cell, size_t> number;
    for (size_t i = 0; i < nodes.size(); ++i) number[nodes[i]] = i;
    std::vector<Cell> result;
    std::vector<unsigned> known;
    for (const Cell& node : nodes) {
      known.push_back(occupied(node, number, known, below));
      for (int64_t o = 0; o < 8; ++o) {
        if ((known.back() >> o & 1) != 0) result.push_back({2 * node[0] + (o & 1), 2 * node[1] + (o >> 1 & 1), 2 * node[2] + (o >> 2)});
      }
    }
    return result;
  }

 private:
  unsigned occupied(const Cell& node, const std::map<Cell, size_t>& number, const std::vector<unsigned>& known, int64_t below) {
    const auto find = [&](int64_t dx, int64_t dy, int64_t dz) {
      const auto at = number.find({node[0] + dx, node[1] + dy, node[2] + dz});
      return at == number.end() ? -1 : static_cast<int64_t>(at->second);
    };
    // How many nodes lie around, and to which side those that are known lean.
    int64_t beside = 0, lean[3] = {0, 0, 0}, behind = 0;
    for (int64_t d = 0; d < 27; ++d) {
      const int64_t at[3] = {d % 3 - 1, d / 3 % 3 - 1, d / 9 - 1};
      const int64_t other = d == 13 ? -1 : find(at[0], at[1], at[2]);
      if (other < 0) continue;
      ++beside;
      if (static_cast<size_t>(other) >= known.size()) continue;
      const unsigned bits = known[static_cast<size_t>(other)];
      const int64_t away = std::abs(at[0]) + std::abs(at[1]) + std::abs(at[2]);
      for (int64_t o = 0; o < 8; ++o) {
        for (int axis = 0; axis < 3; ++axis) {
          if (at[axis] == 0 && (bits >> o & 1) != 0) lean[axis] += (8 >> away) * ((o >> axis & 1) != 0 ? 1 : -1);
        }
      }
      if (d == 12) behind += bits;
      if (d == 10) behind += bits * 256;
      if (d == 4) behind += bits * 65536;
    }
    int64_t leans = 0;
    for (const int64_t l : lean) {
      const int64_t size = std::abs(l) >= 13 ? 4 : std::abs(l) >= 5 ? 3 : std::abs(l) >= 2 ? 2 : std::abs(l);
      leans = leans * 9 + 4 + (l < 0 ? -size : size);
    }
    unsigned own = 0;
    uint32_t tree = 1;
    for (int64_t o = 0; o < 8; ++o) {
      if (tree == 128) return 128;
      const int64_t c[3] = {o & 1, o >> 1 & 1, o >> 2};
      // The state of the cell at (a, b, c) from the child: 0 empty, 1 there, 2 not known yet.
      const auto state_at = [&](int64_t dx, int64_t dy, int64_t dz) -> int64_t {
        const int64_t x = c[0] + dx, y = c[1] + dy, z = c[2] + dz;
        const int64_t child = (x & 1) + 2 * (y & 1) + 4 * (z & 1);
        const int64_t px = x >> 1, py = y >> 1, pz = z >> 1;
        if (px == 0 && py == 0 && pz == 0) return child < o ? own >> child & 1 : 2;
        const int64_t other = find(px, py, pz);
        if (other < 0) return 0;
        return static_cast<size_t>(other) < known.size() ? known[static_cast<size_t>(other)] >> child & 1 : 2;
      };
      const int64_t s[3] = {2 * c[0] - 1, 2 * c[1] - 1, 2 * c[2] - 1};
      const auto S = [&](int64_t a, int64_t b, int64_t d) { return state_at(a * s[0], b * s[1], d * s[2]); };
      const auto P = [&](int64_t a, int64_t b, int64_t d) -> int64_t { return find(a * s[0], b * s[1], d * s[2]) >= 0 ? 1 : 0; };
      const auto digits = [](const std::array<int64_t, 6>& states) {
        int64_t value = 0;
        for (const int64_t state : states) value = 3 * value + state;
        return value;
      };
      const int64_t faces = digits({S(1, 0, 0), S(0, 1, 0), S(0, 0, 1), S(-1, 0, 0), S(0, -1, 0), S(0, 0, -1)});
      const int64_t edges = digits({S(1, 1, 0), S(0, 1, 1), S(1, 0, 1), S(-1, -1, 0), S(0, -1, -1), S(-1, 0, -1)});
      const int64_t crossed = digits({S(1, -1, 0), S(-1, 1, 0), S(1, 0, -1), S(-1, 0, 1), S(0, 1, -1), S(0, -1, 1)});
      const int64_t outward =
          P(1, 0, 0) + 2 * P(0, 1, 0) + 4 * P(0, 0, 1) + 8 * P(1, 1, 0) + 16 * P(0, 1, 1) + 32 * P(1, 0, 1) + 64 * P(1, 1, 1);
      const int64_t opposite = P(-1, 0, 0) + 2 * P(0, -1, 0) + 4 * P(0, 0, -1);
      int64_t count = 0;
      for (int64_t d = 0; d < 27; ++d) count += d != 13 && state_at(d % 3 - 1, d / 3 % 3 - 1, d / 9 - 1) == 1 ? 1 : 0;
      const std::array<int64_t, 7> numbers = {outward + 128 * tree, faces + 729 * S(1, 1, 1) + (own == 0 ? 0 : 4096 * (o + 1)),
                                              729 * faces + edges,  behind * 0x2f0b4c47 + tree,
                                              leans + 1024 * tree,  tree + 256 * std::min<int64_t>(below, 7) + 4096 * opposite,
                                              729 * edges + crossed};
      std::vector<Adaptive*> contexts;
      for (size_t k = 0; k < numbers.size(); ++k) {
        uint32_t x = (static_cast<uint32_t>(numbers[k]) + 1) * 0x9e3779b1u;
        x ^= x >> 15;
        contexts.push_back(&bits_of[k][static_cast<int64_t>(x * 0x85ebca6bu) * slots >> 32]);
      }
      const bool bit =
          mixed[static_cast<size_t>(std::min<int64_t>(count, 7) * 64 + std::min<int64_t>(beside, 7) * 8 + o)].code(reader, contexts);
      own |= (bit ? 1u : 0u) << o;
      tree = 2 * tree + (bit ? 1 : 0);
    }
    return own;
  }

  RangeReader& reader;
  int64_t slots = 4096;
  std::array<std::map<int64_t, Adaptive>, 7> bits_of;
  std::vector<Mixed> mixed;
};

struct OctreeRoot {
  int64_t depth = 0;
  bool repeats = false;
  Octree::Cell place{};
};
inline std::vector<int64_t> octree(const OctreeRoot& root, const Octets& stream, uint64_t points, const std::array<int64_t, 3>& low) {
  std::vector<Octree::Cell> cells = {root.place};
  const bool repeats = root.repeats;
  RangeReader reader(stream);
  Octree model(reader, points);
  for (int64_t below = root.depth; below-- > 0;) cells = model.children(cells, below);
  std::map<Octree::Cell, int64_t> times;
  const std::set<Octree::Cell> leaves(cells.begin(), cells.end());
  std::array<std::map<std::array<int64_t, 2>, Adaptive>, 3> bits_of;
  std::map<unsigned, Mixed> mixed;
  int64_t last = 0;
  std::vector<int64_t> xyz;
  for (const Octree::Cell& cell : cells) {
    int64_t more = 0;
    if (repeats) {
      int64_t around = 0, known = 0, sum = 0;
      for (int64_t d = 0; d < 27; ++d) {
        const Octree::Cell at = {cell[0] + d % 3 - 1, cell[1] + d / 3 % 3 - 1, cell[2] + d / 9 - 1};
        if (d == 13 || leaves.count(at) == 0) continue;
        ++around;
        if (times.count(at) == 0) continue;
        ++known;
        sum += times[at];
      }
      const int64_t mean = known == 0 ? 0 : 1 + std::min<int64_t>((4 * sum + known / 2) / known, 25);
      const std::array<int64_t, 3> contexts = {mean, std::min<int64_t>(last, 26), around};
      more = residual(reader, [&](unsigned node) {
        std::vector<Adaptive*> bits;
        for (size_t k = 0; k < 3; ++k) bits.push_back(&bits_of[k][{contexts[k], node}]);
        return mixed.try_emplace(node, 3).first->second.code(reader, bits);
      });
      last = times[cell] = more;
    }
    for (int64_t i = 0; i <= more; ++i) {
      for (size_t axis = 0; axis < 3; ++axis) xyz.push_back(low[axis] + cell[axis]);
    }
  }
  return xyz;
}

}  // namespace plain
