// SPDX-License-Identifier: Apache-2.0
// Fields as integers and sequences, layouts and kept sensors: everything comes back, and lies are refused.
#include <gtest/gtest.h>

#include <numeric>

#include "pointcloud/coding/attributes.h"
#include "pointcloud/coding/header_words.h"
#include "pointcloud/coding/kept_sensor.h"
#include "pointcloud/coding/layout_numbers.h"
#include "tests/support/codec_suite.h"

namespace dew::test {
namespace {

TEST(CodingIntegerView, EveryTypeComesBackToTheBit) {
  Random random(1);
  for (unsigned type = 0; type <= static_cast<unsigned>(FieldType::f64); ++type) {
    for (int round = 0; round < 30; ++round) {
      const Field field =
          any_field(random, "f", static_cast<FieldType>(type), 1 + static_cast<uint32_t>(below(random, 3)), 1 + below(random, 200));
      const IntegerView view = find_integer_view(field);
      const std::vector<int64_t> integers = to_integers(field, view);
      EXPECT_EQ(from_integers(integers, field.type, view), field.data) << field_type_name(field.type);
      for (const int64_t value : integers) ASSERT_LE(std::abs(static_cast<double>(value)), 0x1p60) << field_type_name(field.type);
    }
  }
}

TEST(CodingIntegerView, DecimalsAreSmallSteps) {
  std::vector<float> values;
  for (int i = -500; i < 500; ++i) values.push_back(static_cast<float>(i) / 100);
  const Field field = floats("f", values);
  const IntegerView view = find_integer_view(field);
  EXPECT_EQ(view.kind, ViewKind::comb);
  EXPECT_EQ(view.denominator, 100u);
  EXPECT_EQ(to_integers(field, view)[0], -500);
}

TEST(CodingSequence, ValuesComeBackWhateverTheirSteps) {
  Random random(2);
  for (int round = 0; round < 60; ++round) {
    const size_t channels = 1 + static_cast<size_t>(below(random, 12));
    std::vector<int64_t> values(channels * static_cast<size_t>(below(random, 300)));
    const uint64_t bits = below(random, 61);
    for (int64_t& value : values) value = static_cast<int64_t>(random() >> (63 - bits)) * (below(random, 2) == 0 ? 1 : -1) / 2;
    const Bytes coded = encode_sequence(values, channels);
    Budget budget{DecodeLimits{}};
    const Result<std::vector<int64_t>> back = decode_sequence(coded, values.size() / channels, channels, budget, 0);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(*back, values);
  }
}

TEST(CodingSequence, CutBytesNeverGiveTheValues) {
  Random random(3);
  std::vector<int64_t> values(500);
  for (int64_t& value : values) value = static_cast<int64_t>(below(random, 100'000));
  const Bytes coded = encode_sequence(values, 1);
  size_t refused = 0;
  for (size_t size = 0; size + 16 < coded.size(); size += 7) {
    Budget budget{DecodeLimits{}};
    const Result<std::vector<int64_t>> back = decode_sequence(ByteSpan(coded).subspan(0, size), 500, 1, budget, 0);
    refused += !back.ok();
    // Zeros past the end may by chance need no more bytes than are there, but are not the values.
    EXPECT_TRUE(!back.ok() || *back != values) << size;
  }
  EXPECT_GT(refused, coded.size() / 14);
}

ScanLayout any_layout(Random& random, uint32_t rows, uint32_t columns) {
  ScanLayout layout;
  layout.laser_of_row.resize(rows);
  std::iota(layout.laser_of_row.begin(), layout.laser_of_row.end(), uint16_t{0});
  std::shuffle(layout.laser_of_row.begin(), layout.laser_of_row.end(), random);
  for (uint32_t row = 0; row < rows; ++row) {
    layout.column_shift.push_back(static_cast<int32_t>(below(random, 2 * columns)) - static_cast<int32_t>(columns));
    layout.elevation_centidegrees.push_back(static_cast<int16_t>(static_cast<int64_t>(below(random, 36001)) - 18000));
  }
  return layout;
}

TEST(ScanLayout, ComesBackAndEveryPrefixIsRefused) {
  Random random(4);
  for (const uint32_t rows : {1u, 2u, 16u, 128u, 4096u}) {
    const ScanLayout layout = any_layout(random, rows, 2000);
    ByteWriter writer;
    write_layout(layout, writer);
    const Bytes bytes = writer.take();
    ByteReader reader(bytes);
    Budget budget{DecodeLimits{}};
    const Result<ScanLayout> back = read_layout(reader, rows, budget);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_TRUE(*back == layout);
    EXPECT_EQ(reader.remaining(), 0u);
    for (size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 200) {
      ByteReader cut(ByteSpan(bytes).subspan(0, size));
      EXPECT_FALSE(read_layout(cut, rows, budget).ok());
    }
  }
}

/// Whatever is read is a layout: a permutation, shifts within the turn.
TEST(ScanLayout, ChangedBytesGiveALayoutOrAnError) {
  Random random(5);
  ByteWriter writer;
  write_layout(any_layout(random, 16, 100), writer);
  const Bytes bytes = writer.take();
  size_t read = 0;
  for (int round = 0; round < 3000; ++round) {
    Bytes changed = bytes;
    changed[static_cast<size_t>(below(random, changed.size()))] = static_cast<std::byte>(random());
    ByteReader reader(changed);
    Budget budget{DecodeLimits{}};
    const Result<ScanLayout> layout = read_layout(reader, 16, budget);
    if (!layout.ok()) continue;
    ++read;
    std::vector<uint16_t> lasers = layout->laser_of_row;
    std::sort(lasers.begin(), lasers.end());
    for (uint16_t i = 0; i < 16; ++i) ASSERT_EQ(lasers[i], i);
    for (const int32_t shift : layout->column_shift) ASSERT_LT(wrapped_shift(shift, 100), 100u);
  }
  EXPECT_GT(read, 100u);
}

/// Rows shuffled and turned: what is found is a layout, and neighbours in it are more alike than in the scan's order.
TEST(ScanLayout, FindsOneForScansOfAnySize) {
  Random random(6);
  for (const auto& [columns, lasers] :
       std::vector<std::pair<uint32_t, uint32_t>>{{1, 1}, {1, 64}, {3, 2}, {40, 128}, {3000, 1}, {500, 7}}) {
    const Scan scan = random_scan(random, columns, lasers, 2);
    const ScanLayout layout = find_scan_layout(scan);
    EXPECT_TRUE(fits(layout, scan));
    ByteWriter writer;
    write_layout(layout, writer);
    const Bytes bytes = writer.take();
    ByteReader reader(bytes);
    Budget budget{DecodeLimits{}};
    const Result<ScanLayout> back = read_layout(reader, lasers, budget);
    ASSERT_TRUE(back.ok()) << columns << " x " << lasers << back.error().message;
    EXPECT_TRUE(*back == layout);
  }
}

/// A room seen by a sensor whose first 64 lasers take turns: rows of one bank are moved by even numbers of columns against each other, so
/// that their returns meet, and the bank that a table says is aside is found aside.
TEST(ScanLayout, LasersThatTakeTurnsMeet) {
  const SensorCalibration& table = *find_calibration("PandarQT-128");
  constexpr uint32_t kColumns = 900;
  Scan scan;
  scan.columns = kColumns;
  scan.lasers = 128;
  scan.tick_um = 4000;
  scan.azimuth_units_per_turn = 36000;
  scan.range_bytes = 2;
  scan.time_us.assign(kColumns, 0);
  for (uint32_t column = 0; column < kColumns; ++column) {
    scan.azimuth.push_back(static_cast<uint16_t>(column * 40));
    for (uint32_t laser = 0; laser < 128; ++laser) {
      const bool fires = laser >= 64 || column % 2 == laser / 32;
      const double azimuth = column * 2 * 3.14159265358979323846 / kColumns - table.lasers[laser].azimuth_offset_rad;
      const double range_m = (3 + std::sin(3 * azimuth) + 0.3 * std::sin(31 * azimuth)) / std::cos(table.lasers[laser].elevation_rad);
      scan.range.push_back(fires ? static_cast<uint32_t>(range_m / 0.004) : 0);
    }
  }
  scan.intensity.assign(scan.range.size(), 1);
  const ScanLayout layout = find_scan_layout(scan);
  for (uint32_t row = 1; row < 128; ++row) {
    const uint32_t laser = layout.laser_of_row[row], above = layout.laser_of_row[row - 1];
    EXPECT_LT(table.lasers[laser].elevation_rad, table.lasers[above].elevation_rad);
    if (laser >= 64 || above >= 64) continue;
    EXPECT_EQ((layout.column_shift[row] - layout.column_shift[row - 1] + static_cast<int32_t>(laser / 32 - above / 32)) % 2, 0) << row;
  }
}

TEST(KeptSensor, EachKindComesBackByteForByteAndPrefixesAreRefused) {
  Random random(7);
  std::vector<Bytes> kept = {write_sensor({})};
  KeptSensor with_layout;
  with_layout.layout = any_layout(random, 32, 1800);
  kept.push_back(write_sensor(with_layout));
  EncodeOptions options = lossless(Effort::fast);
  for (const Content& content : {Content(crop(std::get<Cloud>(sample("kitti_raw.bin")), 0, 9000)),
                                 Content(thinned(std::get<Cloud>(sample("nuscenes.bin")), 32, 8)), sample("vlp16_indoor.lrf")}) {
    const Result<Encoded> encoded = encode(content, options);
    ASSERT_TRUE(encoded.ok());
    kept.push_back(encoded->sensor);
  }
  for (const Bytes& bytes : kept) {
    const Result<KeptSensor> sensor = read_sensor(bytes);
    ASSERT_TRUE(sensor.ok()) << sensor.error().message;
    EXPECT_EQ(write_sensor(*sensor), bytes);
    for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(read_sensor(ByteSpan(bytes).subspan(0, size)).ok()) << size;
    Bytes longer = bytes;
    longer.push_back(std::byte{0});
    EXPECT_FALSE(read_sensor(longer).ok());
  }
}

/// A kept sensor is input too: of another sensor, of another size, or damaged, it must not cost a point.
TEST(KeptSensor, OfAnotherFrameNeverCostsAPoint) {
  Random random(8);
  const std::vector<Content> contents = {Content(crop(std::get<Cloud>(sample("kitti_raw.bin")), 0, 9000)),
                                         Content(thinned(std::get<Cloud>(sample("nuscenes.bin")), 32, 8)), sample("vlp16_indoor.lrf"),
                                         Content(random_scan(random, 20, 16, 2)), Content(any_cloud(random, 50, true))};
  std::vector<Bytes> sensors;
  for (const Content& content : contents) sensors.push_back(encode(content, lossless(Effort::fast))->sensor);
  for (size_t i = 0; i < 3; ++i) {
    for (int k = 0; k < 6; ++k) {
      Bytes damaged = sensors[i];
      damaged[9 + static_cast<size_t>(below(random, damaged.size() - 9))] ^= static_cast<std::byte>(1u << below(random, 8));
      if (read_sensor(damaged).ok()) sensors.push_back(damaged);
    }
  }
  for (const Content& content : contents) {
    for (const Bytes& sensor : sensors) {
      EncodeOptions options = lossless(Effort::fast);
      options.sensor = sensor;
      const Result<Encoded> encoded = encode(content, options);
      ASSERT_TRUE(encoded.ok()) << encoded.error().message;
    }
  }
}

Bytes coded_text(ByteSpan text, const HeaderCounts& counts) {
  ByteWriter writer;
  write_source_text(text, counts, writer);
  return writer.take();
}

TEST(CodingHeaderWords, AnyTextComesBack) {
  Random random(11);
  for (const size_t size : {0, 1, 2, 7, 300, 5000, 65536, 65537}) {
    Bytes text(size);
    for (std::byte& byte : text) byte = static_cast<std::byte>(size % 2 == 0 ? random() : 'a' + random() % 3);
    const HeaderCounts counts{random(), random() % 100, size};
    const Bytes coded = coded_text(text, counts);
    EXPECT_LE(coded.size(), size + size / 8 + 16);
    Budget budget{DecodeLimits{}};
    ByteReader reader(coded);
    const Result<Bytes> back = read_source_text(reader, counts, budget);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(*back, text);
    EXPECT_EQ(reader.remaining(), 0u);
  }
}

TEST(CodingHeaderWords, UsualHeadersAreNearlyFree) {
  const std::string pcd =
      "# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\nFIELDS x y z intensity\nSIZE 4 4 4 4\nTYPE F F F F\nCOUNT 1 1 1 1\n"
      "WIDTH 918273\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS 918273\nDATA binary\n";
  EXPECT_LE(coded_text(as_bytes(pcd), {918273, 918273, 1}).size(), 20u);
  // Other numbers than the frame's must be spelled out.
  EXPECT_GT(coded_text(as_bytes(pcd), {1, 1, 1}).size(), coded_text(as_bytes(pcd), {918273, 918273, 1}).size() + 3);
  const std::string ply =
      "ply\nformat binary_little_endian 1.0\nelement vertex 4711\nproperty float x\nproperty float y\nproperty float z\nend_header\n";
  EXPECT_LE(coded_text(as_bytes(ply), {4711, 4711, 1}).size(), 20u);
}

TEST(CodingHeaderWords, CutAndCostlyTextsAreRefused) {
  const Bytes text(4000, std::byte{7});
  Bytes noise(4000);
  Random random(12);
  for (std::byte& byte : noise) byte = static_cast<std::byte>(random());
  const Bytes coded = coded_text(noise, {});
  for (const size_t size : {size_t{0}, size_t{1}, size_t{2}, coded.size() / 2, coded.size() - 1}) {
    Budget budget{DecodeLimits{}};
    ByteReader reader(ByteSpan(coded).first(size));
    EXPECT_FALSE(read_source_text(reader, {}, budget).ok());
  }
  DecodeLimits limits;
  limits.memory_bytes = 1000;
  Budget budget{limits};
  const Bytes small = coded_text(text, {});
  ByteReader reader(small);
  EXPECT_FALSE(read_source_text(reader, {}, budget).ok());
}

}  // namespace
}  // namespace dew::test
