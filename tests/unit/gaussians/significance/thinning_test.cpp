// SPDX-License-Identifier: Apache-2.0
#include "gaussians/significance/thinning.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/support/splats_before_camera.h"

namespace dew {
namespace {

using namespace test;

Splats crowd(uint32_t seed, size_t count) {
  return splats_before_camera(seed, count, {.sh_degree = 1, .log_scale_min = -3, .log_scale_max = -1});
}

std::vector<double> rising(size_t count) {
  std::vector<double> costs;
  for (size_t i = 0; i < count; ++i) costs.push_back(static_cast<double>(1 + i));
  return costs;
}

TEST(Thinning, WithoutMergesTheCheapestGo) {
  const Splats scene = crowd(1, 100);
  const std::vector<double> costs = rising(100);
  const ThinningPlan plan = plan_thinning(scene, costs, costs, false, 1);
  const auto first_kept = [&](const ThinningLimits& limits) { return thinned(scene, plan, limits).kept.front(); };
  EXPECT_EQ(first_kept({.goal = 70}), 30u);
  EXPECT_EQ(first_kept({.most_cost = 10.5}), 10u);
  EXPECT_EQ(first_kept({.most_error = 1 + 2 + 3}), 3u);
  EXPECT_EQ(first_kept({.goal = 95, .most_cost = 10.5}), 5u);
}

TEST(Thinning, EachSplatChangesOnceAndNothingElseMoves) {
  for (uint32_t seed = 0; seed < 4; ++seed) {
    const Splats scene = crowd(seed, 300);
    std::vector<uint32_t> twice;
    for (uint32_t i = 0; i < 300; ++i) twice.push_back(i), twice.push_back(i);
    Splats doubled = select(scene, twice);
    for (float& logit : doubled.opacity_logit) logit = -2;  // what two together block is what one can
    const std::vector<double> costs(doubled.count(), 1.0);
    const Thinned fewer = thinned(doubled, plan_thinning(doubled, costs, costs, true, 2), {.caution = 4, .most_cost = 0.5});
    ASSERT_EQ(fewer.kept.size(), fewer.splats.count());
    ASSERT_EQ(fewer.partner.size(), fewer.kept.size());
    EXPECT_TRUE(std::is_sorted(fewer.kept.begin(), fewer.kept.end()));
    std::set<uint32_t> spoken_for;
    for (size_t j = 0; j < fewer.kept.size(); ++j) {
      EXPECT_TRUE(spoken_for.insert(fewer.kept[j]).second);
      if (fewer.partner[j] != fewer.kept[j]) {
        EXPECT_TRUE(spoken_for.insert(fewer.partner[j]).second);
      } else {
        EXPECT_EQ(fewer.splats.opacity_logit[j], doubled.opacity_logit[fewer.kept[j]]);
      }
    }
    EXPECT_EQ(spoken_for.size(), doubled.count()) << "nothing was cheap enough to go, only to be merged";
    EXPECT_LT(fewer.splats.count(), doubled.count() * 6 / 10) << "twins are merged";
  }
}

TEST(Thinning, KeepsEverythingWhereNothingMayChange) {
  const Splats scene = crowd(2, 50);
  const std::vector<double> costs = rising(50);
  const ThinningPlan plan = plan_thinning(scene, costs, costs, true, 1);
  for (const ThinningLimits& limits : {ThinningLimits{.goal = 50}, ThinningLimits{.most_error = 0}, ThinningLimits{.most_cost = -1}}) {
    const Thinned fewer = thinned(scene, plan, limits);
    EXPECT_EQ(fewer.kept.size(), 50u);
    EXPECT_EQ(fewer.splats.position, scene.position);
    EXPECT_EQ(fewer.splats.dc, scene.dc);
  }
}

}  // namespace
}  // namespace dew
