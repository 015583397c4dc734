// SPDX-License-Identifier: Apache-2.0
// pointcloud/FORMAT.md: its tables are those of the code, its worked example is a file that decodes and is written again, and a decoder
// written from the page alone reads what the encoder writes.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>

#include "pointcloud/codec.h"
#include "pointcloud/coding/capture_file.h"
#include "pointcloud/coding/frame_chunk.h"
#include "pointcloud/coding/sequence_chunks.h"
#include "pointcloud/half.h"
#include "pointcloud/io/lrf.h"
#include "tests/golden/plain_frame.h"

namespace dew {
namespace {

std::string page() {
  std::ifstream file(DEW_SOURCE_DIR "/pointcloud/FORMAT.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

plain::Octets file_octets(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A network that is compiled in, by its id.
plain::Octets shipped_network(const plain::Octets& id) {
  std::string name;
  for (const uint8_t byte : id) name += {"0123456789abcdef"[byte / 16], "0123456789abcdef"[byte % 16]};
  return file_octets(DEW_SOURCE_DIR "/data/models/" + name + ".inet");
}

/// The bytes of the dump under "Worked example": an offset, bytes, at least two spaces, a remark.
Bytes worked_example() {
  std::istringstream text(page());
  std::string line;
  while (std::getline(text, line) && line != "## 13. Worked example") {
  }
  while (std::getline(text, line) && line != "```") {
  }
  Bytes bytes;
  while (std::getline(text, line) && line != "```") {
    std::istringstream words(line.substr(0, line.find("  ", 4)));
    std::string word;
    words >> word;
    EXPECT_EQ(std::stoul(word, nullptr, 16), bytes.size()) << "offset on the page: " << line;
    while (words >> word) bytes.push_back(static_cast<std::byte>(std::stoul(word, nullptr, 16)));
  }
  return bytes;
}

plain::Octets octets(ByteSpan bytes) {
  plain::Octets result;
  for (const std::byte byte : bytes) result.push_back(static_cast<uint8_t>(byte));
  return result;
}

template <class T>
Field field(std::string name, FieldType type, const std::vector<T>& values) {
  Field result{std::move(name), type, 1, {}};
  const ByteSpan bytes = std::as_bytes(std::span(values));
  result.data.assign(bytes.begin(), bytes.end());
  return result;
}

Cloud three_points() {
  Cloud cloud;
  cloud.points = cloud.width = 3;
  cloud.fields = {field<float>("x", FieldType::f32, {1.0f, 1.01f, 1.02f}), field<float>("y", FieldType::f32, {2, 2, 2}),
                  field<float>("z", FieldType::f32, {-1.5f, -1.5f, -1.49f})};
  cloud.source = {CloudFormat::records, {}, {}, 12, {0, 4, 8}};
  return cloud;
}

Bytes encoded(const Content& content, const EncodeOptions& options) {
  Result<Encoded> file = encode(content, options);
  EXPECT_TRUE(file.ok()) << (file.ok() ? "" : file.error().message);
  return file.ok() ? file->bytes : Bytes{};
}

void expect_plainly(const Cloud& cloud, ByteSpan file) {
  const plain::Frame frame = plain::read_frame(octets(file), shipped_network);
  ASSERT_EQ(frame.points, cloud.points);
  ASSERT_EQ(frame.fields.size(), cloud.fields.size());
  for (size_t i = 0; i < cloud.fields.size(); ++i) {
    EXPECT_EQ(frame.fields[i].name, cloud.fields[i].name);
    EXPECT_TRUE(frame.fields[i].values == octets(cloud.fields[i].data)) << cloud.fields[i].name;
  }
  EXPECT_EQ(frame.header, octets(cloud.source.header));
  EXPECT_EQ(frame.trailer, octets(cloud.source.trailer));
}

TEST(PointcloudFormat, HeaderTablesAreThoseOfTheCode) {
  EXPECT_NE(page().find(header_table_markdown(kFrameNumbers)), std::string::npos) << header_table_markdown(kFrameNumbers);
  EXPECT_NE(page().find(header_table_markdown(kCaptureNumbers)), std::string::npos) << header_table_markdown(kCaptureNumbers);
  EXPECT_NE(page().find(header_table_markdown(kSequenceNumbers)), std::string::npos) << header_table_markdown(kSequenceNumbers);
}

TEST(PointcloudFormat, WorkedExampleDecodesAndIsWrittenAgain) {
  const Bytes file = worked_example();
  ASSERT_EQ(file.size(), 144u);
  const Result<Decoded> decoded = decode(file, {}, {});
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  const Cloud cloud = three_points();
  EXPECT_EQ(std::get<Cloud>(decoded->content).fields, cloud.fields);
  EXPECT_EQ(std::get<Cloud>(decoded->content).source, cloud.source);
  expect_plainly(cloud, file);
  EncodeOptions options;
  options.mode = Mode::lossless;
  EXPECT_EQ(encoded(cloud, options), file);
}

TEST(PointcloudFormat, PlainDecoderReadsClouds) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 6; ++round) {
    Cloud cloud;
    cloud.points = cloud.width = static_cast<uint32_t>(1 + random() % 3000);
    std::vector<float> x, y, z, rough, comb, narrow;
    std::vector<double> time, single;
    std::vector<uint8_t> ring;
    std::vector<int64_t> wide;
    for (uint64_t i = 0; i < cloud.points; ++i) {
      if (round == 1 && i % 3 == 0) {
        for (std::vector<float>* axis : {&x, &y, &z}) axis->push_back(std::numeric_limits<float>::quiet_NaN());
      } else if (round == 4 && i % 7 == 0) {
        for (std::vector<float>* axis : {&x, &y, &z}) axis->push_back(0);
      }
      if (x.size() == i) x.push_back(static_cast<float>(static_cast<double>(random() % 20000) / 1000));
      if (y.size() == i) y.push_back(static_cast<float>(i) / 7);
      if (z.size() == i) z.push_back(round % 2 == 0 ? 1.5f : static_cast<float>(random() % 9));
      rough.push_back(i % 5 == 0 ? -0.0f : static_cast<float>(static_cast<int64_t>(random()) % 1000) * 1.1f);
      time.push_back(static_cast<double>(i) * 0.1 + 1e9);
      ring.push_back(static_cast<uint8_t>(i % 32));
      wide.push_back(static_cast<int64_t>(random()));
      comb.push_back(i % 9 == 0 ? -0.0f : static_cast<float>(static_cast<int64_t>(random() % 200) - 100) / 100);
      narrow.push_back(std::bit_cast<float>(static_cast<uint32_t>(random()) & 0xffffe000u));
      single.push_back(static_cast<double>(narrow.back()));
    }
    cloud.fields = {field("x", FieldType::f32, x),          field("y", FieldType::f32, y),       field("z", FieldType::f32, z),
                    field("a", FieldType::f32, rough),      field("time", FieldType::f64, time), field("ring", FieldType::u8, ring),
                    field("wide", FieldType::i64, wide),    field("comb", FieldType::f32, comb), field("narrow", FieldType::f32, narrow),
                    field("single", FieldType::f64, single)};
    cloud.source.format = CloudFormat::records;
    const ByteSpan words = as_bytes("some header");
    cloud.source.header.assign(words.begin(), words.end());
    EncodeOptions options;
    if (round == 5) {
      for (Field& axis : cloud.fields) {
        if (axis.name != "x" && axis.name != "y" && axis.name != "z") continue;
        const std::vector<double> wide_values(axis.values<float>().begin(), axis.values<float>().end());
        axis = field(axis.name, FieldType::f64, wide_values);
      }
    }
    options.mode = round < 4 ? Mode::lossless : Mode::max_error;
    options.max_error_m = 0.01;
    options.slice_count = 2;
    const Bytes file = encoded(cloud, options);
    const Result<Decoded> decoded = decode(file, {}, {});
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    expect_plainly(std::get<Cloud>(decoded->content), file);
  }
}

/// A room seen by 10 lasers of a head beside the origin, with gaps; `by_laser`: one laser's turn after the other.
Cloud room(bool with_ring, bool by_laser, bool halves) {
  std::mt19937 random(3);
  struct Shot {
    float x, y, z;
    uint8_t laser;
  };
  std::vector<Shot> shots;
  constexpr int kLasers = 10, kColumns = 400;
  for (int i = 0; i < kLasers * kColumns; ++i) {
    const int laser = by_laser ? i / kColumns : i % kLasers, column = by_laser ? i % kColumns : i / kLasers;
    if (random() % 11 == 0) continue;
    const double azimuth = column * (6.283185307179586 / kColumns) - 3, slope = laser * 0.04 - 0.25;
    const double range = 4 / std::max(std::abs(std::cos(azimuth)), std::abs(std::sin(azimuth))) +
                         static_cast<double>(random() % 20) * 1e-3 + (column > 200 ? 3 : 0);
    const double origin = with_ring ? 0.5 : 0;
    const auto rounded = [&](double v) {
      return halves ? static_cast<float>(half_to_double(double_to_half(v))) : static_cast<float>(std::round(v * 1000) / 1000);
    };
    shots.push_back({rounded(origin + range * std::cos(azimuth)), rounded(range * std::sin(azimuth)), rounded(range * slope + origin),
                     static_cast<uint8_t>(laser)});
  }
  std::vector<float> x, y, z;
  std::vector<uint8_t> ring;
  for (const Shot& shot : shots) {
    x.push_back(shot.x);
    y.push_back(shot.y);
    z.push_back(shot.z);
    ring.push_back(shot.laser);
  }
  Cloud cloud;
  cloud.points = cloud.width = static_cast<uint32_t>(shots.size());
  cloud.fields = {field("x", FieldType::f32, x), field("y", FieldType::f32, y), field("z", FieldType::f32, z)};
  if (with_ring) cloud.fields.push_back(field("ring", FieldType::u8, ring));
  return cloud;
}

TEST(PointcloudFormat, PlainDecoderReadsBeams) {
  for (const bool with_ring : {false, true}) {
    for (const bool by_laser : {false, true}) {
      for (const bool halves : {false, true}) {
        const Cloud cloud = room(with_ring, by_laser, halves);
        EncodeOptions options;
        options.mode = halves ? Mode::lossless : Mode::max_error;
        options.max_error_m = 0.001;
        options.slice_count = 2;
        const Bytes file = encoded(cloud, options);
        const Result<Decoded> decoded = decode(file, {}, {});
        ASSERT_TRUE(decoded.ok()) << decoded.error().message;
        expect_plainly(std::get<Cloud>(decoded->content), file);
        const Result<FileInfo> info = inspect(file, {});
        ASSERT_TRUE(info.ok());
        // Ranges differ by 20 mm at random, which 4.3 bits say; the list of points that knows no lasers takes more than 20.
        const double bits = 8.0 * static_cast<double>(info->parts[0].bytes) / static_cast<double>(cloud.points);
        EXPECT_LT(bits, 17) << "ring " << with_ring << ", by laser " << by_laser << ", halves " << halves;
      }
    }
  }
}

TEST(PointcloudFormat, PlainDecoderReadsHalvesWithinABound) {
  std::mt19937 random(5);
  std::vector<uint16_t> axes[3];
  double at[3] = {120, -60, 1};
  for (int i = 0; i < 1200; ++i) {
    for (int axis = 0; axis < 3; ++axis)
      axes[axis].push_back(double_to_half(at[axis] += static_cast<double>(random() % 2001) * 2e-4 - 0.2));
  }
  Cloud cloud;
  cloud.points = cloud.width = 1200;
  cloud.fields = {field("x", FieldType::f16, axes[0]), field("y", FieldType::f16, axes[1]), field("z", FieldType::f16, axes[2])};
  for (const double bound : {0.15, 0.5}) {
    EncodeOptions options;
    options.mode = Mode::max_error;
    options.max_error_m = bound;
    const Bytes file = encoded(cloud, options);
    const Result<Decoded> decoded = decode(file, {}, {});
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    const Result<FileInfo> info = inspect(file, {});
    ASSERT_TRUE(info.ok());
    EXPECT_GT(info->max_error_m, 0);
    expect_plainly(std::get<Cloud>(decoded->content), file);
  }
}

TEST(PointcloudFormat, PlainDecoderReadsOctrees) {
  uint64_t state = 17;
  const auto below = [&](uint64_t end) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % end;
  };
  // A slope with holes, some of its cells more than once, and noise above it.
  std::vector<float> x, y, z, classes;
  for (int i = 0; i < 900; ++i) {
    const int64_t a = static_cast<int64_t>(below(30)), b = static_cast<int64_t>(below(30));
    classes.push_back(static_cast<float>(below(5)));
    x.push_back(static_cast<float>(a - 12));
    y.push_back(static_cast<float>(b - 40));
    z.push_back(static_cast<float>(i % 20 == 0 ? below(200) : static_cast<uint64_t>(a / 2 + b / 3)));
  }
  Cloud cloud;
  cloud.points = cloud.width = static_cast<uint32_t>(x.size());
  cloud.fields = {field("x", FieldType::f32, x), field("y", FieldType::f32, y), field("z", FieldType::f32, z),
                  field("class", FieldType::f32, classes)};
  for (const uint32_t slices : {1u, 3u}) {
    EncodeOptions options;
    options.mode = Mode::lossless;
    options.may_reorder = true;
    options.slice_count = slices;
    const Bytes file = encoded(cloud, options);
    const Result<Decoded> decoded = decode(file, {}, {});
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    expect_plainly(std::get<Cloud>(decoded->content), file);
    const Result<FileInfo> info = inspect(file, {});
    ASSERT_TRUE(info.ok());
    // 8.4 bits in sequence, in the same order.
    EXPECT_LT(8.0 * static_cast<double>(info->parts[0].bytes) / static_cast<double>(cloud.points), 6.5);
  }
}

TEST(PointcloudFormat, PlainDecoderReadsScans) {
  std::mt19937 random(2);
  Scan scan;
  scan.columns = 150;
  scan.lasers = 8;
  scan.tick_um = 4000;
  scan.azimuth_units_per_turn = 36000;
  scan.range_bytes = 2;
  for (uint32_t column = 0; column < scan.columns; ++column) {
    scan.azimuth.push_back(static_cast<uint16_t>(column * 20));
    scan.time_us.push_back(column * 55);
    for (uint32_t laser = 0; laser < scan.lasers; ++laser) {
      const bool none = random() % 9 == 0 || (column / 10) % 5 == 4;
      const uint32_t noise = static_cast<uint32_t>(random() % 5),
                     surface = 1000 + laser * 150 + (column < 60 ? column * 3 : 4000 - column * 9);
      scan.range.push_back(none ? 0 : surface + noise);
      scan.intensity.push_back(static_cast<uint8_t>(none ? (random() % 4 == 0 ? 3 : 0) : surface / 40 % 64 + noise % 3));
    }
  }
  for (const Effort effort : {Effort::fast, Effort::normal}) {
    for (const Mode mode : {Mode::lossless, Mode::max_error}) {
      EncodeOptions options;
      options.effort = effort;
      options.mode = mode;
      options.max_error_m = 0.02;
      options.slice_count = 3;
      options.embed_models = true;
      const Bytes file = encoded(scan, options);
      const Result<Decoded> decoded = decode(file, {}, {});
      ASSERT_TRUE(decoded.ok()) << decoded.error().message;
      const plain::Frame frame = plain::read_frame(octets(file));
      ASSERT_EQ(frame.kind, 3u);
      const plain::Octets wanted = octets(*write_lrf(std::get<Scan>(decoded->content)));
      const auto [wrong, right] = std::mismatch(frame.lrf.begin(), frame.lrf.end(), wanted.begin(), wanted.end());
      EXPECT_TRUE(frame.lrf == wanted) << "byte " << right - wanted.begin() << " of " << wanted.size() << ", effort "
                                       << static_cast<int>(effort) << ", mode " << static_cast<int>(mode);
    }
  }
}

TEST(PointcloudFormat, PlainDecoderReadsGoldens) {
  size_t read = 0;
  for (const auto& entry : std::filesystem::directory_iterator(DEW_SOURCE_DIR "/tests/golden/v0")) {
    if (entry.path().extension() != ".dew") continue;
    const plain::Octets octets_of_file = file_octets(entry.path());
    const Result<Decoded> decoded = decode(std::as_bytes(std::span(octets_of_file)), {}, {});
    // Some are there to be refused.
    if (!decoded.ok() || std::holds_alternative<Capture>(decoded->content)) continue;
    const plain::Frame frame = plain::read_frame(octets_of_file, shipped_network);
    if (frame.kind != 3) expect_plainly(std::get<Cloud>(decoded->content), std::as_bytes(std::span(octets_of_file)));
    if (frame.kind == 3) {
      EXPECT_TRUE(frame.lrf == octets(*write_lrf(std::get<Scan>(decoded->content)))) << entry.path();
    }
    ++read;
  }
  EXPECT_GE(read, 10u);
}

}  // namespace
}  // namespace dew
