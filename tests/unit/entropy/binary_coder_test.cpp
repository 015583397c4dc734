// SPDX-License-Identifier: Apache-2.0
#include "entropy/binary_coder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "coder_testing.h"
#include "entropy/mixer.h"

namespace dew {
namespace {

double entropy_bits(double p) { return p <= 0 || p >= 1 ? 0 : -p * std::log2(p) - (1 - p) * std::log2(1 - p); }

TEST(AdaptiveBit, LearnsASteadyProbabilityToSixPercent) {
  for (const uint32_t p1 : {655u, 6554u, 16384u, 32768u, 60000u}) {
    TestRandom random(p1);
    AdaptiveBit state;
    CostMeter meter;
    constexpr int kCount = 200000;
    for (int i = 0; i < kCount; ++i) state.code(meter, random.bit(p1));
    const double ideal = kCount * entropy_bits(p1 / 65536.0);
    EXPECT_LT(meter.bits(), ideal * 1.06 + 200) << p1;
  }
}

TEST(AdaptiveBit, StaysInRangeWhateverItSees) {
  for (uint32_t history : {0u, 1u, 30u, 255u, 1023u}) {
    AdaptiveBit state;
    TestRandom random(history);
    for (int run = 0; run < 200; ++run) {
      const bool bit = random.bit(32768);
      const uint32_t length = random.below(2000);
      for (uint32_t i = 0; i < length; ++i) state.update(bit, history);
      ASSERT_GE(state.p1(), 32u);
      ASSERT_LE(state.p1(), 65504u);
      ASSERT_LE(state.count(), history);
      if (length > 1500 && history > 0) {
        ASSERT_EQ(state.p1() > 32768, bit);
      }
    }
  }
}

TEST(AdaptiveTree, GivesBackEverySymbol) {
  TestRandom random(5);
  std::vector<uint32_t> symbols;
  for (uint32_t i = 0; i < 256; ++i) symbols.push_back(i);
  for (int i = 0; i < 5000; ++i) symbols.push_back(random.below(1 + random.below(256)));
  RangeEncoder encoder;
  AdaptiveTree<8> writing, reading;
  for (const uint32_t symbol : symbols) writing.code(encoder, symbol);
  const Bytes coded = encoder.finish();
  RangeDecoder decoder(coded);
  for (const uint32_t symbol : symbols) ASSERT_EQ(reading.code(decoder, 0), symbol);
  EXPECT_TRUE(decoder.at_end());
}

std::vector<int64_t> tricky_residuals() {
  std::vector<int64_t> values = {0, 1, -1, 2, -2, 3, -3, std::numeric_limits<int64_t>::max(), -std::numeric_limits<int64_t>::max()};
  for (unsigned shift = 2; shift < 63; ++shift) {
    for (const int64_t offset : {-1, 0, 1}) {
      values.push_back((int64_t{1} << shift) + offset);
      values.push_back(-(int64_t{1} << shift) + offset);
    }
  }
  TestRandom random(11);
  for (int i = 0; i < 5000; ++i) values.push_back(random.residual(5));
  return values;
}

TEST(AdaptiveResidual, GivesBackEverySize) {
  const std::vector<int64_t> values = tricky_residuals();
  RangeEncoder encoder;
  AdaptiveResidual writing(3), reading(3);
  for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ(writing.code(encoder, values[i], i % 3), values[i]);
  const Bytes coded = encoder.finish();
  RangeDecoder decoder(coded);
  for (size_t i = 0; i < values.size(); ++i) ASSERT_EQ(reading.code(decoder, 0, i % 3), values[i]);
  EXPECT_TRUE(decoder.at_end());
}

TEST(MixedResidual, GivesBackEverySizeAndCostsWhatItWrites) {
  const std::vector<int64_t> values = tricky_residuals();
  RangeEncoder encoder;
  CostMeter meter;
  MixedResidual<3> writing({4, 5, 6}, 2), reading({4, 5, 6}, 2), measuring({4, 5, 6}, 2);
  for (size_t i = 0; i < values.size(); ++i) {
    writing.code(encoder, values[i], {i % 4, i % 5, i % 6}, i % 2);
    measuring.code(meter, values[i], {i % 4, i % 5, i % 6}, i % 2);
  }
  const Bytes coded = encoder.finish();
  EXPECT_NEAR(8.0 * static_cast<double>(coded.size()), meter.bits(), meter.bits() * 1e-4 + 16);
  RangeDecoder decoder(coded);
  for (size_t i = 0; i < values.size(); ++i) ASSERT_EQ(reading.code(decoder, 0, {i % 4, i % 5, i % 6}, i % 2), values[i]);
  EXPECT_TRUE(decoder.at_end());
}

TEST(MixedResidual, DecodesAnyBytesToSomething) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    TestRandom random(seed);
    Bytes bytes(random.below(200));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(seed % 2 == 0 ? random.next() : 0xff);
    RangeDecoder decoder(bytes);
    MixedResidual<2> model({2, 2}, 1);
    for (size_t i = 0; i < 500; ++i) {
      const int64_t value = model.code(decoder, 0, {i % 2, 0}, 0);
      ASSERT_NE(value, std::numeric_limits<int64_t>::min());
    }
  }
}

