// SPDX-License-Identifier: Apache-2.0
// Picking: what lies under the mouse is found, and nothing that is hidden behind it.
#include "viewer/inspect/pick.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace dew::viewer {
namespace {

constexpr PixelSize kSize{800, 600};

PointLayer random_points(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> place(0, 10);
  PointLayer layer;
  layer.origin = {1000, -2000, 30};
  layer.xyz.resize(3 * count);
  for (float& value : layer.xyz) value = place(random);
  return layer;
}

Viewpoint some_eye(std::mt19937& random, const Vec3& target, bool parallel) {
  std::uniform_real_distribution<double> place(-40, 40);
  Viewpoint eye = look_at(target + Vec3{place(random), place(random), 5 + place(random)}, target, {0, 0, 1});
  if (parallel) eye.parallel_height = 30;
  return eye;
}

/// The property: at the place of a point is that point, or one in front of it, or one of the same surface as near to the mouse.
void expect_found(const PointLayer& layer, const Picker& picker, const Viewpoint& eye, size_t point) {
  const std::optional<Projected> place = project(eye, kSize, layer.position(point));
  if (!place || place->x < 0 || place->y < 0 || place->x >= kSize.width || place->y >= kSize.height) return;
  const std::optional<Picked> picked = picker.at(eye, kSize, place->x, place->y);
  ASSERT_TRUE(picked.has_value());
  if (picked->index == point) return;
  EXPECT_LE(picked->depth, place->depth);
  EXPECT_LE(picked->distance, 6);
}

TEST(Picking, FindsAProjectedPointOrOneInFront) {
  const PointLayer layer = random_points(20000, 1);
  const Picker picker{Layer(layer)};
  std::mt19937 random(2);
  for (int view = 0; view < 20; ++view) {
    const Viewpoint eye = some_eye(random, layer.origin, view % 3 == 0);
    for (size_t point = 0; point < layer.count(); point += 501) expect_found(layer, picker, eye, point);
  }
}

TEST(Picking, AgreesWithLookingAtEveryPoint) {
  const PointLayer layer = random_points(5000, 3);
  const Picker picker{Layer(layer)};
  std::mt19937 random(4);
  std::uniform_real_distribution<double> x(0, kSize.width), y(0, kSize.height);
  for (int question = 0; question < 200; ++question) {
    const Viewpoint eye = some_eye(random, layer.origin, question % 4 == 0);
    const double at_x = x(random), at_y = y(random);
    double front = INFINITY;
    for (size_t i = 0; i < layer.count(); ++i) {
      const auto place = project(eye, kSize, layer.position(i));
      if (place && std::hypot(place->x - at_x, place->y - at_y) <= 6) front = std::fmin(front, place->depth);
    }
    const std::optional<Picked> picked = picker.at(eye, kSize, at_x, at_y);
    ASSERT_EQ(picked.has_value(), std::isfinite(front)) << "question " << question;
    if (picked) {
      EXPECT_LE(picked->depth, front * 1.02 + 1e-9);
    }
  }
}

TEST(Picking, NothingThereIsNothing) {
  PointLayer layer;
  EXPECT_FALSE(Picker{Layer(layer)}.at({}, kSize, 1, 1));
  layer.xyz = {0, 10, 0};
  const Picker picker{Layer(layer)};
  const Viewpoint eye = look_at({0, 0, 0}, {0, 10, 0}, {0, 0, 1});
  EXPECT_TRUE(picker.at(eye, kSize, 400, 300));
  EXPECT_FALSE(picker.at(eye, kSize, 410, 300));
  EXPECT_FALSE(picker.at(eye, {0, 0}, 0, 0));
  EXPECT_FALSE(picker.at(look_at({0, 20, 0}, {0, 30, 0}, {0, 0, 1}), kSize, 400, 300)) << "behind the eye";
}

/// A row of balls along y, all of one size.
Splats row_of_splats(const std::vector<double>& opacities) {
  Splats splats;
  splats.resize(opacities.size());
  for (size_t i = 0; i < opacities.size(); ++i) {
    splats.position[3 * i + 1] = static_cast<float>(i + 1) * 5;
    for (size_t k = 0; k < 3; ++k) splats.log_scale[3 * i + k] = -1;
    splats.rotation[4 * i] = 1;
    splats.opacity_logit[i] = static_cast<float>(std::log(opacities[i] / (1 - opacities[i])));
  }
  return splats;
}

TEST(Picking, TakesTheSplatThatIsSeenMost) {
  const Viewpoint eye = look_at({0, 0, 0}, {0, 10, 0}, {0, 0, 1});
  const auto picked = [&](const std::vector<double>& opacities) {
    return Picker{Layer(SplatLayer{"", row_of_splats(opacities), {}})}.at(eye, kSize, 400, 300)->index;
  };
  EXPECT_EQ(picked({0.9, 0.9, 0.9}), 0u);
  EXPECT_EQ(picked({0.1, 0.9, 0.9}), 1u) << "a veil in front is not what one sees";
  EXPECT_EQ(picked({0.4, 0.3, 0.9}), 0u) << "0.4 against 0.18 and 0.378";
}

TEST(Picking, SeesFlatSplatsFromTheFrontOnly) {
  Splats splats = row_of_splats({0.9});
  splats.log_scale[1] = -INFINITY;  // a disc across y
  const Picker picker{Layer(SplatLayer{"", splats, {}})};
  EXPECT_TRUE(picker.at(look_at({0, 0, 0}, {0, 5, 0}, {0, 0, 1}), kSize, 400, 300));
  EXPECT_FALSE(picker.at(look_at({5, 4, 0}, {0, 4, 0}, {0, 0, 1}), kSize, 400, 300)) << "a ray along its plane, beside it";
}

TEST(Picking, PassesOverSplatsThatAreNoNumbers) {
  Splats splats = row_of_splats({0.9, 0.9});
  splats.position[0] = NAN;
  splats.rotation[4] = 0;
  const Picker picker{Layer(SplatLayer{"", splats, {}})};
  EXPECT_FALSE(picker.at(look_at({0, 0, 0}, {0, 10, 0}, {0, 0, 1}), kSize, 400, 300));
}

}  // namespace
}  // namespace dew::viewer
