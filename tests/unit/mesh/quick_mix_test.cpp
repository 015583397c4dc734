// SPDX-License-Identifier: Apache-2.0
#include "mesh/coding/quick_mix.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace dew {
namespace {

TEST(QuickMix, VectorsComputeWhatTheyWouldOneByOne) {
  std::mt19937 random(7);
  const auto below = [&](int size) { return static_cast<int>(random() % static_cast<unsigned>(2 * size + 1)) - size; };
  for (int i = 0; i < 20000; ++i) {
    quick_mix::Lanes inputs, weights;
    for (size_t k = 0; k < quick_mix::kLanes; ++k) {
      inputs.lane[k] = static_cast<int16_t>(below(kStretchLimit));
      // Often at either end, where they must stop.
      weights.lane[k] = static_cast<int16_t>(i % 3 == 0 ? (below(1) >= 0 ? 32767 : -32768) : below(32767));
    }
    const quick_mix::Vector vector = quick_mix::vector_of(std::to_array(inputs.lane));
    ASSERT_EQ(quick_mix::dot(vector, weights), quick_mix::dot_plain(inputs, weights));
    quick_mix::Lanes plain = weights;
    const int32_t error = i % 5 == 0 ? (i % 2 == 0 ? 16384 : -16384) : below(16384);
    const unsigned shift = 13 + static_cast<unsigned>(i % 4);
    quick_mix::learn(weights, vector, error, shift);
    quick_mix::learn_plain(plain, inputs, error, shift);
    ASSERT_EQ(std::memcmp(&weights, &plain, sizeof weights), 0);
  }
}

}  // namespace
}  // namespace dew
