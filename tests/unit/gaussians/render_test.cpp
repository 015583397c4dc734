// SPDX-License-Identifier: Apache-2.0
#include "gaussians/render/render.h"

#include <gtest/gtest.h>

#include <cstring>

#include "entropy/kernel/dispatch.h"
#include "gaussians/render/kernel/render_using.h"
#include "tests/support/reference_renderer.h"
#include "tests/support/splats_before_camera.h"

namespace dew {
namespace {

using namespace test;

constexpr double kTolerance = 1e-5;

Rendered draw(const Splats& splats, const Camera& camera, RenderOptions options = {}) {
  auto rendered = render(splats, camera, options);
  EXPECT_TRUE(rendered.ok()) << (rendered.ok() ? "" : rendered.error().message);
  return rendered.ok() ? *std::move(rendered) : Rendered();
}

/// Every pixel within the tolerance of the truth, but for those whose truth hangs on the last digits, and those are few.
void expect_true(const Splats& splats, const Camera& camera) {
  const Rendered view = draw(splats, camera, {.depth_and_alpha = true});
  const ReferenceView truth = reference_render(splats, camera);
  size_t doubtful = 0, wrong = 0;
  for (size_t p = 0; p < truth.doubtful.size(); ++p) {
    if (truth.doubtful[p]) {
      ++doubtful;
      continue;
    }
    double difference = std::abs(view.alpha[p] - truth.alpha[p]);
    difference = std::max(difference, std::abs(view.depth[p] - truth.depth[p]) * truth.alpha[p] / 7);
    for (size_t c = 0; c < 3; ++c) difference = std::max(difference, std::abs(view.colour.pixels[3 * p + c] - truth.colour[3 * p + c]));
    if (!(difference <= kTolerance) && ++wrong < 5) {
      ADD_FAILURE() << "pixel " << p % camera.width << " " << p / camera.width << " is off by " << difference;
    }
  }
  EXPECT_EQ(wrong, 0u);
  EXPECT_LE(doubtful, 2 + truth.doubtful.size() / 50);
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

TEST(Render, IsTrueForRandomScenes) {
  for (uint32_t seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    const Splats splats = splats_before_camera(seed, 150, {.sh_degree = seed % 4});
    expect_true(splats, turned(camera_at_origin(50 + seed, 40), 0.2 * seed));
  }
}

TEST(Render, IsTrueForOpaqueCrowds) {
  expect_true(splats_before_camera(20, 800, {.log_scale_min = -2, .log_scale_max = 0, .logit_min = 2, .logit_max = 9}),
              camera_at_origin(70, 50));
}

TEST(Render, IsTrueForFaintCrowds) {
  expect_true(splats_before_camera(21, 800, {.log_scale_min = -2, .log_scale_max = 0, .logit_min = -6, .logit_max = -5}),
              camera_at_origin(70, 50));
}

TEST(Render, IsTrueForExtremeScales) {
  for (uint32_t seed = 30; seed < 36; ++seed) {
    SCOPED_TRACE(seed);
    expect_true(splats_before_camera(seed, 60, {.log_scale_min = -25, .log_scale_max = 6}), camera_at_origin(90, 60));
  }
}

TEST(Render, IsTrueForNeedlesAndSpecks) {
  Splats splats = splats_before_camera(40, 60, {.log_scale_min = -12, .log_scale_max = -8});
  for (size_t i = 0; i < splats.count(); i += 2) splats.log_scale[3 * i] = 3;
  expect_true(splats, camera_at_origin(200, 120));
}

TEST(Render, IsTrueForHostileValues) {
  for (uint32_t seed = 50; seed < 54; ++seed) {
    SCOPED_TRACE(seed);
    expect_true(hostile_splats(seed, 144), camera_at_origin(50, 40));
  }
}

TEST(Render, IsTrueFarFromTheUpperLeftCorner) {
  // Single precision has few digits left at column 3000.
  Camera camera = camera_at_origin(3000, 4);
  camera.cx = 2900;
  expect_true(splats_before_camera(60, 40, {.log_scale_min = -7, .log_scale_max = -3}), camera);
}

TEST(Render, DrawsEqualDepthsInFileOrder) {
  Splats splats = splats_before_camera(61, 50, {.logit_min = 0});
  for (size_t i = 0; i < splats.count(); ++i) splats.position[3 * i + 2] = 4;
  expect_true(splats, camera_at_origin(60, 60));
  std::vector<uint32_t> order(splats.count());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = static_cast<uint32_t>(order.size()) - 1 - i;
  expect_true(select(splats, order), camera_at_origin(60, 60));
  EXPECT_FALSE(
      same_bits(draw(splats, camera_at_origin(60, 60)).colour.pixels, draw(select(splats, order), camera_at_origin(60, 60)).colour.pixels));
}

TEST(Render, OneSplatNoSplatOnePixel) {
  expect_true(splats_before_camera(62, 1), camera_at_origin(33, 31));
  expect_true(Splats(), camera_at_origin(33, 31));
  const Splats splats = splats_before_camera(63, 200);
  for (const auto& [width, height] : {std::pair{1u, 1u}, {1u, 40u}, {16u, 16u}, {17u, 15u}, {4u, 3u}}) {
    SCOPED_TRACE(std::to_string(width) + " x " + std::to_string(height));
    expect_true(splats, camera_at_origin(width, height));
  }
}

TEST(Render, BackgroundShowsWhereNothingIs) {
  const Rendered view = draw(Splats(), camera_at_origin(5, 4), {.depth_and_alpha = true});
  for (size_t p = 0; p < 20; ++p) {
    EXPECT_EQ(view.colour.pixels[3 * p + 1], 0.3f);
    EXPECT_EQ(view.alpha[p], 0);
    EXPECT_EQ(view.depth[p], 0);
  }
}

TEST(Render, DepthAndAlphaAreEmptyUnlessAskedFor) {
  const Rendered view = draw(splats_before_camera(1, 10), camera_at_origin(8, 8));
  EXPECT_TRUE(view.depth.empty());
  EXPECT_TRUE(view.alpha.empty());
}

TEST(Render, ThreadsKernelsAndSumsChangeNoBit) {
  Splats splats = splats_before_camera(70, 3000, {.log_scale_min = -6});
  const Camera camera = camera_at_origin(170, 130);
  SplatSums first_sums;
  const auto first = kernel::render_using(kernel::plain_tile_kernels(), splats, camera, {.depth_and_alpha = true, .sums = &first_sums});
  ASSERT_TRUE(first.ok());
  std::vector<std::string> targets = kernel::simd_targets();
  targets.emplace_back("");
  for (const std::string& target : targets) {
    ASSERT_TRUE(kernel::use_simd_target(target));
    for (const unsigned threads : {0u, 1u, 2u, 3u, 16u}) {
      for (const bool with_sums : {false, true}) {
        SCOPED_TRACE(target + " " + std::to_string(threads) + (with_sums ? " with sums" : ""));
        SplatSums sums;
        const Rendered view = draw(splats, camera, {.threads = threads, .depth_and_alpha = true, .sums = with_sums ? &sums : nullptr});
        EXPECT_TRUE(same_bits(view.colour.pixels, first->colour.pixels));
        EXPECT_TRUE(same_bits(view.depth, first->depth));
        EXPECT_TRUE(same_bits(view.alpha, first->alpha));
        if (!with_sums) continue;
        EXPECT_TRUE(same_bits(sums.weight, first_sums.weight));
        EXPECT_TRUE(same_bits(sums.weight_squared, first_sums.weight_squared));
        EXPECT_TRUE(same_bits(sums.weight_max, first_sums.weight_max));
        EXPECT_TRUE(same_bits(sums.removal_error, first_sums.removal_error));
        EXPECT_EQ(sums.pixels, first_sums.pixels);
      }
    }
  }
  kernel::use_simd_target("");
}

TEST(Render, RefusesWhatIsNoCameraAndNoScene) {
  const Splats splats = splats_before_camera(1, 3);
  const auto code = [](const Splats& scene, const Camera& camera) {
    const auto rendered = render(scene, camera, {});
    EXPECT_FALSE(rendered.ok());
    return rendered.ok() ? Code::internal : rendered.error().code;
  };
  Camera camera = camera_at_origin(8, 8);
  camera.width = 0;
  EXPECT_EQ(code(splats, camera), Code::invalid_argument);
  camera.width = 32769;
  EXPECT_EQ(code(splats, camera), Code::invalid_argument);
  camera = camera_at_origin(8, 8);
  camera.fx = 0;
  EXPECT_EQ(code(splats, camera), Code::invalid_argument);
  camera = camera_at_origin(8, 8);
  camera.rotation[4] = std::nan("");
  EXPECT_EQ(code(splats, camera), Code::invalid_argument);
  Splats short_one = splats;
  short_one.dc.pop_back();
  EXPECT_EQ(code(short_one, camera_at_origin(8, 8)), Code::invalid_argument);
}

}  // namespace
}  // namespace dew
