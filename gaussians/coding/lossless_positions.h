// SPDX-License-Identifier: Apache-2.0
/// Positions in file order: each is coded by its way down a tree of halved boxes that holds those before it.
///
///   PositionTree tree(count);
///   PositionModels models;
///   for (size_t i = 0; i < count; ++i) code_position(coder, tree, models, cells);       // three numbers of kPositionBits bits
///
/// The boxes are halved along x, y, z in turn. At each halving the next bit is coded under two contexts, mixed: how many of the positions
/// before lie in either half, and which half the last position took if the way was the same so far. Once a half is entered that no position
/// lies in, the rest of the bits is raw: nothing is known about them.
/// The tree keeps only the halvings at which positions part: at most one node a position. Threads: one each. Cost: about 0.5 us a position.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "entropy/mixer.h"

namespace dew {

/// Bits of a coordinate, top bit first on the way down.
inline constexpr unsigned kPositionBits = 25;
inline constexpr unsigned kPositionLevels = 3 * kPositionBits;

using PositionCells = std::array<uint32_t, 3>;

inline bool position_bit(const PositionCells& cells, unsigned level) {
  return ((cells[level % 3] >> (kPositionBits - 1 - level / 3)) & 1) != 0;
}

/// A set of positions as a binary tree without nodes of one child.
class PositionTree {
 public:
  explicit PositionTree(size_t capacity) {
    positions_.reserve(capacity);
    nodes_.reserve(capacity);
  }

  bool empty() const { return positions_.empty(); }

  /// Where a way down stands: positions in the half of bit 0 and of bit 1 at this level, among those that agree so far.
  struct Halves {
    uint32_t count[2];
  };

  /// Walks from the top. `code_bit(level, halves)` returns the bit taken; called for each level as long as any position agrees.
  /// Returns the level from which on no position agrees (kPositionLevels: an equal position is there). Then add() must follow.
  template <class CodeBit>
  unsigned walk(CodeBit&& code_bit) {
    link_ = &root_;
    unsigned level = 0;
    if (positions_.empty()) return 0;
    for (; level < kPositionLevels; ++level) {
      const bool is_leaf = (*link_ & kLeaf) != 0;
      const uint32_t at = *link_ & ~kLeaf;
      if (!is_leaf && nodes_[at].level == level) {
        Node& node = nodes_[at];
        const bool bit = code_bit(level, Halves{{count_of(node.child[0]), count_of(node.child[1])}});
        ++node.count;
        link_ = &node.child[bit];
        continue;
      }
      const uint32_t sample = is_leaf ? at : nodes_[at].sample;
      const bool theirs = position_bit(positions_[sample], level);
      Halves halves{{0, 0}};
      halves.count[theirs] = count_of(*link_);
      if (code_bit(level, halves) != theirs) break;
    }
    part_level_ = level;
    return level;
  }

  /// Adds the position whose way was walked last. REQUIRES: it begins with that way.
  void add(const PositionCells& cells) {
    const uint32_t index = static_cast<uint32_t>(positions_.size());
    positions_.push_back(cells);
    if (index == 0) {
      root_ = kLeaf;
    } else if (part_level_ < kPositionLevels) {
      Node node{{0, 0}, count_of(*link_) + 1, part_level_, index};
      const bool bit = position_bit(cells, part_level_);
      node.child[bit] = kLeaf | index;
      node.child[!bit] = *link_;
      *link_ = static_cast<uint32_t>(nodes_.size());
      nodes_.push_back(node);
    }
  }

 private:
  static constexpr uint32_t kLeaf = 0x80000000u;
  struct Node {
    uint32_t child[2];
    uint32_t count;
    uint32_t level;   // the first at which its positions differ
    uint32_t sample;  // any one of them
  };
  uint32_t count_of(uint32_t link) const { return (link & kLeaf) != 0 ? 1 : nodes_[link].count; }

  std::vector<PositionCells> positions_;
  std::vector<Node> nodes_;  // never grows beyond its capacity: link_ stays valid
  uint32_t root_ = 0;
  uint32_t* link_ = &root_;
  unsigned part_level_ = 0;
};

/// What is learned of the ways down.
class PositionModels {
 public:
  PositionModels() : mixed_(kCountClasses), by_counts_(kCountClasses * kCountClasses * 4), by_last_(kPositionLevels * 3) {}

  template <class Coder>
  bool code(Coder& coder, bool bit, unsigned level, const PositionTree::Halves& halves, uint32_t last_state) {
    const uint32_t zeros = halves.count[0], ones = halves.count[1];
    const uint32_t depth = std::min<uint32_t>(alone_, 3);
    alone_ = zeros + ones == 1 ? alone_ + 1 : 0;
    AdaptiveBit& counts =
        by_counts_[(count_class(zeros) * kCountClasses + count_class(ones)) * 4 + (zeros + ones == 1 ? depth : level % 3)];
    AdaptiveBit& last = by_last_[level * 3 + last_state];
    return mixed_.code(coder, bit, {&counts, &last}, count_class(zeros + ones));
  }
  void begin() { alone_ = 0; }

 private:
  /// 0 to 4, then half octaves.
  static constexpr uint32_t kCountClasses = 36;
  static uint32_t count_class(uint32_t count) {
    if (count < 4) return count;
    const uint32_t octave = static_cast<uint32_t>(std::bit_width(count)) - 1;
    return 2 * octave + ((count >> (octave - 1)) & 1);
  }

  MixedBit<2> mixed_;
  std::vector<AdaptiveBit> by_counts_;
  std::vector<AdaptiveBit> by_last_;
  uint32_t alone_ = 0;
};

/// Codes one position by its way down; the bits below the way's end go raw, but for the lowest
/// `zeros[axis]` of each axis, which follow from the sign.
/// `last` is the position coded before. A decoder ignores `cells` and returns what it reads.
template <class Coder>
PositionCells code_position(Coder& coder, PositionTree& tree, PositionModels& models, PositionCells cells, const PositionCells& last,
                            const std::array<unsigned, 3>& zeros) {
  PositionCells taken{};
  bool as_last = true;
  models.begin();
  const unsigned parted = tree.walk([&](unsigned level, const PositionTree::Halves& halves) {
    const bool lasts = position_bit(last, level);
    const bool bit = models.code(coder, position_bit(cells, level), level, halves, as_last ? 1 + lasts : 0);
    as_last = as_last && bit == lasts;
    taken[level % 3] |= uint32_t{bit} << (kPositionBits - 1 - level / 3);
    return bit;
  });
  // At the level where it parted the bit is known already, unless the tree was empty.
  const unsigned from = tree.empty() ? 0 : parted + 1;
  for (unsigned axis = 0; axis < 3; ++axis) {
    const unsigned known = (from + 2 - axis) / 3;  // levels below `from` that are of this axis
    const unsigned unknown = kPositionBits - std::min(known, kPositionBits);
    const unsigned filled = std::min(unknown, zeros[axis]);
    const unsigned bits = unknown - filled;
    const uint64_t raw = coder.code_raw((cells[axis] >> filled) & ((uint64_t{1} << bits) - 1), bits);
    taken[axis] |= static_cast<uint32_t>(raw << filled);
    // Cells below zero count downwards from -1: multiples of the lattice end in ones there.
    if ((taken[axis] >> (kPositionBits - 1)) == 0) taken[axis] |= (1u << filled) - 1;
  }
  tree.add(taken);
  return taken;
}

}  // namespace dew
