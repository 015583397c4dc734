// SPDX-License-Identifier: Apache-2.0
// Projection against numbers worked out by hand and against matrices, and what moves keep.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>

#include "gaussians/render/projection.h"
#include "viewer/camera/moves.h"
#include "viewer/camera/viewpoint.h"

namespace dew::viewer {
namespace {

constexpr PixelSize kSize = {800, 600};

double distance(const Vec3& a, const Vec3& b) { return length(a - b); }

void expect_axes(const Viewpoint& eye) {
  EXPECT_NEAR(length(eye.right), 1, 1e-12);
  EXPECT_NEAR(length(eye.up), 1, 1e-12);
  EXPECT_NEAR(length(eye.forward), 1, 1e-12);
  EXPECT_NEAR(distance(cross(eye.forward, eye.up), eye.right), 0, 1e-12);
}

Vec3 random_point(std::mt19937& random, double size) {
  std::uniform_real_distribution<double> uniform(-size, size);
  return {uniform(random), uniform(random), uniform(random)};
}

Viewpoint random_eye(std::mt19937& random, bool parallel) {
  Viewpoint eye = look_at(random_point(random, 10), random_point(random, 10), random_point(random, 1));
  eye.focal = 0.8;
  eye.pixel_aspect = 1.1;
  eye.centre_x = 0.07;
  eye.centre_y = -0.03;
  eye.parallel_height = parallel ? 7 : 0;
  return eye;
}

TEST(Camera, ProjectsAsWorkedOutByHand) {
  // From (0, -10, 0) along y; a focal length of one height: a point 10 deep and 1 to the right lies 60 pixels right of the centre.
  Viewpoint eye = look_at({0, -10, 0}, {0, 0, 0}, {0, 0, 1});
  eye.focal = 1;
  const auto place = project(eye, kSize, {1, 0, 2});
  ASSERT_TRUE(place);
  EXPECT_NEAR(place->x, 460, 1e-9);
  EXPECT_NEAR(place->y, 180, 1e-9);
  EXPECT_NEAR(place->depth, 10, 1e-12);
  EXPECT_FALSE(project(eye, kSize, {0, -10, 0}));
  EXPECT_FALSE(project(eye, kSize, {0, -11, 0}));
}

TEST(Camera, UnprojectingAndRaysUndoProjecting) {
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    const Viewpoint eye = random_eye(random, i % 2 == 0);
    expect_axes(eye);
    const Vec3 point = random_point(random, 30);
    const auto place = project(eye, kSize, point);
    if (!place) continue;
    EXPECT_NEAR(distance(unproject(eye, kSize, *place), point), 0, 1e-9);
    const Ray ray = ray_through(eye, kSize, place->x, place->y);
    const Vec3 offset = point - ray.origin;
    EXPECT_NEAR(length(offset - dot(offset, ray.direction) * ray.direction), 0, 1e-8);
  }
}

TEST(Camera, MatricesForDrawingAgreeWithProjecting) {
  std::mt19937 random(2);
  for (int i = 0; i < 200; ++i) {
    const Viewpoint eye = random_eye(random, i % 2 == 0);
    const Vec3 point = random_point(random, 30);
    const auto place = project(eye, kSize, point);
    if (!place || place->depth < 0.5) continue;
    const auto clip = transformed(clip_matrix(eye, kSize, {0.5, 100}), point);
    EXPECT_NEAR((clip[0] / clip[3] + 1) / 2 * kSize.width, place->x, 1e-6);
    EXPECT_NEAR((1 - clip[1] / clip[3]) / 2 * kSize.height, place->y, 1e-6);
    EXPECT_GE(clip[2] / clip[3], -1 - 1e-9);
    EXPECT_LE(clip[2] / clip[3], 1 + 1e-9);
  }
}

TEST(Camera, ACameraOfTheSplatRendererSeesTheSamePlaces) {
  std::mt19937 random(3);
  Splats splats;
  splats.resize(1);
  splats.opacity_logit[0] = 3;
  for (int i = 0; i < 100; ++i) {
    const Viewpoint eye = random_eye(random, false);
    const Vec3 point = random_point(random, 30);
    splats.position = {static_cast<float>(point.x), static_cast<float>(point.y), static_cast<float>(point.z)};
    const auto place = project(eye, kSize, point);
    const auto projected = Projector(camera_of(eye, kSize)).project(splats, 0);
    if (!place || place->depth < 0.3 || !projected) continue;
    EXPECT_NEAR(projected->mean[0], place->x, 1e-2);
    EXPECT_NEAR(projected->mean[1], place->y, 1e-2);
    EXPECT_NEAR(projected->depth, place->depth, 1e-4);
    const Viewpoint back = viewpoint_of(camera_of(eye, kSize));
    EXPECT_NEAR(distance(back.position, eye.position) + distance(back.forward, eye.forward) + distance(back.up, eye.up), 0, 1e-9);
    EXPECT_NEAR(back.focal, eye.focal, 1e-12);
    EXPECT_NEAR(back.centre_x, eye.centre_x, 1e-12);
  }
}

TEST(Camera, AParallelViewBecomesAPinholeThatSeesNearlyTheSame) {
  Viewpoint eye = look_at({3, -20, 5}, {0, 0, 0}, {0, 0, 1});
  eye.parallel_height = 12;
  const Viewpoint pinhole = viewpoint_of(camera_of(eye, kSize));
  const auto near = project(eye, kSize, {1, 2, 3}), far = project(pinhole, kSize, {1, 2, 3});
  ASSERT_TRUE(near && far);
  EXPECT_NEAR(near->x, far->x, 3);
  EXPECT_NEAR(near->y, far->y, 3);
}

TEST(Camera, OrbitingKeepsTheDistanceTheAxesAndThePivotInItsPlace) {
  std::mt19937 random(4);
  std::uniform_real_distribution<double> angle(-2, 2);
  for (int i = 0; i < 200; ++i) {
    const Vec3 pivot = random_point(random, 5);
    const Viewpoint eye = look_at(random_point(random, 20), pivot, {0, 0, 1});
    const Viewpoint moved = orbited(eye, pivot, {0, 0, 1}, angle(random), angle(random));
    expect_axes(moved);
    EXPECT_NEAR(distance(moved.position, pivot), distance(eye.position, pivot), 1e-9);
    EXPECT_NEAR(project(moved, kSize, pivot)->x, 400, 1e-6);
    EXPECT_NEAR(project(moved, kSize, pivot)->y, 300, 1e-6);
    EXPECT_NEAR(moved.right.z, 0, 1e-9) << "the horizon stays level";
    EXPECT_LE(std::abs(moved.forward.z), std::sin(89.01 * std::numbers::pi / 180)) << "never over a pole";
  }
}

TEST(Camera, OrbitingUpwardsRaisesTheEye) {
  const Viewpoint eye = look_at({0, -10, 0}, {0, 0, 0}, {0, 0, 1});
  EXPECT_NEAR(orbited(eye, {}, {0, 0, 1}, 0, 0.5).position.z, 10 * std::sin(0.5), 1e-9);
  EXPECT_NEAR(orbited(eye, {}, {0, 0, 1}, std::numbers::pi / 2, 0).position.x, 10, 1e-9);
}

TEST(Camera, LookingAroundStaysOnTheSpot) {
  const Viewpoint eye = look_at({1, 2, 3}, {5, 5, 3}, {0, 0, 1});
  const Viewpoint moved = looked_around(eye, {0, 0, 1}, 0.3, 0.2);
  expect_axes(moved);
  EXPECT_EQ(moved.position, eye.position);
  EXPECT_NEAR(std::asin(moved.forward.z), 0.2, 1e-9);
}

TEST(Camera, PanningMovesThePivotByThePixelsOfTheHand) {
  Viewpoint eye = look_at({0, -10, 4}, {0, 0, 0}, {0, 0, 1});
  Vec3 pivot{0, 0, 0};
  const Vec3 held{};
  pan(eye, pivot, kSize, 30, -20);
  EXPECT_NEAR(project(eye, kSize, held)->x, 430, 1e-6);
  EXPECT_NEAR(project(eye, kSize, held)->y, 280, 1e-6);
  EXPECT_NEAR(project(eye, kSize, pivot)->x, 400, 1e-6);
}

TEST(Camera, ZoomingScalesTheDistance) {
  const Viewpoint eye = look_at({0, -10, 0}, {0, 0, 0}, {0, 0, 1});
  EXPECT_NEAR(length(zoomed(eye, {}, 0.5).position), 5, 1e-12);
  EXPECT_NEAR(flown(eye, {1, 2, 3}).position.y, -9, 1e-12);
}

TEST(Camera, ViewsOfAWholeShowTheWhole) {
  Bounds bounds;
  bounds.add({-30, -8, -2});
  bounds.add({50, 12, 6});
  for (const PixelSize size : {PixelSize{800, 600}, PixelSize{300, 900}}) {
    const double aspect = static_cast<double>(size.width) / size.height;
    for (const Viewpoint& eye : {top_down(bounds, {0, 0, 1}, {1, 0, 0}, aspect), overview(bounds, {0, 0, 1}, {1, 0, 0}, aspect)}) {
      expect_axes(eye);
      const DepthRange depths = depth_range(eye, bounds);
      for (int corner = 0; corner < 8; ++corner) {
        const Vec3 point = {corner & 1 ? bounds.low.x : bounds.high.x, corner & 2 ? bounds.low.y : bounds.high.y,
                            corner & 4 ? bounds.low.z : bounds.high.z};
        const auto place = project(eye, size, point);
        ASSERT_TRUE(place);
        EXPECT_TRUE(place->x >= 0 && place->x <= size.width && place->y >= 0 && place->y <= size.height);
        EXPECT_TRUE(place->depth >= depths.near && place->depth <= depths.far);
      }
    }
  }
}

TEST(Camera, AFittedViewShowsAsMuchFromLeftToRight) {
  Viewpoint eye = look_at({0, -10, 0}, {0, 0, 0}, {0, 0, 1});
  const Vec3 at_the_side = unproject(eye, {800, 600}, {800, 300, 10});
  EXPECT_NEAR(project(fitted(eye, 800.0 / 600, 1.0), {600, 600}, at_the_side)->x, 600, 1e-6);
  EXPECT_EQ(fitted(eye, 800.0 / 600, 2.0), eye);
}

TEST(Camera, DegenerateViewsStillHaveAxes) {
  expect_axes(look_at({1, 1, 1}, {1, 1, 1}, {0, 0, 1}));
  expect_axes(look_at({0, 0, 0}, {0, 0, 5}, {0, 0, 1}));
  expect_axes(top_down({}, {0, 0, 1}, {0, 0, 1}, 1));
  expect_axes(overview({}, {0, 0, 1}, {1, 0, 0}, 1));
  EXPECT_GT(depth_range(look_at({}, {1, 0, 0}, {0, 0, 1}), {}).near, 0);
}

}  // namespace
}  // namespace dew::viewer
