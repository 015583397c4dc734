// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/adapters/open3d.h"

#include <gtest/gtest.h>

#include "pointcloud/io/records.h"

namespace dew {
namespace {

TEST(Open3dAdapter, CarriesPositionsAndNamesWhatIsLost) {
  const float values[] = {1, 2, 3, 0.5f, 4, 5, 6, 0.25f};
  const Cloud cloud = *read_records(std::as_bytes(std::span(values)), *parse_fields("x:f32,y:f32,z:f32,intensity:f32"), {});
  std::vector<std::string> lost;
  const auto points = to_open3d(cloud, lost);
  ASSERT_TRUE(points.ok());
  ASSERT_EQ(points->points_.size(), 2u);
  EXPECT_EQ(points->points_[1], Eigen::Vector3d(4, 5, 6));
  EXPECT_EQ(lost, std::vector<std::string>{"field intensity"});
}

TEST(Open3dAdapter, GivesBackWhatOpen3dHolds) {
  open3d::geometry::PointCloud points;
  points.points_ = {{0.1, 0.2, 0.3}, {-0.0, 1e300, 5e-324}};
  points.normals_ = {{0, 0, 1}, {1, 0, 0}};
  points.colors_ = {{0.5, 0, 1}, {0, 0, 0}};
  const Cloud cloud = from_open3d(points);
  EXPECT_EQ(cloud.points, 2u);
  ASSERT_EQ(cloud.fields.size(), 9u);
  EXPECT_EQ(cloud.find("y")->values<double>()[1], 1e300);
  EXPECT_EQ(cloud.find("normal_z")->values<double>()[0], 1.0);
  EXPECT_EQ(cloud.find("red")->values<double>()[0], 0.5);
  std::vector<std::string> lost;
  EXPECT_EQ(to_open3d(cloud, lost)->points_, points.points_);
  EXPECT_EQ(lost.size(), 6u);
}

TEST(Open3dAdapter, RefusesACloudWithoutCoordinates) {
  std::vector<std::string> lost;
  EXPECT_EQ(to_open3d(Cloud{}, lost).error().code, Code::invalid_argument);
}

}  // namespace
}  // namespace dew
