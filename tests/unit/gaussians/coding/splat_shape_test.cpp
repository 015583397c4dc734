// SPDX-License-Identifier: Apache-2.0
// Shapes of splats: every mapping has its inverse, and a rotation on the lattice is the nearest there is.
#include "gaussians/coding/splat_shape.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "gaussians/coding/rotation_lattice.h"
#include "gaussians/quaternion.h"
#include "gaussians/render/projection.h"

namespace dew {
namespace {

using Random = std::mt19937_64;
constexpr double kPi = 3.14159265358979323846;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

double unit(Random& random) { return static_cast<double>(random() >> 11) * 0x1p-53; }

SplatFrame random_frame(Random& random) {
  return rotation_matrix(2 * unit(random) - 1, 2 * unit(random) - 1, 2 * unit(random) - 1, 2 * unit(random) - 1);
}

std::array<double, 3> column(const SplatFrame& frame, size_t k) { return {frame[k], frame[3 + k], frame[6 + k]}; }

double dot(const std::array<double, 3>& a, const std::array<double, 3>& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/// Of two axes, whichever way they point.
double angle_between(const std::array<double, 3>& a, const std::array<double, 3>& b) {
  const std::array<double, 3> across{a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
  return std::atan2(std::sqrt(dot(across, across)), std::abs(dot(a, b)));
}

void expect_right_handed(const SplatFrame& m) {
  for (size_t j = 0; j < 3; ++j) {
    for (size_t k = 0; k < 3; ++k) ASSERT_NEAR(dot(column(m, j), column(m, k)), j == k ? 1 : 0, 1e-12);
  }
  const double determinant = m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);
  ASSERT_NEAR(determinant, 1, 1e-12);
}

TEST(SplatShape, SpreadsAndLogScalesAreInverse) {
  for (const double screen_variance : {1e-12, 1e-4, 1.0, 1e6}) {
    const double screen = 0.5 * std::log(screen_variance);
    for (double log_scale = screen - 6; log_scale < screen + 20; log_scale += 0.37) {
      const double spread = spread_of(log_scale, screen_variance);
      EXPECT_NEAR(spread, 0.5 * std::log(std::exp(2 * log_scale) + 0.5 * screen_variance), 1e-9);
      EXPECT_NEAR(log_scale_of(spread, screen_variance), log_scale, 1e-3) << screen_variance;
    }
    // What the screen hides comes back as a thousandth of its blur, and what is beyond all measure at the bounds.
    for (const double hidden : {-kInfinity, -200.0, screen - 20}) {
      EXPECT_NEAR(log_scale_of(spread_of(hidden, screen_variance), screen_variance), screen + std::log(1e-3), 1e-6);
    }
    for (const double huge : {kInfinity, 400.0, 61.0}) EXPECT_EQ(spread_of(huge, screen_variance), kLargestSpread);
  }
}

TEST(SplatShape, OpacitiesAndTheirLogarithmsAreInverse) {
  for (double logit = -55; logit < 9; logit += 0.31) {
    const double log_opacity = log_opacity_of(logit);
    EXPECT_NEAR(log_opacity, -std::log1p(std::exp(-logit)), 1e-12);
    EXPECT_NEAR(opacity_logit_of(log_opacity), logit, 1e-9);
  }
  EXPECT_EQ(log_opacity_of(kInfinity), kLargestLogOpacity);
  EXPECT_EQ(log_opacity_of(1e300), kLargestLogOpacity);
  EXPECT_EQ(log_opacity_of(-kInfinity), kLeastLogOpacity);
  EXPECT_EQ(log_opacity_of(-1e300), kLeastLogOpacity);
  for (const double end : {kLeastLogOpacity, kLargestLogOpacity}) EXPECT_TRUE(std::isfinite(opacity_logit_of(end)));
}

TEST(SplatShape, StepsArePositiveAndFiniteForAnySpreads) {
  Random random(1);
  for (int round = 0; round < 5000; ++round) {
    std::array<double, 3> spread;
    for (double& value : spread) value = kLeastSpread + (kLargestSpread - kLeastSpread) * unit(random);
    const double screen_variance = std::exp(100 * unit(random) - 50);
    const SplatShape shape(spread, screen_variance);
    const double alpha_step = std::ldexp(1.0, -static_cast<int>(random() % 32));
    const RotationSteps turn = shape.rotation_steps(alpha_step);
    ASSERT_TRUE(turn.direction > 0 && turn.direction < 2 && turn.spin > 0 && turn.spin < 2);
    for (const double step : shape.position_steps(random_frame(random), alpha_step)) ASSERT_TRUE(step > 0 && std::isfinite(step));
  }
}

/// A tenth of the alpha step is a tenth of every step.
TEST(SplatShape, StepsFollowTheAlphaStep) {
  const SplatShape shape({-2, -3, -5}, 1e-4);
  const SplatFrame frame = rotation_matrix(0.3, 0.1, -0.8, 0.4);
  EXPECT_NEAR(shape.rotation_steps(0.001).direction, 0.1 * shape.rotation_steps(0.01).direction, 1e-12);
  for (size_t k = 0; k < 3; ++k) {
    EXPECT_NEAR(shape.position_steps(frame, 0.001)[k], 0.1 * shape.position_steps(frame, 0.01)[k], 1e-12);
  }
}

TEST(RotationLattice, LevelsCoverTheTurnByTheSteps) {
  EXPECT_EQ(rotation_levels({1.6, 1.6}).direction, 1u);
  EXPECT_EQ(rotation_levels({1.6, 1.6}).spin, 2u);
  EXPECT_EQ(rotation_levels({kPi / 20, kPi / 10}).direction, 10u);
  EXPECT_EQ(rotation_levels({1e-12, 1e-12}).direction, kMaxRotationLevels);
  EXPECT_EQ(rotation_levels({1e-12, 1e-12}).spin, kMaxRotationLevels);
}

TEST(RotationLattice, TheNearestPointIsWithinHalfAStep) {
  Random random(2);
  for (int round = 0; round < 20000; ++round) {
    const SplatFrame frame = random_frame(random);
    const RotationLevels levels{1 + static_cast<uint32_t>(std::exp(10.3 * unit(random))), 1 + static_cast<uint32_t>(random() % 1000)};
    const RotationCode code = rotation_code(frame, levels);
    ASSERT_LT(code.face, 3u);
    ASSERT_LT(code.u, levels.direction);
    ASSERT_LT(code.v, levels.direction);
    ASSERT_LT(code.spin, levels.spin);
    const SplatFrame seen = rotation_frame(code, levels);
    expect_right_handed(seen);
    if (levels.direction == 1) continue;
    const double direction_rad = angle_between(column(frame, 2), column(seen, 2));
    const double half_step = 0.5 * kPi / 2 / levels.direction;
    // From the middle of a cell to its corner; near the corners of the cube cells are rhombs.
    ASSERT_LE(direction_rad, 1.64 * half_step + 1e-9) << levels.direction;
    // A direction that is off turns the axis across it by no more than that.
    ASSERT_LE(angle_between(column(frame, 0), column(seen, 0)), 0.5 * kPi / levels.spin + 1.5 * direction_rad + 1e-9);
  }
}

TEST(RotationLattice, LatticePointsAreTheirOwnNearest) {
  Random random(3);
  for (int round = 0; round < 20000; ++round) {
    const RotationLevels levels{2 + static_cast<uint32_t>(random() % 300), 1 + static_cast<uint32_t>(random() % 300)};
    const RotationCode code{static_cast<uint32_t>(random() % 3), static_cast<uint32_t>(random() % levels.direction),
                            static_cast<uint32_t>(random() % levels.direction), static_cast<uint32_t>(random() % levels.spin)};
    ASSERT_EQ(rotation_code(rotation_frame(code, levels), levels), code) << levels.direction << ' ' << levels.spin;
  }
}

TEST(RotationLattice, OneLevelLeavesTheRotationFree) {
  Random random(4);
  for (int round = 0; round < 1000; ++round) {
    const RotationCode code = rotation_code(random_frame(random), {1, 1});
    EXPECT_EQ(code, RotationCode{});
    expect_right_handed(rotation_frame(code, {1, 1}));
  }
}

/// Axes of the scene itself lie on edges between faces and at the ends of the turn.
TEST(RotationLattice, AxesOfTheSceneAreNoExceptions) {
  for (const double w : {1.0, 0.0}) {
    for (const double x : {1.0, 0.0, -1.0}) {
      for (const double y : {1.0, 0.0, -1.0}) {
        for (const double z : {1.0, 0.0, -1.0}) {
          const SplatFrame frame = rotation_matrix(w, x, y, z);
          for (const RotationLevels levels :
               {RotationLevels{1, 2}, RotationLevels{2, 1}, RotationLevels{8, 8}, RotationLevels{32768, 32768}}) {
            const SplatFrame seen = rotation_frame(rotation_code(frame, levels), levels);
            expect_right_handed(seen);
            if (levels.direction > 1) {
              EXPECT_LE(angle_between(column(frame, 2), column(seen, 2)), 0.5 * kPi / levels.direction);
            }
          }
        }
      }
    }
  }
}

TEST(Quaternions, AreTheInverseOfTheirMatrices) {
  Random random(5);
  for (int round = 0; round < 20000; ++round) {
    std::array<double, 4> wxyz;
    for (double& value : wxyz) value = round % 5 == 0 ? static_cast<double>(random() % 3) - 1 : 2 * unit(random) - 1;
    const SplatFrame frame = rotation_matrix(wxyz[0], wxyz[1], wxyz[2], wxyz[3]);
    const std::array<double, 4> back = quaternion_of(frame);
    ASSERT_NEAR(back[0] * back[0] + back[1] * back[1] + back[2] * back[2] + back[3] * back[3], 1, 1e-12);
    const SplatFrame again = rotation_matrix(back[0], back[1], back[2], back[3]);
    for (size_t i = 0; i < 9; ++i) ASSERT_NEAR(again[i], frame[i], 1e-12);
  }
}

}  // namespace
}  // namespace dew
