// SPDX-License-Identifier: Apache-2.0
// Splat files of the format as it is, in tests/golden/v0/splats: every build must decode them to the same content, refuse the damaged ones
// alike, and write the very same bytes from the scenes they were made of. `make golden` (this program with DEW_GOLDEN_WRITE=1) writes them
// anew, which before 1.0 a change of the format may ask for; it also writes the seeds of splats_decode_fuzz. Scenes are random, from fixed
// seeds.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "entropy/kernel/dispatch.h"
#include "gaussians/coding/scene_hash.h"
#include "gaussians/coding/scene_header.h"
#include "tests/support/splat_codec_suite.h"

namespace dew::test {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(DEW_SOURCE_DIR) / "tests/golden/v0/splats";
const std::filesystem::path kSeeds = std::filesystem::path(DEW_SOURCE_DIR) / "tests/fuzz/corpus/splats_decode_fuzz";

struct Golden {
  std::string name;
  Splats scene;
  SplatEncodeOptions options;
};

std::vector<Golden> goldens() {
  const auto scene = [](uint64_t seed, const RandomSplatsOptions& options) {
    Random random(seed);
    return random_splats(random, options);
  };
  const auto options = [](double quality_db, bool keep_order, SplatEffort effort = SplatEffort::fast) {
    SplatEncodeOptions chosen = small_views({}, 2);
    chosen.effort = effort;
    chosen.quality_db = quality_db;
    chosen.keep_order = keep_order;
    return chosen;
  };
  SplatEncodeOptions budget = small_views(in_mode(SplatMode::budget), 2);
  budget.budget_bytes = 4000;
  Splats ply = scene(6, {.count = 60, .sh_degree = 1, .nan_share = 0.1, .normals = true, .extra_properties = 3});
  ply.source = {SplatFormat::ply, Bytes(40, std::byte{65}), Bytes(3, std::byte{66})};
  return {{"lossy_degree0", scene(1, {.count = 400, .sh_degree = 0}), options(40, false)},
          {"lossy_degree3", scene(2, {.count = 250, .sh_degree = 3, .outlier_share = 0.02}), options(36, false, SplatEffort::normal)},
          {"lossy_layers", scene(3, {.count = 4500, .sh_degree = 1}), options(30, false)},
          {"keep_order", scene(4, {.count = 300, .sh_degree = 2, .normals = true, .extra_properties = 2}), options(38, true)},
          {"budget", scene(5, {.count = 600, .sh_degree = 1}), budget},
          {"lossless", ply, in_mode(SplatMode::lossless)},
          {"lossless_quantised", scene(7, {.count = 40, .sh_degree = 3, .quantised = true}), in_mode(SplatMode::lossless)},
          {"lossless_lattices", scene(8, {.count = 60, .sh_degree = 1, .on_lattices = true}), in_mode(SplatMode::lossless)},
          {"lossless_empty", Splats{}, in_mode(SplatMode::lossless)}};
}

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const ByteSpan bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

void write_file(const std::filesystem::path& path, ByteSpan bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(file.good()) << path;
}

/// As splats_decode_fuzz takes it.
Bytes fuzz_seed(ByteSpan file) {
  const Result<ContainerReader> container = ContainerReader::open(file, {});
  ByteWriter seed;
  seed.u8(0);
  for (const Chunk& chunk : container->chunks()) {
    seed.u8(static_cast<uint8_t>(chunk.type - kSceneChunk));
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
  Bytes flipped = file, cut = file;
  flipped[file.size() / 2] ^= std::byte{1};
  cut.resize(file.size() - 40);
  const Result<ContainerReader> container = ContainerReader::open(file, {});
  Result<SceneHeader> header = read_scene_header(container->chunks()[0].payload, 0, {});
  header->numbers.splats += 1;
  ByteWriter more;
  EXPECT_TRUE(write_scene_header(*header, more).ok());
  return {{"reject_flipped_bit", flipped}, {"reject_cut", cut}, {"reject_splat_count", with_chunk(file, 0, more.bytes())}};
}

void write_goldens() {
  std::filesystem::create_directories(kGolden);
  std::filesystem::create_directories(kSeeds);
  std::ofstream list(kGolden / "list.txt");
  Bytes first;
  for (const Golden& golden : goldens()) {
    const Result<SplatEncoded> encoded = encode_splats(golden.scene, golden.options);
    ASSERT_TRUE(encoded.ok()) << golden.name << encoded.error().message;
    const Result<SplatDecoded> decoded = decode_splats(encoded->bytes, {}, {});
    ASSERT_TRUE(decoded.ok()) << golden.name;
    write_file(kGolden / (golden.name + ".dew"), encoded->bytes);
    if (encoded->bytes.size() < 8000) write_file(kSeeds / golden.name, fuzz_seed(encoded->bytes));
    list << golden.name << ' ' << to_hex(hash_of(decoded->splats)) << '\n';
    if (first.empty()) first = encoded->bytes;
  }
  for (const Reject& reject : rejects(first)) {
    const Result<SplatDecoded> decoded = decode_splats(reject.bytes, {}, {});
    ASSERT_FALSE(decoded.ok()) << reject.name;
    write_file(kGolden / (reject.name + ".dew"), reject.bytes);
    list << reject.name << ' ' << code_name(decoded.error().code) << '\n';
  }
}

std::vector<std::pair<std::string, std::string>> golden_list() {
  std::ifstream list(kGolden / "list.txt");
  std::vector<std::pair<std::string, std::string>> lines;
  for (std::string name, expected; list >> name >> expected;) lines.emplace_back(name, expected);
  return lines;
}

class SplatCodecGolden : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (std::getenv("DEW_GOLDEN_WRITE") != nullptr) write_goldens();
  }
};

