// SPDX-License-Identifier: Apache-2.0
// What encode_splats promises, on scenes small enough to try everything.
#include <gtest/gtest.h>

#include "gaussians/codec.h"
#include "gaussians/coding/quality_search.h"
#include "gaussians/coding/scene_views.h"
#include "gaussians/io/read_splats.h"
#include "gaussians/io/write_splats.h"
#include "gaussians/metrics.h"
#include "gaussians/render/render.h"
#include "tests/support/splat_codec_suite.h"

namespace dew::test {
namespace {

/// Plausible: what a trained scene looks like, but small.
Splats plain_scene(uint64_t seed, size_t count, uint32_t degree) {
  Random random(seed);
  return random_splats(random, {.count = count, .sh_degree = degree, .unit_rotations = true});
}

SplatEncoded encoded(const Splats& scene, const SplatEncodeOptions& options) {
  Result<SplatEncoded> result = encode_splats(scene, options);
  EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
  return result.ok() ? *std::move(result) : SplatEncoded{};
}

Splats decoded(ByteSpan bytes, const SplatDecodeOptions& options = {}) {
  Result<SplatDecoded> result = decode_splats(bytes, options, {});
  EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
  return result.ok() ? std::move(result->splats) : Splats{};
}

bool mentions(const std::vector<std::string>& warnings, const std::string& what) {
  return std::any_of(warnings.begin(), warnings.end(), [&](const std::string& w) { return w.find(what) != std::string::npos; });
}

double mean_psnr_db(const Splats& original, const Splats& other, const std::vector<Camera>& cameras) {
  double sum = 0;
  for (const Camera& camera : cameras) {
    const Result<Rendered> a = render(original, camera, {}), b = render(other, camera, {});
    EXPECT_TRUE(a.ok() && b.ok());
    sum += std::min(*image_psnr_db(b->colour, a->colour), 100.0);
  }
  return sum / static_cast<double>(cameras.size());
}

TEST(SplatCodec, TheQualityStatedIsThatOfTheDecodedScene) {
  for (const uint32_t degree : {0u, 1u, 2u, 3u}) {
    const Splats scene = plain_scene(10 + degree, 900, degree);
    for (const double quality_db : {28.0, 36.0, 45.0}) {
      SplatEncodeOptions options = small_views({}, 2);
      options.quality_db = quality_db;
      const SplatEncoded file = encoded(scene, options);
      const double fresh_db = mean_psnr_db(scene, decoded(file.bytes), options.cameras);
      ASSERT_TRUE(file.quality.has_value());
      EXPECT_NEAR(file.quality->psnr_db, fresh_db, 0.01);
      EXPECT_EQ(file.quality->views, 4u);
      EXPECT_FALSE(file.quality->made_views);
      EXPECT_TRUE(fresh_db >= quality_db || !file.warnings.empty()) << fresh_db << " of " << quality_db << " dB";
      const Result<SplatFileInfo> info = inspect_splats(file.bytes, {});
      ASSERT_TRUE(info.ok());
      EXPECT_NEAR(info->quality->psnr_db, fresh_db, 0.01);
      EXPECT_NEAR(info->quality->psnr_min_db, file.quality->psnr_min_db, 0.01);
    }
  }
}

TEST(SplatCodec, PartsOfALosslessFileAddUpAndNameEveryProperty) {
  const Splats scene = plain_scene(21, 900, 2);
  SplatEncodeOptions options;
  options.mode = SplatMode::lossless;
  const SplatEncoded file = encoded(scene, options);
  const Result<SplatFileInfo> info = inspect_splats(file.bytes, {});
  ASSERT_TRUE(info.ok()) << info.error().message;
  const SplatPartBytes& parts = info->parts;
  double sum = parts.side;
  for (const double part : {parts.position, parts.colour, parts.sh, parts.opacity, parts.scale, parts.rotation}) {
    EXPECT_GT(part, 900) << "8 bits a splat or more";
    sum += part;
  }
  EXPECT_NEAR(sum, static_cast<double>(file.bytes.size()), 1e-6);
  EXPECT_GT(parts.sh, parts.rotation);
  EXPECT_GT(parts.side, 0);
  EXPECT_LT(parts.side, 1200);
}

/// The same where dew makes the views: they are made again, and judged again.
TEST(SplatCodec, TheQualityStatedOnMadeViewsIsThatOfTheDecodedScene) {
  const Splats scene = plain_scene(20, 1500, 1);
  SplatEncodeOptions options;
  options.effort = SplatEffort::fast;
  options.threads = 2;
  const SplatEncoded file = encoded(scene, options);
  Result<SceneViews> views = choose_views(scene, options);
  ASSERT_TRUE(views.ok() && views->made());
  const Result<Sensitivity> sensitivity = views->look_at(scene, 2);
  ASSERT_TRUE(sensitivity.ok());
  ASSERT_TRUE(views->keep_hardest(first_decoded(scene, *views, *sensitivity, options), 2).ok());
  const Result<ViewQuality> quality = views->compare(decoded(file.bytes), 2);
  ASSERT_TRUE(quality.ok());
  EXPECT_TRUE(file.quality->made_views);
  EXPECT_NEAR(file.quality->psnr_db, quality->mean_db, 0.01);
  EXPECT_NEAR(file.quality->psnr_min_db, quality->worst_db, 0.01);
  EXPECT_TRUE(quality->mean_db >= options.quality_db || !file.warnings.empty());
}

/// Near duplicates become one, so that a scene of twins takes hardly more than one of single splats; and the quality asked for is kept.
TEST(SplatCodec, TwinsAreMergedAtLowQualities) {
  const Splats single = plain_scene(23, 1500, 1);
  std::vector<uint32_t> twice;
  for (uint32_t i = 0; i < single.count(); ++i) twice.push_back(i), twice.push_back(i);
  Splats twins = select(single, twice);
  for (float& logit : twins.opacity_logit) logit -= 1;
  for (const double quality_db : {28.0, 34.0}) {
    SplatEncodeOptions options = small_views({}, 2);
    options.effort = SplatEffort::normal;
    options.quality_db = quality_db;
    const SplatEncoded merged = encoded(twins, options);
    options.effort = SplatEffort::fast;
    const SplatEncoded pruned = encoded(twins, options);
    EXPECT_LT(merged.splats, single.count() * 11 / 10) << quality_db;
    EXPECT_LT(merged.bytes.size(), pruned.bytes.size() * 9 / 10) << quality_db;
    EXPECT_GE(mean_psnr_db(twins, decoded(merged.bytes), options.cameras), quality_db);
    options.effort = SplatEffort::normal;
    options.mode = SplatMode::budget;
    options.budget_bytes = merged.bytes.size() + 500;
    const SplatEncoded within = encoded(twins, options);
    EXPECT_LE(within.bytes.size(), options.budget_bytes);
    EXPECT_LT(within.splats, single.count() * 11 / 10);
  }
}

TEST(SplatCodec, MoreQualityTakesMoreBytes) {
  const Splats scene = plain_scene(21, 2000, 2);
  size_t last = 0;
  for (const double quality_db : {24.0, 30.0, 36.0, 42.0, 50.0}) {
    SplatEncodeOptions options = small_views({}, 2);
    options.quality_db = quality_db;
    const size_t size = encoded(scene, options).bytes.size();
    EXPECT_GT(size, last) << quality_db;
    last = size;
  }
}

/// Order and extra properties take bytes of the budget too.
TEST(SplatCodec, BudgetsAreHeld) {
  Random random(22);
  for (const uint32_t extras : {0u, 5u}) {
    Splats scene = random_splats(random, {.count = 1200, .sh_degree = 1, .normals = true, .extra_properties = extras});
    for (const bool keep_order : {false, true}) {
      for (const uint64_t budget : {8000u, 25000u, 200000u}) {
        SplatEncodeOptions options = small_views(in_mode(SplatMode::budget), 2);
        options.budget_bytes = budget;
        options.keep_order = keep_order;
        const Result<SplatEncoded> file = encode_splats(scene, options);
        if (file.ok()) {
          EXPECT_LE(file->bytes.size(), budget) << extras << keep_order;
          EXPECT_TRUE(decode_splats(file->bytes, {}, {}).ok());
        } else {
          EXPECT_EQ(file.error().code, Code::invalid_argument) << file.error().message;
        }
      }
    }
  }
}

TEST(SplatCodec, LargerBudgetsAreUsed) {
  const Splats scene = plain_scene(23, 3000, 1);
  double last_db = 0;
  for (const uint64_t budget : {12000u, 24000u, 48000u}) {
    SplatEncodeOptions options = small_views(in_mode(SplatMode::budget), 2);
    options.budget_bytes = budget;
    const SplatEncoded file = encoded(scene, options);
    EXPECT_GT(file.bytes.size(), budget * 9 / 10);
    EXPECT_GT(file.quality->psnr_db, last_db);
    last_db = file.quality->psnr_db;
  }
}

/// Each splat is marked with its number, so that where it went can be seen.
TEST(SplatCodec, OrderAndExtraPropertiesAreKept) {
  Splats scene = plain_scene(24, 5000, 1);
  ExtraProperty number{"number", PropertyType::u32, Bytes(4 * scene.count())};
  for (uint32_t i = 0; i < scene.count(); ++i) std::memcpy(&number.data[4 * i], &i, 4);
  scene.extra = {
      {"nx", PropertyType::f32, Bytes(4 * scene.count())}, number, {"label", PropertyType::i16, Bytes(2 * scene.count(), std::byte{7})}};
  for (const bool keep_order : {false, true}) {
    SplatEncodeOptions options = small_views({}, 2);
    options.keep_order = keep_order;
    const SplatEncoded file = encoded(scene, options);
    const Splats back = decoded(file.bytes);
    ASSERT_EQ(back.count(), file.splats);
    ASSERT_EQ(back.extra.size(), 3u);
    EXPECT_EQ(back.extra[0], (ExtraProperty{"nx", PropertyType::f32, Bytes(4 * back.count())}));
    EXPECT_EQ(back.extra[2], (ExtraProperty{"label", PropertyType::i16, Bytes(2 * back.count(), std::byte{7})}));
    size_t descents = 0;
    uint32_t last = 0;
    for (size_t i = 0; i < back.count(); ++i) {
      uint32_t from = 0;
      std::memcpy(&from, &back.extra[1].data[4 * i], 4);
      ASSERT_LT(from, scene.count());
      // It is that very splat: its place is nearly what it was.
      for (size_t k = 0; k < 3; ++k) ASSERT_NEAR(back.position[3 * i + k], scene.position[3 * from + k], 0.5);
      descents += i > 0 && from <= last;
      last = from;
    }
    EXPECT_EQ(descents == 0, keep_order);
    EXPECT_EQ(inspect_splats(file.bytes, {})->keeps_order, keep_order);
  }
}

/// A name may be there twice, with another type and other values each time.
TEST(SplatCodec, ExtraPropertiesOfEqualNamesAreKeptApart) {
  Splats scene = plain_scene(25, 300, 0);
  Random random(26);
  for (const PropertyType type : {PropertyType::f64, PropertyType::u8, PropertyType::f32}) {
    ExtraProperty property{"same", type, Bytes(scene.count() * property_type_size(type))};
    for (std::byte& byte : property.data) byte = static_cast<std::byte>(type == PropertyType::f32 ? 3 : random());
    scene.extra.push_back(std::move(property));
  }
  SplatEncodeOptions options = small_views({}, 2);
  options.keep_order = true;
  const Result<SplatDecoded> back = decode_splats(encoded(scene, options).bytes, {}, {});
  ASSERT_TRUE(back.ok()) << back.error().message;
  ASSERT_TRUE(check_shape(back->splats).ok());
  for (size_t e = 0; e < 3; ++e) EXPECT_EQ(back->splats.extra[e].type, scene.extra[e].type);
}

TEST(SplatCodec, LosslessGivesTheSameFile) {
  Random random(27);
  for (int round = 0; round < 8; ++round) {
    const Splats made = any_splats(random, 400);
    const Result<SplatOutput> ply = write_splats(made, SplatFormat::ply);
    ASSERT_TRUE(ply.ok());
    Bytes file = ply->file;
    if (round % 2 == 0) file.resize(file.size() + 5, std::byte{42});
    const Result<SplatInput> input = read_splats(file, {});
    ASSERT_TRUE(input.ok()) << input.error().message;
    const Splats back = decoded(encoded(input->splats, in_mode(SplatMode::lossless)).bytes);
    EXPECT_TRUE(same_bits(back, input->splats));
    EXPECT_EQ(back.source, input->splats.source);
    const Result<SplatOutput> again = write_splats(back, SplatFormat::ply);
    ASSERT_TRUE(again.ok());
    EXPECT_TRUE(again->file == file) << "round " << round;
  }
}

TEST(SplatCodec, WhatIsLeftOutIsSaid) {
  Splats scene = plain_scene(28, 500, 1);
  scene.position[30] = std::numeric_limits<float>::quiet_NaN();
  scene.sh[9 * 20 + 4] = std::numeric_limits<float>::infinity();
  scene.rotation[4 * 33] = -std::numeric_limits<float>::infinity();
  scene.source.trailer = Bytes(12);
  const SplatEncoded file = encoded(scene, small_views({}, 2));
  EXPECT_TRUE(mentions(file.warnings, "3 splats with values that are not finite"));
  EXPECT_TRUE(mentions(file.warnings, "12 bytes after the last splat"));
  EXPECT_EQ(inspect_splats(file.bytes, {})->splats_original, 500u);
  EXPECT_LE(file.splats, 497u);
}

/// Renderers draw an infinite logit as opaque and a log-scale of -infinity as flat: so must what is decoded.
TEST(SplatCodec, OpaqueAndFlatSplatsAreKept) {
  Random random(29);
  for (const bool flat : {false, true}) {
    Splats scene = plain_scene(30, 400, 1);
    for (size_t i = 0; i < scene.count(); ++i) {
      if (flat) {
        scene.log_scale[3 * i + 2] = -std::numeric_limits<float>::infinity();
      } else {
        scene.opacity_logit[i] = std::numeric_limits<float>::infinity();
      }
    }
    const SplatEncodeOptions options = small_views({}, 2);
    const SplatEncoded file = encoded(scene, options);
    EXPECT_FALSE(mentions(file.warnings, "not finite"));
    EXPECT_GT(mean_psnr_db(scene, decoded(file.bytes), options.cameras), 41.9) << (flat ? "flat" : "opaque");
  }
}

TEST(SplatCodec, OptionsOutOfRangeAreRefused) {
  const Splats scene = plain_scene(31, 20, 0);
  const auto refused = [&](const SplatEncodeOptions& options) {
    const Result<SplatEncoded> file = encode_splats(scene, options);
    return !file.ok() && file.error().code == Code::invalid_argument;
  };
  for (const double quality_db : {19.9, 80.1, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    SplatEncodeOptions options = small_views({}, 2);
    options.quality_db = quality_db;
    EXPECT_TRUE(refused(options)) << quality_db;
  }
  SplatEncodeOptions budget = small_views(in_mode(SplatMode::budget), 2);
  EXPECT_TRUE(refused(budget));
  budget.budget_bytes = 30;
  EXPECT_TRUE(refused(budget));
  SplatEncodeOptions camera = small_views({}, 2);
  camera.cameras[1].fx = 0;
  EXPECT_TRUE(refused(camera));
  Splats torn = scene;
  torn.dc.pop_back();
  EXPECT_EQ(encode_splats(torn, {}).error().code, Code::invalid_argument);
  for (const double fraction : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()}) {
    SplatDecodeOptions options;
    options.fraction = fraction;
    EXPECT_EQ(decode_splats({}, options, {}).error().code, Code::invalid_argument);
  }
}

TEST(SplatCodec, NothingToSeeIsRefusedOrAnEmptyFile) {
  Splats empty;
  const Result<SplatEncoded> none = encode_splats(empty, {});
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, Code::invalid_argument);
  EXPECT_EQ(decoded(encoded(empty, in_mode(SplatMode::lossless)).bytes).count(), 0u);
  // Cameras see nothing of it.
  for (const bool keep_order : {false, true}) {
    SplatEncodeOptions options = small_views({}, 2);
    options.keep_order = keep_order;
    EXPECT_EQ(decoded(encoded(empty, options).bytes).count(), 0u);
    Splats behind = plain_scene(32, 20, 1);
    for (float& x : behind.position) x += 1000;
    behind.extra.push_back({"number", PropertyType::u8, Bytes(20, std::byte{1})});
    behind.extra[0].data[3] = std::byte{2};
    EXPECT_EQ(decoded(encoded(behind, options).bytes).count(), 0u);
  }
}

TEST(SplatCodec, TheFileTellsWhereItsBytesGo) {
  const Splats scene = plain_scene(33, 3000, 2);
  const SplatEncoded file = encoded(scene, small_views({}, 2));
  const Result<SplatFileInfo> info = inspect_splats(file.bytes, {});
  ASSERT_TRUE(info.ok());
  const SplatPartBytes& p = info->parts;
  EXPECT_NEAR(p.position + p.colour + p.sh + p.opacity + p.scale + p.rotation + p.side, static_cast<double>(file.bytes.size()), 1e-6);
  for (const double part : {p.position, p.colour, p.sh, p.opacity, p.scale, p.rotation, p.side}) EXPECT_GT(part, 0);
  EXPECT_EQ(info->splats, file.splats);
  EXPECT_EQ(info->splats_original, 3000u);
  EXPECT_EQ(info->sh_degree, 2u);
}

/// As good as empty: 262,144 equal splats a chunk are the most that a byte may stand for.
TEST(SplatCodec, LosslessScenesOfEqualSplatsComeBack) {
  Splats scene;
  scene.sh_degree = 1;
  scene.resize(300000);
  const SplatEncoded file = encoded(scene, in_mode(SplatMode::lossless));
  EXPECT_TRUE(same_bits(decoded(file.bytes), scene)) << file.bytes.size() << " bytes";
}

TEST(SplatCodec, ThreadsNeverChangeAByte) {
  const Splats scene = plain_scene(34, 6000, 3);
  for (const SplatMode mode : {SplatMode::quality, SplatMode::lossless, SplatMode::budget}) {
    SplatEncodeOptions options = mode == SplatMode::budget ? small_views(in_mode(mode), 2) : in_mode(mode);
    options.budget_bytes = 40000;
    options.effort = SplatEffort::fast;
    options.keep_order = true;
    const Bytes one = encoded(scene, options).bytes;
    options.threads = 3;
    EXPECT_TRUE(encoded(scene, options).bytes == one) << static_cast<int>(mode);
    SplatDecodeOptions many;
    many.threads = 4;
    EXPECT_TRUE(same_bits(decoded(one), decoded(one, many)));
  }
}

}  // namespace
}  // namespace dew::test
