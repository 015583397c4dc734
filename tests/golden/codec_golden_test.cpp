// SPDX-License-Identifier: Apache-2.0
// Files of the format as it is, in tests/golden/v0: every build must decode them to the same content, and refuse the damaged ones alike.
// `make golden` (this program with DEW_GOLDEN_WRITE=1) writes them anew, which before 1.0 a change of the format may ask for; it also
// writes the seeds of cloud_decode_fuzz and capture_decode_fuzz. Contents are crops of data/samples
// and made-up organised clouds.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "entropy/sha256.h"
#include "pointcloud/coding/capture_file.h"
#include "pointcloud/coding/frame_chunk.h"
#include "pointcloud/coding/near_order.h"
#include "pointcloud/coding/points_layout.h"
#include "pointcloud/content.h"
#include "tests/support/codec_suite.h"
#include "tests/support/organised_clouds.h"
#include "tests/unit/pointcloud/packets_test_captures.h"

namespace dew::test {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(DEW_SOURCE_DIR) / "tests/golden/v0";
const std::filesystem::path kSeeds = std::filesystem::path(DEW_SOURCE_DIR) / "tests/fuzz/corpus/cloud_decode_fuzz";
const std::filesystem::path kCaptureSeeds = std::filesystem::path(DEW_SOURCE_DIR) / "tests/fuzz/corpus/capture_decode_fuzz";

struct Golden {
  std::string name;
  Content content;
  EncodeOptions options;
};

EncodeOptions with_slices(EncodeOptions options, uint32_t slices) {
  options.slice_count = slices;
  return options;
}

/// Every 37th point after the other, every eighth without a return: no sensor is found in it.
Cloud shuffled(Cloud cloud) {
  const Cloud from = cloud;
  for (Field& field : cloud.fields) {
    const size_t width = field.bytes_per_point();
    const bool is_coordinate = field.name == "x" || field.name == "y" || field.name == "z";
    for (size_t i = 0; i < cloud.points; ++i) {
      std::byte* to = field.data.data() + i * width;
      std::memcpy(to, from.find(field.name)->data.data() + i * 37 % cloud.points * width, width);
      if (is_coordinate && i % 8 == 5) std::memset(to, 0, width);
    }
  }
  return cloud;
}

/// An airborne strip: fields that follow from one another, times on a clock but for rounding, bytes stretched to 16 bits.
Cloud survey(Random& random, size_t points) {
  Cloud cloud;
  cloud.points = points;
  cloud.width = static_cast<uint32_t>(points);
  cloud.height = 1;
  std::vector<double> axes[3], times, seconds;
  std::vector<uint16_t> intensity, colours[3];
  Field returns{"returns", FieldType::u8, 1, {}}, angle{"scan_angle", FieldType::i8, 1, {}};
  int64_t tick = 0;
  for (size_t i = 0; i < points; ++i) {
    tick += 1 + static_cast<int64_t>(below(random, 3));
    const double time = static_cast<double>(int64_t{240000} * 1024000 + 40 * tick) / 1024000;
    times.push_back(below(random, 4) == 0 ? std::nextafter(time, 1e9) : time);
    seconds.push_back(0.1 * static_cast<double>(tick) + 1e-7 * static_cast<double>(below(random, 1000)));
    const int64_t swing = static_cast<int64_t>(below(random, 41)) - 20;
    angle.data.push_back(static_cast<std::byte>(swing));
    returns.data.push_back(static_cast<std::byte>(9 + 8 * below(random, 2)));
    axes[0].push_back(static_cast<double>(4 * tick + static_cast<int64_t>(below(random, 9))) / 100);
    axes[1].push_back(static_cast<double>(900 * swing + static_cast<int64_t>(below(random, 900))) / 100);
    axes[2].push_back(static_cast<double>(40000 + static_cast<int64_t>(below(random, 300))) / 100);
    intensity.push_back(static_cast<uint16_t>(257 * below(random, 200)));
    colours[1].push_back(static_cast<uint16_t>(100 + below(random, 3000)));
    colours[0].push_back(static_cast<uint16_t>(2 * colours[1].back() + below(random, 9)));
    colours[2].push_back(static_cast<uint16_t>(colours[1].back() / 2));
  }
  const auto field = [](const char* name, FieldType type, const auto& values) {
    const ByteSpan bytes = std::as_bytes(std::span(values));
    return Field{name, type, 1, Bytes(bytes.begin(), bytes.end())};
  };
  cloud.fields = {field("x", FieldType::f64, axes[0]),
                  field("y", FieldType::f64, axes[1]),
                  field("z", FieldType::f64, axes[2]),
                  field("intensity", FieldType::u16, intensity),
                  returns,
                  angle,
                  field("gps_time", FieldType::f64, times),
                  field("seconds", FieldType::f64, seconds),
                  field("red", FieldType::u16, colours[0]),
                  field("green", FieldType::u16, colours[1]),
                  field("blue", FieldType::u16, colours[2])};
  return cloud;
}

/// A slope of cells, some of them more than once, in the order of an octree.
Cloud slope(Random& random, size_t points) {
  std::vector<float> axes[3];
  for (size_t i = 0; i < points; ++i) {
    const uint64_t a = below(random, 50), b = below(random, 50);
    const uint64_t values[3] = {a, b, i % 20 == 0 ? below(random, 90) : a / 2 + b / 3};
    for (size_t axis = 0; axis < 3; ++axis) axes[axis].push_back((static_cast<float>(values[axis]) - 10) / 10);
  }
  Cloud cloud;
  cloud.points = points;
  cloud.width = static_cast<uint32_t>(points);
  cloud.fields = {floats("x", axes[0]), floats("y", axes[1]), floats("z", axes[2])};
  return *in_near_order(cloud, Mode::lossless, 0);
}

/// Ten lasers of a head beside the origin in a room, one shot after the other, to the millimetre.
Cloud beams(Random& random) {
  constexpr size_t kLasers = 10, kColumns = 300;
  std::vector<float> axes[3];
  for (size_t i = 0; i < kLasers * kColumns; ++i) {
    const size_t laser = i % kLasers, column = i / kLasers;
    if (below(random, 11) == 0) continue;
    const double azimuth = static_cast<double>(column) * (6.2831853 / kColumns) - 3, slope = static_cast<double>(laser) * 0.04 - 0.25;
    const double range = 4 / std::max(std::abs(std::cos(azimuth)), std::abs(std::sin(azimuth))) +
                         static_cast<double>(below(random, 20)) * 1e-3 + (column > kColumns / 2 ? 3 : 0);
    const double values[3] = {range * std::cos(azimuth), range * std::sin(azimuth), range * slope};
    for (size_t axis = 0; axis < 3; ++axis) axes[axis].push_back(static_cast<float>(std::round(values[axis] * 1000) / 1000));
  }
  Cloud cloud;
  cloud.points = axes[0].size();
  cloud.width = static_cast<uint32_t>(cloud.points);
  cloud.fields = {floats("x", axes[0]), floats("y", axes[1]), floats("z", axes[2])};
  return cloud;
}

/// A few packets of a sensor over a scan, with what else a network carries.
Content capture(const std::string& sensor, uint32_t planes, const Scan& scene) {
  for (const KnownLayout* known : all_layouts()) {
    if (known->sensor != sensor || known->layout.planes != planes || (known->layout.lasers != scene.lasers && scene.lasers > 64)) continue;
    const Result<Input> input =
        read_cloud(make_pcap(*known, {.packets = scene.lasers > 64 ? 2u : 6u, .azimuth_step = 20, .scene = &scene}), {}, {});
    if (input.ok()) return input->content;
  }
  std::abort();
}

/// Turns of a VLP-16 that see nearly the same.
Content capture_of_turns(const Scan& scene) {
  const KnownLayout& known = *all_layouts().front();
  const uint32_t step = 2 * known.layout.azimuth_units_per_turn / scene.columns;
  const Result<Input> input = read_cloud(make_pcap(known, {.packets = 10, .azimuth_step = step, .scene = &scene}), {}, {});
  if (!input.ok()) std::abort();
  return input->content;
}

EncodeOptions referring(EncodeOptions options) {
  options.intra_every = 50;
  return options;
}

std::vector<Golden> goldens() {
  const Cloud kitti = crop(std::get<Cloud>(sample("kitti_raw.bin")), 0, 8000);
  const Cloud nuscenes = thinned(std::get<Cloud>(sample("nuscenes.bin")), 32, 8);
  const Cloud organised = crop(std::get<Cloud>(sample("xt32_organised.pcd")), 0, 1000);
  // Without laser numbers nothing says how many rows there are.
  Cloud without_rings = organised;
  std::erase_if(without_rings.fields, [](const Field& field) { return field.name == "ring"; });
  const Scan vlp16 = crop(std::get<Scan>(sample("vlp16_indoor.lrf")), 130);
  const Scan os1 = crop(std::get<Scan>(sample("os1_128_street.lrf")), 64);
  const EncodeOptions lattice;
  Random random(1);
  OrganisedShape ouster, column_by_column, listed;
  ouster.rows = 8;
  ouster.columns = 128;
  ouster.forward_m = 0.015806;
  ouster.range_offset_m = -0.015806;
  ouster.destaggered = true;
  ouster.none = NoReturn::mixed;
  column_by_column.rows = 8;
  column_by_column.columns = 96;
  column_by_column.column_major = true;
  column_by_column.decimals = 1000;
  return {{"laser_sorted_lossless", kitti, with_slices(lossless(), 2)},
          {"laser_sorted_2cm", kitti, with_slices(within(0.02, Effort::fast), 1)},
          {"firing_order_lossless", nuscenes, with_slices(lossless(Effort::fast), 2)},
          {"firing_order_lattice", nuscenes, with_slices(lattice, 1)},
          {"points_lossless", shuffled(crop(kitti, 0, 800)), with_slices(lossless(), 1)},
          {"points_2cm", shuffled(crop(kitti, 0, 800)), with_slices(within(0.02), 1)},
          {"points_without_rings", without_rings, with_slices(lossless(), 1)},
          {"points_without_rings_5cm", without_rings, with_slices(within(0.05), 1)},
          {"organised_lossless", organised, with_slices(lossless(), 1)},
          {"organised_5cm", organised, with_slices(within(0.05), 1)},
          {"organised_ouster_lossless", organised_cloud(random, ouster), with_slices(lossless(), 2)},
          {"organised_columns_2cm", organised_cloud(random, column_by_column), with_slices(within(0.02, Effort::fast), 1)},
          {"listed_lossless", listed_cloud(random, listed, 3), with_slices(lossless(), 2)},
          {"listed_lattice", listed_cloud(random, listed, 1), with_slices(lattice, 1)},
          {"vlp16_lossless", vlp16, with_slices(lossless(), 3)},
          {"os1_fast", os1, with_slices(lossless(Effort::fast), 1)},
          {"os1_max_4cm", os1, with_slices(within(0.04, Effort::max), 1)},
          {"capture_vlp16", capture("VLP-16", 1, vlp16), lossless()},
          {"capture_refers_fast", capture_of_turns(crop(vlp16, 48)), referring(lossless(Effort::fast))},
          {"capture_refers_5cm", capture_of_turns(crop(vlp16, 48)), referring(within(0.05))},
          {"capture_vlp32c_dual", capture("VLP-32C", 2, vlp16), lossless(Effort::fast)},
          {"capture_xt32_dual_2cm", capture("PandarXT-32", 2, vlp16), within(0.02)},
          {"capture_os1_128", capture("Ouster RNG15_RFL8_NIR8", 1, os1), lossless(Effort::fast)},
          {"empty_cloud", Cloud{}, lossless()},
          {"points_survey_lossless", survey(random, 700), with_slices(lossless(Effort::max), 2)},
          {"sorted_lattice", sorted_cloud(random, listed, 6), with_slices(lattice, 2)},
          {"octree_lossless", slope(random, 3000), with_slices(lossless(), 2)},
          {"beams_5mm", beams(random), with_slices(within(0.005), 2)},
          {"sorted_moved_lattice", slowly_moved(sorted_cloud(random, listed, 6, true)), with_slices(lattice, 1)}};
}

void write_bytes(const std::filesystem::path& path, ByteSpan bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(file.good()) << path;
}

/// As cloud_decode_fuzz and capture_decode_fuzz take it.
Bytes fuzz_seed(ByteSpan file) {
  const Result<ContainerReader> container = ContainerReader::open(file, {});
  ByteWriter seed;
  seed.u8(0);
  for (const Chunk& chunk : container->chunks()) {
    seed.u8(chunk.type == kFrameChunk || chunk.type == kCaptureChunk        ? 0
            : chunk.type == kSliceChunk || chunk.type == kCaptureFrameChunk ? 1
                                                                            : 2);
    for (int shift = 0; shift < 24; shift += 8) seed.u8(static_cast<uint8_t>(chunk.payload.size() >> shift));
    seed.bytes(chunk.payload);
  }
  return seed.take();
}

struct Reject {
  std::string name;
  Bytes bytes;
};

std::vector<Reject> rejects(const Bytes& file) {
  Bytes version = file, flipped = file, cut = file, empty;
  version[4] = std::byte{99};
  flipped[file.size() / 2] ^= std::byte{1};
  cut.resize(file.size() - 40);
  const Result<ContainerReader> container = ContainerReader::open(file, {});
  const Chunk& first = *container->find(kFrameChunk);
  Result<FrameChunk> chunk = read_frame_chunk(first.payload, first.payload_offset, {});
  chunk->network = ModelId{};
  const Bytes network = with_payload(file, 0, *write_frame_chunk(*chunk, chunk->head));
  chunk->network.reset();
  chunk->numbers.points += 1;
  chunk->numbers.kind = 1;
  const Bytes kind = with_payload(file, 0, *write_frame_chunk(*chunk, chunk->head));
  return {{"reject_empty", empty}, {"reject_fifth_byte", version},      {"reject_flipped_bit", flipped},
          {"reject_cut", cut},     {"reject_unknown_network", network}, {"reject_wrong_kind", kind}};
}

void write_goldens() {
  std::filesystem::create_directories(kGolden);
  for (const std::filesystem::path& folder : {kSeeds, kCaptureSeeds}) std::filesystem::create_directories(folder);
  std::ofstream list(kGolden / "list.txt");
  Bytes smallest;
  for (const Golden& golden : goldens()) {
    const Result<Encoded> encoded = encode(golden.content, golden.options);
    ASSERT_TRUE(encoded.ok()) << golden.name << encoded.error().message;
    const Result<Decoded> decoded = decode(encoded->bytes, {}, {});
    ASSERT_TRUE(decoded.ok()) << golden.name;
    write_bytes(kGolden / (golden.name + ".dew"), encoded->bytes);
    write_bytes((std::holds_alternative<Capture>(golden.content) ? kCaptureSeeds : kSeeds) / golden.name, fuzz_seed(encoded->bytes));
    list << golden.name << ' ' << to_hex(content_hash(decoded->content)) << '\n';
    if (golden.name == "organised_5cm") smallest = encoded->bytes;
  }
  for (const Reject& reject : rejects(smallest)) {
    const Result<Decoded> decoded = decode(reject.bytes, {}, {});
    ASSERT_FALSE(decoded.ok()) << reject.name;
    write_bytes(kGolden / (reject.name + ".dew"), reject.bytes);
    list << reject.name << ' ' << code_name(decoded.error().code) << '\n';
  }
}

std::vector<std::pair<std::string, std::string>> golden_list() {
  std::ifstream list(kGolden / "list.txt");
  std::vector<std::pair<std::string, std::string>> lines;
  for (std::string name, expected; list >> name >> expected;) lines.emplace_back(name, expected);
  return lines;
}

class CodecGolden : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (std::getenv("DEW_GOLDEN_WRITE") != nullptr) write_goldens();
  }
};

