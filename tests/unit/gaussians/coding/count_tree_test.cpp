// SPDX-License-Identifier: Apache-2.0
// Places through the count tree: every key comes back as a box that holds it, in Morton order, and nothing else does.
#include "gaussians/coding/count_tree.h"

#include <gtest/gtest.h>

#include <random>

#include "entropy/range_coder.h"

namespace dew {
namespace {

using Random = std::mt19937_64;

struct Leaf {
  TreeCell cell;
  size_t count;
  bool operator==(const Leaf& other) const {
    return cell.place == other.cell.place && cell.bits == other.cell.bits && count == other.count;
  }
};

struct Coded {
  Bytes bytes;
  std::vector<Leaf> leaves;
};

Coded encode(const std::vector<uint64_t>& keys) {
  RangeEncoder coder;
  CountModel model;
  Coded coded;
  code_count_tree(coder, model, keys, keys.size(), [&](const TreeCell& cell, size_t count) { coded.leaves.push_back({cell, count}); });
  coded.bytes = coder.finish();
  return coded;
}

std::vector<Leaf> decode(const Bytes& bytes, size_t count) {
  RangeDecoder coder(bytes);
  CountModel model;
  std::vector<Leaf> leaves;
  code_count_tree(coder, model, {}, count, [&](const TreeCell& cell, size_t in_cell) { leaves.push_back({cell, in_cell}); });
  EXPECT_FALSE(coder.overrun());
  return leaves;
}

/// Whether `key` lies in `cell`, by the definition of both: the first bits of each axis.
bool holds(const TreeCell& cell, uint64_t key) {
  for (unsigned axis = 0; axis < 3; ++axis) {
    uint32_t place = 0;
    for (unsigned bit = 0; bit < cell.bits[axis]; ++bit) place = 2 * place + ((key >> (kTreeDepth - 1 - (3 * bit + axis))) & 1);
    if (place != cell.place[axis]) return false;
  }
  return true;
}

void expect_comes_back(std::vector<uint64_t> keys, const char* what) {
  std::sort(keys.begin(), keys.end());
  const Coded coded = encode(keys);
  ASSERT_EQ(decode(coded.bytes, keys.size()), coded.leaves) << what;
  size_t next = 0;
  for (const auto& [cell, count] : coded.leaves) {
    ASSERT_GE(count, 1u) << what;
    const bool smallest = cell.bits == std::array<uint8_t, 3>{kTreeBits, kTreeBits, kTreeBits};
    ASSERT_TRUE(count == 1 || smallest) << what;
    for (size_t i = 0; i < count; ++i, ++next) {
      ASSERT_LT(next, keys.size()) << what;
      ASSERT_TRUE(holds(cell, keys[next])) << what;
    }
  }
  ASSERT_EQ(next, keys.size()) << what;
}

std::vector<uint64_t> random_keys(Random& random, size_t count, uint64_t mask) {
  std::vector<uint64_t> keys(count);
  for (uint64_t& key : keys) key = random() & mask & ((uint64_t{1} << kTreeDepth) - 1);
  return keys;
}

TEST(CountTree, KeysComeBack) {
  Random random(1);
  expect_comes_back({}, "none");
  expect_comes_back({0}, "one");
  expect_comes_back({(uint64_t{1} << kTreeDepth) - 1}, "the last");
  expect_comes_back({5, 5}, "twice the same");
  expect_comes_back(std::vector<uint64_t>(3000, 77), "all the same");
  expect_comes_back({0, (uint64_t{1} << kTreeDepth) - 1}, "both ends");
  for (const size_t count : {2u, 3u, 8u, 9u, 10u, 100u, 5000u}) {
    expect_comes_back(random_keys(random, count, ~uint64_t{0}), "anywhere");
    expect_comes_back(random_keys(random, count, 0xff), "in a corner, with duplicates");
    expect_comes_back(random_keys(random, count, 0x7000000000000001), "few places far apart");
  }
}

TEST(CountTree, AKeyInterleavesItsAxes) {
  EXPECT_EQ(tree_key({0, 0, 0}), 0u);
  EXPECT_EQ(tree_key({1, 0, 0}), 4u);
  EXPECT_EQ(tree_key({0, 1, 0}), 2u);
  EXPECT_EQ(tree_key({0, 0, 1}), 1u);
  EXPECT_EQ(tree_key({1u << (kTreeBits - 1), 0, 0}), uint64_t{1} << (kTreeDepth - 1));
  constexpr uint32_t kLast = (1u << kTreeBits) - 1;
  EXPECT_EQ(tree_key({kLast, kLast, kLast}), (uint64_t{1} << kTreeDepth) - 1);
}

/// log2(n!) bits less than in order: places alone cost what the formula says, give or take what adaptation takes.
TEST(CountTree, OrderCostsNothing) {
  Random random(2);
  constexpr size_t kCount = 4096;
  std::vector<uint64_t> keys = random_keys(random, kCount, ~uint64_t{0});
  std::sort(keys.begin(), keys.end());
  const Coded coded = encode(keys);
  double held_bits = 0;  // of places within their leaves: not coded here
  for (const Leaf& leaf : coded.leaves) held_bits += kTreeDepth - leaf.cell.bits[0] - leaf.cell.bits[1] - leaf.cell.bits[2];
  double order_bits = 0;
  for (size_t i = 2; i <= kCount; ++i) order_bits += std::log2(static_cast<double>(i));
  const double least_bits = kCount * double{kTreeDepth} - held_bits - order_bits;
  EXPECT_LT(8.0 * static_cast<double>(coded.bytes.size()), least_bits + 0.6 * kCount);
}

TEST(CountTree, AnyBytesDecodeToAsManySplats) {
  Random random(3);
  for (int round = 0; round < 300; ++round) {
    Bytes bytes(random() % 60);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() & (round % 2 == 0 ? 0xff : 0));
    const size_t count = random() % 3000;
    RangeDecoder coder(bytes);
    CountModel model;
    size_t seen = 0;
    code_count_tree(coder, model, {}, count, [&](const TreeCell& cell, size_t in_cell) {
      for (size_t axis = 0; axis < 3; ++axis) {
        ASSERT_LE(cell.bits[axis], kTreeBits);
        ASSERT_LT(cell.place[axis], uint64_t{1} << cell.bits[axis]);
      }
      seen += in_cell;
    });
    EXPECT_EQ(seen, count);
  }
}

}  // namespace
}  // namespace dew
