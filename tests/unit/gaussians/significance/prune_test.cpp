// SPDX-License-Identifier: Apache-2.0
#include "gaussians/significance/prune.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "gaussians/metrics.h"
#include "gaussians/render/render.h"
#include "gaussians/significance/views.h"
#include "tests/support/splats_before_camera.h"

namespace dew {
namespace {

using namespace test;

std::vector<Camera> some_views() {
  std::vector<Camera> views;
  for (int k = -2; k <= 2; ++k) views.push_back(turned(camera_at_origin(48, 40), 0.2 * k));
  return views;
}

double mean_psnr(const Splats& a, const Splats& b, const std::vector<Camera>& views) {
  double sum = 0;
  for (const Camera& view : views) sum += *image_psnr_db(render(a, view, {})->colour, render(b, view, {})->colour);
  return sum / static_cast<double>(views.size());
}

Splats crowd(uint32_t seed, size_t count) {
  return splats_before_camera(seed, count, {.sh_degree = 1, .log_scale_min = -3, .log_scale_max = -1});
}

TEST(SplatScores, AreNamedBothWays) {
  for (const Score score : kScores) EXPECT_EQ(score_named(score_name(score)), score);
  EXPECT_FALSE(score_named("").has_value());
  EXPECT_FALSE(score_named("removal_error").has_value());
}

TEST(SplatScores, AreNeverNegativeNorNaN) {
  for (uint32_t seed = 0; seed < 4; ++seed) {
    const Splats scene = hostile_splats(seed, 200);
    for (const Score score : kScores) {
      const auto scores = splat_scores(scene, some_views(), score, 2);
      ASSERT_TRUE(scores.ok());
      ASSERT_EQ(scores->size(), scene.count());
      for (const double value : *scores) EXPECT_GE(value, 0) << score_name(score);
      EXPECT_EQ(*scores, *splat_scores(scene, some_views(), score, 1));
    }
    EXPECT_TRUE(splat_scores(Splats(), some_views(), Score::weight, 1)->empty());
    EXPECT_EQ(splat_scores(scene, {}, Score::weight, 1)->size(), scene.count());
  }
}

TEST(SplatScores, RemovingTheLeastLosesLessThanRemovingAnyOther) {
  const Splats scene = crowd(1, 400);
  const std::vector<Camera> views = some_views();
  const std::vector<double> worth = *splat_scores(scene, views, Score::removal_error, 1);
  std::vector<uint32_t> order(scene.count());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return worth[a] > worth[b]; });
  std::mt19937 random(2);
  for (const size_t kept : {300u, 200u, 100u}) {
    const double exact = mean_psnr(scene, select(scene, {order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept)}), views);
    for (int trial = 0; trial < 5; ++trial) {
      std::vector<uint32_t> any = order;
      std::shuffle(any.begin(), any.end(), random);
      any.resize(kept);
      EXPECT_GT(exact, 5 + mean_psnr(scene, select(scene, any), views));
    }
  }
}

TEST(Prune, KeepsTheShareAndSaysWhich) {
  Splats scene = crowd(3, 301);
  ExtraProperty number{"number", PropertyType::u32, Bytes(4 * scene.count())};
  for (uint32_t i = 0; i < scene.count(); ++i) std::memcpy(&number.data[4 * i], &i, 4);
  scene.extra.push_back(number);
  for (const double keep : {1.0, 0.7, 0.31, 0.0}) {
    PruneOptions options;
    options.keep = keep;
    options.only_these_views = true;
    const auto pruned = prune(scene, some_views(), options);
    ASSERT_TRUE(pruned.ok());
    const size_t count = static_cast<size_t>(std::ceil(keep * 301));
    EXPECT_EQ(pruned->splats.count(), count);
    EXPECT_EQ(pruned->report.after, count);
    EXPECT_EQ(pruned->report.before, 301u);
    ASSERT_EQ(pruned->kept.size(), count);
    for (size_t i = 0; i < count; ++i) {
      EXPECT_TRUE(i == 0 || pruned->kept[i - 1] < pruned->kept[i]);
      EXPECT_EQ(std::memcmp(&pruned->splats.extra[0].data[4 * i], &pruned->kept[i], 4), 0);
      EXPECT_EQ(pruned->splats.position[3 * i], scene.position[3 * pruned->kept[i]]);
    }
  }
}

TEST(Prune, RoundsHelpAndRefittingHelpsMore) {
  const Splats scene = splats_before_camera(4, 400, {.sh_degree = 1, .log_scale_min = -2, .log_scale_max = -0.5f, .logit_min = -2});
  PruneOptions options;
  options.keep = 0.4;
  options.only_these_views = true;
  options.compensate = false;
  options.rounds = 1;
  const double at_once = prune(scene, some_views(), options)->report.psnr_db;
  options.rounds = 5;
  const double in_rounds = prune(scene, some_views(), options)->report.psnr_db;
  options.compensate = true;
  const double refitted = prune(scene, some_views(), options)->report.psnr_db;
  EXPECT_GT(in_rounds, at_once);
  EXPECT_GT(refitted, in_rounds + 1);
}

