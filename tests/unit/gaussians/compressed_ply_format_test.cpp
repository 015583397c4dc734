// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/compressed_ply.h"
#include "io_support.h"

namespace dew {
namespace {

using namespace test;

/// One splat in a chunk from -1 to 3 (positions), -4 to -2 (log-scales), without ranges of colours, as older programs wrote it.
Bytes old_file(uint32_t chunks = 1) {
  std::string text = "ply\nformat binary_little_endian 1.0\ncomment old\nelement chunk " + std::to_string(chunks) + "\n";
  for (const char* name : {"min_x", "min_y", "min_z", "max_x", "max_y", "max_z", "min_scale_x", "min_scale_y", "min_scale_z", "max_scale_x",
                           "max_scale_y", "max_scale_z"}) {
    text += std::string("property float ") + name + "\n";
  }
  text += "element vertex 1\n";
  for (const char* name : {"position", "rotation", "scale", "color"}) text += std::string("property uint packed_") + name + "\n";
  text += "end_header\n";
  ByteWriter writer;
  writer.bytes(as_bytes(text));
  for (uint32_t chunk = 0; chunk < chunks; ++chunk) {
    for (const float end : {-1.0f, -1.0f, -1.0f, 3.0f, 3.0f, 3.0f, -4.0f, -4.0f, -4.0f, -2.0f, -2.0f, -2.0f}) writer.f32(end);
  }
  writer.u32(2047u << 21 | 0u << 11 | 2047u);      // x at its end, y at its begin, z at its end
  writer.u32(0u << 30 | 512u << 20 | 511u << 10);  // w is the largest; z is -sqrt(1/2)
  writer.u32(0u << 21 | 1023u << 11 | 0u);
  writer.u32(255u << 24 | 0u << 16 | 128u << 8 | 51u);
  return writer.take();
}

TEST(CompressedPly, OldFilesHaveColoursFromZeroToOne) {
  const auto splats = read_compressed_ply(old_file(), {});
  ASSERT_TRUE(splats.ok()) << splats.error().message;
  EXPECT_EQ(splats->position, (std::vector<float>{3, -1, 3}));
  EXPECT_EQ(splats->log_scale, (std::vector<float>{-4, -2, -4}));
  EXPECT_NEAR(colour_of_dc(splats->dc[0]), 1, 1e-6);
  EXPECT_NEAR(colour_of_dc(splats->dc[2]), 128 / 255.0, 1e-6);
  EXPECT_NEAR(sigmoid(splats->opacity_logit[0]), 0.2, 1e-6);
  EXPECT_NEAR(splats->rotation[3], -std::sqrt(0.5), 1e-6);
  EXPECT_NEAR(splats->rotation[0], std::sqrt(0.5), 1e-3);
  EXPECT_TRUE(same_values(cycled(*splats, SplatFormat::compressed_ply), *splats)) << "the range of the source is wider than the values";
}

TEST(CompressedPly, RangesOfTheSourceAreKeptOnce) {
  Random random(54);
  const Splats splats = cycled(tame_scene(random, 700, 1), SplatFormat::compressed_ply);
  EXPECT_TRUE(splats.source.header.empty());
  Splats fewer = splats;
  for (size_t i = 0; i < 700; ++i) std::copy_n(&splats.position[0], 3, &fewer.position[3 * i]);
  const Splats after = cycled(fewer, SplatFormat::compressed_ply);
  EXPECT_EQ(after.position, fewer.position);
  EXPECT_EQ(after.source.lattices.log_scale, splats.source.lattices.log_scale);
}

TEST(CompressedPly, ChunksThatAreMissingAreAnError) {
  EXPECT_EQ(read_compressed_ply(old_file(0), {}).error().code, Code::corrupt);
  EXPECT_TRUE(read_compressed_ply(old_file(3), {}).ok()) << "more than needed do no harm";
}

TEST(CompressedPly, TellsItselfFromAPlainScene) {
  EXPECT_TRUE(is_compressed_ply(old_file()));
  Random random(51);
  EXPECT_FALSE(is_compressed_ply(write_splats(tame_scene(random, 3, 0), SplatFormat::ply)->file));
}

TEST(CompressedPly, ChangedValuesGetNewRanges) {
  Random random(52);
  Splats splats = cycled(tame_scene(random, 700, 1), SplatFormat::compressed_ply);
  for (float& value : splats.position) value = value * 100 + 7;
  const Splats after = cycled(splats, SplatFormat::compressed_ply);
  EXPECT_LE(difference(splats, after).position, 1000.0 / 2046);
}

TEST(CompressedPly, ScenesInRandomOrderAreSorted) {
  Random random(53);
  const Splats splats = tame_scene(random, 20000, 0);
  const auto output = write_splats(splats, SplatFormat::compressed_ply);
  const Splats after = read_splats(output->file, {})->splats;
  EXPECT_LE(difference(in_written_order(splats, SplatFormat::compressed_ply), after).position, 10.0 / 2046);
  double mean = 0;
  const Splats before = in_written_order(splats, SplatFormat::compressed_ply);
  for (size_t i = 0; i < before.position.size(); ++i) mean += std::fabs(before.position[i] - after.position[i]);
  EXPECT_LT(mean / static_cast<double>(before.position.size()), 10.0 / 2046 / 6) << "chunks are smaller than the scene";
}

}  // namespace
}  // namespace dew
