// SPDX-License-Identifier: Apache-2.0
#include "gaussians/significance/merge.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "gaussians/metrics.h"
#include "gaussians/render/projection.h"
#include "gaussians/render/render.h"
#include "gaussians/significance/ellipsoid.h"
#include "tests/support/splats_before_camera.h"

namespace dew {
namespace {

using namespace test;

Ellipsoid ellipsoid_of(const Splats& splats, size_t i) {
  Ellipsoid out;
  for (size_t k = 0; k < 3; ++k) {
    out.mean[k] = double{splats.position[3 * i + k]};
    out.deviation[k] = std::exp(double{splats.log_scale[3 * i + k]});
  }
  const float* q = &splats.rotation[4 * i];
  out.axes = rotation_matrix(double{q[0]}, double{q[1]}, double{q[2]}, double{q[3]});
  return out;
}

double mass_of(const Splats& splats, size_t i) {
  std::array<double, 3> s = ellipsoid_of(splats, i).deviation;
  std::sort(s.begin(), s.end());
  return s[1] * s[2] / (1 + std::exp(-double{splats.opacity_logit[i]}));
}

TEST(Ellipsoids, ComeBackFromTheirCovariance) {
  const Splats splats = splats_before_camera(1, 200, {.log_scale_min = -9, .log_scale_max = 3});
  for (size_t i = 0; i < splats.count(); ++i) {
    const Ellipsoid shape = ellipsoid_of(splats, i);
    const Symmetric covariance = covariance_of(shape);
    Ellipsoid other;
    set_covariance(other, covariance);
    const Symmetric again = covariance_of(other);
    const double size = covariance[0] + covariance[3] + covariance[5];
    for (size_t k = 0; k < 6; ++k) EXPECT_NEAR(again[k], covariance[k], 1e-12 * size);
    const auto q = quaternion_of(other.axes);
    EXPECT_GE(q[0], 0);
    const auto axes = rotation_matrix(q[0], q[1], q[2], q[3]);
    for (size_t k = 0; k < 9; ++k) EXPECT_NEAR(axes[k], other.axes[k], 1e-9);
  }
}

TEST(Merge, KeepsMassMeanAndCovariance) {
  for (uint32_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    Splats splats = splats_before_camera(seed, 2, {.log_scale_min = -2, .log_scale_max = 0, .logit_min = -4, .logit_max = -2});
    const Splats before = splats;
    const double a = mass_of(before, 0), b = mass_of(before, 1);
    merge_into(splats, 0, 1);
    EXPECT_NEAR(mass_of(splats, 0), a + b, 1e-4 * (a + b));
    Symmetric expected{};
    for (size_t i = 0; i < 2; ++i) {
      const double share = (i == 0 ? a : b) / (a + b);
      const Symmetric own = covariance_of(ellipsoid_of(before, i));
      std::array<double, 3> d;
      for (size_t k = 0; k < 3; ++k) d[k] = double{before.position[3 * i + k]} - double{splats.position[k]};
      const Symmetric spread = {d[0] * d[0], d[0] * d[1], d[0] * d[2], d[1] * d[1], d[1] * d[2], d[2] * d[2]};
      for (size_t k = 0; k < 6; ++k) expected[k] += share * (own[k] + spread[k]);
    }
    const Symmetric covariance = covariance_of(ellipsoid_of(splats, 0));
    for (size_t k = 0; k < 6; ++k) EXPECT_NEAR(covariance[k], expected[k], 1e-4 * (expected[0] + expected[3] + expected[5]));
    for (size_t k = 0; k < before.sh_stride(); ++k) {
      EXPECT_NEAR(splats.sh[k], (a * before.sh[k] + b * before.sh[before.sh_stride() + k]) / (a + b), 1e-5);
    }
  }
}

/// The second half are copies of the first, a hair away.
Splats doubled(uint32_t seed, size_t half) {
  Splats splats = splats_before_camera(seed, half, {.log_scale_min = -3, .log_scale_max = -1, .logit_min = -3, .logit_max = -1});
  std::vector<uint32_t> twice(2 * half);
  for (uint32_t i = 0; i < twice.size(); ++i) twice[i] = i % static_cast<uint32_t>(half);
  splats = select(splats, twice);
  for (size_t i = half; i < 2 * half; ++i) splats.position[3 * i] += 0.002f;
  return splats;
}

TEST(NearPairs, FindCopiesAndMergingThemHardlyShows) {
  Splats splats = doubled(50, 300);
  const std::vector<NearPair> pairs = disjoint(near_pairs(splats, 0.02, 1), splats.count());
  EXPECT_GT(pairs.size(), 280u);
  const Camera camera = camera_at_origin(64, 48);
  const Image whole = render(splats, camera, {})->colour;
  std::vector<bool> gone(splats.count());
  for (const NearPair& pair : pairs) {
    EXPECT_EQ(pair.second, pair.first + 300);
    merge_into(splats, pair.first, pair.second);
    gone[pair.second] = true;
  }
  std::vector<uint32_t> stay;
  for (uint32_t i = 0; i < gone.size(); ++i) {
    if (!gone[i]) stay.push_back(i);
  }
  EXPECT_GT(*image_psnr_db(render(select(splats, stay), camera, {})->colour, whole), 30);
}

TEST(NearPairs, AreSortedWithinTheLimitAndTheSameForAllThreads) {
  const Splats splats = hostile_splats(51, 3000);
  const std::vector<NearPair> pairs = near_pairs(splats, 0.9, 1);
  EXPECT_FALSE(pairs.empty());
  for (size_t k = 0; k < pairs.size(); ++k) {
    EXPECT_LT(pairs[k].first, pairs[k].second);
    EXPECT_LE(pairs[k].relative_error, 0.9);
    EXPECT_TRUE(k == 0 || pairs[k - 1].relative_error <= pairs[k].relative_error);
  }
  const std::vector<NearPair> four = near_pairs(splats, 0.9, 4);
  ASSERT_EQ(pairs.size(), four.size());
  for (size_t k = 0; k < pairs.size(); ++k) {
    EXPECT_EQ(pairs[k].first, four[k].first);
    EXPECT_EQ(pairs[k].second, four[k].second);
  }
  std::vector<bool> taken(splats.count());
  for (const NearPair& pair : disjoint(pairs, splats.count())) {
    EXPECT_FALSE(taken[pair.first] || taken[pair.second]);
    taken[pair.first] = taken[pair.second] = true;
  }
}

TEST(NearPairs, TakeFewAndFarSplats) {
  EXPECT_TRUE(near_pairs(Splats(), 1, 1).empty());
  EXPECT_TRUE(near_pairs(splats_before_camera(52, 1), 1, 1).empty());
  Splats two = splats_before_camera(53, 2);
  two.position[0] = 1e30f;
  for (const NearPair& pair : near_pairs(two, 1, 1)) EXPECT_GE(pair.relative_error, 0);
  Splats broken = hostile_splats(54, 60);
  for (uint32_t i = 1; i < 60; ++i) merge_into(broken, i - 1, i);  // whatever they are
  EXPECT_TRUE(check_shape(broken).ok());
}

}  // namespace
}  // namespace dew
