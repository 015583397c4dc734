// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/adapters/pcl.h"

#include <gtest/gtest.h>
#include <pcl/io/pcd_io.h>
#include <pcl/point_types.h>

#include <cmath>
#include <limits>

#include "pointcloud/io/pcd.h"
#include "pointcloud/io/records.h"
#include "tests/support/temporary_folder.h"

namespace dew {
namespace {

/// Records whose bytes are all different, NaNs and infinities among them.
Cloud any_cloud(const char* fields, size_t points) {
  const auto specs = *parse_fields(fields);
  const size_t record_bytes = *record_size(specs, 0);
  Bytes bytes(points * record_bytes);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 167 + i / 251);
  return *read_records(bytes, specs, {});
}

TEST(PclAdapter, KeepsEveryBitOfEveryFieldThatPclHas) {
  const Cloud cloud = any_cloud("x:f32,y:f32,z:f32,intensity:u8,ring:u16,t:f64,normal:f32x3,a:i8,b:i16,c:i32,d:u32,e:i64,f:u64", 1000);
  const auto message = to_pcl(cloud);
  ASSERT_TRUE(message.ok()) << message.error().message;
  EXPECT_EQ(message->width, 1000u);
  const auto back = from_pcl(*message);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->fields, cloud.fields);
}

TEST(PclAdapter, KeepsRowsOfOrganisedClouds) {
  Cloud cloud = any_cloud("x:f32,y:f32,z:f32", 60);
  cloud.width = 12;
  cloud.height = 5;
  const auto message = to_pcl(cloud);
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->height, 5u);
  EXPECT_EQ(from_pcl(*message)->height, 5u);
}

TEST(PclAdapter, ReadsPaddedPointsAndRows) {
  pcl::PointCloud<pcl::PointXYZI> points(7, 3);  // PointXYZI has 16 bytes of padding
  for (size_t i = 0; i < points.size(); ++i) points[i].x = static_cast<float>(i), points[i].intensity = 0.5f;
  const auto cloud = from_pcl_points(points);
  ASSERT_TRUE(cloud.ok()) << cloud.error().message;
  EXPECT_EQ(cloud->points, 21u);
  EXPECT_EQ(cloud->find("x")->values<float>()[20], 20.0f);
  const auto back = to_pcl_points<pcl::PointXYZI>(*cloud);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->points[20].x, 20.0f);
  EXPECT_EQ(back->points[20].intensity, 0.5f);
}

TEST(PclAdapter, RefusesCloudsWhoseSizesDoNotFit) {
  pcl::PCLPointCloud2 message = *to_pcl(any_cloud("x:f32,y:f32,z:f32", 10));
  message.data.resize(message.data.size() - 1);
  EXPECT_EQ(from_pcl(message).error().code, Code::corrupt);
  message = *to_pcl(any_cloud("x:f32,y:f32,z:f32", 10));
  message.fields[2].offset = 9;
  EXPECT_EQ(from_pcl(message).error().code, Code::corrupt);
  message = *to_pcl(any_cloud("x:f32,y:f32,z:f32", 10));
  message.fields[0].datatype = 99;
  EXPECT_EQ(from_pcl(message).error().code, Code::unsupported_feature);
}

TEST(PclAdapter, PclReadsOurPcdFilesAndWeReadThose) {
  const Cloud cloud = any_cloud("x:f32,y:f32,z:f32,ring:u16,t:f64", 500);
  const test::TemporaryFolder folder;
  const std::string path = folder.path("dew_adapter.pcd");
  for (const PcdEncoding encoding : {PcdEncoding::binary, PcdEncoding::binary_compressed}) {
    const Bytes file = *write_pcd(cloud, encoding);
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
    pcl::PCLPointCloud2 message;
    ASSERT_GE(pcl::io::loadPCDFile(path, message), 0);
    EXPECT_EQ(from_pcl(message)->fields, cloud.fields);

    pcl::PCDWriter writer;
    const Eigen::Vector4f origin = Eigen::Vector4f::Zero();
    const auto written = encoding == PcdEncoding::binary
                             ? writer.writeBinary(path, message, origin, Eigen::Quaternionf::Identity())
                             : writer.writeBinaryCompressed(path, message, origin, Eigen::Quaternionf::Identity());
    ASSERT_GE(written, 0);
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto ours = read_pcd(as_bytes(text), {});
    ASSERT_TRUE(ours.ok()) << ours.error().message;
    EXPECT_EQ(ours->fields, cloud.fields);
  }
}

}  // namespace
}  // namespace dew
