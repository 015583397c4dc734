// SPDX-License-Identifier: Apache-2.0
// Fields of a point coded together: everything comes back whatever it is, lies are refused, and what follows from other fields costs
// little.
#include "pointcloud/coding/point_records.h"

#include <gtest/gtest.h>

#include <cmath>

#include "pointcloud/coding/points_frame.h"
#include "tests/support/codec_suite.h"

namespace dew::test {
namespace {

Field doubles(const char* name, const std::vector<double>& values) {
  const ByteSpan bytes = std::as_bytes(std::span(values));
  return {name, FieldType::f64, 1, Bytes(bytes.begin(), bytes.end())};
}
Field shorts(const char* name, const std::vector<uint16_t>& values) {
  const ByteSpan bytes = std::as_bytes(std::span(values));
  return {name, FieldType::u16, 1, Bytes(bytes.begin(), bytes.end())};
}

TEST(CloseView, EveryTypeComesBackToTheBit) {
  Random random(1);
  for (unsigned type = 0; type <= static_cast<unsigned>(FieldType::f64); ++type) {
    for (int round = 0; round < 30; ++round) {
      const Field field =
          any_field(random, "f", static_cast<FieldType>(type), 1 + static_cast<uint32_t>(below(random, 3)), 1 + below(random, 200));
      const IntegerView view = find_close_view(field);
      const std::vector<int64_t> integers = to_integers(field, view);
      EXPECT_EQ(from_integers(integers, field.type, view), field.data) << field_type_name(field.type);
      for (const int64_t value : integers) ASSERT_LE(std::abs(static_cast<double>(value)), 0x1p60) << field_type_name(field.type);
    }
  }
}

/// Ticks of an unusual clock, at times off by a rounding.
TEST(CloseView, FindsClocksThatNoListNames) {
  Random random(2);
  for (const uint32_t denominator : {7000u, 1024000u, 5120000u}) {
    for (const uint64_t off : {1u, 3u}) {
      std::vector<double> times;
      int64_t tick = int64_t{550000} * denominator;
      for (int i = 0; i < 3000; ++i) {
        tick += below(random, 50) == 0 ? 5000 : static_cast<int64_t>(below(random, 5)) - 1;
        double time = static_cast<double>(tick) / denominator;
        if (below(random, off) == 1) time = std::nextafter(time, 1e300);
        times.push_back(time);
      }
      const Field field = doubles("gps_time", times);
      const IntegerView view = find_close_view(field);
      EXPECT_EQ(view.kind, off == 1 ? ViewKind::comb : ViewKind::near_comb) << denominator;
      EXPECT_EQ(view.denominator, denominator);
      EXPECT_EQ(from_integers(to_integers(field, view), field.type, view), field.data);
    }
  }
}

TEST(CloseView, StretchedBytesAreBytesAgain) {
  std::vector<uint16_t> values;
  for (uint16_t i = 0; i < 200; ++i) values.push_back(static_cast<uint16_t>(i * 257));
  const Field field = shorts("intensity", values);
  const IntegerView view = find_close_view(field);
  EXPECT_EQ(view.kind, ViewKind::multiples);
  EXPECT_EQ(to_integers(field, view)[199], 199);
  EXPECT_EQ(from_integers(to_integers(field, view), field.type, view), field.data);
}

CodedFrame coded(const Cloud& cloud, uint32_t slices) {
  FrameOptions options;
  options.mode = Mode::lossless;
  options.slices = slices;
  options.effort = Effort::max;
  Result<CodedFrame> frame = encode_points(cloud, options);
  EXPECT_TRUE(frame.ok());
  return frame.ok() ? *std::move(frame) : CodedFrame{};
}
Result<Cloud> decoded(const CodedFrame& frame) {
  FrameInput input;
  for (const Bytes& slice : frame.slices) input.slices.push_back(SliceView{slice, 0});
  ByteReader head(frame.head, 0);
  return decode_points(head, input);
}

/// A strip of an airborne scan: places follow from times, colours from one another.
Cloud strip(Random& random, size_t points) {
  Cloud cloud;
  cloud.points = points;
  cloud.width = static_cast<uint32_t>(points);
  cloud.height = 1;
  std::vector<double> x, y, z, time;
  std::vector<uint16_t> red, green, blue;
  for (size_t i = 0; i < points; ++i) {
    const double t = static_cast<double>(i) * 0.013 + static_cast<double>(below(random, 1000)) * 1e-6;
    const double swing = static_cast<double>(below(random, 2000)) / 100 - 10;
    time.push_back(240000 + t);
    x.push_back(std::round(100 * (300 + 60 * t)) / 100);
    y.push_back(std::round(100 * (50 * swing)) / 100);
    z.push_back(static_cast<double>(below(random, 500)) / 100);
    green.push_back(static_cast<uint16_t>(500 + below(random, 20000)));
    red.push_back(static_cast<uint16_t>(2 * green.back() + below(random, 8)));
    blue.push_back(static_cast<uint16_t>(green.back() / 2 + below(random, 8)));
  }
  cloud.fields = {doubles("x", x),    doubles("y", y),        doubles("z", z),     doubles("gps_time", time),
                  shorts("red", red), shorts("green", green), shorts("blue", blue)};
  return cloud;
}

TEST(PointRecords, WhatFollowsFromOtherFieldsCostsLittle) {
  Random random(3);
  Cloud cloud = strip(random, 6000);
  const CodedFrame frame = coded(cloud, 1);
  const Result<Cloud> back = decoded(frame);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->fields, cloud.fields);
  // The three colours hold 14.3 + 3 + 3 bits; each alone would take 14 or more.
  const double others = 8 * static_cast<double>(frame.part_bytes[static_cast<size_t>(Part::other)]) / 6000;
  EXPECT_LT(others, 24);
}

TEST(PointRecords, AnyFieldsComeBack) {
  Random random(4);
  for (int round = 0; round < 40; ++round) {
    Cloud cloud;
    cloud.points = 1 + below(random, 400);
    cloud.width = static_cast<uint32_t>(cloud.points);
    const size_t fields = 1 + static_cast<size_t>(below(random, 9));
    for (size_t f = 0; f < fields; ++f) {
      const std::string name = f < 3 && below(random, 2) == 0 ? std::string(1, static_cast<char>('x' + f)) : "f" + std::to_string(f);
      cloud.fields.push_back(any_field(random, name.c_str(), static_cast<FieldType>(below(random, 11)),
                                       1 + static_cast<uint32_t>(below(random, 2)), cloud.points));
    }
    const CodedFrame frame = coded(cloud, 1 + static_cast<uint32_t>(below(random, 3)));
    const Result<Cloud> back = decoded(frame);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(back->fields, cloud.fields);
  }
}

TEST(PointRecords, DamageIsAnErrorOrOtherPoints) {
  Random random(5);
  const Cloud cloud = strip(random, 500);
  const CodedFrame sound = coded(cloud, 1);
  ByteReader flags(sound.head, 0);
  ASSERT_TRUE(flags.varint().ok() && flags.varint().ok());
  ASSERT_EQ(*flags.u8(), kRecords);
  size_t refused = 0;
  for (int round = 0; round < 300; ++round) {
    CodedFrame frame = sound;
    Bytes& bytes = below(random, 2) == 0 ? frame.head : frame.slices[0];
    if (below(random, 2) == 0)
      bytes.resize(static_cast<size_t>(below(random, bytes.size())));
    else
      bytes[static_cast<size_t>(below(random, bytes.size()))] ^= static_cast<std::byte>(1u << below(random, 8));
    const Result<Cloud> back = decoded(frame);
    refused += back.ok() ? 0 : 1;
    if (!back.ok()) continue;
    EXPECT_LE(back->points, uint64_t{1} << 24);
  }
  EXPECT_GT(refused, 100u);
}

}  // namespace
}  // namespace dew::test
