// SPDX-License-Identifier: Apache-2.0
#include "viewer/gl/depth_worker.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace dew::viewer {
namespace {

constexpr double kEverything = std::numeric_limits<double>::infinity();
constexpr PixelSize kSize = {100, 100};

std::shared_ptr<const std::vector<float>> random_places(size_t count) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(-5, 5);
  auto xyz = std::make_shared<std::vector<float>>(3 * count);
  for (float& value : *xyz) value = uniform(random);
  return xyz;
}

TEST(DepthWorker, GivesTheOrderOfTheLastWish) {
  const auto xyz = random_places(5000);
  DepthWorker worker(xyz, 0.2, kEverything);
  EXPECT_EQ(worker.latest(), nullptr);
  EXPECT_FALSE(worker.is_current());
  DepthOrder here;
  for (int i = 0; i < 50; ++i) {
    Viewpoint eye = look_at({8, static_cast<double>(i), 0}, {}, {0, 0, 1});
    worker.ask(eye, kSize);
    if (i % 3 == 0) continue;  // overtaken by the next wish
    worker.wait();
    ASSERT_TRUE(worker.is_current());
    const DepthWorker::Sorted* sorted = worker.latest();
    ASSERT_NE(sorted, nullptr);
    const auto expected = here.sort(*xyz, eye, kSize, 0.2, kEverything);
    ASSERT_TRUE(std::equal(expected.begin(), expected.end(), sorted->order.begin(), sorted->order.end()));
  }
}

TEST(DepthWorker, EndsWithAWishUnderWay) {
  for (int i = 0; i < 20; ++i) {
    DepthWorker worker(random_places(20'000), 0.2, kEverything);
    worker.ask(look_at({8, 0, 0}, {}, {0, 0, 1}), kSize);
  }
}

}  // namespace
}  // namespace dew::viewer
