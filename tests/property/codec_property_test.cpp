// SPDX-License-Identifier: Apache-2.0
// Random contents under random options, with fixed seeds: what is decoded is what went in, within the bound. A failure names its seed.
#include <gtest/gtest.h>

#include "tests/support/codec_suite.h"

namespace dew::test {
namespace {

EncodeOptions any_options(Random& random) {
  EncodeOptions options;
  options.mode = static_cast<Mode>(below(random, 3));
  options.effort = static_cast<Effort>(below(random, 3));
  constexpr double kBounds[] = {0.000001, 0.0004, 0.01, 0.05, 0.3, 7};
  if (options.mode == Mode::max_error) options.max_error_m = kBounds[below(random, 6)];
  options.slice_count = static_cast<uint32_t>(below(random, 41));
  if (below(random, 5) == 0) options.slice_bytes = 1200 + static_cast<uint32_t>(below(random, 5000));
  options.threads = 1 + static_cast<uint32_t>(below(random, 3));
  options.embed_models = below(random, 4) == 0;
  options.verify = false;
  return options;
}

class CodecProperty : public testing::TestWithParam<uint64_t> {};

TEST_P(CodecProperty, CloudsComeBack) {
  Random random(GetParam());
  for (int round = 0; round < 12; ++round) {
    Cloud cloud = any_cloud(random, below(random, below(random, 4) == 0 ? 9000 : 400), below(random, 3) != 0);
    if (cloud.fields.size() >= 3 && cloud.fields[0].name == "x" && below(random, 3) == 0) {
      // Organised, with places that hold nothing.
      const uint32_t empty = 0x7fc00000;
      for (uint64_t i = 0; i < cloud.points; i += 1 + below(random, 9)) {
        for (size_t axis = 0; axis < 3; ++axis) std::memcpy(cloud.fields[axis].data.data() + 4 * i, &empty, 4);
      }
      if (cloud.points % 2 == 0 && cloud.points > 0) cloud.width = static_cast<uint32_t>(cloud.points / 2), cloud.height = 2;
    }
    const EncodeOptions options = any_options(random);
    const Result<Encoded> encoded = encode(cloud, options);
    ASSERT_TRUE(encoded.ok()) << encoded.error().message;
    const Result<Decoded> decoded = decode(encoded->bytes, {}, {});
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    const Cloud& back = std::get<Cloud>(decoded->content);
    EXPECT_TRUE(same_other_fields(cloud, back));
    if (options.mode == Mode::lossless) {
      EXPECT_TRUE(same_bits(cloud, back));
    } else {
      EXPECT_LE(largest_error_m(cloud, back), options.max_error_m);
    }
  }
}

TEST_P(CodecProperty, ScansComeBack) {
  Random random(GetParam() + 1000);
  for (int round = 0; round < 4; ++round) {
    Scan scan = random_scan(random, 1 + static_cast<uint32_t>(below(random, 300)), 1 + static_cast<uint32_t>(below(random, 40)), 2);
    scan.tick_um = static_cast<uint32_t>(below(random, 5000));
    scan.azimuth_units_per_turn = static_cast<uint32_t>(below(random, 70000));
    // Surfaces with gaps, so that neighbours count.
    const uint32_t rough = 1 + static_cast<uint32_t>(below(random, 3000));
    for (size_t i = 0; i < scan.range.size(); ++i)
      scan.range[i] = below(random, 6) == 0 ? 0 : 2000 + static_cast<uint32_t>(below(random, rough));
    const EncodeOptions options = any_options(random);
    const Result<Encoded> encoded = encode(scan, options);
    ASSERT_TRUE(encoded.ok()) << encoded.error().message;
    const Result<Decoded> decoded = decode(encoded->bytes, {}, {});
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    const Scan& back = std::get<Scan>(decoded->content);
    if (options.mode != Mode::max_error) {
      EXPECT_TRUE(scan == back);
      continue;
    }
    EXPECT_EQ(scan.intensity, back.intensity);
    for (size_t i = 0; i < scan.range.size(); ++i) {
      ASSERT_EQ(scan.range[i] == 0, back.range[i] == 0);
      ASSERT_LE(std::abs(static_cast<double>(scan.range[i]) - static_cast<double>(back.range[i])) * scan.tick_um * 1e-6,
                options.max_error_m * (1 + 1e-9));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, CodecProperty, testing::Range(uint64_t{1}, uint64_t{9}));

}  // namespace
}  // namespace dew::test
