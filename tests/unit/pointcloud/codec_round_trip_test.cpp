// SPDX-License-Identifier: Apache-2.0
// What goes into a .dew file comes out of it: every bit in lossless mode, every point within the bound in the others.
#include <gtest/gtest.h>

#include "tests/support/codec_suite.h"

namespace dew::test {
namespace {

constexpr Effort kEfforts[] = {Effort::fast, Effort::normal, Effort::max};

std::string why(const Error& error) {
  return std::string(code_name(error.code)) + " at " + std::to_string(error.offset) + ": " + error.message;
}

/// Encodes without the encoder's own verification, decodes, and looks at every bit or every point.
void expect_round_trip(const Content& content, EncodeOptions options) {
  options.verify = false;
  const Result<Encoded> encoded = encode(content, options);
  ASSERT_TRUE(encoded.ok()) << why(encoded.error());
  const Result<Decoded> decoded = decode(encoded->bytes, {}, {});
  ASSERT_TRUE(decoded.ok()) << why(decoded.error());
  EXPECT_TRUE(decoded->warnings.empty());
  const Result<FileInfo> info = inspect(encoded->bytes, {});
  ASSERT_TRUE(info.ok()) << why(info.error());
  uint64_t parts = 0;
  for (const PartBytes& part : info->parts) parts += part.bytes;
  EXPECT_EQ(parts, encoded->bytes.size()) << "the parts add up to the file";
  if (const Scan* scan = std::get_if<Scan>(&content)) {
    const Scan* back = std::get_if<Scan>(&decoded->content);
    ASSERT_NE(back, nullptr);
    EXPECT_EQ(info->points, scan->range.size());
    if (options.mode != Mode::max_error) {
      EXPECT_TRUE(*scan == *back);
      return;
    }
    ASSERT_EQ(scan->range.size(), back->range.size());
    EXPECT_EQ(scan->intensity, back->intensity);
    EXPECT_EQ(scan->azimuth, back->azimuth);
    EXPECT_EQ(scan->time_us, back->time_us);
    for (size_t i = 0; i < scan->range.size(); ++i) {
      EXPECT_EQ(scan->range[i] == 0, back->range[i] == 0);
      const double ticks = std::abs(static_cast<double>(scan->range[i]) - static_cast<double>(back->range[i]));
      ASSERT_LE(ticks * scan->tick_um * 1e-6, options.max_error_m * (1 + 1e-9)) << i;
    }
    return;
  }
  const Cloud& cloud = std::get<Cloud>(content);
  const Cloud* back = std::get_if<Cloud>(&decoded->content);
  ASSERT_NE(back, nullptr);
  EXPECT_EQ(info->points, cloud.points);
  EXPECT_EQ(cloud.width, back->width);
  EXPECT_EQ(cloud.height, back->height);
  EXPECT_TRUE(cloud.source == back->source);
  EXPECT_TRUE(same_other_fields(cloud, *back));
  if (options.mode == Mode::lossless) {
    EXPECT_TRUE(same_bits(cloud, *back));
  } else {
    EXPECT_LE(largest_error_m(cloud, *back), options.max_error_m);
  }
}

void expect_all_modes(const Content& content, Effort effort = Effort::normal) {
  expect_round_trip(content, lossless(effort));
  EncodeOptions lattice;
  lattice.effort = effort;
  expect_round_trip(content, lattice);
  for (const double bound : {0.00001, 0.001, 0.01, 0.05}) expect_round_trip(content, within(bound, effort));
}

Cloud cloud_of(const std::vector<Vec3>& points) {
  Cloud cloud;
  std::vector<float> x, y, z;
  for (const Vec3& p : points)
    x.push_back(static_cast<float>(p.x)), y.push_back(static_cast<float>(p.y)), z.push_back(static_cast<float>(p.z));
  cloud.fields = {floats("x", x), floats("y", y), floats("z", z)};
  cloud.points = points.size();
  cloud.width = static_cast<uint32_t>(points.size());
  return cloud;
}

TEST(CodecRoundTrip, CloudsWithoutPointsOrFields) {
  expect_all_modes(Cloud{});
  Random random(1);
  expect_all_modes(any_cloud(random, 0, true));
  expect_all_modes(any_cloud(random, 0, false));
  Cloud no_fields;
  no_fields.points = 7;
  no_fields.width = 7;
  expect_all_modes(no_fields);
}

TEST(CodecRoundTrip, OnePoint) {
  expect_all_modes(cloud_of({{1, 2, 3}}));
  expect_all_modes(cloud_of({{0, 0, 0}}));
  expect_all_modes(cloud_of({{-1e30, 1e-40, 5e8}}));
}

TEST(CodecRoundTrip, EqualPoints) { expect_all_modes(cloud_of(std::vector<Vec3>(1000, {12.5, -3.25, 0.125}))); }

TEST(CodecRoundTrip, MillionsOfEqualPointsAreFewBytes) {
  const Cloud cloud = cloud_of(std::vector<Vec3>(3'000'000, {12.5, -3.25, 0.125}));
  const Result<Encoded> encoded = encode(cloud, lossless(Effort::fast));
  ASSERT_TRUE(encoded.ok()) << why(encoded.error());
  EXPECT_LT(encoded->bytes.size(), 10'000u);
}

TEST(CodecRoundTrip, DuplicatedPoints) {
  Random random(2);
  std::vector<Vec3> points;
  for (int i = 0; i < 500; ++i) {
    const Vec3 point{static_cast<double>(below(random, 1000)) / 10, static_cast<double>(below(random, 1000)) / 10, -1.5};
    points.insert(points.end(), 1 + below(random, 4), point);
  }
  expect_all_modes(cloud_of(points));
}

TEST(CodecRoundTrip, CoordinatesThatAreNoNumbers) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  std::vector<Vec3> points;
  Random random(3);
  for (int i = 0; i < 300; ++i) points.push_back({static_cast<double>(below(random, 5000)) / 100, 1.0 * i, 2});
  points[10] = {kNan, 0, 1};
  points[11] = {kNan, kNan, kNan};
  points[50] = {kInfinity, -kInfinity, 4};
  points[299] = {1, 2, -kInfinity};
  expect_all_modes(cloud_of(points));
}

TEST(CodecRoundTrip, HugeOffsets) {
  Random random(4);
  for (const double offset : {1e4, 4.5e5, 5e6, 1e12, 3e37}) {
    std::vector<Vec3> points;
    for (int i = 0; i < 500; ++i) points.push_back({offset + static_cast<double>(below(random, 10000)) / 100, -offset, offset * 2});
    expect_all_modes(cloud_of(points));
  }
}

TEST(CodecRoundTrip, RepeatedAndOddCoordinateFields) {
  Random random(5);
  Cloud cloud = any_cloud(random, 200, true);
  cloud.fields.push_back(any_field(random, "x", FieldType::f64, 1, 200));
  cloud.fields.push_back(any_field(random, "y", FieldType::f32, 3, 200));
  expect_round_trip(cloud, lossless());
  expect_round_trip(cloud, within(0.01));
  for (const FieldType type : {FieldType::f16, FieldType::f64, FieldType::i32, FieldType::u8}) {
    Cloud odd = any_cloud(random, 100, false);
    for (const char* name : {"z", "x", "y"}) odd.fields.push_back(any_field(random, name, type, 1, 100));
    expect_round_trip(odd, lossless());
    expect_round_trip(odd, within(0.01));
  }
}

TEST(CodecRoundTrip, EveryFieldTypeAndCount) {
  Random random(6);
  for (unsigned type = 0; type <= static_cast<unsigned>(FieldType::f64); ++type) {
    for (const uint32_t count : {1u, 3u, 17u}) {
      Cloud cloud;
      cloud.points = 150;
      cloud.width = 150;
      for (int i = 0; i < 3; ++i)
        cloud.fields.push_back(any_field(random, "f" + std::to_string(i), static_cast<FieldType>(type), count, 150));
      expect_round_trip(cloud, lossless());
    }
  }
}

TEST(CodecRoundTrip, SourceBytesAroundThePoints) {
  Random random(7);
  Cloud cloud = any_cloud(random, 60, true);
  cloud.source.format = CloudFormat::pcd;
  cloud.source.header = random_bytes(random, 300);
  cloud.source.trailer = random_bytes(random, 5000);
  cloud.source.record_bytes = 400;
  for (size_t f = 0; f < cloud.fields.size(); ++f) cloud.source.field_offsets.push_back(static_cast<uint32_t>(400 - 16 * f));
  cloud.width = 20;
  cloud.height = 3;
  expect_all_modes(cloud);
}

TEST(CodecRoundTrip, TenThousandRandomPoints) {
  Random random(8);
  expect_round_trip(any_cloud(random, 10'000, true), lossless(Effort::fast));
  expect_round_trip(any_cloud(random, 10'000, true), within(0.02));
}

TEST(CodecRoundTrip, LaserSortedFrame) {
  const Cloud cloud = crop(std::get<Cloud>(sample("kitti_raw.bin")), 0, 30'000);
  const Result<Encoded> first = encode(cloud, lossless(Effort::fast));
  ASSERT_TRUE(first.ok()) << why(first.error());
  const Result<FileInfo> info = inspect(first->bytes, {});
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->sensor[0].second, "laser-sorted") << "the crop is to test that path";
  for (const Effort effort : kEfforts) {
    for (EncodeOptions options : {lossless(effort), within(0.0001, effort), within(0.01, effort), within(0.3, effort)}) {
      options.sensor = first->sensor;
      expect_round_trip(cloud, options);
    }
  }
  EncodeOptions lattice;
  lattice.sensor = first->sensor;
  expect_round_trip(cloud, lattice);
}

TEST(CodecRoundTrip, LaserSortedFrameWithMotion) {
  const Cloud cloud = std::get<Cloud>(sample("kitti_odometry.bin"));
  const Result<Encoded> first = encode(cloud, lossless(Effort::fast));
  ASSERT_TRUE(first.ok()) << why(first.error());
  for (EncodeOptions options : {lossless(Effort::fast), EncodeOptions{}, within(0.01, Effort::fast)}) {
    options.sensor = first->sensor;
    expect_round_trip(cloud, options);
  }
}

TEST(CodecRoundTrip, FiringOrderFrame) {
  const Cloud cloud = std::get<Cloud>(sample("nuscenes.bin"));
  const Result<Encoded> first = encode(cloud, lossless(Effort::fast));
  ASSERT_TRUE(first.ok()) << why(first.error());
  const Result<FileInfo> info = inspect(first->bytes, {});
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->sensor[0].second, "firing order");
  for (EncodeOptions options : {lossless(), EncodeOptions{}, within(0.00001), within(0.01, Effort::fast), within(0.1)}) {
    options.sensor = first->sensor;
    expect_round_trip(cloud, options);
  }
}

/// Points that a sensor's frame has and a model can't explain.
TEST(CodecRoundTrip, SensorFramesWithStrangePoints) {
  for (const char* name : {"kitti_raw.bin", "nuscenes.bin"}) {
    Cloud cloud = std::get<Cloud>(sample(name));
    if (cloud.points > 40'000) cloud = crop(cloud, 0, 40'000);
    Random random(9);
    for (int i = 0; i < 200; ++i) {
      const size_t at = static_cast<size_t>(below(random, cloud.points));
      for (size_t axis = 0; axis < 3; ++axis) {
        const uint64_t bits = awkward_bits(random, FieldType::f32);
        std::memcpy(cloud.fields[axis].data.data() + 4 * at, &bits, 4);
      }
    }
    expect_round_trip(cloud, lossless(Effort::fast));
    expect_round_trip(cloud, within(0.02, Effort::fast));
  }
}

/// A second coordinate field beside the model's: the frame must not be taken apart by name.
TEST(CodecRoundTrip, SensorFrameWithRepeatedCoordinateNames) {
  Random random(10);
  Cloud cloud = crop(std::get<Cloud>(sample("kitti_raw.bin")), 0, 20'000);
  cloud.fields.push_back(any_field(random, "x", FieldType::f64, 1, cloud.points));
  expect_round_trip(cloud, lossless(Effort::fast));
}

TEST(CodecRoundTrip, SensorFrameWithMoreFields) {
  Random random(11);
  Cloud cloud = std::get<Cloud>(sample("nuscenes.bin"));
  for (const FieldType type : {FieldType::u8, FieldType::f64, FieldType::i16})
    cloud.fields.push_back(any_field(random, "more", type, type == FieldType::i16 ? 3 : 1, cloud.points));
  expect_round_trip(cloud, lossless(Effort::fast));
  expect_round_trip(cloud, within(0.02, Effort::fast));
}

TEST(CodecRoundTrip, OrganisedCloudWithNans) {
  const Cloud cloud = std::get<Cloud>(sample("xt32_organised.pcd"));
  EXPECT_GT(cloud.height, 1u);
  expect_all_modes(cloud);
}

TEST(CodecRoundTrip, SampleScans) {
  for (const char* name : {"vlp16_indoor.lrf", "os1_128_street.lrf"}) {
    const Content scan = sample(name);
    for (const Effort effort : kEfforts) {
      if (effort == Effort::max && std::string(name) == "os1_128_street.lrf") continue;
      expect_round_trip(scan, lossless(effort));
      expect_round_trip(scan, within(0.02, effort));
    }
  }
}

TEST(CodecRoundTrip, ScansOfAnyShape) {
  Random random(12);
  for (const auto& [columns, lasers] :
       std::vector<std::pair<uint32_t, uint32_t>>{{1, 1}, {1, 200}, {2, 3}, {65535, 1}, {33, 16}, {64, 4096}, {700, 5}}) {
    Scan scan = random_scan(random, columns, lasers, 2);
    expect_round_trip(scan, lossless(Effort::fast));
    if (columns < 1000 && lasers < 1000) expect_all_modes(scan);
    for (uint32_t& range : scan.range) range = 0;
    expect_round_trip(scan, lossless());
    for (uint8_t& intensity : scan.intensity) intensity = 0;
    expect_round_trip(scan, lossless());
  }
}

TEST(CodecRoundTrip, EmptyLargeScan) {
  Scan scan;
  scan.columns = 65535;
  scan.lasers = 64;
  scan.tick_um = 1000;
  scan.azimuth_units_per_turn = 65536;
  for (uint32_t c = 0; c < scan.columns; ++c) scan.azimuth.push_back(static_cast<uint16_t>(c));
  scan.time_us.assign(scan.columns, 0);
  scan.range.assign(size_t{scan.columns} * scan.lasers, 0);
  scan.intensity.assign(scan.range.size(), 0);
  EncodeOptions options = lossless(Effort::fast);
  options.slice_count = 1;
  expect_round_trip(scan, options);
}

/// Longer ranges than the models' arithmetic holds: coded exactly or refused, never wrong.
TEST(CodecRoundTrip, LongRangesAreExactOrRefused) {
  Random random(13);
  for (const uint32_t longest : {0x3ffffu, 0x40000u, 0xfffffu, 0x100000u, 0x7fffffffu, 0xffffffffu}) {
    Scan scan = random_scan(random, 40, 6, 4);
    for (uint32_t& range : scan.range) range = static_cast<uint32_t>(below(random, uint64_t{longest} + 1));
    scan.range[7] = longest;
    for (const EncodeOptions& options : {lossless(), within(0.02), within(5.0)}) {
      const Result<Encoded> encoded = encode(scan, options);
      if (encoded.ok()) {
        expect_round_trip(scan, options);
      } else {
        EXPECT_EQ(encoded.error().code, Code::limit_exceeded) << why(encoded.error());
      }
    }
  }
}

TEST(CodecRoundTrip, OptionsAndContentsOutOfRangeAreRefused) {
  Random random(14);
  const Cloud cloud = any_cloud(random, 10, true);
  for (const double bound : {0.0, -1.0, 1e7, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_EQ(encode(cloud, within(bound)).error().code, Code::invalid_argument);
  EncodeOptions options;
  options.slice_count = 5000;
  EXPECT_EQ(encode(cloud, options).error().code, Code::invalid_argument);
  Cloud short_field = cloud;
  short_field.fields[1].data.resize(20);
  EXPECT_EQ(encode(short_field, {}).error().code, Code::invalid_argument);
  Cloud no_values = cloud;
  no_values.fields[1].count = 0;
  no_values.fields[1].data.clear();
  EXPECT_FALSE(encode(no_values, {}).ok());
  Cloud many_fields = cloud;
  for (int i = 0; i < 300; ++i) many_fields.fields.push_back(any_field(random, "f", FieldType::u8, 1, 10));
  EXPECT_FALSE(encode(many_fields, {}).ok());
  Scan scan = random_scan(random, 10, 4, 2);
  scan.range.pop_back();
  EXPECT_EQ(encode(scan, {}).error().code, Code::invalid_argument);
  EXPECT_EQ(encode(Scan{}, {}).error().code, Code::invalid_argument);
  Scan no_times = random_scan(random, 10, 4, 2);
  no_times.azimuth.pop_back();
  EXPECT_EQ(encode(no_times, {}).error().code, Code::invalid_argument);
}

}  // namespace
}  // namespace dew::test
