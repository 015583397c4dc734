// SPDX-License-Identifier: Apache-2.0
#include "entropy/mixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "coder_testing.h"

namespace dew {
namespace {

using Components = std::vector<LogisticComponent>;

Components random_components(TestRandom& random, int64_t lo, int64_t hi) {
  Components components(1 + random.below(kMaxComponents));
  for (LogisticComponent& c : components) {
    c.centre_q8 = static_cast<int32_t>(random.between(lo * 256 - 2000, hi * 256 + 2000));
    c.log_scale_q5 = static_cast<int32_t>(random.between(kMinLogScale, 10 * 32));
    c.logit_q8 = static_cast<int32_t>(random.between(-1500, 1500));
  }
  return components;
}

double logistic(double z) { return 1 / (1 + std::exp(-z)); }

/// The mass of x under the real-valued mixture, tails given to the ends.
double real_mass(const Components& components, int64_t x, int64_t lo, int64_t hi) {
  double sum = 0, mass = 0;
  for (const LogisticComponent& c : components) {
    const double weight = std::exp(c.logit_q8 / 256.0);
    const double scale = std::exp2(c.log_scale_q5 / 32.0);
    const double centre = c.centre_q8 / 256.0;
    const double above = x == hi ? 1 : logistic((static_cast<double>(x) + 0.5 - centre) / scale);
    const double below = x == lo ? 0 : logistic((static_cast<double>(x) - 0.5 - centre) / scale);
    sum += weight;
    mass += weight * (above - below);
  }
  return mass / sum;
}

TEST(Mixture, CdfGrowsStrictlyWithAFloorUnderEverySymbol) {
  TestRandom random(1);
  for (int round = 0; round < 400; ++round) {
    const int64_t lo = random.between(-3000, 3000);
    const int64_t hi = lo + 1 + random.below(round % 2 == 0 ? 40 : 4000);
    Components components = random_components(random, lo, hi);
    if (round % 5 == 0) components[0].centre_q8 = std::numeric_limits<int32_t>::max();
    if (round % 7 == 0) components[0].logit_q8 = std::numeric_limits<int32_t>::min();
    if (round % 11 == 0) components[0].log_scale_q5 = std::numeric_limits<int32_t>::max();
    const MixtureCdf cdf(components, lo, hi);
    const uint64_t total = uint64_t{1} << MixtureCdf::kBits;
    const uint64_t least = (total >> 13) / static_cast<uint64_t>(hi - lo + 1);
    uint64_t last = 0;
    for (int64_t x = lo + 1; x <= hi; ++x) {
      ASSERT_GE(cdf(x), last + least) << "round " << round << " symbol " << x;
      last = cdf(x);
    }
    ASSERT_LE(last + least, total);
  }
}

TEST(Mixture, GivesBackEverySymbol) {
  TestRandom random(2);
  for (int round = 0; round < 300; ++round) {
    const int64_t lo = random.between(-100000, 100000);
    const int64_t hi = lo + random.below(round % 3 == 0 ? 4 : round % 3 == 1 ? 300 : 200000);
    const Components components = random_components(random, lo, hi);
    std::vector<int64_t> values = {lo, hi, (lo + hi) / 2};
    for (int i = 0; i < 60; ++i) values.push_back(random.between(lo, hi));
    for (const LogisticComponent& c : components) values.push_back(std::clamp<int64_t>(c.centre_q8 / 256, lo, hi));
    RangeEncoder encoder;
    for (const int64_t value : values) code_by_mixture(encoder, components, value, lo, hi);
    const Bytes coded = encoder.finish();
    RangeDecoder decoder(coded);
    for (const int64_t value : values) ASSERT_EQ(code_by_mixture(decoder, components, 0, lo, hi), value) << "round " << round;
    EXPECT_TRUE(decoder.at_end());
  }
}

TEST(Mixture, OpenEndsTakeAnyValue) {
  TestRandom random(4);
  const Components components = {{0, 64, 0}, {256 * 50, 10, -300}};
  std::vector<int64_t> values = {-100, 100, -101, 101, -102, 102, int64_t{1} << 61, -(int64_t{1} << 61)};
  for (int i = 0; i < 1000; ++i) values.push_back(random.between(-1000, 1000) * (int64_t{1} << random.below(40)));
  RangeEncoder encoder;
  for (const int64_t value : values) EXPECT_EQ(code_by_open_mixture(encoder, components, value, -100, 100), value);
  const Bytes coded = encoder.finish();
  RangeDecoder decoder(coded);
  for (const int64_t value : values) ASSERT_EQ(code_by_open_mixture(decoder, components, 0, -100, 100), value);
  EXPECT_TRUE(decoder.at_end());
}

TEST(Mixture, DecodesAnyBytesToAValueInRange) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    TestRandom random(seed);
    Bytes bytes(random.below(40));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(seed % 2 == 0 ? random.next() : 0xff);
    RangeDecoder decoder(bytes);
    for (int i = 0; i < 100; ++i) {
      const Components components = random_components(random, -50, 50);
      const int64_t value = code_by_mixture(decoder, components, 0, -50, 50);
      ASSERT_GE(value, -50);
      ASSERT_LE(value, 50);
      code_by_open_mixture(decoder, components, 0, -50, 50);
    }
  }
}

TEST(Mixture, CodesWithinAThousandthOfTheRealValuedModel) {
  // Symbols drawn from the model itself, so that the model's own code length is the least there is.
  TestRandom random(9);
  RangeEncoder encoder;
  double model_bits = 0;
  for (int i = 0; i < 60000; ++i) {
    const int64_t lo = 0, hi = 65535;
    Components components(6);
    const int32_t place = static_cast<int32_t>(random.between(500, 50000)) * 256;
    for (LogisticComponent& c : components) {
      c = {place + static_cast<int32_t>(random.between(-40000, 40000)), static_cast<int32_t>(random.between(0, 7 * 32)),
           static_cast<int32_t>(random.between(-600, 600))};
    }
    std::vector<double> weights;
    for (const LogisticComponent& c : components) weights.push_back(std::exp(c.logit_q8 / 256.0));
    double total = 0;
    for (const double weight : weights) total += weight;
    double pick = static_cast<double>(random.next() >> 11) * 0x1p-53 * total;
    size_t k = 0;
    while (k + 1 < weights.size() && pick > weights[k]) pick -= weights[k++];
    const double u = (static_cast<double>(random.next() >> 11) + 0.5) * 0x1p-53;
    const double x = components[k].centre_q8 / 256.0 + std::exp2(components[k].log_scale_q5 / 32.0) * std::log(u / (1 - u));
    const int64_t value = std::clamp<int64_t>(std::llround(x), lo, hi);
    model_bits -= std::log2(real_mass(components, value, lo, hi));
    code_by_mixture(encoder, components, value, lo, hi);
  }
  const double coded_bits = 8.0 * static_cast<double>(encoder.finish().size());
  EXPECT_LT(coded_bits, model_bits * 1.001) << coded_bits / model_bits;
  EXPECT_GT(coded_bits, model_bits * 0.999) << coded_bits / model_bits;
  RecordProperty("coded_over_model", std::to_string(coded_bits / model_bits));
}

}  // namespace
}  // namespace dew
