// SPDX-License-Identifier: Apache-2.0
#include "entropy/rans.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "coder_testing.h"
#include "entropy/coder.h"
#include "entropy/kernel/dispatch.h"

namespace dew {
namespace {

using Counts = std::array<uint64_t, Distribution::kSymbols>;

/// Bytes with a random skew: from constant to flat.
Bytes random_bytes(TestRandom& random, size_t size) {
  Bytes bytes(size);
  const uint32_t alphabet = 1 + random.below(256), rounds = random.below(5);
  for (std::byte& byte : bytes) {
    uint32_t symbol = random.below(alphabet);
    for (uint32_t i = 0; i < rounds; ++i) symbol = random.below(symbol + 1);
    byte = static_cast<std::byte>(symbol);
  }
  return bytes;
}

Counts count(ByteSpan bytes) {
  Counts counts{};
  for (const std::byte byte : bytes) ++counts[static_cast<uint8_t>(byte)];
  return counts;
}

TEST(Distribution, GivesEverySymbolThatOccursAFrequency) {
  TestRandom random(1);
  for (int round = 0; round < 500; ++round) {
    Counts counts{};
    for (uint64_t& c : counts) c = random.below(3) == 0 ? random.next() >> random.below(64) : 0;
    counts[random.below(256)] += 1;
    const Result<Distribution> distribution = Distribution::of_counts(counts);
    ASSERT_TRUE(distribution.ok());
    uint32_t sum = 0;
    for (unsigned s = 0; s < 256; ++s) {
      ASSERT_EQ(distribution->size(static_cast<uint8_t>(s)) > 0, counts[s] > 0) << s;
      ASSERT_EQ(distribution->start(static_cast<uint8_t>(s)), sum);
      sum += distribution->size(static_cast<uint8_t>(s));
    }
    ASSERT_EQ(sum, Distribution::kTotal);
  }
  EXPECT_FALSE(Distribution::of_counts(Counts{}).ok());
}

TEST(Distribution, NoSingleStepMakesTheCodeShorterByMuch) {
  TestRandom random(2);
  for (int round = 0; round < 50; ++round) {
    const Counts counts = count(random_bytes(random, 20000));
    const Distribution distribution = *Distribution::of_counts(counts);
    const double bits = static_cast<double>(distribution.cost(counts)) / static_cast<double>(kCostOfOneBit);
    double entropy = 0;
    for (const uint64_t c : counts) {
      if (c > 0) entropy -= static_cast<double>(c) * std::log2(static_cast<double>(c) / 20000.0);
    }
    EXPECT_LE(bits, entropy * 1.003 + 30);
    EXPECT_GE(bits, entropy * 0.99999);
  }
}

TEST(Distribution, ReadsWhatItWroteAndRefusesEveryPrefix) {
  TestRandom random(3);
  for (int round = 0; round < 200; ++round) {
    const Distribution distribution = *Distribution::of_bytes(random_bytes(random, 1 + random.below(3000)));
    ByteWriter writer;
    distribution.write(writer);
    ByteReader reader(writer.bytes());
    const Result<Distribution> back = Distribution::read(reader);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_TRUE(reader.expect_end().ok());
    for (unsigned s = 0; s < 256; ++s) ASSERT_EQ(back->size(static_cast<uint8_t>(s)), distribution.size(static_cast<uint8_t>(s)));
    for (size_t size = 0; size < writer.size(); ++size) {
      ByteReader prefix(ByteSpan(writer.bytes()).first(size));
      ASSERT_FALSE(Distribution::read(prefix).ok());
    }
  }
}

TEST(Distribution, ReadsAnyBytesWithoutHarm) {
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    TestRandom random(seed);
    Bytes bytes(random.below(600));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next() >> random.below(8) & 0xff);
    ByteReader reader(bytes);
    const Result<Distribution> distribution = Distribution::read(reader);
    if (distribution.ok()) {
      uint32_t sum = 0;
      for (unsigned s = 0; s < 256; ++s) sum += distribution->size(static_cast<uint8_t>(s));
      ASSERT_EQ(sum, Distribution::kTotal);
    }
  }
}

TEST(Rans, GivesBackEveryLengthOnEverySimdTarget) {
  std::vector<std::string> targets = kernel::simd_targets();
  targets.push_back("");
  TestRandom random(4);
  for (int round = 0; round < 300; ++round) {
    const Bytes symbols = random_bytes(random, round < 140 ? static_cast<size_t>(round) : random.below(5000));
    const Distribution distribution = symbols.empty() ? *Distribution::of_bytes(Bytes(1)) : *Distribution::of_bytes(symbols);
    const Bytes coded = encode_rans(symbols, distribution, 8u << random.below(3));
    for (const std::string& target : targets) {
      ASSERT_TRUE(kernel::use_simd_target(target));
      Bytes back(symbols.size());
      const Status status = decode_rans(coded, distribution, back);
      ASSERT_TRUE(status.ok()) << target << ": " << status.error().message;
      ASSERT_EQ(back, symbols) << target << " round " << round;
    }
  }
}

TEST(Rans, WritesWhatTheDistributionSays) {
  TestRandom random(5);
  for (int round = 0; round < 20; ++round) {
    const Bytes symbols = random_bytes(random, 300000);
    const Distribution distribution = *Distribution::of_bytes(symbols);
    const double bits = static_cast<double>(distribution.cost(count(symbols))) / static_cast<double>(kCostOfOneBit);
    EXPECT_LE(8.0 * static_cast<double>(encode_rans(symbols, distribution, 32).size()), bits * 1.001 + 32 * 32 + 16);
  }
}

TEST(Rans, RefusesEveryPrefixAndEveryExtraByte) {
  TestRandom random(6);
  for (const unsigned lanes : {8u, 16u, 32u}) {
    const Bytes symbols = random_bytes(random, 700);
    const Distribution distribution = *Distribution::of_bytes(symbols);
    Bytes coded = encode_rans(symbols, distribution, lanes);
    Bytes back(symbols.size());
    for (size_t size = 0; size < coded.size(); ++size) {
      const Bytes prefix(coded.begin(), coded.begin() + static_cast<ptrdiff_t>(size));
      ASSERT_FALSE(decode_rans(prefix, distribution, back).ok()) << size;
    }
    coded.push_back(std::byte{0});
    EXPECT_FALSE(decode_rans(coded, distribution, back).ok());
    coded.push_back(std::byte{0});
    EXPECT_FALSE(decode_rans(coded, distribution, back).ok());
  }
}

TEST(Rans, DamageGivesTheSameAnswerOnEveryTarget) {
  std::vector<std::string> targets = kernel::simd_targets();
  targets.push_back("");
  TestRandom random(7);
  for (int round = 0; round < 300; ++round) {
    const Bytes symbols = random_bytes(random, 1 + random.below(900));
    const Distribution distribution = *Distribution::of_bytes(symbols);
    Bytes coded = encode_rans(symbols, distribution, 8u << random.below(3));
    for (uint32_t i = random.below(4) + 1; i-- > 0;)
      coded[random.below(static_cast<uint32_t>(coded.size()))] = static_cast<std::byte>(random.next());
    Bytes first(symbols.size());
    kernel::use_simd_target(targets[0]);
    const bool first_ok = decode_rans(coded, distribution, first).ok();
    for (const std::string& target : targets) {
      kernel::use_simd_target(target);
      Bytes back(symbols.size());
      ASSERT_EQ(decode_rans(coded, distribution, back).ok(), first_ok);
      ASSERT_EQ(back, first) << target;
    }
  }
}

}  // namespace
}  // namespace dew
