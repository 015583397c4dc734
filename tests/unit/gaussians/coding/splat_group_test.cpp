// SPDX-License-Identifier: Apache-2.0
// Groups of splats: what is decoded is what the encoder said a decoder would know, within the steps of the classes; hostile bytes are
// refused or decode to something.
#include "gaussians/coding/splat_group.h"

#include <gtest/gtest.h>

#include "gaussians/coding/sh_model.h"
#include "tests/support/any_targets.h"

namespace dew::test {
namespace {

Result<DecodedGroup> decode(const CodedGroup& coded, const GroupScene& scene, const DecodeLimits& limits = {}) {
  Budget budget(limits);
  DEW_ASSIGN(DecodedGroup group, decode_group(coded.base, 0, scene, budget));
  if (scene.basis.components() > 0) DEW_TRY(decode_group_sh(coded.sh, 0, scene, budget, group));
  return group;
}

TEST(SplatGroup, DecodingQuantisingAndEncodingAgree) {
  Random random(1);
  for (int round = 0; round < 60; ++round) {
    const GroupScene scene = any_group_scene(random);
    const size_t count = round < 6 ? static_cast<size_t>(round) / 2 : random() % 900;
    const GroupTargets targets = any_targets(random, count, scene);
    const GroupBox box = box_around(targets.splats);
    const CodedGroup coded = encode_group(targets, box, scene);
    std::vector<uint32_t> order;
    const DecodedGroup quantised = quantise_group(targets, box, scene, order);
    ASSERT_EQ(order, coded.order);
    const Result<DecodedGroup> decoded = decode(coded, scene);
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    ASSERT_TRUE(same_group(quantised, *decoded)) << "round " << round;
    ASSERT_EQ(decoded->splats.size(), count);
    const Result<GroupSummary> read = read_group_summary(coded.base, 0);
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->splats, count);
    EXPECT_EQ(read->box.low, box.low);
    EXPECT_EQ(read->box.size, box.size);
  }
}

TEST(SplatGroup, NumbersComeBackWithinTheirSteps) {
  Random random(2);
  for (int round = 0; round < 40; ++round) {
    const GroupScene scene = any_group_scene(random);
    const GroupTargets targets = any_targets(random, 500, scene);
    const GroupBox box = box_around(targets.splats);
    std::vector<uint32_t> order;
    const DecodedGroup group = quantise_group(targets, box, scene, order);
    const size_t components = scene.basis.components();
    for (size_t i = 0; i < order.size(); ++i) {
      const SplatTarget& target = targets.splats[order[i]];
      const CodedSplat& splat = group.splats[i];
      ASSERT_EQ(splat.alpha_class, target.alpha_class);
      ASSERT_EQ(splat.colour_class, target.colour_class);
      const double alpha_step = std::ldexp(1.0, -target.alpha_class), colour_step = std::ldexp(1.0, -target.colour_class);
      ASSERT_LE(std::abs(splat.log_opacity - target.log_opacity), 0.5 * alpha_step * (1 + 1e-6) + 1e-12);
      for (size_t k = 0; k < 3; ++k) {
        ASSERT_LE(std::abs(splat.spread[k] - target.spread[k]), 0.5 * spread_step(alpha_step) * (1 + 1e-6) + 1e-12);
        // Further than 1e12 steps from a guess nothing can be said.
        const bool reachable = target.colour_class < 18;
        ASSERT_LE(std::abs(splat.colour[k] - target.colour[k]), reachable ? 0.5 * colour_step * (1 + 1e-6) + 1e-9 : 1e6);
        ASSERT_GE(splat.position[k], static_cast<double>(box.low[k]));
        ASSERT_LE(splat.position[k], static_cast<double>(box.low[k]) + static_cast<double>(box.size));
      }
      for (size_t k = 0; k < components; ++k) ASSERT_EQ(group.sh_steps[i * components + k], targets.sh_steps[order[i] * components + k]);
    }
  }
}

/// As fine as classes get, places come back to some billionths of their box, however the tree was halved.
TEST(SplatGroup, FineClassesKeepPlaces) {
  Random random(3);
  GroupScene scene;
  scene.screen_variance = 1e-6;
  GroupTargets targets;
  for (int i = 0; i < 2000; ++i) {
    targets.splats.push_back(any_target(random, 1));
    targets.splats.back().alpha_class = kClasses - 1;
    targets.splats.back().spread = {-4, -5, -6};
  }
  const GroupBox box = box_around(targets.splats);
  std::vector<uint32_t> order;
  const DecodedGroup group = quantise_group(targets, box, scene, order);
  for (size_t i = 0; i < order.size(); ++i) {
    for (size_t k = 0; k < 3; ++k) ASSERT_NEAR(group.splats[i].position[k], targets.splats[order[i]].position[k], 1e-6);
  }
}

TEST(SplatGroup, RestoredSplatsAreFinite) {
  Random random(4);
  for (int round = 0; round < 40; ++round) {
    const GroupScene scene = any_group_scene(random);
    const GroupTargets targets = any_targets(random, 200, scene);
    std::vector<uint32_t> order;
    const DecodedGroup group = quantise_group(targets, box_around(targets.splats), scene, order);
    Splats splats;
    splats.sh_degree = scene.basis.width() == 45 ? 3 : scene.basis.width() == 24 ? 2 : scene.basis.width() == 9 ? 1 : 0;
    splats.resize(205);
    restore_group(group, scene, 5, splats);
    for (const auto* values : {&splats.position, &splats.log_scale, &splats.rotation, &splats.opacity_logit, &splats.dc, &splats.sh}) {
      for (const float value : *values) ASSERT_TRUE(std::isfinite(value)) << round;
    }
    for (size_t i = 0; i < 15; ++i) EXPECT_EQ(splats.position[i], 0) << "a splat of another group";
  }
}

TEST(SplatGroup, TheBoxHoldsEveryPlace) {
  Random random(5);
  for (int round = 0; round < 2000; ++round) {
    std::vector<SplatTarget> targets(random() % 6);
    const double extent = std::ldexp(1.0, static_cast<int>(random() % 215) - 125);
    const double middle = random() % 2 == 0 ? 0 : extent * between(random, -1e7, 1e7);
    for (SplatTarget& target : targets) {
      for (double& x : target.position) x = static_cast<double>(static_cast<float>(middle + extent * about_normal(random)));
    }
    const GroupBox box = box_around(targets);
    ASSERT_GT(box.size, 0.0f);
    for (const SplatTarget& target : targets) {
      for (size_t k = 0; k < 3; ++k) {
        ASSERT_LE(static_cast<double>(box.low[k]), target.position[k]);
        ASSERT_GE(static_cast<double>(box.low[k]) + static_cast<double>(box.size), target.position[k]);
      }
    }
  }
}

TEST(SplatGroup, MeasuringIsDecodingAndAddsUpToTheBytes) {
  Random random(6);
  const GroupScene scene = any_group_scene(random);
  const CodedGroup coded = encode_group(any_targets(random, 800, scene), {{-10, -10, -10}, 20}, scene);
  SplatPartBits bits{};
  Budget budget{DecodeLimits{}}, other{DecodeLimits{}};
  const Result<DecodedGroup> measured = measure_group(coded.base, 0, scene, budget, bits);
  const Result<DecodedGroup> decoded = decode_group(coded.base, 0, scene, other);
  ASSERT_TRUE(measured.ok() && decoded.ok());
  EXPECT_TRUE(same_group(*measured, *decoded));
  double sum = 0;
  for (const double part : bits) sum += part;
  EXPECT_NEAR(sum / 8, static_cast<double>(coded.base.size() - 18), 8);
}

// A coder reads up to two bytes that its encoder left out as zeros; all beyond those is refused.
TEST(SplatGroup, BytesAfterTheLastSplatAreRefused) {
  Random random(16);
  GroupScene scene = any_group_scene(random);
  while (scene.basis.components() == 0) scene = any_group_scene(random);
  for (const size_t count : {1u, 30u, 500u}) {
    const CodedGroup coded = encode_group(any_targets(random, count, scene), {{-10, -10, -10}, 20}, scene);
    ASSERT_TRUE(decode(coded, scene).ok());
    for (const std::byte last : {std::byte{0}, std::byte{7}}) {
      CodedGroup longer = coded;
      longer.base.insert(longer.base.end(), 3, last);
      const Result<DecodedGroup> after_base = decode(longer, scene);
      ASSERT_FALSE(after_base.ok()) << count;
      EXPECT_EQ(after_base.error().code, Code::corrupt);
      longer = coded;
      longer.sh.insert(longer.sh.end(), 3, last);
      const Result<DecodedGroup> after_sh = decode(longer, scene);
      ASSERT_FALSE(after_sh.ok()) << count;
      EXPECT_EQ(after_sh.error().code, Code::corrupt);
    }
  }
}

// Zeros are read past the end, and may be splats that need fewer bytes: that a file was cut its checksums say.
TEST(SplatGroup, EveryPrefixIsRefusedOrDecodesToAsManySplats) {
  Random random(7);
  GroupScene scene = any_group_scene(random);
  while (scene.basis.components() == 0) scene = any_group_scene(random);
  const CodedGroup coded = encode_group(any_targets(random, 12, scene), {{-10, -10, -10}, 20}, scene);
  const auto cut = [](const Bytes& bytes, size_t size) { return Bytes(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size)); };
  size_t refused = 0;
  for (size_t size = 0; size < coded.base.size(); ++size) {
    const Result<DecodedGroup> group = decode({cut(coded.base, size), coded.sh, {}, {}}, scene);
    if (group.ok()) {
      EXPECT_EQ(group->splats.size(), 12u);
    } else {
      EXPECT_TRUE(group.error().code == Code::truncated || group.error().code == Code::corrupt);
      ++refused;
    }
  }
  EXPECT_GT(refused, coded.base.size() / 2);
  for (size_t size = 0; size < coded.sh.size(); ++size) {
    const Result<DecodedGroup> group = decode({coded.base, cut(coded.sh, size), {}, {}}, scene);
    EXPECT_TRUE(group.ok() || group.error().code == Code::truncated);
  }
}

