// SPDX-License-Identifier: Apache-2.0
// Trained scenes without loss, from ../shared/data; skipped where that is missing.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "gaussians/codec.h"
#include "gaussians/coding/lossless_splats.h"
#include "gaussians/io/read_splats.h"
#include "tests/support/any_splats.h"

namespace dew {
namespace {

struct Scene {
  const char* path;
  double most_bits;  ///< a splat; 1.005 times what was measured
};

class LosslessScenes : public testing::TestWithParam<Scene> {};

TEST_P(LosslessScenes, ComeBackAndAreAsSmallAsStated) {
  std::ifstream file(std::string(DEW_SHARED_DATA) + "/splats/" + GetParam().path, std::ios::binary);
  if (!file) GTEST_SKIP() << "needs ../shared/data/splats/" << GetParam().path;
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const Result<SplatInput> input = read_splats(as_bytes(text), {});
  ASSERT_TRUE(input.ok()) << input.error().message;
  const Splats& splats = input->splats;
  const Result<Bytes> coded = encode_lossless_chunk(splats, 0, splats.count());
  ASSERT_TRUE(coded.ok());
  EXPECT_LT(8 * static_cast<double>(coded->size()) / static_cast<double>(splats.count()), GetParam().most_bits);

  Splats back;
  back.sh_degree = splats.sh_degree;
  back.resize(splats.count());
  for (const ExtraProperty& extra : splats.extra) back.extra.push_back({extra.name, extra.type, Bytes(extra.data.size())});
  Budget budget{DecodeLimits{}};
  ASSERT_TRUE(decode_lossless_chunk(*coded, back, 0, splats.count(), budget).ok());
  const auto same = [](const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), 4 * a.size()) == 0);
  };
  EXPECT_TRUE(same(splats.position, back.position) && same(splats.log_scale, back.log_scale) && same(splats.rotation, back.rotation));
  EXPECT_TRUE(same(splats.opacity_logit, back.opacity_logit) && same(splats.dc, back.dc) && same(splats.sh, back.sh));
  EXPECT_EQ(splats.extra, back.extra);
}

INSTANTIATE_TEST_SUITE_P(Shared, LosslessScenes,
                         testing::Values(Scene{"try-7k/point_cloud.ply", 1182}, Scene{"fruit-drops/fruit_drops_minimal.ply", 1363},
                                         Scene{"meadow-tiles/lod1_tile_0_0.5x.ply", 350}, Scene{"dog/bolosleep.ply", 217}));

class QuantisedSources : public testing::TestWithParam<const char*> {};

/// A file of whole numbers is no reason to write floats: the lossless file must be smaller, and give back the floats that its reader gives.
TEST_P(QuantisedSources, LosslessFilesAreSmallerThanTheirSource) {
  std::ifstream file(std::string(DEW_SHARED_DATA) + "/splats/" + GetParam(), std::ios::binary);
  if (!file) GTEST_SKIP() << "needs ../shared/data/splats/" << GetParam();
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const Result<SplatInput> input = read_splats(as_bytes(text), {});
  ASSERT_TRUE(input.ok()) << input.error().message;
  SplatEncodeOptions options;
  options.mode = SplatMode::lossless;
  const Result<SplatEncoded> encoded = encode_splats(input->splats, options);
  ASSERT_TRUE(encoded.ok());
  EXPECT_LT(encoded->bytes.size(), text.size());
  const Result<SplatDecoded> decoded = decode_splats(encoded->bytes, {}, {});
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_TRUE(test::same_bits(decoded->splats, input->splats));
  EXPECT_EQ(decoded->splats.source, input->splats.source);
}

INSTANTIATE_TEST_SUITE_P(Shared, QuantisedSources,
                         testing::Values("statues/angel.sog", "statues/angel.compressed.ply", "wave-flipbook/wave_0001.sog",
                                         "biker/biker.spz", "try-7k/model.splat"));

}  // namespace
}  // namespace dew
