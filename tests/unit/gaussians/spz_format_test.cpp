// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/axes.h"
#include "gaussians/io/spz.h"
#include "gaussians/io/spz_codes.h"
#include "io_support.h"

namespace dew {
namespace {

using namespace test;

/// One splat of version 2 without gzip: position 1, -0.5, 0.25 in 8 bits after the point.
Bytes plain_v2() {
  ByteWriter writer;
  writer.u32(spz::kMagic);
  writer.u32(2);
  writer.u32(1);
  writer.u32(8u << 8 | 1u << 16);  // degree 0, 8 bits, anti-aliased
  for (const int32_t steps : {256, -128, 64}) {
    for (int shift = 0; shift < 24; shift += 8) writer.u8(static_cast<uint8_t>(steps >> shift));
  }
  for (const int byte : {51, 255, 0, 128, 160, 0, 255, 255, 128, 128}) writer.u8(static_cast<uint8_t>(byte));
  return writer.take();
}

class Spz : public testing::Test {
 protected:
  void SetUp() override {
    if (!is_built(SplatFormat::spz)) GTEST_SKIP() << "built without zlib or zstd";
  }
  static uint32_t version_of(const Splats& splats) { return spz::read_header(splats.source.header)->version; }
};

TEST_F(Spz, AFileOfVersion2IsReadByItsDescription) {
  const auto input = read_spz(plain_v2(), {});
  ASSERT_TRUE(input.ok()) << input.error().message;
  const Splats& splats = input->splats;
  EXPECT_EQ(splats.position, (std::vector<float>{1, 0.5f, -0.25f})) << "y and z turn";
  EXPECT_EQ(splats.log_scale, (std::vector<float>{0, -10, 5.9375f}));
  EXPECT_NEAR(sigmoid(splats.opacity_logit[0]), 0.2, 1e-6);
  EXPECT_NEAR(splats.dc[0], 0.5 / 0.15, 1e-5);
  EXPECT_NEAR(splats.dc[1], -0.5 / 0.15, 1e-5);
  EXPECT_EQ(splats.rotation[1], 1);
  EXPECT_EQ(splats.rotation[0], 0) << "no room is left for w";
}

TEST_F(Spz, VersionFlagsAndValuesOfTheSourceComeBack) {
  const Splats v2 = read_spz(plain_v2(), {})->splats;
  const Splats again = cycled(v2, SplatFormat::spz);
  EXPECT_TRUE(same_values(v2, again));
  EXPECT_EQ(version_of(again), 2u);
  EXPECT_EQ(spz::read_header(again.source.header)->flags, 1);
  Random random(61);
  for (const uint32_t version : {2u, 3u, 4u}) {
    for (uint32_t degree = 0; degree <= 3; ++degree) {
      Splats scene = tame_scene(random, 100, degree);
      scene.source = v2.source;
      std::memcpy(&scene.source.header[4], &version, 4);
      const Splats once = cycled(scene, SplatFormat::spz);
      EXPECT_EQ(version_of(once), version);
      EXPECT_LE(difference(once, scene).rotation_degrees, version == 2 ? 10 : 0.3) << "version 2 has no code for w near 0";
      EXPECT_TRUE(same_values(once, cycled(once, SplatFormat::spz)));
    }
  }
}

TEST_F(Spz, BitsAfterThePointFollowTheRange) {
  Splats splats;
  splats.resize(1);
  const auto bits = [&](float x) {
    splats.position[0] = x;
    return static_cast<int>(spz::read_header(cycled(splats, SplatFormat::spz).source.header)->fractional_bits);
  };
  EXPECT_EQ(bits(0.1f), 12);
  EXPECT_EQ(bits(2047), 12);
  EXPECT_EQ(bits(-2048), 12) << "the negative end reaches a step further";
  EXPECT_EQ(bits(2048), 11);
  EXPECT_EQ(bits(2049), 11);
  EXPECT_EQ(bits(-5000), 10);
  EXPECT_EQ(bits(8e6f), 0);
  EXPECT_EQ(bits(1.0f / (1 << 24)), 24);
  EXPECT_EQ(bits(1 + 1.0f / 65536), 16) << "a grid finer than usual is kept";
  splats.position[0] = 1e9f;
  const auto output = write_splats(splats, SplatFormat::spz);
  ASSERT_EQ(output->losses.size(), 1u);
  EXPECT_EQ(read_splats(output->file, {})->splats.position[0], 8388607);
}

TEST_F(Spz, RealCoefficientsAreCoarseUnlessAskedOtherwise) {
  Random random(62);
  const Splats scene = tame_scene(random, 300, 3);
  EXPECT_GT(difference(cycled(scene, SplatFormat::spz), scene).sh, 1.0 / 32);
  EXPECT_LE(difference(cycled(scene, SplatFormat::spz, {.spz_full_sh = true}), scene).sh, 1.0 / 255);
  const Splats fine = cycled(scene, SplatFormat::spz, {.spz_full_sh = true});
  EXPECT_TRUE(same_values(cycled(fine, SplatFormat::spz), fine)) << "bytes are not made coarser again";
}

TEST_F(Spz, AnExtensionRecordNamesTheAxes) {
  Random random(63);
  Splats scene = tame_scene(random, 20, 2);
  const auto output = write_splats(scene, SplatFormat::spz);
  for (uint32_t code = 0; code <= 9; ++code) {
    ByteWriter writer;
    writer.bytes(ByteSpan(output->file).first(14));
    writer.u8(spz::kHasExtensions);
    writer.bytes(ByteSpan(output->file).subspan(15, 1));
    writer.u32(32 + 12 + 12);
    writer.bytes(Bytes(12));
    for (const uint32_t word : {0x12345678u, 4u, 0u, spz::kAxesRecord, 4u, code}) writer.u32(word);
    writer.bytes(ByteSpan(output->file).subspan(32));
    const Bytes file = writer.take();
    const auto input = read_spz(file, {});
    if (code == 9) {
      EXPECT_EQ(input.error().code, Code::unsupported_feature);
      continue;
    }
    ASSERT_TRUE(input.ok()) << input.error().message;
    const Axes axes = code == 0 ? kRightUpBack : Axes{((code - 1) & 1) != 0, ((code - 1) & 2) != 0, ((code - 1) & 4) != 0};
    Splats expected = read_splats(output->file, {})->splats;
    convert_axes(expected, kRightDownForward, kRightUpBack);
    convert_axes(expected, axes, kRightDownForward);
    EXPECT_TRUE(same_values(input->splats, expected)) << code;
    const Splats again = cycled(input->splats, SplatFormat::spz);
    EXPECT_TRUE(same_values(again, input->splats)) << "the record is kept, so the axes are";
    EXPECT_EQ(again.source.header.size(), 56u);
  }
}

TEST_F(Spz, DegreeFourIsCut) {
  Random random(64);
  Splats scene = tame_scene(random, 2, 3);
  const auto output = write_splats(scene, SplatFormat::spz, {.spz_full_sh = true});
  ByteWriter sh;
  const Splats three = read_splats(output->file, {})->splats;
  for (int i = 0; i < 2 * 72; ++i) sh.u8(static_cast<uint8_t>(100 + i % 72));
  const Bytes packed = *zstd_compress_all(sh.bytes());
  ByteReader table(ByteSpan(output->file).subspan(32 + 5 * 16));
  const uint64_t old_packed = *table.u64();
  ByteWriter writer;
  writer.bytes(ByteSpan(output->file).first(12));
  writer.u8(4);
  writer.bytes(ByteSpan(output->file).subspan(13, 32 + 5 * 16 - 13));
  writer.u64(packed.size());
  writer.u64(2 * 72);
  writer.bytes(ByteSpan(output->file).subspan(32 + 6 * 16, output->file.size() - 32 - 6 * 16 - static_cast<size_t>(old_packed)));
  writer.bytes(packed);
  const auto input = read_spz(writer.bytes(), {});
  ASSERT_TRUE(input.ok()) << input.error().message;
  EXPECT_FALSE(input->note.empty());
  EXPECT_EQ(input->splats.sh_degree, 3u);
  EXPECT_EQ(input->splats.position, three.position);
  EXPECT_EQ(std::fabs(input->splats.sh[0]), 28.0f / 128) << "red of the first coefficient";
  EXPECT_EQ(std::fabs(input->splats.sh[45 + 15]), 27.0f / 128) << "green of the second splat's first";
}

TEST_F(Spz, UnknownVersionsAreNamed) {
  for (const int version : {0, 1, 5, 200}) {
    Bytes file = plain_v2();
    file[4] = static_cast<std::byte>(version);
    EXPECT_EQ(read_spz(file, {}).error().code, Code::unsupported_version);
  }
}

}  // namespace
}  // namespace dew
