// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "io_support.h"
#include "pointcloud/half.h"
#include "pointcloud/io/records.h"

namespace dew {
namespace {

using test::Random;

TEST(FieldList, ReadsBackWhatItPrints) {
  Random random(1);
  for (int round = 0; round < 200; ++round) {
    const auto specs = field_specs(test::random_cloud(random, 0));
    const auto parsed = parse_fields(fields_text(specs));
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    EXPECT_EQ(*parsed, specs);
  }
}

TEST(FieldList, TakesTheDocumentedExample) {
  const auto specs = parse_fields("x:f16,y:f16,z:f16,intensity:u8,laser:u8,offset_ns:i32");
  ASSERT_TRUE(specs.ok());
  EXPECT_EQ(specs->size(), 6u);
  EXPECT_EQ(*record_size(*specs, 0), 12u);
  EXPECT_EQ((*specs)[5], (FieldSpec{"offset_ns", FieldType::i32, 1}));
}

TEST(FieldList, RefusesWhatItCannotMean) {
  for (const char* text : {"", "x", "x:", ":f32", "x:f31", "x:f32,", ",x:f32", "x:f32,x:f32", "x:f32x0", "x:f32x", "x:f32x-1", "x:f32xx2",
                           "x:f64x4294967295"}) {
    const auto specs = parse_fields(text);
    EXPECT_FALSE(specs.ok()) << text;
  }
  EXPECT_TRUE(parse_fields("_:u8x3,x:f32,_:u8").ok()) << "padding may repeat";
}

TEST(Records, EveryBitOfAnyLayoutComesBack) {
  Random random(2);
  for (int round = 0; round < 200; ++round) {
    const auto specs = field_specs(test::random_cloud(random, 0));
    const Bytes file = test::random_bytes(random, *record_size(specs, 0) * test::below(random, 50));
    const auto cloud = read_records(file, specs, {});
    ASSERT_TRUE(cloud.ok()) << cloud.error().message;
    EXPECT_TRUE(test::consistent(*cloud));
    EXPECT_EQ(*write_records(*cloud), file);
  }
}

TEST(Records, RefusesAPartOfARecordAndTooMuchMemory) {
  const auto specs = *parse_fields("x:f32,y:f32,z:f32");
  const Bytes file(12 * 100);
  for (size_t size = 0; size <= file.size(); ++size) {
    EXPECT_EQ(read_records(ByteSpan(file).first(size), specs, {}).ok(), size % 12 == 0) << size;
  }
  DecodeLimits limits;
  limits.memory_bytes = file.size() - 1;
  EXPECT_EQ(read_records(file, specs, limits).error().code, Code::out_of_memory);
  limits = {};
  limits.elements = 99;
  EXPECT_EQ(read_records(file, specs, limits).error().code, Code::limit_exceeded);
  limits = {};
  limits.input_bytes = file.size() - 1;
  EXPECT_EQ(read_records(file, specs, limits).error().code, Code::limit_exceeded);
}

/// Points as a sensor might see them, `columns` floats each.
Bytes sensor_like_file(Random& random, size_t points, size_t columns, float intensity_scale, bool positive_only = false) {
  std::vector<float> values;
  std::uniform_real_distribution<float> coordinate(positive_only ? 0.0f : -60.0f, 60.0f);
  for (size_t i = 0; i < points; ++i) {
    for (int axis = 0; axis < 3; ++axis) values.push_back(coordinate(random));
    values.push_back(static_cast<float>(test::below(random, 100)) * intensity_scale);
    if (columns == 5) values.push_back(static_cast<float>(i % 32));
  }
  const ByteSpan bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

TEST(RecordRecognition, TellsFourColumnsFromFiveWhereBothDivide) {
  Random random(3);
  for (const float scale : {0.0f, 0.01f, 1.0f}) {
    for (const bool positive_only : {false, true}) {
      const Bytes four = sensor_like_file(random, 500, 4, scale, positive_only);  // 8000 bytes: both divide
      const Bytes five = sensor_like_file(random, 400, 5, scale, positive_only);
      const auto layout_four = recognise_records(four);
      const auto layout_five = recognise_records(five);
      ASSERT_TRUE(layout_four.ok() && layout_five.ok());
      EXPECT_EQ(fields_text(layout_four->fields), "x:f32,y:f32,z:f32,intensity:f32");
      EXPECT_EQ(fields_text(layout_five->fields), "x:f32,y:f32,z:f32,intensity:f32,ring:f32");
      EXPECT_NE(layout_five->reason.find("20-byte"), std::string::npos);
    }
  }
}

void expect_open(const Bytes& file, const char* what) {
  const auto layout = recognise_records(file);
  ASSERT_FALSE(layout.ok()) << what << ": " << layout->reason;
  EXPECT_EQ(layout.error().code, Code::invalid_argument) << what;
}

TEST(RecordRecognition, LeavesOpenWhatTheValuesDoNotTell) {
  Random random(4);
  expect_open({}, "no bytes");
  expect_open(Bytes(80), "all zero");
  expect_open(Bytes(17), "no multiple");
  expect_open(test::random_bytes(random, 8000), "noise");
  std::string numbers;
  while (numbers.size() < 8000) numbers += "1.25 3.5 0.75 12\n";
  numbers.resize(8000);
  expect_open(test::to_bytes(numbers), "text");

  std::vector<uint16_t> halves;
  for (int i = 0; i < 4000; ++i) halves.push_back(double_to_half(static_cast<double>(test::below(random, 8000)) * 0.01 - 40));
  const ByteSpan bytes = std::as_bytes(std::span(halves));
  expect_open(Bytes(bytes.begin(), bytes.end()), "half floats");
  EXPECT_NE(recognise_records(Bytes(80)).error().message.find("--fields"), std::string::npos);
}

TEST(RecordRecognition, KeepsMissingReturnsAndRefusesImpossibleOnes) {
  Random random(5);
  Bytes file = sensor_like_file(random, 501, 4, 0.01f);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (size_t axis = 0; axis < 3; ++axis) std::memcpy(file.data() + 160 + 4 * axis, &nan, 4);
  EXPECT_TRUE(recognise_records(file).ok()) << "NaN coordinates mark missing returns";
  const float far = 1e9f;
  std::memcpy(file.data() + 160, &far, 4);
  EXPECT_FALSE(recognise_records(file).ok());
}

TEST(Half, EveryHalfComesBackFromDouble) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const double value = half_to_double(half);
    if (value != value) {
      EXPECT_NE(half_to_double(double_to_half(value)), value);
    } else {
      EXPECT_EQ(double_to_half(value), half);
    }
  }
}

TEST(Half, RoundsToTheNearestTiesToEven) {
  Random random(6);
  for (int i = 0; i < 100000; ++i) {
    const double value = std::ldexp(static_cast<double>(random() >> 11), -static_cast<int>(test::below(random, 40)) - 40);
    const uint16_t half = double_to_half(value);
    if (half >= 0x7bff) continue;
    const double error = std::fabs(half_to_double(half) - value);
    const double up = std::fabs(half_to_double(static_cast<uint16_t>(half + 1)) - value);
    const double down = half == 0 ? up : std::fabs(half_to_double(static_cast<uint16_t>(half - 1)) - value);
    EXPECT_LE(error, up);
    EXPECT_LE(error, down);
    if (error == up || (half != 0 && error == down)) {
      EXPECT_EQ(half & 1, 0);
    }
  }
  EXPECT_EQ(double_to_half(1e9), 0x7c00);
  EXPECT_EQ(double_to_half(-65520.0), 0xfc00);
  EXPECT_EQ(double_to_half(65519.0), 0x7bff);
}

}  // namespace
}  // namespace dew
