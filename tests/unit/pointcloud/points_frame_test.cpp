// SPDX-License-Identifier: Apache-2.0
// Clouds without a scan model: points that stand for no return, floats that are short or on a comb, and the size beside LASzip's.
#include "pointcloud/coding/points_frame.h"

#include <gtest/gtest.h>

#include <bit>

#include "pointcloud/half.h"
#include "tests/support/codec_suite.h"

namespace dew::test {
namespace {

FrameOptions frame_options(Mode mode, double max_error_m, uint32_t slices = 1) {
  FrameOptions options;
  options.mode = mode;
  options.max_error_m = max_error_m;
  options.slices = slices;
  return options;
}

Cloud decoded_points(const CodedFrame& frame) {
  FrameInput input;
  for (const Bytes& slice : frame.slices) input.slices.push_back(SliceView{slice, 0});
  ByteReader head(frame.head, 0);
  Result<Cloud> cloud = decode_points(head, input);
  EXPECT_TRUE(cloud.ok()) << (cloud.ok() ? "" : cloud.error().message);
  return cloud.ok() ? *std::move(cloud) : Cloud{};
}

double geometry_bits(const Cloud& cloud, const FrameOptions& options) {
  const Result<CodedFrame> frame = encode_points(cloud, options);
  EXPECT_TRUE(frame.ok());
  return 8 * static_cast<double>(frame->part_bytes[static_cast<size_t>(Part::geometry)]) / static_cast<double>(cloud.points);
}

template <class T>
Field field_of(const char* name, FieldType type, const std::vector<T>& values) {
  const ByteSpan bytes = std::as_bytes(std::span(values));
  return {name, type, 1, Bytes(bytes.begin(), bytes.end())};
}

/// A walk in millimetres; `absent` of a hundred points hold `filler` in all three coordinates.
Cloud walk(Random& random, uint64_t points, uint64_t absent, float filler) {
  std::array<std::vector<float>, 3> axes;
  std::array<int64_t, 3> at = {5000, -3000, 200};
  for (uint64_t i = 0; i < points; ++i) {
    const bool is_absent = below(random, 100) < absent;
    for (size_t k = 0; k < 3; ++k) {
      at[k] += static_cast<int64_t>(below(random, 21)) - 10;
      axes[k].push_back(is_absent ? filler : static_cast<float>(at[k]) / 1000.0f);
    }
  }
  Cloud cloud;
  cloud.points = points;
  cloud.width = static_cast<uint32_t>(points);
  cloud.fields = {floats("y", axes[1]), any_field(random, "label", FieldType::u16, 1, points), floats("x", axes[0]), floats("z", axes[2])};
  return cloud;
}

TEST(PointsFrame, AbsentPointsComeBackToTheBit) {
  Random random(1);
  const float payload = std::bit_cast<float>(0x7fc12345u);
  for (const float filler : {std::numeric_limits<float>::quiet_NaN(), payload, 0.0f}) {
    for (const uint64_t share : {1u, 50u, 99u, 100u}) {
      const Cloud cloud = walk(random, 9000, share, filler);
      for (const uint32_t slices : {1u, 2u}) {
        const Result<CodedFrame> exact = encode_points(cloud, frame_options(Mode::lossless, 0, slices));
        ASSERT_TRUE(exact.ok());
        EXPECT_EQ(decoded_points(*exact).fields, cloud.fields) << filler << " " << share;
        const Result<CodedFrame> bound = encode_points(cloud, frame_options(Mode::max_error, 0.02, slices));
        ASSERT_TRUE(bound.ok());
        const Cloud near = decoded_points(*bound);
        EXPECT_LE(largest_error_m(cloud, near), 0.02);
        for (size_t f = 0; f < 4; ++f) {
          if (f == 1) continue;
          const auto was = cloud.fields[f].values<uint32_t>(), is = near.fields[f].values<uint32_t>();
          for (size_t i = 0; i < was.size(); ++i) {
            ASSERT_TRUE(was[i] != std::bit_cast<uint32_t>(filler) || is[i] == was[i]) << i;
          }
        }
      }
    }
  }
}

TEST(PointsFrame, AbsentPointsCostTheirFlagsOnly) {
  Random random(2);
  Cloud cloud = walk(random, 20'000, 0, 0);
  const double whole = geometry_bits(cloud, frame_options(Mode::lossless, 0));
  // Every other ten points: what is left costs as before, with steps ten times as long now and then.
  for (Field& field : cloud.fields) {
    if (field.type != FieldType::f32) continue;
    for (size_t i = 0; i < cloud.points; ++i) {
      if (i / 10 % 2 == 1) field.values<float>()[i] = std::numeric_limits<float>::quiet_NaN();
    }
  }
  EXPECT_LT(geometry_bits(cloud, frame_options(Mode::lossless, 0)), 0.65 * whole);
  EXPECT_LT(geometry_bits(cloud, frame_options(Mode::max_error, 0.01)), 0.5 * whole);
}

TEST(PointsFrame, ShortFloatsCostWhatTheyHold) {
  Random random(3);
  std::vector<uint16_t> halves;
  std::vector<float> singles, rough;
  std::vector<double> doubles;
  for (int i = 0; i < 20'000; ++i) {
    halves.push_back(static_cast<uint16_t>(0x2000 + below(random, 0x3000)));
    singles.push_back(static_cast<float>(half_to_double(halves.back())));
    rough.push_back(std::bit_cast<float>(0x41000000u + static_cast<uint32_t>(below(random, 1u << 23))));
    doubles.push_back(static_cast<double>(rough.back()));
  }
  const auto cost = [&](const Field& field) {
    Cloud cloud;
    cloud.points = halves.size();
    cloud.fields = {field};
    return geometry_bits(cloud, frame_options(Mode::lossless, 0));
  };
  const double half_bits = cost(field_of("x", FieldType::f16, halves));
  EXPECT_NEAR(cost(field_of("x", FieldType::f32, singles)), half_bits, 0.01 * half_bits);
  const double single_bits = cost(field_of("x", FieldType::f32, rough));
  EXPECT_NEAR(cost(field_of("x", FieldType::f64, doubles)), single_bits, 0.01 * single_bits);
}

TEST(PointsFrame, NegativeZerosStayOnTheComb) {
  Random random(4);
  Cloud cloud = walk(random, 20'000, 0, 0);
  const double before = geometry_bits(cloud, frame_options(Mode::lossless, 0));
  for (size_t i = 0; i < cloud.points; i += 1000) cloud.fields[0].values<float>()[i] = -0.0f;
  const Result<CodedFrame> frame = encode_points(cloud, frame_options(Mode::lossless, 0));
  ASSERT_TRUE(frame.ok());
  EXPECT_EQ(decoded_points(*frame).fields, cloud.fields);
  EXPECT_LT(geometry_bits(cloud, frame_options(Mode::lossless, 0)), 1.02 * before);
}

TEST(PointsFrame, LatticeKeepsEveryBitWhereThereIsNoLattice) {
  Random random(5);
  Cloud noise = walk(random, 5000, 10, 0);
  for (const size_t f : {0u, 2u, 3u}) {
    for (float& value : noise.fields[f].values<float>()) value += static_cast<float>(below(random, 1000)) * 1e-6f;
  }
  EXPECT_EQ(decoded_points(*encode_points(noise, frame_options(Mode::lattice, 0.0005))).fields, noise.fields);
}

/// Doubles of a survey: a bound is worth as much to them as to floats.
TEST(PointsFrame, DoublesAreRoundedToTheBound) {
  Random random(7);
  Cloud cloud;
  cloud.points = cloud.width = 5000;
  std::array<double, 3> at = {691'000.25, 5'334'000.5, 512.125};
  std::array<std::vector<double>, 3> axes;
  for (uint64_t i = 0; i < cloud.points; ++i) {
    for (size_t k = 0; k < 3; ++k)
      axes[k].push_back(i % 50 == 7 ? std::nan("") : at[k] += static_cast<double>(random() % 2001) * 1e-4 - 0.1);
  }
  for (size_t k = 0; k < 3; ++k) cloud.fields.push_back(field_of(std::array{"x", "y", "z"}[k], FieldType::f64, axes[k]));
  const Result<CodedFrame> frame = encode_points(cloud, frame_options(Mode::max_error, 0.01));
  ASSERT_TRUE(frame.ok());
  const Cloud back = decoded_points(*frame);
  ASSERT_EQ(back.points, cloud.points);
  for (uint64_t i = 0; i < cloud.points; ++i) {
    double sum = 0;
    for (size_t k = 0; k < 3; ++k) {
      const double was = axes[k][i], is = back.fields[k].values<double>()[i];
      ASSERT_EQ(std::isnan(was), std::isnan(is));
      if (!std::isnan(was)) sum += (was - is) * (was - is);
    }
    ASSERT_LE(std::sqrt(sum), 0.01);
  }
  EXPECT_LT(geometry_bits(cloud, frame_options(Mode::max_error, 0.01)), 0.3 * geometry_bits(cloud, frame_options(Mode::lossless, 0)));
}

/// Halves far from the origin are coarser than the step: the bound holds all the same.
TEST(PointsFrame, HalvesAreRoundedToTheBound) {
  Random random(8);
  Cloud cloud;
  cloud.points = cloud.width = 4000;
  std::array<double, 3> at = {150, -60, 2};
  std::array<std::vector<uint16_t>, 3> axes;
  for (uint64_t i = 0; i < cloud.points; ++i) {
    for (size_t k = 0; k < 3; ++k) axes[k].push_back(double_to_half(at[k] += static_cast<double>(random() % 2001) * 2e-4 - 0.2));
  }
  for (size_t k = 0; k < 3; ++k) cloud.fields.push_back(field_of(std::array{"x", "y", "z"}[k], FieldType::f16, axes[k]));
  for (const double bound : {0.003, 0.05, 0.1, 1.0, 1000.0}) {
    const Result<CodedFrame> frame = encode_points(cloud, frame_options(Mode::max_error, bound));
    ASSERT_TRUE(frame.ok());
    const Cloud back = decoded_points(*frame);
    ASSERT_EQ(back.points, cloud.points);
    for (uint64_t i = 0; i < cloud.points; ++i) {
      double sum = 0;
      for (size_t k = 0; k < 3; ++k) {
        const double off = half_to_double(axes[k][i]) - half_to_double(back.fields[k].values<uint16_t>()[i]);
        sum += off * off;
      }
      ASSERT_LE(std::sqrt(sum), bound);
    }
  }
  EXPECT_LT(geometry_bits(cloud, frame_options(Mode::max_error, 0.5)), 0.6 * geometry_bits(cloud, frame_options(Mode::lossless, 0)));
}

TEST(PointsFrame, HeadsThatLieAboutAbsentPointsAreRefused) {
  Random random(6);
  const Cloud cloud = walk(random, 500, 50, 0);
  CodedFrame frame = *encode_points(cloud, frame_options(Mode::lossless, 0));
  FrameInput input;
  input.slices = {SliceView{frame.slices[0], 0}};
  for (size_t size = 0; size < frame.head.size(); ++size) {
    ByteReader head(ByteSpan(frame.head).subspan(0, size), 0);
    EXPECT_FALSE(decode_points(head, input).ok()) << size;
  }
  // Flags cut short: the coordinates are then another number.
  for (size_t size = 0; size < frame.slices[0].size(); size += 13) {
    input.slices = {SliceView{ByteSpan(frame.slices[0]).subspan(0, size), 0}};
    ByteReader head(frame.head, 0);
    const Result<Cloud> back = decode_points(head, input);
    EXPECT_TRUE(!back.ok() || back->fields != cloud.fields) << size;
  }
}

/// LASzip's figures were measured elsewhere, on coordinates rounded to 1 mm (3.5.1, format 0).
TEST(PointsFrame, LaserSortedFilesTakeFewerBitsThanLaszip) {
  const std::filesystem::path folder = std::filesystem::path(DEW_SHARED_DATA) / "lidar";
  struct Case {
    const char* file;
    double laszip_bits;
  };
  size_t measured = 0;
  for (const Case& one : {Case{"kitti_raw_hdl64e/0000000000.bin", 17.87}, Case{"kitti_raw_sequence/0000000012.pcd", 17.53},
                          Case{"kitti_odometry_hdl64e/000000.bin", 18.15}, Case{"carla_simulated/top-004069.pcd", 18.11},
                          Case{"livox_mlcc/10_part0.bin", 18.49}}) {
    if (!std::filesystem::exists(folder / one.file)) continue;
    const Result<Input> input = read_cloud(read_whole_file(folder / one.file), {}, {});
    ASSERT_TRUE(input.ok()) << one.file;
    EXPECT_LT(geometry_bits(std::get<Cloud>(input->content), frame_options(Mode::max_error, 0.001 * std::sqrt(3.0) / 2)), one.laszip_bits)
        << one.file;
    ++measured;
  }
  if (measured == 0) GTEST_SKIP() << "needs ../shared/data";
}

}  // namespace
}  // namespace dew::test
