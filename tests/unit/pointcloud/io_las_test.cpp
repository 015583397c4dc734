// SPDX-License-Identifier: Apache-2.0
// LAS files of every point format: the very bytes again, also through the codec; what is broken or compressed is refused.
#include <gtest/gtest.h>

#include "io_support.h"
#include "pointcloud/codec.h"
#include "pointcloud/io/las.h"
#include "pointcloud/io/las_header.h"
#include "pointcloud/io/read_cloud.h"
#include "pointcloud/io/write_cloud.h"

namespace dew {
namespace {

template <class T>
void put(Bytes& bytes, size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof(T));
}

/// A file of `points` random points with two extra bytes each, some bytes between header and points, and a few behind them.
Bytes las_file(test::Random& random, unsigned minor, unsigned format, uint32_t points) {
  const size_t header_bytes = minor == 4 ? las_offset::kSize14 : minor == 3 ? las_offset::kSize13 : las_offset::kSize12;
  Bytes file(header_bytes);
  std::memcpy(file.data(), "LASF", 4);
  const auto extra = static_cast<uint16_t>(*record_size(las_format_fields(format), 0) + 2);
  put<uint8_t>(file, 24, 1);
  put<uint8_t>(file, las_offset::kMinor, static_cast<uint8_t>(minor));
  put<uint16_t>(file, las_offset::kHeaderBytes, static_cast<uint16_t>(header_bytes));
  put<uint32_t>(file, las_offset::kPoints, static_cast<uint32_t>(header_bytes + 7));
  put<uint8_t>(file, las_offset::kFormat, static_cast<uint8_t>(format));
  put<uint16_t>(file, las_offset::kRecordBytes, extra);
  if (minor < 4) put<uint32_t>(file, las_offset::kLegacyCount, points);
  if (minor == 4) put<uint64_t>(file, las_offset::kCount, points);
  for (size_t axis = 0; axis < 3; ++axis) {
    put<double>(file, las_offset::kScale + 8 * axis, axis == 2 ? 0.001 : 0.01);
    put<double>(file, las_offset::kOffset + 8 * axis, axis == 0 ? 637000.0 : -0.3);
  }
  for (const std::byte byte : test::random_bytes(random, 7 + size_t{extra} * points + 5)) file.push_back(byte);
  return file;
}

TEST(Las, EveryPointFormatComesBackByteForByte) {
  test::Random random(1);
  for (const unsigned minor : {0u, 2u, 3u, 4u}) {
    for (unsigned format = 0; format <= 10; ++format) {
      const Bytes file = las_file(random, minor, format, 20);
      const Result<Cloud> cloud = read_las(file, {});
      ASSERT_TRUE(cloud.ok()) << cloud.error().message;
      EXPECT_EQ(cloud->points, 20u);
      EXPECT_EQ(cloud->find("extra")->count, 2u);
      EXPECT_EQ(cloud->find("gps_time") != nullptr, format == 1 || format >= 3);
      EXPECT_TRUE(*write_cloud(*cloud, CloudFormat::las) == file) << "format " << format;
      EncodeOptions options;
      options.mode = Mode::lossless;
      const Result<Encoded> encoded = encode(*cloud, options);
      ASSERT_TRUE(encoded.ok()) << encoded.error().message;
      const Result<Decoded> decoded = decode(encoded->bytes, {}, {});
      ASSERT_TRUE(decoded.ok());
      EXPECT_TRUE(*write_las(std::get<Cloud>(decoded->content)) == file) << "format " << format;
    }
  }
}

TEST(Las, CoordinatesAreIntegersTimesScalePlusOffset) {
  test::Random random(2);
  const Bytes file = las_file(random, 2, 0, 3);
  const Cloud cloud = *read_las(file, {});
  int32_t steps;
  std::memcpy(&steps, file.data() + las_offset::kSize12 + 7, 4);
  EXPECT_EQ(std::as_const(*cloud.find("x")).values<double>()[0], steps * 0.01 + 637000.0);
  EXPECT_EQ(las_grid(cloud.source.header)->scale[2], 0.001);
}

TEST(Las, NamesCompressedFiles) {
  test::Random random(3);
  Bytes file = las_file(random, 2, 0, 3);
  file[las_offset::kFormat] |= std::byte{128};
  const Result<Cloud> cloud = read_las(file, {});
  ASSERT_FALSE(cloud.ok());
  EXPECT_EQ(cloud.error().code, Code::unsupported_feature);
  EXPECT_NE(cloud.error().message.find("laszip"), std::string::npos);
}

TEST(Las, RefusesEveryTruncation) {
  test::Random random(4);
  const Bytes file = las_file(random, 4, 7, 4);
  const size_t needed = file.size() - 5;
  for (size_t size = 0; size < needed; ++size)
    EXPECT_FALSE(read_las(Bytes(file.begin(), file.begin() + static_cast<ptrdiff_t>(size)), {}).ok());
}

TEST(Las, OtherCloudsBecomeNewFilesWithAllFields) {
  Cloud cloud;
  cloud.points = 3;
  for (const char* name : {"x", "y", "z", "intensity", "ring"}) {
    Field field{name, FieldType::f32, 1, Bytes(12)};
    for (size_t i = 0; i < 3; ++i) field.values<float>()[i] = static_cast<float>(i) + 0.125f;
    cloud.fields.push_back(std::move(field));
  }
  const Result<Bytes> file = write_las(cloud);
  ASSERT_TRUE(file.ok()) << file.error().message;
  const Result<Cloud> again = read_las(*file, {});
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_NEAR(std::as_const(*again->find("y")).values<double>()[2], 2.125, 1e-6);
  ASSERT_NE(again->find("ring"), nullptr);
  EXPECT_EQ(again->find("ring")->data, cloud.find("ring")->data);
  EXPECT_EQ(again->find("intensity_")->data, cloud.find("intensity")->data) << "LAS has intensities of 16 bits: floats stand beside them";
  EXPECT_TRUE(*write_las(*again) == *file);
  cloud.fields[0].values<float>()[1] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(write_las(cloud).ok());
}

TEST(Las, FewerPointsGetACountAndBoxOfTheirOwn) {
  test::Random random(5);
  Cloud cloud = *read_las(las_file(random, 4, 6, 9), {});
  cloud.points = 4;
  for (Field& field : cloud.fields) field.data.resize(4 * field.bytes_per_point());
  const Result<Cloud> again = read_las(*write_las(cloud), {});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->points, 4u);
  EXPECT_EQ(again->fields, cloud.fields);
}

TEST(Las, MovedPointsGetAFinerScale) {
  test::Random random(6);
  Cloud cloud = *read_las(las_file(random, 2, 1, 5), {});
  for (double& value : cloud.find("x")->values<double>()) value = 637000.1234;
  const Result<Cloud> again = read_las(*write_las(cloud), {});
  ASSERT_TRUE(again.ok());
  EXPECT_NEAR(std::as_const(*again->find("x")).values<double>()[0], 637000.1234, 1e-6);
}

/// A description takes 192 of the 65,535 bytes that they may have together. Looking all names up among all others took minutes.
TEST(Las, RefusesMoreExtraFieldsThanItCanDescribe) {
  Cloud cloud;
  cloud.points = 1;
  cloud.width = 1;
  for (const char* axis : {"x", "y", "z"}) cloud.fields.push_back({axis, FieldType::f64, 1, Bytes(8)});
  cloud.fields.push_back({"extra", FieldType::u8, 60000, Bytes(60000)});
  const Result<Bytes> file = write_las(cloud);
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().code, Code::unsupported_feature);
}

}  // namespace
}  // namespace dew
