// SPDX-License-Identifier: Apache-2.0
// Other people's files, from a folder that is not part of the repository; skipped where it is not there.
#include "io_support.h"

namespace dew {
namespace {

namespace fs = std::filesystem;
using namespace test;

const fs::path kFolder = fs::path(DEW_SHARED_DATA) / "splats";

struct Expected {
  const char* path;
  SplatFormat format;
  size_t count;
  uint32_t degree;
};

constexpr Expected kFiles[] = {
    {"banana/splat.ply", SplatFormat::ply, 11458, 3},
    {"fruit-drops/fruit_drops_minimal.ply", SplatFormat::ply, 4721, 3},
    {"try-7k/point_cloud.ply", SplatFormat::ply, 9080, 3},
    {"try-7k/model.splat", SplatFormat::splat, 22764, 0},
    {"meadow-tiles/lod1_tile_0_0.5x.ply", SplatFormat::ply, 14051, 3},
    {"meadow-tiles/lod3_tile_0.ply", SplatFormat::ply, 1971, 3},
    {"dog/bolosleep.ply", SplatFormat::ply, 24988, 0},
    {"chair-splat/model.splat", SplatFormat::splat, 111650, 0},
    {"biker/biker.compressed.ply", SplatFormat::compressed_ply, 152746, 0},
    {"biker/biker.spz", SplatFormat::spz, 152746, 0},
    {"statues/angel.sog", SplatFormat::sog, 71359, 0},
    {"statues/angel.compressed.ply", SplatFormat::compressed_ply, 71377, 0},
    {"statues/st-peter.sog", SplatFormat::sog, 133618, 0},
    {"statues/trumpet.sog", SplatFormat::sog, 89292, 0},
    {"flowers-sog/0_3/meta.json", SplatFormat::sog, 98807, 2},
    {"flowers-sog/2_0/meta.json", SplatFormat::sog, 92802, 2},
    {"flowers-sog/3_0/meta.json", SplatFormat::sog, 26895, 2},
    {"wave-flipbook/wave_0001.sog", SplatFormat::sog, 4225, 0},
    {"wave-flipbook/wave_0100.sog", SplatFormat::sog, 4225, 0},
    {"fox/scene.ply", SplatFormat::ply, 81881, 3},
    {"lego/scene.ply", SplatFormat::ply, 66000, 3},
    {"format-fixtures/minimal.splat", SplatFormat::splat, 4, 0},
    {"format-fixtures/minimal.ksplat", SplatFormat::ksplat, 4, 0},
    {"format-fixtures/minimal-v2.spz", SplatFormat::spz, 4, 0},
    {"format-fixtures/minimal-v3.spz", SplatFormat::spz, 4, 0},
    {"format-fixtures/minimal-v4.spz", SplatFormat::spz, 4, 0},
    {"format-fixtures/minimal-raw.spz", SplatFormat::spz, 4, 0},
    {"format-fixtures/khr_conformance_matrix.gltf", SplatFormat::gltf, 15, 3},
    {"format-fixtures/khr_conformance_matrix.glb", SplatFormat::gltf, 15, 3},
    {"format-fixtures/khr_extensible_fallback.gltf", SplatFormat::gltf, 1, 0},
    {"format-fixtures/pc_short.ply", SplatFormat::ply, 100, 3},
};

Result<SplatInput> read(const std::string& name) {
  const fs::path path = kFolder / name;
  return read_splats(read_whole_file(path), {}, path.extension().string(), siblings_of(path));
}

class SharedSplats : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kFolder)) GTEST_SKIP() << kFolder << " is not there";
    if (!is_built(SplatFormat::spz) || !is_built(SplatFormat::sog)) GTEST_SKIP() << "built without zlib, zstd or libwebp";
  }
};

TEST_F(SharedSplats, EveryFileReads) {
  for (const Expected& expected : kFiles) {
    const fs::path path = kFolder / expected.path;
    const Bytes bytes = read_whole_file(path);
    EXPECT_TRUE(looks_like_splats(bytes, path.extension().string())) << path;
    const auto input = read(expected.path);
    ASSERT_TRUE(input.ok()) << path << ": " << input.error().message;
    EXPECT_EQ(input->splats.source.format, expected.format) << path;
    EXPECT_EQ(input->splats.count(), expected.count) << path;
    EXPECT_EQ(input->splats.sh_degree, expected.degree) << path;
    for (const float value : input->splats.position) ASSERT_TRUE(std::isfinite(value)) << path;
    for (const float value : input->splats.opacity_logit) ASSERT_TRUE(std::isfinite(value)) << path;
  }
}

TEST_F(SharedSplats, WritingTheSameFormatAgainKeepsEveryValue) {
  for (const Expected& expected : kFiles) {
    if (expected.format == SplatFormat::ksplat || expected.format == SplatFormat::gltf) continue;
    const auto input = read(expected.path);
    ASSERT_TRUE(input.ok()) << expected.path;
    EXPECT_TRUE(same_values(cycled(input->splats, expected.format), input->splats)) << expected.path;
  }
}