TEST(SplatGroup, DamageGivesAnErrorOrFiniteSplats) {
  Random random(8);
  for (int round = 0; round < 800; ++round) {
    const GroupScene scene = any_group_scene(random);
    CodedGroup coded = encode_group(any_targets(random, 1 + random() % 50, scene), {{-1, -1, -1}, 2}, scene);
    for (uint64_t hits = 1 + random() % 4; hits > 0; --hits) {
      Bytes& bytes = random() % 4 == 0 && !coded.sh.empty() ? coded.sh : coded.base;
      bytes[random() % (random() % 2 == 0 ? bytes.size() : std::min<size_t>(bytes.size(), 20))] = static_cast<std::byte>(random());
    }
    const Result<DecodedGroup> group = decode(coded, scene);
    if (!group.ok()) continue;
    for (const CodedSplat& splat : group->splats) {
      ASSERT_TRUE(splat.alpha_class >= 0 && splat.alpha_class < kClasses && splat.colour_class >= 0 && splat.colour_class < kClasses);
      ASSERT_TRUE(splat.log_opacity >= kLeastLogOpacity && splat.log_opacity <= kLargestLogOpacity);
      for (const double x : splat.position) ASSERT_TRUE(std::isfinite(x));
      for (const double x : splat.colour) ASSERT_TRUE(std::isfinite(x));
      for (const double x : splat.spread) ASSERT_TRUE(x >= kLeastSpread && x <= kLargestSpread);
    }
  }
}