TEST_F(CodecGolden, FilesDecodeToTheirContents) {
  size_t files = 0;
  for (const auto& [name, expected] : golden_list()) {
    if (name.starts_with("reject_")) continue;
    const Bytes file = read_whole_file(kGolden / (name + ".dew"));
    for (const uint32_t threads : {1u, 3u}) {
      DecodeOptions options;
      options.threads = threads;
      const Result<Decoded> decoded = decode(file, options, {});
      ASSERT_TRUE(decoded.ok()) << name << ": " << decoded.error().message;
      EXPECT_EQ(to_hex(content_hash(decoded->content)), expected) << name;
    }
    const Result<ContainerReader> container = ContainerReader::open(file, {});
    ASSERT_TRUE(container.ok() && container->content_hash().has_value()) << name;
    EXPECT_EQ(to_hex(*container->content_hash()), expected) << name;
    ++files;
  }
  EXPECT_EQ(files, goldens().size());
}

/// The lists are right: lossless files hold the crops of the samples themselves.
TEST_F(CodecGolden, LosslessFilesHoldTheSamples) {
  for (const Golden& golden : goldens()) {
    if (golden.options.mode != Mode::lossless) continue;
    const Result<Decoded> decoded = decode(read_whole_file(kGolden / (golden.name + ".dew")), {}, {});
    ASSERT_TRUE(decoded.ok()) << golden.name;
    EXPECT_EQ(content_hash(decoded->content), content_hash(golden.content)) << golden.name;
  }
}

