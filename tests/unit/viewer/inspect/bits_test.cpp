// SPDX-License-Identifier: Apache-2.0
// Coded bits of points: every table and every field of points adds up to the file.
#include "viewer/inspect/bits.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <string>

#include "gaussians/codec.h"
#include "pointcloud/codec.h"
#include "pointcloud/io/read_cloud.h"

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

TEST(CodedBitsOfSplats, AddUpToTheFile) {
  Splats scene;
  scene.resize(300);
  for (size_t i = 0; i < 300; ++i) {
    for (size_t k = 0; k < 3; ++k) {
      scene.position[3 * i + k] = static_cast<float>(std::sin(static_cast<double>(i * (k + 1)) * 0.7));
      scene.log_scale[3 * i + k] = -2.5f;
    }
    scene.opacity_logit[i] = 2;
  }
  SplatEncodeOptions options;
  options.effort = SplatEffort::fast;
  for (const SplatMode mode : {SplatMode::quality, SplatMode::lossless}) {
    options.mode = mode;
    const Result<SplatEncoded> encoded = encode_splats(scene, options);
    ASSERT_TRUE(encoded.ok()) << encoded.error().message;
    const Result<SplatDecoded> decoded = decode_splats(encoded->bytes, {}, {});
    ASSERT_TRUE(decoded.ok());
    const Result<CodedBits> bits = coded_bits(encoded->bytes, decoded->splats, {});
    ASSERT_TRUE(bits.ok()) << bits.error().message;
    const auto size = static_cast<double>(encoded->bytes.size());
    EXPECT_NEAR(bytes_of(bits->by_part), size, 1e-6 * size);
    EXPECT_NEAR(bytes_of(bits->by_slice), size, 1e-6 * size);
    EXPECT_NEAR(bytes_of(bits->of_points[0]), size, 1e-4 * size);
  }
}

}  // namespace
}  // namespace dew::viewer