TEST_F(SharedSplats, UnquantisedFormatsComeBackByteForByte) {
  for (const Expected& expected : kFiles) {
    if (expected.format != SplatFormat::ply && expected.format != SplatFormat::splat) continue;
    const auto input = read(expected.path);
    ASSERT_TRUE(input.ok());
    const auto output = write_splats(input->splats, expected.format);
    ASSERT_TRUE(output.ok());
    EXPECT_TRUE(output->file == read_whole_file(kFolder / expected.path)) << expected.path;
    EXPECT_TRUE(output->losses.empty()) << expected.path << ": " << output->losses.front();
  }
}

// One scene in two formats with opposite y and z: they agree within the steps of both.
TEST_F(SharedSplats, BikerIsTheSameInBothFormats) {
  const Splats spz = read("biker/biker.spz")->splats, ply = read("biker/biker.compressed.ply")->splats;
  const Difference apart = difference(spz, ply);
  EXPECT_LT(apart.position, 0.01) << "a chunk's range over 2047, and 1/4096";
  EXPECT_LT(apart.alpha, 1.01 / 255);
}

TEST_F(SharedSplats, FixturesOfOneSceneAgree) {
  // Version 2 stands on its own: its writer had other axes and another step.
  EXPECT_TRUE(same_values(read("format-fixtures/minimal-v2.spz")->splats, read("format-fixtures/minimal-raw.spz")->splats));
  EXPECT_TRUE(same_values(read("format-fixtures/minimal-v3.spz")->splats, read("format-fixtures/minimal-v4.spz")->splats));
  const Difference apart = difference(read("format-fixtures/minimal.splat")->splats, read("format-fixtures/minimal.ksplat")->splats);
  EXPECT_EQ(apart.position, 0);
  EXPECT_LT(apart.log_scale, 1e-6);
  EXPECT_EQ(apart.dc, 0);
}

TEST_F(SharedSplats, TheConformanceMatrixOfGltfHasItsValues) {
  const auto input = read("format-fixtures/khr_conformance_matrix.gltf");
  const Splats& splats = input->splats;
  EXPECT_NE(input->note.find("logarithms"), std::string::npos) << input->note;
  EXPECT_TRUE(same_values(splats, read("format-fixtures/khr_conformance_matrix.glb")->splats));
  // Mesh 0: position 1 2 3, rotation x y z w of 1 0 0 0, scale 0 0.5 -0.5, opacity 0.25; x turns, y turns, z stays.
  EXPECT_EQ(splats.position[0], -1);
  EXPECT_EQ(splats.position[1], -2);
  EXPECT_EQ(splats.position[2], 3);
  for (const size_t mesh : {0u, 1u, 2u}) EXPECT_EQ(std::fabs(splats.rotation[4 * mesh + 1]), 1) << "whatever its encoding";
  EXPECT_EQ(splats.log_scale[1], 0.5f);
  EXPECT_FLOAT_EQ(splats.log_scale[3 * 4 + 1], -2) << "signed bytes";
  EXPECT_FLOAT_EQ(splats.log_scale[3 * 7 + 2], -1) << "normalised 16-bit integers";
  EXPECT_NEAR(sigmoid(splats.opacity_logit[8]), 0.75, 1e-6);
  EXPECT_NEAR(sigmoid(splats.opacity_logit[9]), 64 / 255.0, 1e-6);
  EXPECT_NEAR(sigmoid(splats.opacity_logit[10]), 16384 / 65535.0, 1e-6);
  EXPECT_FLOAT_EQ(std::fabs(splats.sh[45 * 14 + 15 * 2 + 14]), 15.3f) << "degree 3, coefficient 6, blue";
}

// What damage does to real files of each format: an error or a scene of the right shape, never more.
TEST_F(SharedSplats, DamageNeverBreaksAReader) {
  Random random(5);
  for (const Expected& expected : kFiles) {
    const fs::path path = kFolder / expected.path;
    Bytes bytes = read_whole_file(path);
    if (bytes.size() > (1u << 21)) bytes.resize(1u << 21);
    const auto siblings = siblings_of(path);
    for (int round = 0; round < 12; ++round) {
      Bytes damaged = bytes;
      if (round % 3 == 0) damaged.resize(random() % damaged.size());
      const size_t hits = 1 + random() % 8;
      const size_t reach = round % 2 == 0 ? damaged.size() : std::min<size_t>(damaged.size(), 600);
      for (size_t hit = 0; hit < hits && reach > 0; ++hit) damaged[random() % reach] = static_cast<std::byte>(random());
      const auto input = read_splats(damaged, {}, path.extension().string(), siblings);
      if (input.ok()) {
        EXPECT_TRUE(check_shape(input->splats).ok()) << path;
      } else {
        EXPECT_NE(input.error().code, Code::internal) << path;
      }
    }
  }
}

}  // namespace
}  // namespace dew
