// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "pointcloud/stream/erasure.h"

namespace dew {
namespace {

std::vector<Bytes> random_blocks(size_t count, size_t longest, std::mt19937& random) {
  std::vector<Bytes> blocks(count);
  for (Bytes& block : blocks) {
    block.resize(1 + random() % longest);
    for (std::byte& byte : block) byte = std::byte{static_cast<uint8_t>(random())};
  }
  return blocks;
}

/// Whether `repaired` is `original`, followed by zeros.
bool same_block(const Bytes& repaired, const Bytes& original) {
  return repaired.size() >= original.size() && std::equal(original.begin(), original.end(), repaired.begin()) &&
         std::all_of(repaired.begin() + static_cast<ptrdiff_t>(original.size()), repaired.end(),
                     [](std::byte b) { return b == std::byte{0}; });
}

TEST(Erasure, AnyBlocksAsManyAsThereIsParityComeBack) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const size_t data_count = 1 + random() % (round < 5 ? kMaxDataBlocks : 30);
    const size_t parity_count = 1 + random() % (round < 5 ? kMaxParityBlocks : 20);
    const std::vector<Bytes> data = random_blocks(data_count, 60, random);
    const std::vector<Bytes> parity = parity_blocks(std::vector<ByteSpan>(data.begin(), data.end()), parity_count);
    // As many as can be repaired are lost, and any rows of parity are left.
    std::vector<size_t> order(data_count), rows(parity_count);
    for (size_t i = 0; i < data_count; ++i) order[i] = i;
    for (size_t i = 0; i < parity_count; ++i) rows[i] = i;
    std::shuffle(order.begin(), order.end(), random);
    std::shuffle(rows.begin(), rows.end(), random);
    const size_t lost = std::min(data_count, 1 + random() % parity_count);
    std::vector<Bytes> left = data;
    for (size_t i = 0; i < lost; ++i) left[order[i]].clear();
    std::vector<ParityBlock> kept;
    for (size_t i = 0; i < lost; ++i) kept.push_back({rows[i], parity[rows[i]]});
    ASSERT_TRUE(repair_blocks(left, kept).ok()) << "round " << round;
    for (size_t i = 0; i < data_count; ++i) ASSERT_TRUE(same_block(left[i], data[i])) << "round " << round << ", block " << i;
  }
}

TEST(Erasure, TooFewBlocksAreAnError) {
  std::mt19937 random(2);
  std::vector<Bytes> data = random_blocks(10, 40, random);
  const std::vector<Bytes> parity = parity_blocks(std::vector<ByteSpan>(data.begin(), data.end()), 3);
  for (size_t i = 0; i < 4; ++i) data[i].clear();
  const std::vector<ParityBlock> all{{0, parity[0]}, {1, parity[1]}, {2, parity[2]}};
  const Status status = repair_blocks(data, all);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::truncated);
  EXPECT_TRUE(data[0].empty());
}

TEST(Erasure, ContradictoryParityIsRefused) {
  std::mt19937 random(3);
  std::vector<Bytes> data = random_blocks(5, 40, random);
  const std::vector<Bytes> parity = parity_blocks(std::vector<ByteSpan>(data.begin(), data.end()), 3);
  data[0].clear();
  data[1].clear();
  const Bytes short_block(3);
  for (const std::vector<ParityBlock>& wrong : {std::vector<ParityBlock>{{0, parity[0]}, {0, parity[1]}},         // the same row twice
                                                std::vector<ParityBlock>{{0, parity[0]}, {70, parity[1]}},        // no such row
                                                std::vector<ParityBlock>{{0, parity[0]}, {1, short_block}},       // of another length
                                                std::vector<ParityBlock>{{0, short_block}, {1, short_block}}}) {  // shorter than data
    const Status status = repair_blocks(data, wrong);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, Code::corrupt);
    EXPECT_TRUE(data[0].empty());
  }
}

}  // namespace
}  // namespace dew
