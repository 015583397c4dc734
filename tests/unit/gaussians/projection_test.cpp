// SPDX-License-Identifier: Apache-2.0
#include "gaussians/render/projection.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "gaussians/render/spherical_harmonics.h"
#include "tests/support/reference_renderer.h"
#include "tests/support/splats_before_camera.h"

namespace dew {
namespace {

using namespace test;

TEST(Projection, AgreesWithProductsOfMatrices) {
  const Camera camera = turned(camera_at_origin(640, 480), 0.7);
  const Projector projector(camera);
  const Splats splats = splats_before_camera(1, 300);
  size_t compared = 0;
  for (size_t i = 0; i < splats.count(); ++i) {
    const auto seen = projector.project(splats, i);
    const auto truth = reference::see(splats, i, camera);
    ASSERT_EQ(seen.has_value(), truth.has_value());
    if (!seen) continue;
    ++compared;
    EXPECT_NEAR(seen->depth, truth->depth, 1e-12);
    for (size_t k = 0; k < 2; ++k) EXPECT_NEAR(seen->mean[k], static_cast<double>(truth->mean[k]), 1e-9);
    for (size_t k = 0; k < 3; ++k)
      EXPECT_NEAR(seen->conic[k], static_cast<double>(truth->conic[k]), 1e-11 * std::abs(seen->conic[0] + seen->conic[2]));
    for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(projector.colour(splats, i)[c], truth->colour[c], 1e-12);
  }
  EXPECT_GT(compared, 250u);
}

TEST(Projection, ShapesFitTogether) {
  const Camera camera = camera_at_origin(640, 480);
  const Projector projector(camera);
  const Splats splats = splats_before_camera(2, 200, {.log_scale_min = -9, .log_scale_max = 3});
  for (size_t i = 0; i < splats.count(); ++i) {
    const auto seen = projector.project(splats, i);
    if (!seen) continue;
    const auto& [xx, xy, yy] = seen->covariance;
    double sum[3] = {0.3, 0, 0.3};
    for (const auto& [x, y] : seen->axes) sum[0] += x * x, sum[1] += x * y, sum[2] += y * y;
    EXPECT_NEAR(xx, sum[0], 1e-12 * xx);
    EXPECT_NEAR(xy, sum[1], 1e-12 * (xx + yy));
    EXPECT_NEAR(yy, sum[2], 1e-12 * yy);
    const auto& [a, b, c] = seen->conic;
    const double scale = (xx + yy) * (a + c);
    EXPECT_NEAR(a * xx + b * xy, 1, 1e-14 * scale);
    EXPECT_NEAR(a * xy + b * yy, 0, 1e-14 * scale);
    EXPECT_NEAR(b * xy + c * yy, 1, 1e-14 * scale);
    const auto& [p, q, r] = seen->root;
    EXPECT_NEAR(p * p, a, 1e-12 * a);
    EXPECT_NEAR(p * q, b, 1e-12 * (a + c));
    EXPECT_NEAR(q * q + r * r, c, 1e-12 * (a + c));
    // At the right end of the box, on the ellipse, alpha is 1/255.
    const double dx = seen->extent[0], dy = xy / xx * dx;
    EXPECT_NEAR(projected_alpha(*seen, dx, dy) * 255, 1, 1e-6);
    EXPECT_LT(projected_alpha(*seen, dx * 1.001, dy), 1.0 / 255);
  }
}

TEST(Projection, AxesAreDerivativesOfTheMean) {
  // v_k is how far the mean moves for a small step of one standard deviation along the own axis.
  const Camera camera = turned(camera_at_origin(640, 480), 0.4);
  const Projector projector(camera);
  const Splats splats = splats_before_camera(3, 50);
  for (size_t i = 0; i < splats.count(); ++i) {
    const auto seen = projector.project(splats, i);
    if (!seen || std::abs(seen->mean[0] - 320) > 320 || std::abs(seen->mean[1] - 240) > 240) continue;
    const float* q = &splats.rotation[4 * i];
    const auto rotation = rotation_matrix(q[0], q[1], q[2], q[3]);
    for (size_t k = 0; k < 3; ++k) {
      const double step = 1e-3;
      const double scale = std::exp(double{splats.log_scale[3 * i + k]});
      Splats moved = select(splats, {static_cast<uint32_t>(i)});
      for (size_t row = 0; row < 3; ++row) moved.position[row] += static_cast<float>(step * scale * rotation[3 * row + k]);
      const auto there = projector.project(moved, 0);
      ASSERT_TRUE(there);
      for (size_t axis = 0; axis < 2; ++axis) {
        const double slope = (there->mean[axis] - seen->mean[axis]) / step;
        EXPECT_NEAR(slope, seen->axes[k][axis], 0.5 + 0.02 * std::abs(slope)) << i;
      }
    }
  }
}

TEST(Projection, WhatIsNotDrawnHasNone) {
  const Projector projector(camera_at_origin(100, 100));
  Splats splats = splats_before_camera(4, 6);
  for (size_t i = 0; i < 6; ++i) splats.opacity_logit[i] = 0;
  splats.position[2] = 0.2f - 1e-6f;
  splats.opacity_logit[1] = -5.55f;  // 1/255 is -5.537
  splats.opacity_logit[2] = std::nanf("");
  splats.log_scale[9] = 1000;
  splats.rotation[16] = INFINITY;
  for (size_t i = 0; i < 5; ++i) EXPECT_FALSE(projector.project(splats, i)) << i;
  EXPECT_TRUE(projector.project(splats, 5));
}

/// What is skipped early is never drawn; and most of what lies beside the picture is skipped.
TEST(Projection, SurelyUnseenSplatsAreUnseen) {
  size_t unseen = 0, skipped = 0;
  for (const double zoom : {0.2, 1.0, 8.0}) {
    for (int turn = 0; turn < 8; ++turn) {
      Camera camera = turned(camera_at_origin(64, 48), 0.8 * turn);
      camera.fx *= zoom;
      camera.fy *= zoom;
      const Projector projector(camera);
      for (const Splats& splats : {splats_before_camera(static_cast<uint32_t>(turn), 2000, {.log_scale_min = -9, .log_scale_max = 1}),
                                   hostile_splats(static_cast<uint32_t>(turn), 500)}) {
        for (size_t i = 0; i < splats.count(); ++i) {
          const auto seen = projector.project(splats, i);
          const bool drawn = seen && projector.touches(*seen);
          const bool skip = projector.is_surely_unseen(splats, i);
          ASSERT_FALSE(drawn && skip) << "splat " << i << " at zoom " << zoom << ", turn " << turn;
          unseen += !drawn;
          skipped += skip;
        }
      }
    }
  }
  EXPECT_GT(skipped, unseen / 2);
}

TEST(Projection, RotationMatrixOfAnyLength) {
  EXPECT_EQ(rotation_matrix(0, 0, 0, 0), (std::array<double, 9>{1, 0, 0, 0, 1, 0, 0, 0, 1}));
  const auto quarter = rotation_matrix(3, 0, 0, 3);  // about z
  const std::array<double, 9> expected = {0, -1, 0, 1, 0, 0, 0, 0, 1};
  for (size_t k = 0; k < 9; ++k) EXPECT_NEAR(quarter[k], expected[k], 1e-15);
}

TEST(SphericalHarmonics, AreOrthonormal) {
  double products[16][16] = {};
  constexpr int kSteps = 64;
  for (int a = 0; a < kSteps; ++a) {
    for (int b = 0; b < 2 * kSteps; ++b) {
      const double theta = (a + 0.5) * std::numbers::pi / kSteps, phi = b * std::numbers::pi / kSteps;
      const double area = std::sin(theta) * (std::numbers::pi / kSteps) * (std::numbers::pi / kSteps);
      const auto basis = sh_basis(3, {std::sin(theta) * std::cos(phi), std::sin(theta) * std::sin(phi), std::cos(theta)});
      for (size_t i = 0; i < 16; ++i) {
        for (size_t j = 0; j < 16; ++j) products[i][j] += area * basis[i] * basis[j];
      }
    }
  }
  for (size_t i = 0; i < 16; ++i) {
    for (size_t j = 0; j < 16; ++j) EXPECT_NEAR(products[i][j], i == j ? 1 : 0, 2e-3) << i << " " << j;
  }
}

TEST(SphericalHarmonics, LowerDegreesArePrefixes) {
  const std::array<double, 3> direction = {0.36, -0.48, 0.8};
  const auto whole = sh_basis(3, direction);
  for (uint32_t degree = 0; degree < 3; ++degree) {
    const auto part = sh_basis(degree, direction);
    for (size_t k = 0; k < 16; ++k) EXPECT_EQ(part[k], k <= sh_coefficients(degree) ? whole[k] : 0);
  }
}

}  // namespace
}  // namespace dew
