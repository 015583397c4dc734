// SPDX-License-Identifier: Apache-2.0
// Constructed splat scenes: the same from the same seed, seen by their cameras, with the statistics that trained scenes have.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "data/generate/splats/cameras_json.h"
#include "data/generate/splats/sample.h"
#include "gaussians/io/cameras.h"
#include "gaussians/render/render.h"
#include "gaussians/render/spherical_harmonics.h"

namespace dew::sim {
namespace {

constexpr CaptureKind kKinds[] = {CaptureKind::room, CaptureKind::object, CaptureKind::street};

double quantile(std::vector<float> values, double share) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return static_cast<double>(*at);
}

double root_mean_square(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * static_cast<double>(value);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

bool same_values(const Splats& a, const Splats& b) {
  return a.position == b.position && a.log_scale == b.log_scale && a.rotation == b.rotation && a.opacity_logit == b.opacity_logit &&
         a.dc == b.dc && a.sh == b.sh;
}

TEST(SplatScenes, DependOnTheSeedAndNotOnThreads) {
  for (const CaptureKind kind : kKinds) {
    const Splats one = sample_splats(make_captured_scene(kind, 5), {.splats = 700, .seed = 5});
    EXPECT_TRUE(same_values(one, sample_splats(make_captured_scene(kind, 5), {.splats = 700, .seed = 5, .threads = 3})));
    EXPECT_FALSE(same_values(one, sample_splats(make_captured_scene(kind, 6), {.splats = 700, .seed = 6})));
  }
}

TEST(SplatScenes, HaveAsManyFiniteSplatsAsAskedFor) {
  for (const CaptureKind kind : kKinds) {
    for (const size_t count : {size_t{1}, size_t{2}, size_t{50}, size_t{1001}}) {
      for (uint32_t degree = 0; degree <= kMaxShDegree; ++degree) {
        const Splats splats = sample_splats(make_captured_scene(kind, 2), {.splats = count, .sh_degree = degree, .seed = 2});
        ASSERT_EQ(splats.count(), count);
        ASSERT_EQ(splats.sh_degree, degree);
        ASSERT_TRUE(check_shape(splats).ok());
        for (const auto* values : {&splats.position, &splats.log_scale, &splats.rotation, &splats.opacity_logit, &splats.dc, &splats.sh})
          for (const float value : *values) ASSERT_TRUE(std::isfinite(value));
      }
    }
  }
}

// Bounds are wide: trained scenes differ as much among themselves (data/recipes/splat_statistics.py).
TEST(SplatScenes, HaveTheStatisticsOfTrainedOnes) {
  for (const CaptureKind kind : kKinds) {
    const Splats splats = sample_splats(make_captured_scene(kind, 1), {.splats = 20000, .seed = 1});
    EXPECT_NEAR(quantile(splats.opacity_logit, 0.33), -2.2, 0.6);
    EXPECT_GT(quantile(splats.opacity_logit, 0.001), -5.8);
    EXPECT_GT(quantile(splats.opacity_logit, 0.95), 2);
    std::vector<float> anisotropy, length;
    for (size_t i = 0; i < splats.count(); ++i) {
      const float* s = &splats.log_scale[3 * i];
      const float* q = &splats.rotation[4 * i];
      anisotropy.push_back(*std::max_element(s, s + 3) - *std::min_element(s, s + 3));
      length.push_back(std::sqrt(std::inner_product(q, q + 4, q, 0.0f)));
    }
    EXPECT_NEAR(quantile(anisotropy, 0.5), 1.8, 0.5);
    EXPECT_NEAR(quantile(length, 0.5), 0.82, 0.05);
    EXPECT_LT(quantile(length, 0.05), 0.75);
    EXPECT_NEAR(root_mean_square(splats.sh), 0.035, 0.015);
    const double spread = quantile(splats.position, 0.95) - quantile(splats.position, 0.05);
    EXPECT_GT(quantile(splats.position, 1) - quantile(splats.position, 0), 3 * spread) << "far outliers";
  }
}

TEST(SplatScenes, ValuesLieOnNoLattice) {
  const Splats splats = sample_splats(make_captured_scene(CaptureKind::room, 3), {.splats = 5000, .seed = 3});
  for (const auto* values : {&splats.position, &splats.opacity_logit, &splats.dc, &splats.rotation}) {
    std::vector<float> sorted = *values;
    std::sort(sorted.begin(), sorted.end());
    const auto distinct = std::unique(sorted.begin(), sorted.end()) - sorted.begin();
    EXPECT_GT(static_cast<double>(distinct), 0.98 * static_cast<double>(sorted.size()));
  }
}

TEST(SplatScenes, CamerasSeeTheScene) {
  for (const CaptureKind kind : kKinds) {
    const CapturedScene scene = make_captured_scene(kind, 4);
    const Splats splats = sample_splats(scene, {.splats = 20000, .seed = 4});
    ASSERT_GE(scene.cameras.size(), 20u);
    for (size_t i = 0; i < scene.cameras.size(); i += 7) {
      Camera camera = scene.cameras[i];
      for (double* value : {&camera.fx, &camera.fy, &camera.cx, &camera.cy}) *value /= 8;
      camera.width /= 8;
      camera.height /= 8;
      const auto view = render(splats, camera, {.depth_and_alpha = true});
      ASSERT_TRUE(view.ok()) << view.error().message;
      const double covered = std::accumulate(view->alpha.begin(), view->alpha.end(), 0.0) / static_cast<double>(view->alpha.size());
      EXPECT_GT(covered, kind == CaptureKind::object ? 0.1 : 0.75);
      EXPECT_GT(quantile(view->colour.pixels, 0.99) - quantile(view->colour.pixels, 0.05), 0.15) << "something is to be seen";
    }
  }
}

TEST(SplatScenes, CamerasComeBackFromTheirFile) {
  const CapturedScene scene = make_captured_scene(CaptureKind::street, 1);
  const auto read = read_cameras(as_bytes(cameras_json(scene.cameras)), {});
  ASSERT_TRUE(read.ok()) << read.error().message;
  ASSERT_EQ(read->size(), scene.cameras.size());
  for (size_t i = 0; i < read->size(); ++i) {
    const Camera &a = (*read)[i], &b = scene.cameras[i];
    EXPECT_EQ(a.name, b.name);
    EXPECT_EQ(a.width, b.width);
    EXPECT_EQ(a.height, b.height);
    EXPECT_NEAR(a.fx, b.fx, 1e-6);
    EXPECT_NEAR(a.cy, b.cy, 1e-6);
    for (size_t k = 0; k < 3; ++k) EXPECT_NEAR(a.position[k], b.position[k], 1e-6);
    for (size_t k = 0; k < 9; ++k) EXPECT_NEAR(a.rotation[k], b.rotation[k], 1e-6);
  }
}

Vec3 direction(Random& random) { return normalised(Vec3{random.normal(), random.normal(), random.normal()}); }

TEST(SplatScenes, FittedHarmonicsComeCloseToWhatIsSeen) {
  Random random(2);
  ShFit fit;
  for (int i = 0; i < 50; ++i) {
    const Vec3 normal = direction(random);
    std::array<Rgb, kShTerms> truth;
    for (Rgb& term : truth) term = 0.1 * Vec3{random.normal(), random.normal(), random.normal()};
    const auto colour = [&](const std::array<Rgb, kShTerms>& terms, const Vec3& along) {
      Rgb sum{0.5, 0.5, 0.5};
      const auto basis = sh_basis(3, {along.x, along.y, along.z});
      for (size_t term = 0; term < kShTerms; ++term) sum = sum + basis[term] * terms[term];
      return sum;
    };
    const ShColour fitted = fit.nearest(normal, [&](const Vec3& along) { return colour(truth, along); });
    double squared = 0, of_truth = 0;
    int seen = 0;
    while (seen < 200) {
      const Vec3 along = direction(random);
      if (dot(along, normal) > -0.2) continue;
      const Rgb wanted = colour(truth, along), got = colour(fitted, along), off = got - wanted, change = wanted - Rgb{0.5, 0.5, 0.5};
      squared += dot(off, off);
      of_truth += dot(change, change);
      ++seen;
    }
    EXPECT_LT(squared, 0.02 * of_truth);
  }
}

}  // namespace
}  // namespace dew::sim
