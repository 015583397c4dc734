// SPDX-License-Identifier: Apache-2.0
// Random scenes, degenerate values among them, under random options, with fixed seeds: what is decoded is what was promised. A failure
// names its seed.
#include <gtest/gtest.h>

#include "gaussians/coding/scene_header.h"
#include "gaussians/coding/splat_group.h"
#include "gaussians/metrics.h"
#include "gaussians/render/render.h"
#include "tests/support/splat_codec_suite.h"

namespace dew::test {
namespace {

bool is_finite(const Splats& splats) {
  for (const auto* values : {&splats.position, &splats.log_scale, &splats.rotation, &splats.opacity_logit, &splats.dc, &splats.sh}) {
    for (const float value : *values) {
      if (!std::isfinite(value)) return false;
    }
  }
  return true;
}

double psnr_db(const Splats& original, const Splats& other, const Camera& camera) {
  const Result<Rendered> a = render(original, camera, {}), b = render(other, camera, {});
  EXPECT_TRUE(a.ok() && b.ok());
  return std::min(*image_psnr_db(b->colour, a->colour), 100.0);
}

class SplatCodecProperty : public testing::TestWithParam<uint64_t> {};

void check_lossy(const Splats& scene, const SplatEncodeOptions& options, const SplatEncoded& encoded, const Splats& back) {
  EXPECT_EQ(back.count(), encoded.splats);
  EXPECT_LE(back.count(), scene.count());
  EXPECT_TRUE(is_finite(back));
  EXPECT_EQ(back.sh_degree, scene.sh_degree);
  ASSERT_EQ(back.extra.size(), scene.extra.size());
  for (size_t e = 0; e < back.extra.size(); ++e) {
    EXPECT_EQ(back.extra[e].name, scene.extra[e].name);
    EXPECT_EQ(back.extra[e].type, scene.extra[e].type);
  }
  double mean_db = 0;
  for (const Camera& camera : options.cameras) mean_db += psnr_db(scene, back, camera) / static_cast<double>(options.cameras.size());
  EXPECT_NEAR(mean_db, encoded.quality->psnr_db, 0.01);
  if (options.mode == SplatMode::quality) {
    EXPECT_TRUE(mean_db >= options.quality_db - 0.01 || !encoded.warnings.empty()) << mean_db << " of " << options.quality_db << " dB";
  } else {
    EXPECT_LE(encoded.bytes.size(), options.budget_bytes);
  }
}

TEST_P(SplatCodecProperty, ScenesComeBack) {
  Random random(GetParam());
  for (int round = 0; round < 12; ++round) {
    RandomSplatsOptions kind = test::any_options(random, round % 4 == 0 ? 2500 : 300);
    const Splats scene = random_splats(random, kind);
    const SplatEncodeOptions options = small_views(any_encode_options(random), kind.extent);
    const Result<SplatEncoded> encoded = encode_splats(scene, options);
    if (!encoded.ok()) {
      EXPECT_EQ(encoded.error().code, Code::invalid_argument) << encoded.error().message;
      EXPECT_EQ(options.mode, SplatMode::budget) << encoded.error().message;
      continue;
    }
    const Result<SplatDecoded> decoded = decode_splats(encoded->bytes, {}, {});
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    EXPECT_TRUE(decoded->warnings.empty());
    if (options.mode == SplatMode::lossless) {
      EXPECT_TRUE(same_bits(decoded->splats, scene)) << "round " << round;
      EXPECT_TRUE(encoded->warnings.empty());
    } else {
      check_lossy(scene, options, *encoded, decoded->splats);
    }
    EXPECT_TRUE(inspect_splats(encoded->bytes, {}).ok());
  }
}

/// Beyond all measure: what floats hold at most, everywhere.
TEST_P(SplatCodecProperty, ValuesBeyondAllMeasureAreNoCrash) {
  Random random(GetParam() + 100);
  for (int round = 0; round < 6; ++round) {
    Splats scene = random_splats(random, {.count = 60, .sh_degree = static_cast<uint32_t>(random() % 4)});
    for (auto* values : {&scene.position, &scene.log_scale, &scene.rotation, &scene.opacity_logit, &scene.dc, &scene.sh}) {
      for (float& value : *values) {
        if (chance(random, 0.03)) value *= static_cast<float>(std::ldexp(1.0, static_cast<int>(random() % 250) - 120));
      }
    }
    SplatEncodeOptions options = small_views({}, 2);
    options.keep_order = round % 2 == 0;
    const Result<SplatEncoded> encoded = encode_splats(scene, options);
    ASSERT_TRUE(encoded.ok()) << encoded.error().message << " round " << round;
    const Result<SplatDecoded> decoded = decode_splats(encoded->bytes, {}, {});
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    EXPECT_TRUE(is_finite(decoded->splats));
  }
}

/// Every prefix shows something or says that it cannot, and a longer one shows it no worse.
TEST_P(SplatCodecProperty, MoreOfAFileLooksNoWorse) {
  Random random(GetParam() + 200);
  const Splats scene = random_splats(random, {.count = 5000, .sh_degree = static_cast<uint32_t>(GetParam() % 4)});
  const SplatEncodeOptions options = small_views({}, 2);
  const Result<SplatEncoded> encoded = encode_splats(scene, options);
  ASSERT_TRUE(encoded.ok());
  size_t last_count = 0;
  double last_db = 0;
  for (int part = 0; part <= 24; ++part) {
    SplatDecodeOptions some;
    some.fraction = static_cast<double>(part) / 24;
    const Result<SplatDecoded> decoded = decode_splats(encoded->bytes, some, {});
    if (!decoded.ok()) {
      EXPECT_EQ(last_count, 0u) << "a shorter one could be shown: " << decoded.error().message;
      continue;
    }
    EXPECT_GE(decoded->splats.count(), last_count);
    EXPECT_EQ(decoded->warnings.empty(), part == 24);
    last_count = decoded->splats.count();
    const double mean_db = psnr_db(scene, decoded->splats, options.cameras[0]);
    EXPECT_GT(mean_db, last_db - 0.5) << part << " of 24";
    last_db = std::max(last_db, mean_db);
  }
  EXPECT_EQ(last_count, encoded->splats);
}

TEST_P(SplatCodecProperty, BoxesHoldExactlyWhatLiesInside) {
  Random random(GetParam() + 300);
  Splats scene = random_splats(random, {.count = 4000, .sh_degree = 1, .outlier_share = 0.01, .normals = true});
  for (const SplatMode mode : {SplatMode::quality, SplatMode::lossless}) {
    const Result<SplatEncoded> encoded = encode_splats(scene, small_views(in_mode(mode), 2));
    ASSERT_TRUE(encoded.ok());
    const Splats whole = decode_splats(encoded->bytes, {}, {})->splats;
    for (int round = 0; round < 12; ++round) {
      SplatDecodeOptions some;
      some.box.emplace();
      std::vector<uint32_t> inside;
      for (size_t axis = 0; axis < 3; ++axis) {
        // Borders often at a splat's very place, which counts as inside.
        const auto border = [&] {
          return chance(random, 0.5) ? static_cast<double>(whole.position[3 * (random() % whole.count()) + axis]) : between(random, -3, 3);
        };
        const double a = border(), b = border();
        (*some.box)[axis] = round == 0 ? -1e9 : std::min(a, b);
        (*some.box)[axis + 3] = round == 0 ? 1e9 : std::max(a, b);
      }
      for (uint32_t i = 0; i < whole.count(); ++i) {
        bool in = true;
        for (size_t axis = 0; axis < 3; ++axis) {
          const double x = static_cast<double>(whole.position[3 * i + axis]);
          in = in && x >= (*some.box)[axis] && x <= (*some.box)[axis + 3];
        }
        if (in) inside.push_back(i);
      }
      const Result<SplatDecoded> decoded = decode_splats(encoded->bytes, some, {});
      ASSERT_TRUE(decoded.ok()) << decoded.error().message;
      EXPECT_EQ(counted_splats(decoded->splats), counted_splats(select(whole, inside))) << "round " << round;
    }
  }
}

/// All groups but some are hit: those are there to the bit, and nothing else is.
TEST_P(SplatCodecProperty, SalvageLosesOnlyTheGroupsThatWereHit) {
  Random random(GetParam() + 400);
  Splats scene = random_splats(random, {.count = 5000, .sh_degree = 1});
  // As if cut into many groups: the layers of one part of space, again and again.
  const Result<SplatEncoded> encoded = encode_splats(scene, small_views({}, 2));
  ASSERT_TRUE(encoded.ok());
  const Result<ContainerReader> container = ContainerReader::open(encoded->bytes, {});
  const Chunk* head = container->find(kSceneChunk);
  const Result<SceneHeader> header = read_scene_header(head->payload, 0, {});
  const size_t groups = header->numbers.groups;
  ASSERT_GE(groups, 2u);
  SceneHeader many = *header;
  constexpr size_t kTimes = 5;
  many.numbers.groups = kTimes * groups;
  many.numbers.splats *= kTimes;
  ByteWriter writer;
  ASSERT_TRUE(write_scene_header(many, writer).ok());
  ContainerWriter file(Kind::splats);
  ASSERT_TRUE(file.append(kSceneChunk, kRequired, writer.bytes()).ok());
  for (const uint32_t type : {kGroupChunk, kGroupShChunk}) {
    for (size_t i = 0; i < kTimes * groups; ++i) {
      const Chunk& chunk = container->chunks()[1 + i % groups + (type == kGroupShChunk ? groups : 0)];
      ASSERT_EQ(chunk.type, type);
      ASSERT_TRUE(file.append(type, kRequired, chunk.payload).ok());
    }
  }
  ASSERT_TRUE(file.finish().ok());
  const Bytes whole = file.take();
  const GroupScene shared{many.numbers.screen_variance, many.basis, many.numbers.one_context != 0};
  const Result<ContainerReader> sound = ContainerReader::open(whole, {});
  for (int round = 0; round < 12; ++round) {
    Bytes damaged = whole;
    Splats expected;
    expected.sh_degree = 1;
    const double share = round % 3 == 0 ? 0.2 : 0.85;
    for (size_t i = 0; i < kTimes * groups; ++i) {
      const Chunk &base = sound->chunks()[1 + i], &sh = sound->chunks()[1 + kTimes * groups + i];
      if (chance(random, share)) {
        damaged[base.payload_offset + random() % base.payload.size()] ^= std::byte{64};
        if (!sh.payload.empty()) damaged[sh.payload_offset + random() % sh.payload.size()] ^= std::byte{64};
        continue;
      }
      Budget budget{DecodeLimits{}};
      Result<DecodedGroup> group = decode_group(base.payload, 0, shared, budget);
      ASSERT_TRUE(group.ok() && decode_group_sh(sh.payload, 0, shared, budget, *group).ok());
      const size_t first = expected.count();
      expected.resize(first + group->splats.size());
      restore_group(*group, shared, first, expected);
    }
    SplatDecodeOptions options;
    EXPECT_FALSE(decode_splats(damaged, options, {}).ok() && expected.count() < many.numbers.splats);
    options.salvage = true;
    const Result<SplatDecoded> decoded = decode_splats(damaged, options, {});
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    EXPECT_TRUE(same_bits(decoded->splats, expected)) << decoded->splats.count() << " of " << expected.count() << ", round " << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, SplatCodecProperty, testing::Range(uint64_t{1}, uint64_t{7}));

}  // namespace
}  // namespace dew::test
