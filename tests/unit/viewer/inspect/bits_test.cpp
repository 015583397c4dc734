// SPDX-License-Identifier: Apache-2.0
// Coded bits of points, splats and vertices: every table and every field adds up to the file, or to the frame.
#include "viewer/inspect/bits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <string>

#include "gaussians/codec.h"
#include "mesh/codec.h"
#include "pointcloud/codec.h"
#include "pointcloud/coding/cell_bits.h"
#include "pointcloud/io/read_cloud.h"
#include "tests/support/any_mesh.h"
#include "tests/support/sequences.h"
#include "tests/support/splats_before_camera.h"
#include "tests/unit/pointcloud/packets_test_captures.h"

namespace dew::viewer {
namespace {

Content sample(const std::string& name) {
  std::ifstream file(std::string(DEW_SOURCE_DIR) + "/data/samples/" + name, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto bytes = as_bytes(text);
  return read_cloud(bytes, {}, {})->content;
}

double bytes_of(const std::vector<BitsRow>& rows) {
  double sum = 0;
  for (const BitsRow& row : rows) sum += row.bytes;
  return sum;
}

double bytes_of(const Attribute& bits) {
  double sum = 0;
  for (const float value : bits.values) sum += static_cast<double>(value);
  return sum / 8;
}

const BitsRow* find(const std::vector<BitsRow>& rows, const std::string& name) {
  for (const BitsRow& row : rows) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

struct Case {
  const char* file;
  dew::Mode mode;
  Effort effort;
  const char* largest_part;
};

class CodedBitsOf : public testing::TestWithParam<Case> {};

TEST_P(CodedBitsOf, AddUpToTheFile) {
  const Case& test = GetParam();
  EncodeOptions options;
  options.mode = test.mode;
  options.max_error_m = options.mode == dew::Mode::max_error ? 0.02 : 0.0005;
  options.effort = test.effort;
  options.verify = false;
  const Result<Encoded> encoded = encode(sample(test.file), options);
  ASSERT_TRUE(encoded.ok()) << encoded.error().message;
  const Result<Decoded> decoded = decode(encoded->bytes, {}, {});
  ASSERT_TRUE(decoded.ok());
  const Result<CodedBits> bits = coded_bits(encoded->bytes, decoded->content, {});
  ASSERT_TRUE(bits.ok()) << bits.error().message;
  const auto size = static_cast<double>(encoded->bytes.size());
  for (const auto* rows : {&bits->by_part, &bits->by_slice, &bits->by_region}) EXPECT_NEAR(bytes_of(*rows), size, 1e-4 * size);
  if (!bits->by_ring.empty()) {
    EXPECT_NEAR(bytes_of(bits->by_ring), size, 1e-4 * size);
  }
  EXPECT_NEAR(bytes_of(bits->of_points[0]), size, 1e-4 * size);
  // What is told point by point of a part is what the file spends on it, but for its share of the head and the ends of streams.
  const BitsRow* part = find(bits->by_part, test.largest_part);
  ASSERT_NE(part, nullptr);
  const double head = find(bits->by_slice, "all else")->bytes;
  for (const Attribute& attribute : bits->of_points) {
    if (attribute.name == std::string("bits ") + test.largest_part) {
      EXPECT_LE(bytes_of(attribute), part->bytes + 100) << attribute.name;
      EXPECT_GE(bytes_of(attribute), 0.98 * part->bytes - head) << attribute.name;
      return;
    }
  }
  FAIL() << "no bits of " << test.largest_part;
}

using M = dew::Mode;
INSTANTIATE_TEST_SUITE_P(Samples, CodedBitsOf,
                         testing::Values(Case{"kitti_raw.bin", static_cast<M>(1), Effort::fast, "intensity"},
                                         Case{"nuscenes.bin", static_cast<M>(0), Effort::fast, "geometry"},
                                         Case{"nuscenes.bin", static_cast<M>(2), Effort::normal, "intensity"},
                                         Case{"vlp16_indoor.lrf", static_cast<M>(0), Effort::normal, "geometry"},
                                         Case{"xt32_organised.pcd", static_cast<M>(0), Effort::fast, "geometry"}));

TEST(CodedBitsOfPoints, VaryFromPointToPoint) {
  EncodeOptions options;
  options.effort = Effort::fast;
  const Result<Encoded> encoded = encode(sample("vlp16_indoor.lrf"), options);
  const Result<Decoded> decoded = decode(encoded->bytes, {}, {});
  const Result<CodedBits> bits = coded_bits(encoded->bytes, decoded->content, {});
  ASSERT_TRUE(bits.ok());
  EXPECT_EQ(bits->by_ring.size(), 16u);
  double mean = 0, squares = 0;
  for (const float value : bits->of_points[0].values) {
    mean += static_cast<double>(value);
    squares += static_cast<double>(value) * static_cast<double>(value);
  }
  const auto count = static_cast<double>(bits->of_points[0].values.size());
  mean /= count;
  EXPECT_GT(std::sqrt(squares / count - mean * mean), 0.2 * mean);
}

TEST(CodedBitsOfPoints, RefuseWhatIsNotTheirs) {
  const Result<Encoded> encoded = encode(sample("vlp16_indoor.lrf"), {});
  EXPECT_FALSE(coded_bits(encoded->bytes, Content(Scan{}), {}).ok());
  EXPECT_FALSE(coded_bits(ByteSpan(encoded->bytes).first(encoded->bytes.size() / 2), Content(Scan{}), {}).ok());
  EXPECT_FALSE(coded_bits({}, Splats{}, {}).ok());
}

double bits_in(const std::vector<double>& of_each) {
  double sum = 0;
  for (const double bits : of_each) sum += bits;
  return sum;
}

TEST(CodedBitsOfSequences, AddUpToEachFrameAndFramesToTheFile) {
  test::Random random(5);
  for (const std::vector<SequenceFrame>& frames :
       {test::scan_sequence(random, 4), test::laser_sorted_sequence(3), test::firing_order_sequence(3), test::organised_sequence(random, 2),
        test::points_sequence(random, 2)}) {
    SequenceOptions options;
    options.frame.effort = Effort::fast;
    const Result<Bytes> file = test::encoded_sequence(frames, options);
    ASSERT_TRUE(file.ok()) << file.error().message;
    const Result<FileInfo> info = inspect(*file, {});
    Result<SequenceDecoder> decoder = SequenceDecoder::open(*file, {}, {});
    ASSERT_TRUE(decoder.ok());
    for (size_t i = 0; i < frames.size(); ++i) {
      FrameBits measured;
      const Result<SequenceFrame> frame = decoder->decode(i, &measured);
      ASSERT_TRUE(frame.ok());
      EXPECT_TRUE(test::same_content(frame->content, decode(*file, {.slice = static_cast<uint32_t>(i)}, {})->content))
          << "measuring changes it";
      const Result<CodedBits> bits = coded_bits(*file, frame->content, measured, i, {});
      ASSERT_TRUE(bits.ok()) << bits.error().message;
      const auto of_frame = static_cast<double>(info->frame_facts[i].bytes), of_file = static_cast<double>(file->size());
      for (const auto* rows : {&bits->by_part, &bits->by_slice}) EXPECT_NEAR(bytes_of(*rows), of_file, 1e-6 * of_file);
      if (bits->of_points[0].values.empty()) continue;
      EXPECT_NEAR(bytes_of(bits->of_points[0]), of_frame, 1e-4 * of_frame);
      EXPECT_NEAR(bytes_of(bits->by_region), of_frame, 1e-4 * of_frame);
      EXPECT_GT(bits->of_points.size(), 1u) << "some part is told point by point";
      EXPECT_EQ(bits->by_slice.size(), frames.size() + 1);
    }
    EXPECT_FALSE(coded_bits(*file, frames[0].content, FrameBits{}, frames.size(), {}).ok());
  }
}

TEST(CodedBitsOfCaptures, AddUpToEachFrameCellsOfAllPlanesIncluded) {
  uint32_t number = 0;
  for (const KnownLayout* known : test::all_layouts()) {
    const Bytes pcap = test::make_pcap(*known, {.packets = 24});
    EncodeOptions options;
    options.effort = Effort::fast;
    options.verify = false;
    options.intra_every = ++number % 2 == 0 ? 1 : 3;
    const Result<Encoded> encoded = encode(read_cloud(pcap, {}, {})->content, options);
    ASSERT_TRUE(encoded.ok()) << encoded.error().message;
    const Result<FileInfo> info = inspect(encoded->bytes, {});
    const Result<Decoded> decoded = decode(encoded->bytes, {}, {});
    const auto& frames = std::get<Capture>(decoded->content).frames;
    for (const size_t i : {size_t{0}, frames.size() - 1}) {
      size_t cells = 0;
      for (const Scan& plane : frames[i].planes) cells += plane.range.size();
      if (cells == 0) continue;
      const Result<CodedBits> bits = coded_bits(encoded->bytes, decoded->content, {}, i);
      ASSERT_TRUE(bits.ok()) << known->sensor << ": " << bits.error().message;
      const auto of_frame = static_cast<double>(info->frame_facts[i].bytes);
      EXPECT_EQ(bits->of_points[0].values.size(), cells);
      EXPECT_NEAR(bytes_of(bits->of_points[0]), of_frame, 1e-4 * of_frame) << known->sensor;
      EXPECT_NEAR(bytes_of(bits->by_ring), of_frame, 1e-4 * of_frame) << known->sensor;
      EXPECT_EQ(bits->by_slice.size(), frames.size() + 1);
      ASSERT_GT(bits->of_points.size(), 1u);
      EXPECT_EQ(bits->of_points[1].name, "bits geometry");
      EXPECT_GT(bytes_of(bits->of_points[1]), 0);
    }
    EXPECT_FALSE(coded_bits(encoded->bytes, decoded->content, {}, frames.size()).ok());
  }
}

class CodedBitsOfSplats : public testing::TestWithParam<SplatMode> {
 protected:
  static SplatEncodeOptions options() {
    SplatEncodeOptions options;
    options.effort = SplatEffort::fast;
    options.mode = GetParam();
    options.budget_bytes = 20'000;
    return options;
  }
};

TEST_P(CodedBitsOfSplats, AddUpToTheFileAndItsParts) {
  const Splats scene = test::splats_before_camera(3, 700);
  const Result<SplatEncoded> encoded = encode_splats(scene, options());
  ASSERT_TRUE(encoded.ok()) << encoded.error().message;
  const Result<SplatDecoded> decoded = decode_splats(encoded->bytes, {}, {});
  const Result<CodedBits> bits = coded_bits(encoded->bytes, decoded->splats, {});
  ASSERT_TRUE(bits.ok()) << bits.error().message;
  const auto size = static_cast<double>(encoded->bytes.size());
  for (const auto* rows : {&bits->by_part, &bits->by_slice, &bits->by_region}) EXPECT_NEAR(bytes_of(*rows), size, 1e-4 * size);
  EXPECT_NEAR(bytes_of(bits->of_points[0]), size, 1e-4 * size);
  for (const Attribute& attribute : bits->of_points) {
    if (attribute.name == kBits || attribute.name == "bits side") continue;
    const double part = find(bits->by_part, attribute.name.substr(5))->bytes;
    EXPECT_NEAR(bytes_of(attribute), part, 1e-3 * part + 4) << attribute.name;
  }
  const auto& values = bits->of_points[0].values;
  EXPECT_LT(*std::min_element(values.begin(), values.end()), 0.9f * *std::max_element(values.begin(), values.end()));
}

/// Splats of which one half says the same of all: it costs less, wherever the coder puts it.
TEST_P(CodedBitsOfSplats, AreFewerWhereSplatsAreAlike) {
  Splats scene = test::splats_before_camera(4, 1200);
  for (size_t i = 0; i < scene.count(); ++i) {
    if (i % 2 == 0) continue;
    for (size_t k = 0; k < 3; ++k) scene.dc[3 * i + k] = 0.5f;
    for (size_t k = 0; k < scene.sh_stride(); ++k) scene.sh[scene.sh_stride() * i + k] = 0;
    scene.position[3 * i] -= 20;
  }
  for (const bool keep_order : {false, true}) {
    SplatEncodeOptions wanted = options();
    wanted.keep_order = keep_order;
    wanted.budget_bytes = 60'000;
    const Result<SplatEncoded> encoded = encode_splats(scene, wanted);
    ASSERT_TRUE(encoded.ok()) << encoded.error().message;
    const Result<SplatDecoded> decoded = decode_splats(encoded->bytes, {}, {});
    SplatBits bits;
    ASSERT_TRUE(inspect_splats(encoded->bytes, {}, &bits).ok());
    ASSERT_EQ(bits.colour.size(), decoded->splats.count());
    double alike = 0, unlike = 0, alike_count = 0;
    for (size_t i = 0; i < bits.colour.size(); ++i) {
      const bool is_alike = decoded->splats.position[3 * i] < -10;
      (is_alike ? alike : unlike) += bits.colour[i] + bits.sh[i];
      alike_count += is_alike ? 1 : 0;
    }
    ASSERT_GT(alike_count, 0);
    EXPECT_LT(alike / alike_count, 0.5 * unlike / (static_cast<double>(bits.colour.size()) - alike_count));
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, CodedBitsOfSplats, testing::Values(SplatMode::quality, SplatMode::lossless, SplatMode::budget));

TEST(CodedBitsOfMeshes, AddUpToTheFileAndItsParts) {
  for (uint64_t seed = 0; seed < 12; ++seed) {
    const Mesh mesh = any_mesh(seed);
    for (const MeshMode mode : {MeshMode::surface, MeshMode::vertex, MeshMode::lossless}) {
      MeshEncodeOptions options;
      options.mode = mode;
      const Result<MeshEncoded> encoded = encode_mesh(mesh, options);
      if (!encoded.ok()) continue;  // a defect that this mode refuses
      const Result<MeshDecoded> decoded = decode_mesh(encoded->bytes, {});
      ASSERT_TRUE(decoded.ok());
      const Result<CodedBits> bits = coded_bits(encoded->bytes, decoded->mesh, {});
      ASSERT_TRUE(bits.ok()) << bits.error().message;
      const auto size = static_cast<double>(encoded->bytes.size());
      for (const auto* rows : {&bits->by_part, &bits->by_slice}) EXPECT_NEAR(bytes_of(*rows), size, 1e-6 * size) << seed;
      if (mesh.vertices() == 0) continue;
      EXPECT_NEAR(bytes_of(bits->of_points[0]), size, 1e-4 * size) << seed;
      EXPECT_NEAR(bytes_of(bits->by_region), size, 1e-4 * size) << seed;
      MeshVertexBits each;
      const Result<MeshFileInfo> info = inspect_mesh(encoded->bytes, {}, &each);
      EXPECT_LE(bits_in(each.connectivity), 8 * info->parts.connectivity + 1e-6) << seed;
      EXPECT_LE(bits_in(each.positions), 8 * info->parts.positions + 1e-6) << seed;
    }
  }
}

TEST(CodedBitsOfMeshes, AreMoreWhereTheSurfaceIsRough) {
  Mesh mesh = wavy_sheet(60, 60);
  test::Random random(3);
  const auto is_rough = [](const Mesh& m, size_t v) { return m.position[3 * v] >= 30; };
  for (size_t v = 0; v < mesh.vertices(); ++v) {
    if (is_rough(mesh, v)) mesh.position[3 * v + 2] += 0.01f * static_cast<float>(test::below(random, 100));
  }
  MeshEncodeOptions options;
  options.mode = MeshMode::vertex;
  options.max_error = 0.005;
  const Result<MeshEncoded> encoded = encode_mesh(mesh, options);
  ASSERT_TRUE(encoded.ok());
  const Result<MeshDecoded> decoded = decode_mesh(encoded->bytes, {});
  MeshVertexBits each;
  ASSERT_TRUE(inspect_mesh(encoded->bytes, {}, &each).ok());
  double rough = 0, smooth = 0;
  for (size_t v = 0; v < decoded->mesh.vertices(); ++v) (is_rough(decoded->mesh, v) ? rough : smooth) += each.positions[v];
  EXPECT_GT(rough, 1.3 * smooth);
}

/// The last bits and the order of a lossless file: bits go with their vertices into the order of the original.
TEST(CodedBitsOfMeshes, FollowTheOrderOfALosslessFile) {
  Mesh mesh = wavy_sheet(40, 40);
  // In the second half of the sheet the height is always the same, and so are its last bits.
  for (size_t v = 800; v < 1600; ++v) mesh.position[3 * v + 2] = 1;
  MeshEncodeOptions options;
  options.mode = MeshMode::lossless;
  const Result<MeshEncoded> encoded = encode_mesh(mesh, options);
  ASSERT_TRUE(encoded.ok());
  MeshVertexBits each;
  ASSERT_TRUE(inspect_mesh(encoded->bytes, {}, &each).ok());
  ASSERT_EQ(each.positions.size(), 1600u);
  double rough = 0, plain = 0;
  for (size_t v = 0; v < 1600; ++v) (v < 800 ? rough : plain) += each.positions[v];
  EXPECT_GT(rough, 2 * plain);
}

}  // namespace
}  // namespace dew::viewer
