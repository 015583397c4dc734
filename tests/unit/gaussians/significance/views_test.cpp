// SPDX-License-Identifier: Apache-2.0
#include "gaussians/significance/views.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "gaussians/render/render.h"
#include "tests/support/splats_before_camera.h"

namespace dew {
namespace {

using namespace test;

enum class Shape { ball, room };

/// Opaque splats that fill a ball, or cover the walls of a cube, around the origin.
Splats opaque(Shape shape, size_t count, double radius, double splat_size) {
  std::mt19937 random(5);
  const auto uniform = [&] { return 2 * static_cast<double>(random() >> 8) / 16777216.0 - 1; };
  Splats splats;
  splats.resize(count);
  for (size_t i = 0; i < count; ++i) {
    std::array<double, 3> p;
    double length = 0;
    do {
      p = {uniform(), uniform(), uniform()};
      length = std::sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
    } while (length < 0.1 || length > 1);
    length = shape == Shape::ball ? 1 : std::max({std::abs(p[0]), std::abs(p[1]), std::abs(p[2])});
    for (size_t k = 0; k < 3; ++k) {
      splats.position[3 * i + k] = static_cast<float>(radius * p[k] / length);
      splats.log_scale[3 * i + k] = static_cast<float>(std::log(splat_size * radius));
    }
    splats.opacity_logit[i] = 4;
  }
  return splats;
}

double from_origin(const Camera& camera) { return std::hypot(camera.position[0], camera.position[1], camera.position[2]); }

/// Cosine between the camera's axis and the direction to the origin.
double towards_origin(const Camera& camera) {
  double dot = 0;
  for (size_t k = 0; k < 3; ++k) dot -= camera.position[k] * camera.rotation[3 * k + 2];
  return dot / from_origin(camera);
}

double coverage(const Splats& splats, const Camera& camera) {
  const auto drawn = render(splats, camera, {.depth_and_alpha = true});
  double sum = 0;
  for (const float alpha : drawn->alpha) sum += double{alpha};
  return sum / static_cast<double>(drawn->alpha.size());
}

std::vector<Camera> made(const Splats& splats, uint32_t count = 16, unsigned threads = 1) {
  const auto views = made_views(splats, {.count = count, .width = 64, .height = 48, .threads = threads});
  EXPECT_TRUE(views.ok());
  return views.ok() ? *views : std::vector<Camera>();
}

TEST(MadeViews, LookAtAnObjectFromAllSides) {
  for (const double radius : {0.05, 1.0, 400.0}) {
    SCOPED_TRACE(radius);
    const Splats ball = opaque(Shape::ball, 4000, radius, 0.05);
    const std::vector<Camera> views = made(ball);
    ASSERT_EQ(views.size(), 16u);
    for (size_t axis = 0; axis < 3; ++axis) {
      double least = 0, most = 0;
      for (const Camera& view : views) {
        least = std::min(least, view.position[axis] / from_origin(view));
        most = std::max(most, view.position[axis] / from_origin(view));
      }
      EXPECT_LT(least, -0.5);
      EXPECT_GT(most, 0.5);
    }
    for (const Camera& view : views) {
      EXPECT_GT(from_origin(view), 1.1 * radius) << view.name;
      EXPECT_GT(towards_origin(view), 0.98);
      EXPECT_GT(coverage(ball, view), 0.1);
    }
  }
}

TEST(MadeViews, DoNotMindFaintOutliers) {
  Splats ball = opaque(Shape::ball, 3000, 1, 0.05);
  const std::vector<Camera> before = made(ball);
  for (size_t i = 0; i < 60; ++i) {
    ball.position[3 * i] *= 5000;
    ball.opacity_logit[i] = -4.5;
  }
  const std::vector<Camera> after = made(ball);
  ASSERT_EQ(before.size(), after.size());
  for (size_t v = 0; v < before.size(); ++v) EXPECT_NEAR(from_origin(before[v]), from_origin(after[v]), 0.1);
}

TEST(MadeViews, StandInARoom) {
  const Splats room = opaque(Shape::room, 6000, 5, 0.04);
  const std::vector<Camera> views = made(room, 20);
  size_t inside = 0;
  for (const Camera& view : views) {
    if (std::max({std::abs(view.position[0]), std::abs(view.position[1]), std::abs(view.position[2])}) < 4.7) ++inside;
    auto drawn = render(room, view, {.depth_and_alpha = true});
    ASSERT_TRUE(drawn.ok());
    std::nth_element(drawn->depth.begin(), drawn->depth.begin() + 64 * 24, drawn->depth.end());
    EXPECT_GT(drawn->depth[64 * 24], 0.5f) << view.name;
  }
  EXPECT_GE(inside, 5u);
}

TEST(MadeViews, DoNotDependOnThreads) {
  const Splats scene = splats_before_camera(3, 3000);
  EXPECT_EQ(made(scene, 9, 1), made(scene, 9, 4));
}

TEST(MadeViews, TakeDegenerateScenes) {
  EXPECT_TRUE(made(Splats()).empty());
  for (uint32_t seed = 0; seed < 4; ++seed) {
    for (const Camera& view : made(hostile_splats(seed, 100), 5)) EXPECT_TRUE(render(Splats(), view, {}).ok());
  }
  for (const Camera& view : made(splats_before_camera(9, 1), 5)) EXPECT_TRUE(render(Splats(), view, {}).ok());
  Splats point = splats_before_camera(10, 50);
  std::fill(point.position.begin(), point.position.end(), 2.0f);
  for (const Camera& view : made(point, 5)) EXPECT_TRUE(render(Splats(), view, {}).ok());
  Splats clear = splats_before_camera(11, 50);
  std::fill(clear.opacity_logit.begin(), clear.opacity_logit.end(), -30.0f);
  EXPECT_TRUE(made(clear, 5).empty());
}

TEST(OffPathViews, StandWhereTheirNamesSay) {
  const Splats ball = opaque(Shape::ball, 4000, 1, 0.05);
  Camera given = camera_at_origin(60, 80);
  given.position = {0, 0, -5};  // the ball's face is 4 away
  const auto views = off_path_views(std::vector<Camera>{given}, ball, {.count = 7, .width = 64, .height = 48});
  ASSERT_TRUE(views.ok());
  ASSERT_EQ(views->size(), 7u);
  for (const Camera& view : *views) {
    const auto [x, y, z] = view.position;
    const double field = std::hypot(view.width, view.height) / view.fx, given_field = std::hypot(60, 80) / given.fx;
    EXPECT_NEAR(field, given_field, 1e-9);
    const std::map<std::string, std::pair<double, double>> expected = {
        {"test-near", {z, -3}},   {"test-far", {z, -9}},     {"test-behind", {z, 3}}, {"test-left", {x, -1.6}},
        {"test-right", {x, 1.6}}, {"test-above", {y, -1.6}}, {"test-below", {y, 1.6}}};
    ASSERT_TRUE(expected.contains(view.name));
    EXPECT_NEAR(expected.at(view.name).first, expected.at(view.name).second, 0.6) << view.name;
  }
}

TEST(OffPathViews, TakeWhateverTheyGet) {
  EXPECT_TRUE(off_path_views({}, splats_before_camera(1, 10), {})->empty());
  const std::vector<Camera> views = {camera_at_origin(40, 30), turned(camera_at_origin(40, 30), 1)};
  EXPECT_TRUE(off_path_views(views, Splats(), {})->empty());
  EXPECT_TRUE(off_path_views(views, hostile_splats(2, 300), {}).ok());
  Camera broken = views[0];
  broken.fx = 0;
  EXPECT_FALSE(off_path_views(std::vector<Camera>{broken}, splats_before_camera(1, 100), {}).ok());
  const Splats scene = splats_before_camera(4, 3000);
  EXPECT_EQ(*off_path_views(views, scene, {.threads = 1}), *off_path_views(views, scene, {.threads = 4}));
}

}  // namespace
}  // namespace dew
