// SPDX-License-Identifier: Apache-2.0
// Intervals of ranges are the same with vector instructions and without, for any outputs of a network, and fill the whole.
#include "pointcloud/coding/range_mixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "pointcloud/coding/range_mixture_x86.h"

namespace dew {
namespace {

template <size_t kCentres>
struct Question {
  std::array<int32_t, 3 * kCentres> outputs;
  std::array<int32_t, kCentres> centres;
  uint32_t max_range;
};

/// Outputs of any size, or as networks give them: close to one another, or far; alphabets of one symbol up to all.
template <size_t kCentres>
Question<kCentres> random_question(std::mt19937& random) {
  const auto between = [&](int64_t low, int64_t high) {
    return static_cast<int32_t>(low + static_cast<int64_t>(random() % static_cast<uint64_t>(high - low + 1)));
  };
  Question<kCentres> q;
  const bool wild = random() % 4 == 0;
  for (int32_t& output : q.outputs) output = wild ? static_cast<int32_t>(random()) : between(-2000, 2000);
  if (random() % 8 == 0) q.outputs[random() % kCentres] = INT32_MIN;
  if (random() % 8 == 0) q.outputs[random() % kCentres] = INT32_MAX;
  q.max_range = static_cast<uint32_t>(between(1, random() % 3 == 0 ? 5 : (1 << 20) - 1));
  const int32_t around = between(0, 16 * int64_t{q.max_range});
  const int32_t spread = 1 << (random() % 22);
  for (int32_t& centre : q.centres) centre = std::clamp(around + between(-spread, spread), 0, (1 << 26) - 1);
  return q;
}

template <size_t kCentres>
void expect_the_same(uint32_t seed) {
  std::mt19937 random(seed);
  for (int trial = 0; trial < 20000; ++trial) {
    const Question<kCentres> q = random_question<kCentres>(random);
    const uint32_t any = 1 + static_cast<uint32_t>(random()) % q.max_range;
    const auto near = std::clamp(static_cast<uint32_t>(q.centres[0] / 16), 1u, q.max_range);
    for (const uint32_t range : {1u, q.max_range, any, near, std::min(near + 1, q.max_range)}) {
      const CdfInterval expected = range_interval_plain<kCentres>(q.outputs, q.centres, range, q.max_range);
      const CdfInterval interval = range_interval<kCentres>(q.outputs, q.centres, range, q.max_range);
      ASSERT_EQ(interval.start, expected.start) << trial;
      ASSERT_EQ(interval.size, expected.size) << trial;
    }
  }
}

TEST(RangeMixture, OfVectorsIsThePlainOne) {
  if (!range_mixture_x86::available()) GTEST_SKIP() << "this machine has no AVX-512";
  expect_the_same<kRangeCentres>(1);
  expect_the_same<kInterCentres>(2);
}

TEST(RangeMixture, IntervalsFillTheWhole) {
  std::mt19937 random(3);
  for (int trial = 0; trial < 40; ++trial) {
    Question<kRangeCentres> q = random_question<kRangeCentres>(random);
    q.max_range = 1 + q.max_range % 300;
    uint32_t next = 0;
    for (uint32_t range = 1; range <= q.max_range; ++range) {
      const CdfInterval interval = range_interval<kRangeCentres>(q.outputs, q.centres, range, q.max_range);
      ASSERT_EQ(interval.start, next);
      ASSERT_GT(interval.size, 0u);
      next = interval.start + interval.size;
    }
    ASSERT_EQ(next, 1u << 30);
  }
}

}  // namespace
}  // namespace dew
