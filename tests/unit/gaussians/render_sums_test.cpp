// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "gaussians/render/kernel/render_using.h"
#include "gaussians/render/render.h"
#include "tests/support/reference_renderer.h"
#include "tests/support/splats_before_camera.h"

namespace dew {
namespace {

using namespace test;

void expect_true_sums(const Splats& splats, const Camera& camera) {
  SplatSums sums;
  ASSERT_TRUE(render(splats, camera, {.sums = &sums}).ok());
  const ReferenceView truth = reference_render(splats, camera);
  ASSERT_EQ(sums.weight.size(), splats.count());
  ASSERT_EQ(sums.pixels.size(), splats.count());
  size_t doubtful = 0;
  for (size_t i = 0; i < splats.count(); ++i) {
    const ReferenceSums& one = truth.sums[i];
    if (one.doubtful) {
      ++doubtful;
      continue;
    }
    SCOPED_TRACE(i);
    EXPECT_NEAR(sums.weight[i], one.weight, 1e-5 + 2e-5 * one.weight);
    EXPECT_NEAR(sums.weight_squared[i], one.weight_squared, 1e-5 + 2e-5 * one.weight_squared);
    EXPECT_NEAR(sums.weight_max[i], one.weight_max, 1e-5);
    EXPECT_EQ(sums.pixels[i], one.pixels);
    EXPECT_NEAR(sums.removal_error[i], one.removal_error, 1e-5 + 1e-4 * one.removal_error);
  }
  EXPECT_LE(doubtful, splats.count() / 2);
}

TEST(RenderSums, AreTrueForRandomScenes) {
  for (uint32_t seed = 100; seed < 108; ++seed) {
    SCOPED_TRACE(seed);
    expect_true_sums(splats_before_camera(seed, 80, {.sh_degree = seed % 4}), turned(camera_at_origin(60, 45), 0.3 * seed));
  }
}

TEST(RenderSums, AreTrueForOpaqueCrowds) {
  expect_true_sums(splats_before_camera(110, 300, {.log_scale_min = -2, .log_scale_max = 0, .logit_min = 3, .logit_max = 9}),
                   camera_at_origin(40, 40));
}

TEST(RenderSums, AreTrueForHostileValues) { expect_true_sums(hostile_splats(111, 96), camera_at_origin(40, 30)); }

TEST(RenderSums, RemovalErrorIsWhatRemovalCosts) {
  const Splats splats = splats_before_camera(120, 40, {.log_scale_min = -3, .log_scale_max = -0.5f, .logit_min = -3, .logit_max = 2});
  const Camera camera = camera_at_origin(48, 40);
  SplatSums sums;
  const auto whole = render(splats, camera, {.depth_and_alpha = true, .sums = &sums});
  ASSERT_TRUE(whole.ok());
  for (const float alpha : whole->alpha) ASSERT_LT(alpha, 0.999) << "a pixel might end earlier or later once a splat is gone";
  size_t drawn = 0;
  for (uint32_t gone = 0; gone < splats.count(); ++gone) {
    std::vector<uint32_t> others;
    for (uint32_t i = 0; i < splats.count(); ++i) {
      if (i != gone) others.push_back(i);
    }
    const auto without = render(select(splats, others), camera, {});
    ASSERT_TRUE(without.ok());
    double error = 0;
    for (size_t k = 0; k < whole->colour.pixels.size(); ++k) {
      error += std::pow(double{whole->colour.pixels[k]} - double{without->colour.pixels[k]}, 2);
    }
    EXPECT_NEAR(sums.removal_error[gone], error, 1e-6 + 1e-4 * error) << gone;
    drawn += sums.pixels[gone] > 0;
  }
  EXPECT_GT(drawn, 20u);
}

TEST(RenderSums, WeightsOfAPictureAddUpToItsAlpha) {
  const Splats splats = splats_before_camera(121, 500);
  SplatSums sums;
  const auto view = render(splats, camera_at_origin(90, 70), {.depth_and_alpha = true, .sums = &sums});
  ASSERT_TRUE(view.ok());
  double weight = 0, alpha = 0;
  for (const float value : sums.weight) weight += value;
  for (const float value : view->alpha) alpha += value;
  EXPECT_NEAR(weight, alpha, 1e-4 * alpha);
}

TEST(RenderSums, OldContentsAreReplaced) {
  SplatSums sums;
  sums.weight.assign(7, 9.0f);
  sums.removal_error.assign(70, 9.0f);
  const Splats splats = splats_before_camera(122, 20);
  Camera away = camera_at_origin(20, 20);
  away.rotation = {-1, 0, 0, 0, 1, 0, 0, 0, -1};
  ASSERT_TRUE(render(splats, away, {.sums = &sums}).ok());
  EXPECT_EQ(sums.weight, std::vector<float>(20));
  EXPECT_EQ(sums.removal_error, std::vector<float>(20));
  EXPECT_EQ(sums.pixels, std::vector<uint32_t>(20));
}

double squared_error(const Splats& splats, const Camera& camera, const Image& target) {
  const auto view = render(splats, camera, {});
  EXPECT_TRUE(view.ok());
  double error = 0;
  for (size_t k = 0; k < target.pixels.size(); ++k) error += std::pow(double{target.pixels[k]} - double{view->colour.pixels[k]}, 2);
  return error;
}

struct ResidualScene {
  Splats splats = splats_before_camera(130, 60, {.sh_degree = 0, .log_scale_min = -2, .log_scale_max = 0, .logit_min = -2, .logit_max = 1});
  Camera camera = camera_at_origin(51, 40);
  Image target = render(splats_before_camera(131, 60), camera, {})->colour;
};

TEST(RenderResiduals, AreTheSlopesOfTheError) {
  ResidualScene scene;
  for (float& dc : scene.splats.dc) dc = std::abs(dc);  // no colour is cut at zero
  ResidualSums residual;
  residual.target = &scene.target;
  ASSERT_TRUE(render(scene.splats, scene.camera, {.residual = &residual}).ok());
  const auto slope = [&](float& value, float step) {
    const float before = value;
    value = before + step;
    const double above = squared_error(scene.splats, scene.camera, scene.target);
    value = before - step;
    const double below = squared_error(scene.splats, scene.camera, scene.target);
    value = before;
    return (above - below) / (2 * double{step});
  };
  double opacity_slopes = 0, opacity_misses = 0;
  for (size_t i = 0; i < scene.splats.count(); ++i) {
    SCOPED_TRACE(i);
    for (size_t channel = 0; channel < 3; ++channel) {
      const double truth = slope(scene.splats.dc[3 * i + channel], 0.05f);
      EXPECT_NEAR(-2 * kShConstant * residual.weighted[3 * i + channel], truth, 1e-3 + 1e-3 * std::abs(truth));
    }
    const double opacity = 1 / (1 + std::exp(-double{scene.splats.opacity_logit[i]}));
    const double truth = slope(scene.splats.opacity_logit[i], 0.01f);
    // Pixels come and go at 1/255 as the opacity moves: true on the whole, not for each.
    opacity_slopes += std::abs(truth);
    opacity_misses += std::abs(-2 * (1 - opacity) * residual.removal[i] - truth);
  }
  EXPECT_GT(opacity_slopes, 1);
  EXPECT_LT(opacity_misses, 0.05 * opacity_slopes);
}

TEST(RenderResiduals, NeitherThreadsNorInstructionsNorOtherSumsChangeABit) {
  const Splats splats = hostile_splats(132, 600);
  const Camera camera = camera_at_origin(70, 61);
  const Image target = render(splats_before_camera(133, 300), camera, {})->colour;
  ResidualSums one, four, plain, with_sums;
  one.target = four.target = plain.target = with_sums.target = &target;
  SplatSums sums, sums_alone;
  ASSERT_TRUE(render(splats, camera, {.residual = &one}).ok());
  ASSERT_TRUE(render(splats, camera, {.threads = 4, .residual = &four}).ok());
  ASSERT_TRUE(render(splats, camera, {.sums = &sums, .residual = &with_sums}).ok());
  ASSERT_TRUE(render(splats, camera, {.sums = &sums_alone}).ok());
  ASSERT_TRUE(kernel::render_using(kernel::plain_tile_kernels(), splats, camera, {.residual = &plain}).ok());
  for (const ResidualSums* other : {&four, &plain, &with_sums}) {
    EXPECT_EQ(one.weighted, other->weighted);
    EXPECT_EQ(one.removal, other->removal);
  }
  EXPECT_EQ(sums.removal_error, sums_alone.removal_error);
}

TEST(RenderResiduals, GivenColoursAreDrawnAsTheyAre) {
  Splats splats = splats_before_camera(134, 80, {.sh_degree = 0});
  for (float& dc : splats.dc) dc = std::abs(dc);
  std::vector<float> colours(3 * splats.count());
  for (size_t k = 0; k < colours.size(); ++k) colours[k] = 0.5f + static_cast<float>(kShConstant) * splats.dc[k];
  const Camera camera = camera_at_origin(40, 40);
  const auto own = render(splats, camera, {});
  const auto given = render(splats, camera, {.colours = &colours});
  ASSERT_TRUE(own.ok() && given.ok());
  for (size_t k = 0; k < own->colour.pixels.size(); ++k) EXPECT_NEAR(own->colour.pixels[k], given->colour.pixels[k], 1e-5);
}

TEST(RenderResiduals, RefusesTargetsAndColoursOfAnotherSize) {
  const Splats splats = splats_before_camera(135, 5);
  const Camera camera = camera_at_origin(20, 20);
  const Image small = {20, 19, std::vector<float>(3 * 20 * 19)};
  ResidualSums residual;
  EXPECT_FALSE(render(splats, camera, {.residual = &residual}).ok());
  residual.target = &small;
  EXPECT_FALSE(render(splats, camera, {.residual = &residual}).ok());
  const std::vector<float> colours(14);
  EXPECT_FALSE(render(splats, camera, {.colours = &colours}).ok());
}

}  // namespace
}  // namespace dew