TEST_F(CodecGolden, EveryKindOfFrameIsThere) {
  std::vector<std::string> kinds;
  for (const auto& [name, expected] : golden_list()) {
    if (name.starts_with("reject_")) continue;
    const Result<FileInfo> info = inspect(read_whole_file(kGolden / (name + ".dew")), {});
    ASSERT_TRUE(info.ok()) << name;
    kinds.push_back(info->sensor[0].second);
  }
  for (const FrameKind kind :
       {FrameKind::points, FrameKind::laser_sorted, FrameKind::firing_order, FrameKind::scan, FrameKind::organised}) {
    EXPECT_NE(std::find(kinds.begin(), kinds.end(), frame_kind_name(kind)), kinds.end()) << frame_kind_name(kind);
  }
}

/// The ways of frames of points, by the flags of their heads.
TEST_F(CodecGolden, EveryWayOfPointsIsThere) {
  const std::vector<std::pair<std::string, uint8_t>> ways = {{"points_2cm", kQuantised | kAbsent},
                                                             {"beams_5mm", kQuantised | kBeams},
                                                             {"points_survey_lossless", kRecords},
                                                             {"points_lossless", kAbsent},
                                                             {"octree_lossless", kOctree}};
  for (const auto& [name, flags] : ways) {
    const Bytes file = read_whole_file(kGolden / (name + ".dew"));
    const Result<ContainerReader> container = ContainerReader::open(file, {});
    ASSERT_TRUE(container.ok()) << name;
    const Chunk* first = container->find(kFrameChunk);
    ASSERT_NE(first, nullptr) << name;
    const Result<FrameChunk> chunk = read_frame_chunk(first->payload, first->payload_offset, {});
    ASSERT_TRUE(chunk.ok()) << name;
    ByteReader head(chunk->head);
    ASSERT_TRUE(head.varint().ok() && head.varint().ok()) << name;
    EXPECT_EQ(*head.u8(), flags) << name;
  }
}

TEST_F(CodecGolden, RejectsAreRefusedWithTheirCodes) {
  size_t files = 0;
  for (const auto& [name, expected] : golden_list()) {
    if (!name.starts_with("reject_")) continue;
    const Result<Decoded> decoded = decode(read_whole_file(kGolden / (name + ".dew")), {}, {});
    ASSERT_FALSE(decoded.ok()) << name;
    EXPECT_EQ(code_name(decoded.error().code), expected) << name << ": " << decoded.error().message;
    ++files;
  }
  EXPECT_EQ(files, 6u);
}

}  // namespace
}  // namespace dew::test
