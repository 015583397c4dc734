// SPDX-License-Identifier: Apache-2.0
#include "viewer/splats/depth_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

namespace dew::viewer {
namespace {

std::vector<uint32_t> by_standard_sort(const std::vector<float>& depths) {
  std::vector<uint32_t> order(depths.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return depths[a] < depths[b]; });
  return order;
}

TEST(DepthOrder, IsThatOfAStableSort) {
  std::mt19937 random(1);
  for (const size_t count : {0ul, 1ul, 2ul, 100ul, 70'000ul}) {
    for (int kind = 0; kind < 5; ++kind) {
      std::vector<float> depths(count);
      for (float& depth : depths) {
        const float uniform = std::uniform_real_distribution<float>(0.2f, 50)(random);
        depth = kind == 0   ? uniform
                : kind == 1 ? std::round(uniform)                                    // many ties
                : kind == 2 ? 7.0f                                                   // nothing but ties
                : kind == 3 ? std::exp(4 * uniform - 100)                            // from 1e-44 to 1e43
                            : std::uniform_real_distribution<float>(-1, 1)(random);  // both signs
      }
      if (count > 2 && kind == 0) depths[1] = 1e30f;  // one stray splat
      if (count > 2 && kind == 4) depths[0] = -0.0f, depths[2] = 0.0f;
      if (kind == 3) {
        for (float& depth : depths) depth = std::min(depth, std::numeric_limits<float>::max());
      }
      EXPECT_EQ(sorted_by_depth(depths), by_standard_sort(depths)) << count << " of kind " << kind;
    }
  }
}

TEST(DepthOrder, LeavesOutWhatLiesBehindAndBeside) {
  const std::vector<float> xyz = {
      0, 5, 0, 0, -5, 0, 0, 0.1f, 0, 100, 5, 0, 0, 2, 0, std::nanf(""), 5, 0, 0, std::numeric_limits<float>::infinity(), 0};
  const Viewpoint eye = look_at({0, 0, 0}, {0, 1, 0}, {0, 0, 1});
  DepthOrder order;
  const auto seen = order.sort(xyz, eye, {800, 600}, 0.2, 3);
  EXPECT_EQ(std::vector<uint32_t>(seen.begin(), seen.end()), (std::vector<uint32_t>{4, 0}));
  const auto all = order.sort(xyz, eye, {800, 600}, 0.2, std::numeric_limits<double>::infinity());
  EXPECT_EQ(std::vector<uint32_t>(all.begin(), all.end()), (std::vector<uint32_t>{4, 0, 3}));
}

}  // namespace
}  // namespace dew::viewer
