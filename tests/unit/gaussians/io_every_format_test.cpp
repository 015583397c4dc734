// SPDX-License-Identifier: Apache-2.0
// What holds for every format that is written: how far values move, that a second time changes nothing, that nothing breaks.
#include <map>
#include <set>

#include "io_support.h"

namespace dew {
namespace {

using namespace test;

class EveryFormat : public testing::TestWithParam<SplatFormat> {
 protected:
  void SetUp() override {
    if (!is_built(GetParam())) GTEST_SKIP() << "built without the library that the format takes";
  }
  /// What one format may do to a tame scene.
  Difference bound() const {
    switch (GetParam()) {
      case SplatFormat::compressed_ply: return {10.0 / 2046, 8.0 / 2046, 0.28, 0.51 / 255, 3.6 / 510 / kShConstant, 0.0314};
      case SplatFormat::splat: return {0, 1e-6, 1.2, 0.51 / 255, 0.51 / 255 / kShConstant, 0};
      case SplatFormat::spz: return {0.51 / 4096, 0.51 / 16, 0.3, 0.51 / 255, 0.51 / 255 / 0.15, 0.0626};
      case SplatFormat::sog: return {0.001, 0.05, 1.1, 0.51 / 255, 0.03, 2};
      case SplatFormat::gltf: return {0, 1e-6, 0.05, 1e-6, 0, 0};
      default: return {};
    }
  }
};

TEST_P(EveryFormat, ValuesStayWithinTheStepsOfTheFormat) {
  Random random(21);
  for (const size_t count : {1u, 2u, 255u, 256u, 257u, 600u}) {
    for (uint32_t degree = 0; degree <= kMaxShDegree; ++degree) {
      Splats before = tame_scene(random, count, degree);
      const Splats after = cycled(before, GetParam());
      before = in_written_order(before, GetParam());
      if (GetParam() == SplatFormat::splat) {
        EXPECT_EQ(after.sh_degree, 0u);
        before.sh_degree = 0;
        before.sh.clear();
      }
      const Difference apart = difference(before, after), most = bound();
      EXPECT_LE(apart.position, most.position);
      EXPECT_LE(apart.log_scale, most.log_scale);
      EXPECT_LE(apart.rotation_degrees, most.rotation_degrees);
      EXPECT_LE(apart.alpha, most.alpha);
      EXPECT_LE(apart.dc, most.dc);
      EXPECT_LE(apart.sh, most.sh);
    }
  }
}

TEST_P(EveryFormat, ASecondCycleChangesNothing) {
  if (GetParam() == SplatFormat::gltf) GTEST_SKIP() << "floats of scales, not of their logarithms";
  Random random(22);
  for (int round = 0; round < 12; ++round) {
    const size_t count = 1 + random() % 700;
    const uint32_t degree = static_cast<uint32_t>(random() % 4);
    const Splats scene = round % 2 == 0 ? tame_scene(random, count, degree) : wild_scene(random, count, degree);
    const Splats once = cycled(scene, GetParam());
    EXPECT_TRUE(same_values(cycled(once, GetParam()), once)) << format_name(GetParam()) << " round " << round;
  }
}

TEST_P(EveryFormat, WildScenesGoThroughAndSayWhatTheyLose) {
  Random random(23);
  for (int round = 0; round < 40; ++round) {
    const size_t count = 3 + random() % 400;
    const Splats scene = wild_scene(random, count, static_cast<uint32_t>(random() % 4));
    const auto output = write_splats(scene, GetParam());
    ASSERT_TRUE(output.ok()) << output.error().message;
    EXPECT_EQ(output->losses.empty(), GetParam() == SplatFormat::ply);
    const auto input = read_splats(output->file, {}, extension_of(GetParam()));
    ASSERT_TRUE(input.ok()) << input.error().message;
    EXPECT_EQ(input->splats.count(), count);
    EXPECT_TRUE(check_shape(input->splats).ok());
    if (GetParam() == SplatFormat::ply || GetParam() == SplatFormat::splat) continue;  // these hold NaN
    for (const auto* values : {&input->splats.position, &input->splats.rotation, &input->splats.opacity_logit, &input->splats.dc}) {
      for (const float value : *values) ASSERT_TRUE(std::isfinite(value));
    }
  }
}

TEST_P(EveryFormat, OneOddValueDoesNotMoveTheOthers) {
  Random random(24);
  for (const float odd : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(), std::nanf("")}) {
    Splats scene = tame_scene(random, 300, 0);
    scene.position[0] = scene.log_scale[1] = scene.dc[2] = odd;
    const Splats after = cycled(scene, GetParam());
    const Splats before = in_written_order(scene, GetParam());
    ASSERT_EQ(after.count(), 300u);
    const auto check = [](const std::vector<float>& a, const std::vector<float>& b, double most) {
      for (size_t i = 0; i < a.size(); ++i) {
        EXPECT_TRUE(!std::isfinite(a[i]) || std::fabs(a[i] - b[i]) <= most) << i << ": " << a[i] << " and " << b[i];
      }
    };
    check(before.position, after.position, 1.1 * bound().position + 1e-6);
    check(before.log_scale, after.log_scale, 1.1 * bound().log_scale + 1e-6);
    check(before.dc, after.dc, 1.1 * bound().dc + 1e-6);
  }
}

TEST_P(EveryFormat, AnEmptySceneIsWrittenOrRefused) {
  const auto output = write_splats(Splats{}, GetParam());
  if (!output.ok()) {
    EXPECT_EQ(output.error().code, Code::invalid_argument);
    return;
  }
  const auto input = read_splats(output->file, {}, extension_of(GetParam()));
  ASSERT_TRUE(input.ok()) << input.error().message;
  EXPECT_EQ(input->splats.count(), 0u);
  for (const ExtraProperty& extra : input->splats.extra) EXPECT_EQ(extra.name.substr(0, 1), "n") << "normals, and nothing of 3DGS";
}

TEST_P(EveryFormat, EqualPlacesAndFarOutliersStayApartFromTheRest) {
  Random random(25);
  Splats scene = tame_scene(random, 500, 0);
  for (size_t i = 0; i < 3 * 200; ++i) scene.position[i] = scene.position[i % 3];
  scene.position[3 * 499] = 1e5f;
  const Splats after = cycled(scene, GetParam());
  const Splats before = in_written_order(scene, GetParam());
  ASSERT_EQ(after.count(), 500u);
  std::map<float, std::set<float>> images;
  for (size_t i = 0; i < 500; ++i) images[before.position[3 * i]].insert(after.position[3 * i]);
  EXPECT_LE(images[scene.position[0]].size(), GetParam() == SplatFormat::compressed_ply ? 2u : 1u) << "one place a chunk";
  size_t moved = 0;
  for (size_t i = 0; i < 500; ++i)
    moved += std::fabs(after.position[3 * i] - before.position[3 * i]) > 0.01f + 1e-3f * std::fabs(before.position[3 * i]);
  EXPECT_LE(moved, GetParam() == SplatFormat::compressed_ply ? 256u : 0u) << "at most the chunk of the outlier";
}

TEST_P(EveryFormat, ArraysOfTheWrongSizeAreRefused) {
  Splats scene;
  scene.resize(3);
  scene.dc.pop_back();
  EXPECT_EQ(write_splats(scene, GetParam()).error().code, Code::invalid_argument);
}

TEST_P(EveryFormat, EveryPrefixIsRefusedOrAWholeScene) {
  Random random(26);
  const auto output = write_splats(tame_scene(random, 40, 1), GetParam());
  ASSERT_TRUE(output.ok());
  for (size_t size = 0; size < output->file.size(); ++size) {
    const Bytes cut(output->file.begin(), output->file.begin() + static_cast<std::ptrdiff_t>(size));  // its own block: sanitizers see
    const auto input = read_splats(cut, {}, extension_of(GetParam()));
    if (GetParam() == SplatFormat::splat && size % 32 == 0) {
      EXPECT_EQ(input->splats.count(), size / 32);
    } else {
      EXPECT_FALSE(input.ok()) << format_name(GetParam()) << " cut at " << size << " of " << output->file.size();
    }
  }
}

TEST_P(EveryFormat, DamageGivesAnErrorOrASceneOfTheRightShape) {
  Random random(27);
  for (uint32_t degree = 0; degree <= kMaxShDegree; ++degree) {
    const auto output = write_splats(tame_scene(random, 60, degree), GetParam());
    ASSERT_TRUE(output.ok());
    for (int round = 0; round < 1500; ++round) {
      Bytes damaged = output->file;
      const size_t hits = 1 + random() % 4;
      for (size_t hit = 0; hit < hits; ++hit) {
        const size_t reach = random() % 2 == 0 ? damaged.size() : std::min<size_t>(damaged.size(), 400);
        damaged[random() % reach] = static_cast<std::byte>(random() % 3 == 0 ? 255 : random());
      }
      const auto input = read_splats(damaged, {}, extension_of(GetParam()));
      if (input.ok()) {
        EXPECT_TRUE(check_shape(input->splats).ok());
      } else {
        EXPECT_NE(input.error().code, Code::internal) << input.error().message;
      }
    }
  }
}

TEST_P(EveryFormat, LimitsOfTheCallerHold) {
  Random random(28);
  const auto output = write_splats(tame_scene(random, 1000, 3), GetParam());
  ASSERT_TRUE(output.ok());
  DecodeLimits limits;
  limits.elements = 999;
  EXPECT_EQ(read_splats(output->file, limits, extension_of(GetParam())).error().code, Code::limit_exceeded);
  limits = {};
  limits.memory_bytes = 30000;
  EXPECT_EQ(read_splats(output->file, limits, extension_of(GetParam())).error().code, Code::out_of_memory);
  limits = {};
  limits.input_bytes = output->file.size() - 1;
  EXPECT_EQ(read_splats(output->file, limits, extension_of(GetParam())).error().code, Code::limit_exceeded);
}

TEST_P(EveryFormat, ExtraPropertiesAreNamedAsLost) {
  if (GetParam() == SplatFormat::ply) GTEST_SKIP() << "holds them";
  Random random(29);
  Splats scene = tame_scene(random, 5, 0);
  scene.extra.push_back({"nx", PropertyType::f32, Bytes(20)});
  EXPECT_TRUE(write_splats(scene, GetParam())->losses.empty() || GetParam() == SplatFormat::sog) << "normals of zero are no loss";
  scene.extra.push_back({"transform", PropertyType::u8, Bytes(5)});
  bool named = false;
  const auto output = write_splats(scene, GetParam());
  for (const std::string& loss : output->losses) named = named || loss.find("transform") != std::string::npos;
  EXPECT_TRUE(named);
}

TEST_P(EveryFormat, TheSameSceneGivesTheSameBytes) {
  Random random(30);
  const Splats scene = tame_scene(random, 3000, 2);
  EXPECT_TRUE(write_splats(scene, GetParam())->file == write_splats(scene, GetParam())->file);
}

INSTANTIATE_TEST_SUITE_P(Splats, EveryFormat, testing::ValuesIn(kWritten), [](const auto& each) { return format_name(each.param); });

TEST(LooksLikeSplats, TellsPointsMeshesAndRecordsApart) {
  EXPECT_FALSE(looks_like_splats({}));
  EXPECT_FALSE(looks_like_splats(bytes_of("ply\nformat binary_little_endian 1.0\nelement vertex 0\nproperty float x\nend_header\n")));
  EXPECT_FALSE(looks_like_splats(bytes_of("{\"asset\":{\"version\":\"2.0\"},\"meshes\":[]}"))) << "a mesh";
  EXPECT_FALSE(looks_like_splats(bytes_of("PK\x03\x04 some other archive")));
  Random random(31);
  Bytes records;  // KITTI: x y z in metres, intensity
  for (int i = 0; i < 4 * 800; ++i) {
    const float value = i % 4 == 3 ? uniform(random, 0, 1) : uniform(random, -60, 60);
    const ByteSpan bytes = std::as_bytes(std::span(&value, 1));
    records.insert(records.end(), bytes.begin(), bytes.end());
  }
  EXPECT_FALSE(looks_like_splats(records));
  const auto splats = write_splats(tame_scene(random, 100, 0), SplatFormat::splat);
  EXPECT_TRUE(looks_like_splats(splats->file));
  EXPECT_TRUE(looks_like_splats(splats->file, ".splat"));
  EXPECT_FALSE(looks_like_splats(splats->file, ".bin")) << "the name says otherwise";
}

}  // namespace
}  // namespace dew
