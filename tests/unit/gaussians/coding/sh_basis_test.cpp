// SPDX-License-Identifier: Apache-2.0
#include "gaussians/coding/sh_basis.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/any_splats.h"

namespace dew::test {
namespace {

ShBasis basis_of(const Splats& scene, double least_deviation = 1e-9) {
  const std::vector<double> weights(scene.count(), 1.0);
  return fit_sh_basis(scene, weights, least_deviation);
}

Bytes bytes_of(const ShBasis& basis) {
  ByteWriter writer;
  basis.write(writer);
  return writer.take();
}

bool same(const ShBasis& a, const ShBasis& b) {
  if (a.width() != b.width() || a.components() != b.components()) return false;
  std::vector<double> from_a(a.width()), from_b(a.width());
  for (size_t k = 0; k < a.components(); ++k) {
    a.add(k, 1 + static_cast<double>(k), from_a);
    b.add(k, 1 + static_cast<double>(k), from_b);
    if (a.deviation_q2(k) != b.deviation_q2(k) || from_a != from_b) return false;
  }
  return true;
}

TEST(ShBasis, WhatIsWrittenReadsBack) {
  Random random(1);
  for (uint32_t degree = 1; degree <= kMaxShDegree; ++degree) {
    const Splats scene = random_splats(random, {.count = 400, .sh_degree = degree});
    const ShBasis basis = basis_of(scene);
    ASSERT_EQ(basis.width(), scene.sh_stride());
    ASSERT_GT(basis.components(), 0u);
    const Bytes bytes = bytes_of(basis);
    ByteReader reader(bytes);
    const Result<ShBasis> back = ShBasis::read(basis.width(), reader);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_TRUE(same(basis, *back)) << degree;
    EXPECT_EQ(reader.remaining(), 0u);
    for (size_t size = 0; size < bytes.size(); ++size) {
      ByteReader cut(ByteSpan(bytes).first(size));
      EXPECT_FALSE(ShBasis::read(basis.width(), cut).ok()) << size;
    }
  }
}

TEST(ShBasis, ScenesWithoutDirectionsHaveNone) {
  Random random(2);
  EXPECT_EQ(basis_of(random_splats(random, {.count = 50, .sh_degree = 0})).components(), 0u);
  const ShBasis flat = basis_of(random_splats(random, {.count = 50, .sh_degree = 3, .flat_sh_share = 1}));
  EXPECT_EQ(flat.components(), 0u);
  const Bytes bytes = bytes_of(flat);
  ByteReader reader(bytes);
  EXPECT_EQ(ShBasis::read(45, reader)->components(), 0u);
  EXPECT_EQ(basis_of(random_splats(random, {.count = 50, .sh_degree = 3}), 1e9).components(), 0u);
}

/// The axes are rounded to 1/127, so a sum of all components is nearly the whole.
TEST(ShBasis, AllComponentsTogetherAreNearlyTheColour) {
  Random random(3);
  for (uint32_t degree = 1; degree <= kMaxShDegree; ++degree) {
    const Splats scene = random_splats(random, {.count = 600, .sh_degree = degree});
    const ShBasis basis = basis_of(scene);
    std::vector<double> components(basis.components());
    double error = 0, power = 0;
    for (size_t i = 0; i < scene.count(); ++i) {
      const std::span<const float> colour = std::span(scene.sh).subspan(i * basis.width(), basis.width());
      ShProjection(basis).project(colour, components);
      std::vector<double> sums(basis.width());
      for (size_t k = 0; k < components.size(); ++k) basis.add(k, components[k], sums);
      for (size_t j = 0; j < sums.size(); ++j) {
        const double value = static_cast<double>(colour[j]);
        error += (sums[j] - value) * (sums[j] - value);
        power += value * value;
      }
    }
    EXPECT_LT(error, 0.01 * power) << degree;
  }
}

TEST(ShBasis, ComponentsComeByFallingVariance) {
  Random random(4);
  const ShBasis basis = basis_of(random_splats(random, {.count = 2000, .sh_degree = 3}));
  for (size_t k = 1; k < basis.components(); ++k) EXPECT_LE(basis.deviation_q2(k), basis.deviation_q2(k - 1));
}

/// What one axis holds is coded in one component.
TEST(ShBasis, AMixOfOneAxisIsOneComponent) {
  Random random(5);
  Splats scene;
  scene.sh_degree = 2;
  scene.resize(300);
  std::vector<double> axis(scene.sh_stride());
  for (double& value : axis) value = about_normal(random);
  for (size_t i = 0; i < scene.count(); ++i) {
    const double amount = about_normal(random);
    for (size_t j = 0; j < axis.size(); ++j) scene.sh[i * axis.size() + j] = static_cast<float>(amount * axis[j]);
  }
  EXPECT_EQ(basis_of(scene, 1e-4).components(), 1u);
}

TEST(ShBasis, NoiseIsRefusedOrABasis) {
  Random random(6);
  for (int round = 0; round < 3000; ++round) {
    ByteWriter writer;
    writer.varint(random() % 50);
    Bytes noise(random() % 300);
    for (std::byte& byte : noise) byte = static_cast<std::byte>(random());
    writer.sized_bytes(noise);
    const Bytes bytes = writer.take();
    ByteReader reader(bytes);
    const Result<ShBasis> basis = ShBasis::read(24, reader);
    if (basis.ok()) {
      EXPECT_LE(basis->components(), 24u);
    }
  }
}

}  // namespace
}  // namespace dew::test
