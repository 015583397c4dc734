// SPDX-License-Identifier: Apache-2.0
#include "gaussians/significance/refit.h"

#include <gtest/gtest.h>

#include "gaussians/render/render.h"
#include "tests/support/splats_before_camera.h"

namespace dew {
namespace {

using namespace test;

std::vector<Camera> some_views() {
  std::vector<Camera> views;
  for (int k = -2; k <= 2; ++k) views.push_back(turned(camera_at_origin(48, 40), 0.2 * k));
  return views;
}

std::vector<Image> drawn(const Splats& splats, const std::vector<Camera>& views) {
  std::vector<Image> out;
  for (const Camera& view : views) out.push_back(render(splats, view, {})->colour);
  return out;
}

double error_of(const Splats& splats, const std::vector<Camera>& views, const std::vector<Image>& targets) {
  const std::vector<Image> pictures = drawn(splats, views);
  double sum = 0, count = 0;
  for (size_t v = 0; v < pictures.size(); ++v) {
    count += static_cast<double>(pictures[v].pixels.size());
    for (size_t k = 0; k < pictures[v].pixels.size(); ++k) {
      sum += std::pow(double{pictures[v].pixels[k]} - double{targets[v].pixels[k]}, 2);
    }
  }
  return sum / count;
}

/// Every fourth splat taken away.
Splats thinned(const Splats& splats) {
  std::vector<uint32_t> kept;
  for (uint32_t i = 0; i < splats.count(); ++i) {
    if (i % 4 != 0) kept.push_back(i);
  }
  return select(splats, kept);
}

using Refit = Result<RefitReport> (*)(std::span<const Image>, std::span<const Camera>, Splats&, const RefitOptions&);
class Refits : public testing::TestWithParam<Refit> {};

TEST_P(Refits, LowerTheErrorOfTheFittedViewsAndReportIt) {
  const Splats whole = splats_before_camera(1, 400, {.log_scale_min = -3, .log_scale_max = -1});
  const std::vector<Camera> views = some_views();
  const std::vector<Image> targets = drawn(whole, views);
  Splats reduced = thinned(whole);
  const double before = error_of(reduced, views, targets);
  const auto report = GetParam()(targets, views, reduced, {});
  ASSERT_TRUE(report.ok());
  const double after = error_of(reduced, views, targets);
  EXPECT_NEAR(report->error_before, before, 1e-6 * before);
  EXPECT_NEAR(report->error_after, after, 1e-6 * after);
  EXPECT_LT(after, 0.9 * before);
}

TEST_P(Refits, NeverRaiseTheError) {
  for (uint32_t seed = 10; seed < 22; ++seed) {
    SCOPED_TRACE(seed);
    const Splats whole = seed % 2 == 0 ? hostile_splats(seed, 150) : splats_before_camera(seed, 150, {.sh_degree = seed % 4});
    const std::vector<Camera> views = some_views();
    const std::vector<Image> targets = drawn(whole, views);
    Splats reduced = seed % 3 == 0 ? whole : thinned(whole);
    const double before = error_of(reduced, views, targets);
    RefitOptions options;
    options.iterations = 1 + seed % 5;
    options.largest_change = seed % 4 == 1 ? 0.02 : 0.5;
    const auto report = GetParam()(targets, views, reduced, options);
    ASSERT_TRUE(report.ok());
    EXPECT_LE(report->error_after, report->error_before);
    EXPECT_LE(error_of(reduced, views, targets), before * (1 + 1e-9));
  }
}

TEST_P(Refits, DoNotDependOnThreads) {
  const Splats whole = hostile_splats(30, 6000);
  const std::vector<Camera> views = some_views();
  const std::vector<Image> targets = drawn(whole, views);
  Splats one = thinned(whole), four = one;
  ASSERT_TRUE(GetParam()(targets, views, one, {.threads = 1, .iterations = 3}).ok());
  ASSERT_TRUE(GetParam()(targets, views, four, {.threads = 4, .iterations = 3}).ok());
  EXPECT_EQ(std::memcmp(one.dc.data(), four.dc.data(), 4 * one.dc.size()), 0);
  EXPECT_EQ(std::memcmp(one.sh.data(), four.sh.data(), 4 * one.sh.size()), 0);
  EXPECT_EQ(std::memcmp(one.opacity_logit.data(), four.opacity_logit.data(), 4 * one.opacity_logit.size()), 0);
}

TEST_P(Refits, LeaveAloneWhatNoViewSees) {
  Splats whole = splats_before_camera(31, 100);
  for (size_t i = 0; i < 10; ++i) whole.position[3 * i + 2] = -50;
  const std::vector<Camera> views = {camera_at_origin(30, 30)};
  const std::vector<Image> targets = drawn(splats_before_camera(32, 100), views);
  Splats fitted = whole;
  ASSERT_TRUE(GetParam()(targets, views, fitted, {}).ok());
  for (size_t k = 0; k < 30; ++k) EXPECT_EQ(fitted.dc[k], whole.dc[k]);
  for (size_t k = 0; k < 10; ++k) EXPECT_EQ(fitted.opacity_logit[k], whole.opacity_logit[k]);
  EXPECT_EQ(fitted.position, whole.position);
}

TEST_P(Refits, TakeEmptyScenesAndRefuseWhatDoesNotGoTogether) {
  const std::vector<Camera> views = some_views();
  const std::vector<Image> targets = drawn(Splats(), views);
  Splats none;
  EXPECT_TRUE(GetParam()(targets, views, none, {}).ok());
  EXPECT_FALSE(GetParam()({}, views, none, {}).ok());
  EXPECT_FALSE(GetParam()({}, {}, none, {}).ok());
  const std::vector<Image> wrong(views.size(), Image{3, 3, std::vector<float>(27)});
  EXPECT_FALSE(GetParam()(wrong, views, none, {}).ok());
}

INSTANTIATE_TEST_SUITE_P(All, Refits, testing::Values(refit_colours, refit_opacities));

TEST(RefitColours, FindsColoursThatWereLost) {
  // Grey splats seen from several sides: the pictures tell their colours.
  Splats whole = splats_before_camera(40, 60, {.sh_degree = 0, .log_scale_min = -2, .log_scale_max = -1, .logit_min = 0});
  for (float& dc : whole.dc) dc = std::abs(dc);
  const std::vector<Camera> views = some_views();
  const std::vector<Image> targets = drawn(whole, views);
  Splats grey = whole;
  std::fill(grey.dc.begin(), grey.dc.end(), 0.5f);
  const auto report = refit_colours(targets, views, grey, {.iterations = 30});
  ASSERT_TRUE(report.ok());
  EXPECT_LT(report->error_after, 1e-3 * report->error_before);
}

TEST(RefitColours, BoundsTheChangeInEveryDirection) {
  const Splats before = splats_before_camera(41, 200);
  const std::vector<Camera> views = some_views();
  std::vector<Image> targets = drawn(before, views);
  for (Image& target : targets) {
    for (float& value : target.pixels) value *= 3;
  }
  Splats after = before;
  RefitOptions options;
  options.largest_change = 0.1;
  ASSERT_TRUE(refit_colours(targets, views, after, options).ok());
  for (size_t k = 0; k < before.dc.size(); ++k) EXPECT_LE(std::abs(after.dc[k] - before.dc[k]) * 0.2820948f, 0.1001f);
  for (size_t at = 0; at < before.sh.size(); at += 15) {
    double squares = 0;
    for (size_t k = 0; k < 15; ++k) squares += std::pow(double{after.sh[at + k]} - double{before.sh[at + k]}, 2);
    EXPECT_LE(std::sqrt(squares * 15 / (4 * 3.14159265)), 0.1001);
  }
}

TEST(RefitColours, LeavesShAloneWhenTold) {
  const Splats whole = splats_before_camera(42, 200);
  const std::vector<Camera> views = some_views();
  Splats reduced = thinned(whole);
  const Splats before = reduced;
  RefitOptions options;
  options.sh = false;
  ASSERT_TRUE(refit_colours(drawn(whole, views), views, reduced, options).ok());
  EXPECT_EQ(reduced.sh, before.sh);
  EXPECT_NE(reduced.dc, before.dc);
}

}  // namespace
}  // namespace dew
