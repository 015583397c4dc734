// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "pointcloud/io/records.h"
#include "viewer/adapters/open3d.h"

namespace dew::viewer {
namespace {

Cloud four_points() {
  const float values[] = {1, 2, 3, 0, 4, 5, 6, 1, 7, 8, NAN, 0.5f, -1, 0, 2, 0.5f};
  return *read_records(std::as_bytes(std::span(values)), *parse_fields("x:f32,y:f32,z:f32,intensity:f32"), {});
}

TEST(Open3dViewer, ColoursACloudAsTheViewerDoes) {
  const auto points = coloured_for_open3d(four_points());
  ASSERT_TRUE(points.ok());
  ASSERT_EQ(points->points_.size(), 3u) << "the point without a place is left out";
  EXPECT_EQ(points->points_[2], Eigen::Vector3d(-1, 0, 2));
  ASSERT_TRUE(points->HasColors());
  EXPECT_LT(points->colors_[0].sum(), points->colors_[1].sum()) << "more intensity is brighter";
  for (const Eigen::Vector3d& colour : points->colors_) EXPECT_TRUE((colour.array() >= 0).all() && (colour.array() <= 1).all());
  EXPECT_NE(coloured_for_open3d(four_points(), "height")->colors_[0], points->colors_[0]);
  EXPECT_EQ(coloured_for_open3d(Cloud{}).error().code, Code::invalid_argument);
}

TEST(Open3dViewer, TurnsPointsIntoBallsAndBack) {
  open3d::geometry::PointCloud points;
  points.points_ = {{0.5, 0.25, -2}, {1, 2, 3}};
  points.colors_ = {{0.25, 0.5, 1}, {0, 0.75, 0.125}};
  const Splats balls = splats_from_open3d(points, 0.01);
  ASSERT_TRUE(check_shape(balls).ok());
  EXPECT_NEAR(std::exp(static_cast<double>(balls.log_scale[4])), 0.01, 1e-8);
  std::vector<std::string> lost;
  const open3d::geometry::PointCloud back = to_open3d(balls, lost);
  EXPECT_EQ(back.points_, points.points_);
  for (size_t i = 0; i < 2; ++i) EXPECT_TRUE(back.colors_[i].isApprox(points.colors_[i], 1e-6));
  EXPECT_EQ(lost, (std::vector<std::string>{"opacity", "scale", "rotation"}));
}

TEST(Open3dViewer, LeavesOutWhatIsHardlySeenAndSaysSo) {
  Splats splats;
  splats.resize(3);
  splats.opacity_logit = {5, -9, 5};
  splats.position[6] = INFINITY;
  std::vector<std::string> lost;
  EXPECT_EQ(to_open3d(splats, lost).points_.size(), 1u);
  EXPECT_EQ(lost.front(), "2 splats that are hardly seen");
}

TEST(Open3dViewer, ShowsWithoutADisplayAsAnError) {
  // Compiled for all kinds; without a display Open3D opens nothing, and says so.
  unsetenv("DISPLAY");
  unsetenv("WAYLAND_DISPLAY");
  EXPECT_EQ(show_in_open3d(four_points(), "test").error().code, Code::io);
  EXPECT_EQ(show_in_open3d(Cloud{}, "test").error().code, Code::invalid_argument);
  Splats one;
  one.resize(1);
  one.opacity_logit = {5};
  EXPECT_EQ(show_in_open3d(one, "test").error().code, Code::io);
}

}  // namespace
}  // namespace dew::viewer
