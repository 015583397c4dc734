// SPDX-License-Identifier: Apache-2.0
// The random scenes of property tests hold what their options ask for: a test on degenerate values must get some.
#include "tests/support/any_splats.h"

#include <gtest/gtest.h>

namespace dew::test {
namespace {

size_t not_finite_values(const Splats& scene) {
  size_t count = 0;
  for (const auto* values : {&scene.position, &scene.log_scale, &scene.rotation, &scene.opacity_logit, &scene.dc, &scene.sh})
    count += static_cast<size_t>(std::count_if(values->begin(), values->end(), [](float value) { return !std::isfinite(value); }));
  return count;
}

TEST(AnySplats, DependOnTheSeedAlone) {
  Random a(3), b(3), c(4);
  const Splats scene = any_splats(a, 300);
  EXPECT_TRUE(same_bits(scene, any_splats(b, 300)));
  EXPECT_FALSE(same_bits(scene, any_splats(c, 300)));
}

TEST(AnySplats, HaveTheShapeOfTheirDegree) {
  Random random(1);
  for (uint32_t degree = 0; degree <= kMaxShDegree; ++degree) {
    for (const size_t count : {0u, 1u, 2u, 100u}) {
      const Splats scene = random_splats(random, {.count = count, .sh_degree = degree, .normals = true, .extra_properties = 3});
      EXPECT_EQ(scene.count(), count);
      EXPECT_EQ(scene.extra.size(), 6u);
      EXPECT_TRUE(check_shape(scene).ok());
      EXPECT_EQ(not_finite_values(scene), 0u);
    }
  }
}

TEST(AnySplats, HoldEveryDegenerateValueThatIsAskedFor) {
  Random random(2);
  const Splats scene = random_splats(random, {.count = 1000,
                                              .outlier_share = 0.1,
                                              .equal_position_share = 0.1,
                                              .zero_scale_share = 0.1,
                                              .infinite_logit_share = 0.1,
                                              .zero_rotation_share = 0.1});
  size_t far = 0, equal = 0, flat = 0, infinite = 0, without_direction = 0;
  for (size_t i = 0; i < scene.count(); ++i) {
    const float* p = &scene.position[3 * i];
    const float* q = &scene.rotation[4 * i];
    far += std::max({std::abs(p[0]), std::abs(p[1]), std::abs(p[2])}) > 20;
    equal += i > 0 && std::equal(p, p + 3, p - 3);
    flat += *std::min_element(&scene.log_scale[3 * i], &scene.log_scale[3 * i] + 3) < -25;
    infinite += std::isinf(scene.opacity_logit[i]);
    without_direction += std::all_of(q, q + 4, [](float value) { return value == 0; });
  }
  for (const size_t count : {far, equal, flat, infinite, without_direction}) {
    EXPECT_GT(count, 50u);
    EXPECT_LT(count, 200u);
  }
}

TEST(AnySplats, NanShareSpoilsOneValueOfASplat) {
  Random random(5);
  const Splats scene = random_splats(random, {.count = 400, .nan_share = 1});
  EXPECT_EQ(not_finite_values(scene), 400u);
  EXPECT_EQ(not_finite_values(random_splats(random, {.count = 400, .sh_degree = 0, .nan_share = 1})), 400u);
}

TEST(AnySplats, MeetEmptyScenesAndAllDegrees) {
  Random random(6);
  size_t empty = 0, spoiled = 0;
  std::array<size_t, kMaxShDegree + 1> degrees{};
  for (int i = 0; i < 300; ++i) {
    const Splats scene = any_splats(random, 60);
    ASSERT_TRUE(check_shape(scene).ok());
    ASSERT_LE(scene.count(), 60u);
    empty += scene.count() == 0;
    spoiled += not_finite_values(scene) > 0;
    ++degrees[scene.sh_degree];
    EXPECT_EQ(not_finite_values(random_splats(random, only_finite(any_options(random, 60)))), 0u);
  }
  EXPECT_GT(empty, 5u);
  EXPECT_GT(spoiled, 50u);
  for (const size_t count : degrees) EXPECT_GT(count, 30u);
}

TEST(AnySplats, SameBitsTellsNansAndZerosApart) {
  Splats a;
  a.resize(1);
  Splats b = a;
  EXPECT_TRUE(same_bits(a, b));
  b.position[0] = -0.0f;
  EXPECT_FALSE(same_bits(a, b));
  a.position[0] = b.position[0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(same_bits(a, b));
  b.position[0] = std::bit_cast<float>(0x7f800001u);
  EXPECT_FALSE(same_bits(a, b));
}

}  // namespace
}  // namespace dew::test
