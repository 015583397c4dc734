// SPDX-License-Identifier: Apache-2.0
// Motion between two frames: found, written, and taken out of a picture.
#include "pointcloud/coding/ego_motion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "pointcloud/sensor/small_matrix.h"

namespace dew::test {
namespace {

/// A room of 20 x 12 x 5 m with a pillar, seen by 32 lasers in 900 columns from a place, turned by an angle about z.
FramePicture room(const Vec3& place, double turned_rad) {
  FramePicture picture;
  picture.tick_um = 2000;
  picture.cells.rows = 32;
  picture.cells.azimuths.units_per_turn = 36000;
  for (int column = 0; column < 900; ++column) picture.cells.azimuths.column_azimuth.push_back(column * 40);
  for (int row = 0; row < 32; ++row) picture.elevation_centidegrees.push_back(static_cast<int16_t>(1500 - row * 120));
  const Vec3 low{-10 - place.x, -6 - place.y, -2 - place.z}, high{10 - place.x, 6 - place.y, 3 - place.z};
  for (const int16_t elevation : picture.elevation_centidegrees) {
    for (const int32_t azimuth : picture.cells.azimuths.column_azimuth) {
      const double a = azimuth * 2 * std::numbers::pi / 36000 + turned_rad, e = elevation * std::numbers::pi / 18000;
      const Vec3 d{std::cos(e) * std::cos(a), std::cos(e) * std::sin(a), std::sin(e)};
      double range = std::min({(d.x > 0 ? high.x : low.x) / d.x, (d.y > 0 ? high.y : low.y) / d.y, (d.z > 0 ? high.z : low.z) / d.z});
      // A pillar of 0.5 m at (4, 2).
      const double x = 4 - place.x, y = 2 - place.y, flat = std::cos(e);
      const double along = (x * d.x + y * d.y) / flat, beside = x * x + y * y - along * along;
      if (along > 0 && beside < 0.25) range = std::min(range, (along - std::sqrt(0.25 - beside)) / flat);
      picture.cells.range.push_back(static_cast<uint32_t>(range / 0.002 + 0.5));
      picture.cells.intensity.push_back(static_cast<uint8_t>(azimuth / 200));
    }
  }
  return picture;
}

TEST(EgoMotion, IsFoundAndTakenOut) {
  const FramePicture before = room({0, 0, 0}, 0), now = room({0.4, -0.1, 0.02}, 0.02);
  const std::optional<EgoMotion> motion = estimate_ego_motion(before, now, {});
  ASSERT_TRUE(motion);
  // A point of before lies at R^-1 (p - place) now.
  EXPECT_NEAR(motion->rotation_urad[2], -20000, 500);
  EXPECT_NEAR(motion->translation_mm[0], -400 * std::cos(0.02) + 100 * std::sin(0.02), 15);
  EXPECT_NEAR(motion->translation_mm[1], 100 * std::cos(0.02) + 400 * std::sin(0.02), 15);
  EXPECT_NEAR(motion->translation_mm[2], -20, 15);
  const DecodedPicture moved = warp(before, *motion);
  std::vector<double> as_it_is, with_motion;
  for (size_t i = 0; i < moved.range.size(); ++i) {
    if (moved.range[i] == kNothingKnown) continue;
    as_it_is.push_back(std::abs(static_cast<double>(before.cells.range[i]) - now.cells.range[i]));
    with_motion.push_back(std::abs(static_cast<double>(moved.range[i]) - now.cells.range[i]));
  }
  EXPECT_GT(with_motion.size(), moved.range.size() * 2 / 3) << "most of the room is seen again";
  std::sort(as_it_is.begin(), as_it_is.end());
  std::sort(with_motion.begin(), with_motion.end());
  EXPECT_LT(with_motion[with_motion.size() / 2] * 8, as_it_is[as_it_is.size() / 2]);
}

TEST(EgoMotion, OfASensorThatStandsIsNone) {
  const FramePicture picture = room({0, 0, 0}, 0);
  EXPECT_FALSE(estimate_ego_motion(picture, picture, {}));
  EXPECT_FALSE(estimate_ego_motion(picture, {}, {}));
  EXPECT_FALSE(estimate_ego_motion({}, {}, {}));
}

TEST(EgoMotion, NoneLeavesAPictureAsItIs) {
  const FramePicture picture = room({0, 0, 0}, 0);
  EXPECT_EQ(warp(picture, {}).range, picture.cells.range);
  EXPECT_EQ(warp(picture, {}).intensity, picture.cells.intensity);
}

TEST(EgoMotion, AnyPictureAndMotionAreTaken) {
  FramePicture picture = room({0, 0, 0}, 0);
  const EgoMotion wild{{8388608, -8388608, 8388608}, {-8388608, 8388608, 8388608}};
  EXPECT_EQ(warp(picture, wild).range.size(), picture.cells.range.size());
  for (size_t i = 0; i < picture.cells.range.size(); i += 3) picture.cells.range[i] = i % 2 == 0 ? kNothingKnown : 0xFFFFFF;
  std::reverse(picture.elevation_centidegrees.begin(), picture.elevation_centidegrees.end());
  picture.cells.azimuths.column_azimuth.assign(900, std::numeric_limits<int32_t>::min());
  EXPECT_EQ(warp(picture, wild).range.size(), picture.cells.range.size());
  picture.cells.azimuths.units_per_turn = 1;
  EXPECT_EQ(warp(picture, wild).range.size(), picture.cells.range.size());
  picture.cells.azimuths.units_per_turn = 0;
  EXPECT_EQ(warp(picture, wild).range, picture.cells.range);
}

TEST(EgoMotion, ComesBackFromItsBytes) {
  const EgoMotion motion{{1, -2, 8388608}, {-8388608, 0, 77}};
  ByteWriter writer;
  write_ego_motion(motion, writer);
  ByteReader reader(writer.bytes());
  EXPECT_EQ(*read_ego_motion(reader), motion);
  ByteWriter wrong;
  wrong.signed_varint(8388609);
  ByteReader refused(wrong.bytes());
  EXPECT_FALSE(read_ego_motion(refused).ok());
}

TEST(EgoMotion, FollowsFromPoses) {
  // Turned by 90 degrees to the left at (1, 2, 3), then 2 m on along the new x axis.
  const Pose before{0, -1, 0, 1, 1, 0, 0, 2, 0, 0, 1, 3}, now{0, -1, 0, 1, 1, 0, 0, 4, 0, 0, 1, 3};
  EXPECT_EQ(motion_between(before, now), (EgoMotion{{0, 0, 0}, {-2000, 0, 0}}));
  const Pose straight{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};
  const double s = std::sin(0.001), c = std::cos(0.001);
  EXPECT_EQ(motion_between(straight, Pose{c, -s, 0, 0, s, c, 0, 0, 0, 0, 1, 0}), (EgoMotion{{0, 0, -1000}, {0, 0, 0}}));
  EXPECT_FALSE(motion_between(straight, Pose{1, 0, 0, 1e30, 0, 1, 0, 0, 0, 0, 1, 0}));
}

}  // namespace
}  // namespace dew::test
