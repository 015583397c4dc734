// SPDX-License-Identifier: Apache-2.0
/// Places without an order: a box is halved again and again, and of its n splats the number in the lower half is coded.
///
///   CountModel model;
///   code_count_tree(encoder, model, {keys, keys.size(), kMaxDepth}, [&](const TreeCell& cell, size_t count) { ... });   // sorted keys
///   code_count_tree(decoder, model, {{}, count, kMaxDepth}, [&](const TreeCell& cell, size_t count) { ... });
///
/// Leaves are boxes that hold one splat, or are as small as they get; they are visited in Morton order, between the numbers, so that what
/// the visitor codes lies in the same stream. N splats cost log2(N!) bits less than in any given order, which is why no order is kept.
/// Occupancy of neighbouring boxes as a further context saves 0.1 bits a splat on trained scenes and costs a table a level: left out.
/// Source: O. Devillers and P.-M. Gandoin, "Geometric compression for interactive transmission", 2000.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "entropy/binary_coder.h"
#include "entropy/mixture.h"
#include "gaussians/coding/metered_decoder.h"

namespace dew {

/// A box: along axis a it is the place[a]-th of 2^bits[a] equal parts of the whole.
struct TreeCell {
  std::array<uint32_t, 3> place{};
  std::array<uint8_t, 3> bits{};
};

/// Halvings along each axis at most; three axes of 21 bits fill a key.
inline constexpr unsigned kTreeBits = 21;
inline constexpr unsigned kTreeDepth = 3 * kTreeBits;

/// x, y and z (below 2^kTreeBits) as one key, the topmost bit that of x.
constexpr uint64_t tree_key(const std::array<uint32_t, 3>& place) {
  uint64_t key = 0;
  for (unsigned bit = kTreeBits; bit-- > 0;) {
    for (size_t axis = 0; axis < 3; ++axis) key = (key << 1) | ((place[axis] >> bit) & 1);
  }
  return key;
}

/// How many of n lie in the lower half.
class CountModel {
 public:
  template <class Coder>
  size_t code(Coder& coder, size_t lower, size_t n, size_t axis) {
    if (n <= kCounted) return code_few(coder, lower, n, axis);
    const int32_t centre_q8 = static_cast<int32_t>(n) * 128;
    const unsigned octave = static_cast<unsigned>(std::bit_width(n)) - 1;
    const int32_t log2_q5 = static_cast<int32_t>((octave << 5) + (((n - (size_t{1} << octave)) << 5) >> octave));
    // As chance would have it (a logistic of the binomial's spread), or anything.
    const std::array<LogisticComponent, 2> parts{{{centre_q8, log2_q5 / 2 - 59, 0}, {centre_q8, log2_q5 - 96, 0}}};
    return static_cast<size_t>(code_by_mixture(coder, parts, static_cast<int64_t>(lower), 0, static_cast<int64_t>(n)));
  }

 private:
  static constexpr size_t kCounted = 8;

  template <class Coder>
  size_t code_few(Coder& coder, size_t lower, size_t n, size_t axis) {
    size_t i = 0;
    while (i < n && !few_[(axis * (kCounted + 1) + n) * kCounted + i].code(coder, lower == i)) ++i;
    return i;
  }
  std::array<AdaptiveBit, 3 * (kCounted + 1) * kCounted> few_;
};

namespace detail {

template <class Coder, class Leaf>
class CountTreeWalk {
 public:
  CountTreeWalk(Coder& coder, CountModel& model, Leaf& leaf) : coder_(coder), model_(model), leaf_(leaf) {}

  /// `keys` has `count` entries where the coder encodes, none where it decodes.
  void visit(std::span<const uint64_t> keys, size_t count, TreeCell cell, unsigned depth) {
    if (count <= 1 || depth == kTreeDepth) {
      if (count > 0) leaf_(cell, count);
      done_ += count;
      return;
    }
    announce_shared(coder_, done_, count);
    const size_t axis = depth % 3;
    size_t lower = 0;
    if constexpr (!Coder::kDecodes) {
      const uint64_t mask = uint64_t{1} << (kTreeDepth - 1 - depth);
      lower = static_cast<size_t>(std::partition_point(keys.begin(), keys.end(), [&](uint64_t key) { return (key & mask) == 0; }) -
                                  keys.begin());
    }
    lower = model_.code(coder_, lower, count, axis);
    ++cell.bits[axis];
    cell.place[axis] *= 2;
    visit(keys.first(std::min(lower, keys.size())), lower, cell, depth + 1);
    ++cell.place[axis];
    visit(keys.subspan(std::min(lower, keys.size())), count - lower, cell, depth + 1);
  }

 private:
  Coder& coder_;
  CountModel& model_;
  Leaf& leaf_;
  size_t done_ = 0;  ///< splats of the leaves so far
};

}  // namespace detail

/// Codes a tree of `count` splats. `keys`: ascending tree_keys, where the coder encodes. Cost: about 100 ns a splat, and what `leaf` does.
template <class Coder, class Leaf>
void code_count_tree(Coder& coder, CountModel& model, std::span<const uint64_t> keys, size_t count, Leaf&& leaf) {
  detail::CountTreeWalk<Coder, std::remove_reference_t<Leaf>>(coder, model, leaf).visit(keys, count, {}, 0);
}

}  // namespace dew
