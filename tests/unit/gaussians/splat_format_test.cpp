// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cstring>

#include "gaussians/io/splat.h"
#include "io_support.h"

namespace dew {
namespace {

using namespace test;

void put(Bytes& file, const void* data, size_t size) {
  const auto* bytes = static_cast<const std::byte*>(data);
  file.insert(file.end(), bytes, bytes + size);
}

/// A record of any position, scales of 0 and above, and any bytes.
void put_record(Random& random, Bytes& file) {
  float values[6];
  for (float& value : values) value = std::bit_cast<float>(static_cast<uint32_t>(random()));
  for (size_t c = 3; c < 6; ++c) {
    values[c] = std::fabs(values[c]);
    if (std::isnan(values[c])) values[c] = 0;
    if (random() % 4 > 0) values[c] = std::ldexp(uniform(random, 1, 2), static_cast<int>(random() % 40) - 30);
  }
  const uint64_t bytes = random();
  put(file, values, sizeof values);
  put(file, &bytes, sizeof bytes);
}

TEST(SplatFile, ComesBackByteForByte) {
  Random random(41);
  for (int round = 0; round < 20; ++round) {
    Bytes file;
    for (int i = 0; i < 500; ++i) put_record(random, file);
    const auto splats = read_splat_records(file, {});
    ASSERT_TRUE(splats.ok());
    EXPECT_TRUE(write_splat_records(*splats).file == file);
  }
}

TEST(SplatFile, ARecordIsReadAsTheViewerDoes) {
  Bytes file;
  const float values[6] = {1, -2, 3, 0.5f, 1, 2};
  const uint8_t bytes[8] = {255, 0, 128, 51, 255, 128, 128, 0};
  put(file, values, sizeof values);
  put(file, bytes, sizeof bytes);
  const Splats splats = *read_splat_records(file, {});
  EXPECT_EQ(splats.position, (std::vector<float>{1, -2, 3}));
  EXPECT_FLOAT_EQ(splats.log_scale[0], std::log(0.5f));
  EXPECT_EQ(splats.log_scale[1], 0);
  EXPECT_NEAR(colour_of_dc(splats.dc[0]), 1, 1e-6);
  EXPECT_NEAR(colour_of_dc(splats.dc[1]), 0, 1e-6);
  EXPECT_NEAR(sigmoid(splats.opacity_logit[0]), 0.2, 1e-6);
  EXPECT_EQ(splats.rotation, (std::vector<float>{127.0f / 128, 0, 0, -1}));
}

TEST(SplatFile, OpaqueAndTransparentStayFinite) {
  Splats splats;
  splats.resize(2);
  splats.opacity_logit = {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()};
  const Splats after = cycled(splats, SplatFormat::splat);
  EXPECT_GT(after.opacity_logit[0], 13);
  EXPECT_LT(after.opacity_logit[1], -13);
  EXPECT_TRUE(std::isfinite(after.opacity_logit[0]) && std::isfinite(after.opacity_logit[1]));
}

TEST(SplatFile, ChangedScalesIgnoreTheRestsOfTheSource) {
  Random random(42);
  Bytes file;
  for (int i = 0; i < 50; ++i) put_record(random, file);
  Splats splats = *read_splat_records(file, {});
  for (float& value : splats.log_scale) value = uniform(random, -5, 1);
  const Splats after = *read_splat_records(write_splat_records(splats).file, {});
  EXPECT_LT(difference(splats, after).log_scale, 1e-4) << "64 floats at most";
  splats.source.trailer.pop_back();  // no longer of this scene
  const Splats exact = *read_splat_records(write_splat_records(splats).file, {});
  EXPECT_LT(difference(splats, exact).log_scale, 1e-6);
}

}  // namespace
}  // namespace dew