TEST_F(SplatCodecGolden, FilesDecodeToTheirContents) {
  size_t files = 0;
  for (const auto& [name, expected] : golden_list()) {
    if (name.starts_with("reject_")) continue;
    const Bytes file = read_file(kGolden / (name + ".dew"));
    for (const unsigned threads : {1u, 3u}) {
      SplatDecodeOptions options;
      options.threads = threads;
      const Result<SplatDecoded> decoded = decode_splats(file, options, {});
      ASSERT_TRUE(decoded.ok()) << name << ": " << decoded.error().message;
      EXPECT_EQ(to_hex(hash_of(decoded->splats)), expected) << name;
    }
    const Result<ContainerReader> container = ContainerReader::open(file, {});
    ASSERT_TRUE(container.ok() && container->content_hash().has_value()) << name;
    EXPECT_EQ(to_hex(*container->content_hash()), expected) << name;
    ++files;
  }
  EXPECT_EQ(files, goldens().size());
}

TEST_F(SplatCodecGolden, LosslessFilesHoldTheScenes) {
  for (const Golden& golden : goldens()) {
    if (golden.options.mode != SplatMode::lossless) continue;
    const Result<SplatDecoded> decoded = decode_splats(read_file(kGolden / (golden.name + ".dew")), {}, {});
    ASSERT_TRUE(decoded.ok()) << golden.name;
    EXPECT_TRUE(same_bits(decoded->splats, golden.scene)) << golden.name;
    EXPECT_EQ(decoded->splats.source, golden.scene.source) << golden.name;
  }
}

/// An encoder is no part of the format, but the same one gives the same bytes, whatever compiler built it.
TEST_F(SplatCodecGolden, EncodingGivesTheSameBytes) {
  for (const Golden& golden : goldens()) {
    const Result<SplatEncoded> encoded = encode_splats(golden.scene, golden.options);
    ASSERT_TRUE(encoded.ok()) << golden.name;
    EXPECT_TRUE(encoded->bytes == read_file(kGolden / (golden.name + ".dew"))) << golden.name;
  }
}

/// The encoder looks at renders, so these must not depend on what the processor has.
TEST_F(SplatCodecGolden, EveryInstructionSetGivesTheSameBytes) {
  for (const std::string& target : kernel::simd_targets()) {
    ASSERT_TRUE(kernel::use_simd_target(target));
    for (const Golden& golden : goldens()) {
      if (golden.options.mode == SplatMode::lossless) continue;
      const Result<SplatEncoded> encoded = encode_splats(golden.scene, golden.options);
      ASSERT_TRUE(encoded.ok()) << golden.name;
      EXPECT_TRUE(encoded->bytes == read_file(kGolden / (golden.name + ".dew"))) << golden.name << " with " << target;
    }
  }
  EXPECT_TRUE(kernel::simd_targets().empty() || kernel::use_simd_target(""));
}

TEST_F(SplatCodecGolden, RejectsAreRefusedWithTheirCodes) {
  size_t files = 0;
  for (const auto& [name, expected] : golden_list()) {
    if (!name.starts_with("reject_")) continue;
    const Result<SplatDecoded> decoded = decode_splats(read_file(kGolden / (name + ".dew")), {}, {});
    ASSERT_FALSE(decoded.ok()) << name;
    EXPECT_EQ(code_name(decoded.error().code), expected) << name << ": " << decoded.error().message;
    ++files;
  }
  EXPECT_EQ(files, 3u);
}

}  // namespace
}  // namespace dew::test
