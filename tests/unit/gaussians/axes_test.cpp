// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/axes.h"

#include "io_support.h"

namespace dew {
namespace {

using namespace test;
using Vector = std::array<double, 3>;

/// Real spherical harmonics of degrees 1 to 3 as 3DGS orders and signs them.
std::array<double, 15> harmonics(const Vector& direction) {
  const auto [x, y, z] = direction;
  return {-0.4886025119 * y,
          0.4886025119 * z,
          -0.4886025119 * x,
          1.0925484306 * x * y,
          -1.0925484306 * y * z,
          0.3153915653 * (2 * z * z - x * x - y * y),
          -1.0925484306 * x * z,
          0.5462742153 * (x * x - y * y),
          -0.5900435899 * y * (3 * x * x - y * y),
          2.8906114426 * x * y * z,
          -0.4570457995 * y * (4 * z * z - x * x - y * y),
          0.3731763326 * z * (2 * z * z - 3 * x * x - 3 * y * y),
          -0.4570457995 * x * (4 * z * z - x * x - y * y),
          1.4453057213 * z * (x * x - y * y),
          -0.5900435899 * x * (x * x - 3 * y * y)};
}

double colour(const Splats& splats, const Vector& direction) {
  const std::array<double, 15> basis = harmonics(direction);
  double sum = 0;
  for (size_t k = 0; k < sh_coefficients(splats.sh_degree); ++k) sum += basis[k] * splats.sh[k];
  return sum;
}

/// Covariance R S S R^T of splat 0, row by row.
std::array<double, 9> covariance(const Splats& splats) {
  const double w = splats.rotation[0], x = splats.rotation[1], y = splats.rotation[2], z = splats.rotation[3];
  const double n = w * w + x * x + y * y + z * z;
  const double r[3][3] = {{1 - 2 * (y * y + z * z) / n, 2 * (x * y - w * z) / n, 2 * (x * z + w * y) / n},
                          {2 * (x * y + w * z) / n, 1 - 2 * (x * x + z * z) / n, 2 * (y * z - w * x) / n},
                          {2 * (x * z - w * y) / n, 2 * (y * z + w * x) / n, 1 - 2 * (x * x + y * y) / n}};
  std::array<double, 9> out{};
  for (size_t i = 0; i < 3; ++i) {
    for (size_t k = 0; k < 3; ++k) {
      for (size_t a = 0; a < 3; ++a) out[3 * i + k] += r[i][a] * r[k][a] * std::exp(2 * splats.log_scale[a]);
    }
  }
  return out;
}

std::vector<Axes> all_axes() {
  std::vector<Axes> axes;
  for (int code = 0; code < 8; ++code) axes.push_back({(code & 1) != 0, (code & 2) != 0, (code & 4) != 0});
  return axes;
}

TEST(Axes, ColourShapeAndPlaceTurnTogether) {
  Random random(11);
  for (const Axes& to : all_axes()) {
    const std::array<float, 3> signs = axis_signs(kRightDownForward, to);
    for (int round = 0; round < 20; ++round) {
      const Splats before = tame_scene(random, 1, 3);
      Splats after = before;
      convert_axes(after, kRightDownForward, to);
      Vector direction{uniform(random, -1, 1), uniform(random, -1, 1), uniform(random, -1, 1)};
      const double seen = colour(before, direction);
      const std::array<double, 9> shape = covariance(before), turned = covariance(after);
      for (size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(after.position[i], signs[i] * before.position[i]);
        for (size_t k = 0; k < 3; ++k) EXPECT_NEAR(turned[3 * i + k], signs[i] * signs[k] * shape[3 * i + k], 1e-5);
        direction[i] *= signs[i];
      }
      EXPECT_NEAR(colour(after, direction), seen, 1e-5);
    }
  }
}

TEST(Axes, TurningBackGivesTheSameBits) {
  Random random(12);
  for (const Axes& from : all_axes()) {
    for (const Axes& to : all_axes()) {
      const Splats before = wild_scene(random, 40, 2);
      Splats after = before;
      convert_axes(after, from, to);
      convert_axes(after, to, from);
      EXPECT_TRUE(same_values(before, after));
    }
  }
}

}  // namespace
}  // namespace dew
