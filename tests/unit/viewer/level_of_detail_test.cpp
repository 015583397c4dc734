// SPDX-License-Identifier: Apache-2.0
#include "viewer/scene/level_of_detail.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

namespace dew::viewer {
namespace {

std::vector<float> random_points(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> spread(0, 20);
  std::vector<float> xyz(3 * count);
  for (float& value : xyz) value = spread(random);
  return xyz;
}

TEST(LevelOfDetail, OrderHoldsEachPointOnceAndBlocksHoldTheirPoints) {
  for (const size_t count : {0ul, 1ul, 7ul, 1000ul, 20'001ul}) {
    const std::vector<float> xyz = random_points(count, 1);
    const LevelOfDetail detail = make_level_of_detail(xyz, 1000);
    std::vector<uint32_t> sorted = detail.order;
    std::sort(sorted.begin(), sorted.end());
    std::vector<uint32_t> all(count);
    std::iota(all.begin(), all.end(), 0u);
    EXPECT_EQ(sorted, all);
    uint32_t next = 0;
    for (const PointBlock& block : detail.blocks) {
      EXPECT_EQ(block.first, next);
      EXPECT_LE(block.count, 1000u);
      next += block.count;
      for (uint32_t i = 0; i < block.count; ++i) {
        for (size_t axis = 0; axis < 3; ++axis) {
          const float value = xyz[3 * size_t{detail.order[block.first + i]} + axis];
          EXPECT_TRUE(value >= block.low[axis] && value <= block.high[axis]);
        }
      }
    }
    EXPECT_EQ(next, count);
  }
}

TEST(LevelOfDetail, SurvivesPointsInOnePlace) {
  const std::vector<float> xyz(3 * 5000, 1.5f);
  EXPECT_EQ(make_level_of_detail(xyz, 1000).order.size(), 5000u);
}

TEST(LevelOfDetail, EveryBeginningOfABlockIsSpreadOverIt) {
  // Points along a line: the largest gap in the first n of them is at most twice what n even ones would leave.
  std::vector<float> xyz;
  for (int i = 0; i < 1024; ++i) xyz.insert(xyz.end(), {static_cast<float>(i), 0, 0});
  const LevelOfDetail detail = make_level_of_detail(xyz, 4096);
  ASSERT_EQ(detail.blocks.size(), 1u);
  for (const size_t n : {8ul, 50ul, 300ul, 777ul}) {
    std::set<uint32_t> taken(detail.order.begin(), detail.order.begin() + static_cast<long>(n));
    uint32_t last = 0, largest_gap = 1024 - *taken.rbegin();
    for (const uint32_t i : taken) {
      largest_gap = std::max(largest_gap, i - last);
      last = i;
    }
    EXPECT_LE(largest_gap, 2 * 1024 / n + 2) << n;
  }
}

TEST(LevelOfDetail, EveryPointInThePictureIsInARange) {
  const std::vector<float> xyz = random_points(30'000, 2);
  const LevelOfDetail detail = make_level_of_detail(xyz, 512);
  const Vec3 origin{100, 50, 0};
  std::mt19937 random(3);
  std::uniform_real_distribution<double> uniform(-40, 40);
  const PixelSize size = {640, 480};
  for (int view = 0; view < 20; ++view) {
    Viewpoint eye = look_at(origin + Vec3{uniform(random), uniform(random), uniform(random)},
                            origin + Vec3{uniform(random), uniform(random), uniform(random)}, {0, 0, 1});
    eye.centre_x = 0.2;
    if (view % 2 == 1) eye.parallel_height = 15;
    std::vector<bool> drawn(30'000);
    for (const DrawRange& range : choose_ranges(detail, origin, eye, size, 1'000'000)) {
      for (uint32_t i = 0; i < range.count; ++i) drawn[detail.order[range.first + i]] = true;
    }
    size_t left_out = 0;
    for (size_t i = 0; i < drawn.size(); ++i) {
      const Vec3 point =
          origin + Vec3{static_cast<double>(xyz[3 * i]), static_cast<double>(xyz[3 * i + 1]), static_cast<double>(xyz[3 * i + 2])};
      const auto place = project(eye, size, point);
      const bool seen = place && place->x >= 0 && place->x <= size.width && place->y >= 0 && place->y <= size.height;
      EXPECT_TRUE(!seen || drawn[i]);
      left_out += !drawn[i];
    }
    EXPECT_GT(left_out, 0u) << "nothing is culled";
  }
}

TEST(LevelOfDetail, KeepsToItsBudgetAndGivesNearBlocksMore) {
  const std::vector<float> xyz = random_points(100'000, 4);
  const LevelOfDetail detail = make_level_of_detail(xyz, 1024);
  const Viewpoint eye = look_at({-60, 0, 0}, {0, 0, 0}, {0, 0, 1});
  for (const uint64_t budget : {0ull, 100ull, 5'000ull, 60'000ull}) {
    const auto ranges = choose_ranges(detail, {}, eye, {640, 480}, budget);
    uint64_t sum = 0;
    for (const DrawRange& range : ranges) sum += range.count;
    EXPECT_LE(sum, budget + ranges.size());
    EXPECT_GE(sum + 2 * ranges.size(), std::min<uint64_t>(budget, 90'000)) << "the budget is used";
  }
}

}  // namespace
}  // namespace dew::viewer