TEST(SplatGroup, CountsThatBytesCannotHoldAreRefused) {
  ByteWriter writer;
  writer.varint(kGroupSplats);
  for (int i = 0; i < 3; ++i) writer.f32(0);
  writer.f32(1);
  Bytes few = writer.take();
  Budget budget{DecodeLimits{}};
  EXPECT_EQ(decode_group(few, 0, {}, budget).error().code, Code::corrupt);
  few.resize(4096);
  EXPECT_EQ(decode_group(few, 0, {}, budget).error().code, Code::truncated) << "room for them, but nothing there";
  ByteWriter more;
  more.varint(kGroupSplats + 1);
  Bytes many = more.take();
  many.resize(100000);
  EXPECT_EQ(decode_group(many, 0, {}, budget).error().code, Code::corrupt);
}

TEST(SplatGroup, TheBudgetIsKept) {
  Random random(9);
  const GroupScene scene = any_group_scene(random);
  const CodedGroup coded = encode_group(any_targets(random, 500, scene), {{-1, -1, -1}, 2}, scene);
  for (int which = 0; which < 3; ++which) {
    DecodeLimits limits;
    if (which == 0) limits.elements = 499;
    if (which == 1) limits.memory_bytes = 20000;
    if (which == 2) limits.work_units = 1000;
    const Result<DecodedGroup> group = decode(coded, scene, limits);
    ASSERT_FALSE(group.ok());
    EXPECT_EQ(group.error().code, which == 1 ? Code::out_of_memory : Code::limit_exceeded);
  }
}

}  // namespace
}  // namespace dew::test