TEST(Prune, MergesNearDuplicatesWhereThatIsBetter) {
  // Each splat twice: merging all pairs keeps the picture, dropping half of the splats does not.
  const Splats half =
      splats_before_camera(12, 150, {.sh_degree = 0, .log_scale_min = -3, .log_scale_max = -1, .logit_min = -4, .logit_max = -2});
  std::vector<uint32_t> twice(300);
  for (uint32_t i = 0; i < twice.size(); ++i) twice[i] = i / 2;
  const Splats scene = select(half, twice);
  PruneOptions options;
  options.keep = 0.5;
  options.rounds = 1;
  options.only_these_views = true;
  options.compensate = false;
  const double merged = prune(scene, some_views(), options)->report.psnr_db;
  options.merge = false;
  const double dropped = prune(scene, some_views(), options)->report.psnr_db;
  EXPECT_GT(merged, dropped + 3);
}

TEST(Prune, ReportsWhatTheScenesShow) {
  const Splats scene = crowd(5, 300);
  PruneOptions options;
  options.keep = 0.6;
  options.only_these_views = true;
  const auto pruned = prune(scene, some_views(), options);
  ASSERT_TRUE(pruned.ok());
  EXPECT_NEAR(pruned->report.psnr_db, mean_psnr(scene, pruned->splats, some_views()), 1e-9);
  EXPECT_LE(pruned->report.worst_psnr_db, pruned->report.psnr_db);
  EXPECT_EQ(pruned->report.views, 5u);
  EXPECT_EQ(pruned->report.off_path_views, 0u);
}

TEST(Prune, HoldsTheQualityOnAndOffThePath) {
  const Splats scene = crowd(6, 250);
  size_t before = 251;
  for (const double psnr_db : {45.0, 30.0}) {
    PruneOptions options;
    options.least_psnr_db = psnr_db;
    options.compensate = false;
    const auto pruned = prune(scene, some_views(), options);
    ASSERT_TRUE(pruned.ok());
    EXPECT_GE(pruned->report.psnr_db, psnr_db);
    EXPECT_GE(pruned->report.off_path_psnr_db, psnr_db - kOffPathLoss_db);
    EXPECT_GT(pruned->report.off_path_views, 0u);
    EXPECT_LT(pruned->report.after, before);
    before = pruned->report.after;
  }
}

TEST(Prune, DoesNotDependOnThreads) {
  const Splats scene = hostile_splats(7, 300);
  PruneOptions options;
  options.keep = 0.5;
  options.rounds = 2;
  const auto one = prune(scene, some_views(), options);
  options.threads = 4;
  const auto four = prune(scene, some_views(), options);
  ASSERT_TRUE(one.ok() && four.ok());
  EXPECT_EQ(one->kept, four->kept);
  EXPECT_EQ(std::memcmp(one->splats.dc.data(), four->splats.dc.data(), 4 * one->splats.dc.size()), 0);
  EXPECT_EQ(std::memcmp(one->splats.opacity_logit.data(), four->splats.opacity_logit.data(), 4 * one->splats.count()), 0);
  EXPECT_EQ(one->report.psnr_db, four->report.psnr_db);
}

TEST(Prune, TakesDegenerateScenesAndNoCameras) {
  for (const Splats& scene : {Splats(), splats_before_camera(8, 1), hostile_splats(9, 60)}) {
    PruneOptions options;
    options.keep = 0.5;
    options.rounds = 1;
    EXPECT_TRUE(prune(scene, some_views(), options).ok());
    EXPECT_TRUE(prune(scene, {}, options).ok());
    options.keep = 1;
    options.compensate = false;
    options.least_psnr_db = 35;
    EXPECT_TRUE(prune(scene, some_views(), options).ok());
  }
  PruneOptions options;
  options.keep = 1.5;
  EXPECT_FALSE(prune(Splats(), {}, options).ok());
  Splats torn = splats_before_camera(10, 5);
  torn.dc.pop_back();
  EXPECT_FALSE(prune(torn, {}, {}).ok());
}

TEST(PruneLevels, FallAndAreEachMadeFromTheOneBefore) {
  const Splats scene = crowd(11, 300);
  const double keeps[] = {0.8, 0.5, 0.2};
  PruneOptions options;
  options.only_these_views = true;
  const auto levels = prune_levels(scene, some_views(), keeps, options);
  ASSERT_TRUE(levels.ok());
  ASSERT_EQ(levels->size(), 3u);
  for (size_t k = 1; k < 3; ++k) {
    const std::vector<uint32_t>&outer = (*levels)[k - 1].kept, &inner = (*levels)[k].kept;
    EXPECT_TRUE(std::includes(outer.begin(), outer.end(), inner.begin(), inner.end()));
    EXPECT_LT((*levels)[k].report.psnr_db, (*levels)[k - 1].report.psnr_db);
  }
  const double rising[] = {0.2, 0.5};
  EXPECT_FALSE(prune_levels(scene, some_views(), rising, options).ok());
}

TEST(PsnrForDrop, IsWhereIndependentErrorsAddUpToIt) {
  // 30 dB against photographs, 40 dB against the render: errors of 1e-3 and 1e-4 make 1.1e-3.
  EXPECT_NEAR(psnr_for_drop(10 * std::log10(1.1), 30), 40, 1e-9);
}

}  // namespace
}  // namespace dew
