// SPDX-License-Identifier: Apache-2.0
#include "gaussians/coding/mixed_integer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "entropy/range_coder.h"

namespace dew {
namespace {

using Random = std::mt19937_64;
constexpr int64_t kLargest = int64_t{1} << 40;

struct Step {
  int64_t value;
  std::array<size_t, 2> contexts;
  size_t set;
};

std::vector<Step> random_steps(Random& random, size_t count) {
  std::vector<Step> steps(count);
  for (Step& step : steps) {
    const unsigned bits = static_cast<unsigned>(random() % 41);
    const int64_t size = static_cast<int64_t>(random() & ((uint64_t{1} << bits) - 1));
    step = {random() % 2 == 0 ? size : -size, {random() % 3, random() % 7}, random() % 2};
  }
  // The ends of every way a size is written.
  for (const int64_t size : {int64_t{0}, int64_t{1}, int64_t{8}, int64_t{9}, int64_t{10}, kLargest - 1, kLargest, kLargest + 8}) {
    steps.push_back({size, {0, 0}, 0});
    steps.push_back({-size, {2, 6}, 1});
  }
  return steps;
}

TEST(MixedInteger, EveryValueComesBack) {
  Random random(1);
  const std::vector<Step> steps = random_steps(random, 5000);
  MixedInteger<2> model({3, 7}, 2);
  RangeEncoder encoder;
  for (const Step& step : steps) EXPECT_EQ(model.code(encoder, step.value, step.contexts, step.set), step.value);
  const Bytes coded = encoder.finish();
  MixedInteger<2> again({3, 7}, 2);
  RangeDecoder decoder(coded);
  for (const Step& step : steps) ASSERT_EQ(again.code(decoder, 0, step.contexts, step.set), step.value);
  EXPECT_FALSE(decoder.overrun());
}

TEST(MixedInteger, FewValuesOfManyCostLittle) {
  MixedInteger<1> model({1});
  RangeEncoder encoder;
  for (int i = 0; i < 8000; ++i) model.code(encoder, i % 1000 == 0 ? 5 : 0, {0});
  EXPECT_LT(encoder.finish().size(), 40u);
}

/// Whatever bytes there are, what is decoded stays within what can be coded.
TEST(MixedInteger, NoiseDecodesWithinBounds) {
  Random random(2);
  for (int round = 0; round < 200; ++round) {
    Bytes noise(random() % 100);
    for (std::byte& byte : noise) byte = static_cast<std::byte>(round % 2 == 0 ? random() : 0xff);
    RangeDecoder decoder(noise);
    MixedInteger<1> model({4});
    for (int i = 0; i < 200; ++i) {
      const int64_t value = model.code(decoder, 0, {random() % 4});
      ASSERT_LE(std::abs(value), 2 * kLargest + 8);
    }
  }
}

TEST(Buckets, Log2BucketsAreThoseOfTheLogarithm) {
  Random random(3);
  for (const int per_octave : {1, 2, 4}) {
    for (int round = 0; round < 20000; ++round) {
      const int lowest = static_cast<int>(random() % 40) - 20;
      const size_t buckets = 2 + random() % 60;
      const double value = std::ldexp(1.0 + static_cast<double>(random() % 4096) / 4096, static_cast<int>(random() % 60) - 30);
      // Within an octave the buckets are equal parts of the number itself, as its bits are.
      int octave = 0;
      const double mantissa = 2 * std::frexp(value, &octave);
      const double plain = (octave - 1 - lowest) * per_octave + std::floor((mantissa - 1) * per_octave);
      const double expected = std::clamp(plain, 0.0, static_cast<double>(buckets - 1));
      ASSERT_EQ(log2_bucket(value, lowest, per_octave, buckets), static_cast<size_t>(expected)) << value << ' ' << per_octave;
    }
  }
  EXPECT_EQ(log2_bucket(1, 0, 1, 8), 0u);
  EXPECT_EQ(log2_bucket(2, 0, 1, 8), 1u);
  EXPECT_EQ(log2_bucket(1.5, 0, 2, 8), 1u);
  EXPECT_EQ(log2_bucket(3.999, 0, 2, 8), 3u);
}

TEST(Buckets, WhatIsNoNumberFallsToTheEnds) {
  const double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  for (const double value : {0.0, -0.0, -3.0, -infinity, nan, 5e-324}) {
    EXPECT_EQ(log2_bucket(value, -4, 2, 32), 0u) << value;
    EXPECT_EQ(linear_bucket(value, 32), 0u) << value;
  }
  EXPECT_EQ(log2_bucket(infinity, -4, 2, 32), 31u);
  EXPECT_EQ(linear_bucket(infinity, 32), 31u);
  EXPECT_EQ(linear_bucket(1e300, 32), 31u);
  EXPECT_EQ(linear_bucket(30.99, 32), 30u);
  EXPECT_EQ(linear_bucket(31, 32), 31u);
  EXPECT_EQ(linear_bucket(0.99, 1), 0u);
}

}  // namespace
}  // namespace dew
