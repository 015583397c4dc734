// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "pointcloud/stream/erasure.h"

namespace dew {
namespace {

/// Blocks that say how long they are.
std::vector<Bytes> random_blocks(size_t count, size_t longest, std::mt19937& random) {
  std::vector<Bytes> blocks(count);
  for (Bytes& block : blocks) {
    const size_t size = random() % longest;
    block = {std::byte{static_cast<uint8_t>(size)}, std::byte{static_cast<uint8_t>(size >> 8)}};
    for (size_t i = 0; i < size; ++i) block.push_back(std::byte{static_cast<uint8_t>(random())});
  }
  return blocks;
}

std::vector<ByteSpan> views(const std::vector<Bytes>& blocks) { return {blocks.begin(), blocks.end()}; }

size_t total(const std::vector<size_t>& sizes) { return std::accumulate(sizes.begin(), sizes.end(), size_t{0}); }

TEST(Erasure, AnyBlocksAsManyAsThereIsParityComeBack) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const size_t data_count = 1 + random() % (round < 5 ? kMaxDataBlocks : 30);
    const size_t parity_count = 1 + random() % (round < 5 ? kMaxParityBlocks : 20);
    const std::vector<Bytes> data = random_blocks(data_count, round % 2 == 0 ? 60 : 700, random);
    const std::vector<Bytes> parity = parity_blocks(views(data), std::vector<size_t>(parity_count, 702));
    // As many as can be repaired are lost, and any rows of parity are left.
    std::vector<size_t> order(data_count), rows(parity_count);
    std::iota(order.begin(), order.end(), 0);
    std::iota(rows.begin(), rows.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    std::shuffle(rows.begin(), rows.end(), random);
    const size_t lost = std::min(data_count, 1 + random() % parity_count);
    std::vector<Bytes> left = data;
    for (size_t i = 0; i < lost; ++i) left[order[i]].clear();
    std::vector<ParityBlock> kept;
    for (size_t i = 0; i < lost; ++i) kept.push_back({rows[i], parity[rows[i]]});
    const auto missing = repair_blocks(left, kept);
    ASSERT_TRUE(missing.ok()) << "round " << round;
    EXPECT_EQ(*missing, 0u);
    ASSERT_EQ(left, data) << "round " << round;
  }
}

TEST(Erasure, BlocksComeBackWhereAsMuchParityReachesAsFarAsTheyDo) {
  std::mt19937 random(4);
  size_t partly = 0;
  for (int round = 0; round < 300; ++round) {
    const std::vector<Bytes> data = random_blocks(1 + random() % 30, 400, random);
    const std::vector<size_t> lengths = parity_lengths(views(data), 0.6, 50);
    ASSERT_TRUE(std::is_sorted(lengths.rbegin(), lengths.rend()));
    const std::vector<Bytes> parity = parity_blocks(views(data), lengths);
    std::vector<Bytes> left = data;
    std::vector<ParityBlock> kept;
    for (Bytes& block : left) {
      if (random() % 4 == 0) block.clear();
    }
    for (size_t row = 0; row < parity.size(); ++row) {
      if (random() % 4 != 0) kept.push_back({row, parity[row]});
    }
    // By the definition: a block comes back if, up to each byte of it, there is as much parity as there are lost blocks.
    std::vector<bool> expected(data.size(), true);
    bool reaches = true;
    for (size_t at = 0; at < 402; ++at) {
      size_t lost = 0, rows = 0;
      for (size_t i = 0; i < data.size(); ++i) lost += left[i].empty() && (data[i].size() > at || at < 2);
      for (const ParityBlock& block : kept) rows += block.bytes.size() > at;
      reaches = reaches && rows >= lost;
      for (size_t i = 0; i < data.size(); ++i) expected[i] = expected[i] && (!left[i].empty() || data[i].size() <= at || reaches);
    }
    const auto missing = repair_blocks(left, kept);
    ASSERT_TRUE(missing.ok());
    size_t still = 0;
    for (size_t i = 0; i < data.size(); ++i) {
      still += left[i].empty();
      ASSERT_TRUE(left[i].empty() || left[i] == data[i]);
      ASSERT_EQ(!left[i].empty(), expected[i]) << "round " << round << ", block " << i;
    }
    EXPECT_EQ(*missing, still);
    partly += still > 0 && still < data.size() && std::count(expected.begin(), expected.end(), true) > 0;
  }
  EXPECT_GT(partly, 10u);
}

TEST(Erasure, ParityTakesWhatItMay) {
  std::mt19937 random(5);
  for (const double overhead : {0.0, 0.1, 0.3, 0.6, 1.0}) {
    const std::vector<Bytes> data = random_blocks(32, 1000, random);
    size_t bytes = 0;
    for (const Bytes& block : data) bytes += block.size() + 50;
    const std::vector<size_t> lengths = parity_lengths(views(data), overhead, 50);
    const double taken = static_cast<double>(total(lengths) + 50 * lengths.size());
    EXPECT_LE(taken, overhead * static_cast<double>(bytes) + 1);
    EXPECT_GE(taken, 0.8 * overhead * static_cast<double>(bytes));
  }
}

TEST(Erasure, TooFewBlocksLeaveAllLost) {
  std::mt19937 random(2);
  std::vector<Bytes> data = random_blocks(10, 40, random);
  const std::vector<Bytes> parity = parity_blocks(views(data), std::vector<size_t>(3, 42));
  for (size_t i = 0; i < 4; ++i) data[i].clear();
  const auto missing = repair_blocks(data, std::vector<ParityBlock>{{0, parity[0]}, {1, parity[1]}, {2, parity[2]}});
  ASSERT_TRUE(missing.ok());
  EXPECT_EQ(*missing, 4u);
  EXPECT_TRUE(data[0].empty());
}

TEST(Erasure, ContradictoryParityIsRefused) {
  std::mt19937 random(3);
  std::vector<Bytes> data = random_blocks(5, 40, random);
  const std::vector<Bytes> parity = parity_blocks(views(data), std::vector<size_t>(3, 42));
  data[0].clear();
  data[1].clear();
  const Bytes short_block(1);
  for (const std::vector<ParityBlock>& wrong : {std::vector<ParityBlock>{{0, parity[0]}, {0, parity[1]}},       // the same row twice
                                                std::vector<ParityBlock>{{0, parity[0]}, {70, parity[1]}},      // no such row
                                                std::vector<ParityBlock>{{0, parity[0]}, {1, short_block}}}) {  // no room for a length
    const auto missing = repair_blocks(data, wrong);
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error().code, Code::corrupt);
    EXPECT_TRUE(data[0].empty());
  }
}

}  // namespace
}  // namespace dew
