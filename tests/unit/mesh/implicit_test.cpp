// SPDX-License-Identifier: Apache-2.0
// Shapes as distance fields: what is inside, wavelets back and forth, closed surfaces, files within their bytes, hostile payloads.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "mesh/codec.h"
#include "mesh/implicit/field_coder.h"
#include "mesh/implicit/implicit_mesh.h"
#include "mesh/implicit/signed_distance.h"
#include "mesh/implicit/surface_nets.h"
#include "mesh/implicit/wavelets.h"
#include "tests/support/any_mesh.h"

namespace dew {
namespace {

/// A ball's field.
DistanceField ball(size_t nodes, double radius) {
  DistanceField field({nodes, nodes, nodes}, {0, 0, 0}, 1);
  const double middle = static_cast<double>(nodes - 1) / 2;
  for (size_t z = 0; z < nodes; ++z) {
    for (size_t y = 0; y < nodes; ++y) {
      for (size_t x = 0; x < nodes; ++x) {
        const double dx = static_cast<double>(x) - middle, dy = static_cast<double>(y) - middle, dz = static_cast<double>(z) - middle;
        field.at(x, y, z) = std::sqrt(dx * dx + dy * dy + dz * dz) - radius;
      }
    }
  }
  return field;
}

TEST(ImplicitMesh, WaveletsComeBack) {
  const DistanceField field = ball(24, 8);
  DistanceField changed = field;
  for (size_t level = 0; level < kWaveletLevels; ++level) transform_level(changed, level, Direction::forward);
  EXPECT_GT(std::abs(changed.at(1, 1, 1) - field.at(1, 1, 1)), 0.1);
  for (size_t level = kWaveletLevels; level-- > 0;) transform_level(changed, level, Direction::backward);
  for (size_t i = 0; i < field.value.size(); ++i) ASSERT_NEAR(changed.value[i], field.value[i], 1e-9) << i;
}

TEST(ImplicitMesh, TheZeroSurfaceIsClosedAndRound) {
  const Mesh mesh = zero_surface(ball(32, 11));
  std::map<std::pair<uint32_t, uint32_t>, int> edges;
  for (size_t c = 0; c < mesh.triangle.size(); ++c) {
    const uint32_t a = mesh.triangle[c], b = mesh.triangle[c % 3 == 2 ? c - 2 : c + 1];
    ++edges[{a, b}];
  }
  for (const auto& [edge, count] : edges) ASSERT_EQ(count, (edges[{edge.second, edge.first}]));
  double volume = 0;
  for (size_t v = 0; v < mesh.vertices(); ++v) {
    double sum = 0;
    for (size_t k = 0; k < 3; ++k) sum += std::pow(static_cast<double>(mesh.position[3 * v + k]) - 15.5, 2);
    ASSERT_NEAR(std::sqrt(sum), 11, 0.05);
  }
  for (size_t t = 0; t < mesh.triangle.size(); t += 3) {
    const float *a = &mesh.position[3 * size_t{mesh.triangle[t]}], *b = &mesh.position[3 * size_t{mesh.triangle[t + 1]}],
                *c = &mesh.position[3 * size_t{mesh.triangle[t + 2]}];
    volume +=
        static_cast<double>(a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) + a[2] * (b[0] * c[1] - b[1] * c[0])) /
        6;
  }
  // Counter-clockwise from outside.
  EXPECT_NEAR(volume, 4.0 / 3 * 3.14159265 * 11 * 11 * 11, 200);
}

TEST(ImplicitMesh, FilesKeepWithinTheirBytesAndTheShape) {
  const Mesh mesh = bumpy_sphere(20, 30);
  MeshEncodeOptions options;
  options.mode = MeshMode::implicit;
  double before = 1e300;
  for (const uint64_t bytes : {600u, 1500u}) {
    options.implicit_bytes = bytes;
    const auto encoded = encode_mesh(mesh, options);
    ASSERT_TRUE(encoded.ok()) << encoded.error().message;
    EXPECT_LE(encoded->bytes.size(), bytes);
    const auto decoded = decode_mesh(encoded->bytes, {});
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    const auto errors = mesh_errors(mesh, decoded->mesh, {});
    ASSERT_TRUE(errors.ok());
    EXPECT_EQ(errors->surface_rms, encoded->errors.surface_rms);
    EXPECT_LT(errors->surface_rms, before);
    before = errors->surface_rms;
    EXPECT_EQ(inspect_mesh(encoded->bytes, {})->mode, MeshMode::implicit);
    EXPECT_GT(inside_overlap(mesh, decoded->mesh, 64), bytes == 1500 ? 0.98 : 0.9);
    for (size_t size = 0; size < encoded->bytes.size(); size += 61)
      EXPECT_FALSE(decode_mesh(ByteSpan(encoded->bytes).first(size), {}).ok()) << size;
  }
}

TEST(ImplicitMesh, SaysWhereTheTrianglesThemselvesFit) {
  MeshEncodeOptions options;
  options.mode = MeshMode::implicit;
  options.implicit_bytes = 3000;
  const auto few = encode_mesh(bumpy_sphere(8, 10), options);
  ASSERT_TRUE(few.ok());
  EXPECT_EQ(few->warnings.size(), 1u);
  options.implicit_bytes = 600;
  const auto many = encode_mesh(bumpy_sphere(50, 70, 0.3), options);
  ASSERT_TRUE(many.ok());
  EXPECT_TRUE(many->warnings.empty());
}

TEST(ImplicitMesh, RefusesWhatHoldsNoShapeAndWhatCostsTooMuch) {
  MeshEncodeOptions options;
  options.mode = MeshMode::implicit;
  EXPECT_FALSE(encode_mesh(Mesh{}, options).ok());
  options.implicit_bytes = 100;
  EXPECT_FALSE(encode_mesh(bumpy_sphere(5, 7), options).ok());
  const auto coded = encode_implicit_mesh(bumpy_sphere(10, 14), {1000, 1});
  ASSERT_TRUE(coded.ok());
  DecodeLimits limits;
  limits.memory_bytes = 100000;
  Budget budget(limits);
  EXPECT_FALSE(decode_implicit_mesh(coded->payload, budget).ok());
  // Any payload of the right shape gives some mesh, or is refused.
  for (size_t at = 3; at < coded->payload.size(); at += 37) {
    Bytes damaged = coded->payload;
    damaged[at] ^= std::byte{0x55};
    Budget enough{DecodeLimits{}};
    const auto mesh = decode_implicit_mesh(damaged, enough);
    EXPECT_TRUE(!mesh.ok() || check_shape(*mesh).ok()) << at;
  }
}

}  // namespace
}  // namespace dew