TEST(Mixer, StretchAndSquashAreInverseAndMonotone) {
  for (int32_t x = -kStretchLimit; x < kStretchLimit; ++x) ASSERT_LE(squash(x), squash(x + 1));
  EXPECT_EQ(squash(0), 32768u);
  EXPECT_EQ(squash(-100000), squash(-kStretchLimit));
  EXPECT_GE(squash(-kStretchLimit), 1u);
  for (uint32_t p1 = 0; p1 < 65535; ++p1) ASSERT_LE(stretch(p1), stretch(p1 + 1));
  for (uint32_t p1 = 256; p1 < 65536 - 256; ++p1) {
    const double expected = 256 * std::log(p1 / (65536.0 - p1));
    ASSERT_NEAR(stretch(p1), expected, 0.6 + 8 * 256.0 * 65536 / p1 / (65536.0 - p1)) << p1;
  }
}

TEST(MixedBit, BeatsTheBestSingleContext) {
  // The bit depends on both contexts together by their log odds; each alone knows half.
  TestRandom random(21);
  AdaptiveBit a[4], b[4], alone_a[4], alone_b[4];
  MixedBit<2> mixed(1);
  CostMeter both, only_a, only_b;
  constexpr double kOdds[4] = {-3, -1, 1, 3};
  for (int i = 0; i < 100000; ++i) {
    const uint32_t ca = random.below(4), cb = random.below(4);
    const double p = 1 / (1 + std::exp(-kOdds[ca] - kOdds[cb]));
    const bool bit = random.bit(static_cast<uint32_t>(p * 65536));
    mixed.code(both, bit, {&a[ca], &b[cb]}, 0);
    alone_a[ca].code(only_a, bit);
    alone_b[cb].code(only_b, bit);
  }
  EXPECT_LT(both.bits(), 0.85 * std::min(only_a.bits(), only_b.bits()));
}

TEST(MixedBit, ComesCloseToTheEntropyOfOneContext) {
  for (const uint32_t p1 : {200u, 3000u, 30000u}) {
    TestRandom random(p1);
    AdaptiveBit a, b;
    MixedBit<2> mixed(1);
    CostMeter meter;
    constexpr int kCount = 200000;
    for (int i = 0; i < kCount; ++i) mixed.code(meter, random.bit(p1), {&a, &b}, 0);
    EXPECT_LT(meter.bits(), kCount * entropy_bits(p1 / 65536.0) * 1.05 + 200) << p1;
  }
}

}  // namespace
}  // namespace dew
