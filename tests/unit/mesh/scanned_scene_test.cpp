// SPDX-License-Identifier: Apache-2.0
// Meshes as scanning gives them: marching cubes over a distance field, of known shapes and of a frame of the LiDAR simulator.
#include "tests/support/scanned_scene.h"

#include <gtest/gtest.h>

#include <set>

#include "mesh/codec.h"
#include "mesh/coding/manifold_pieces.h"
#include "mesh/metrics.h"

namespace dew {
namespace {

TEST(ScannedScene, MarchingCubesCloseWhatIsClosed) {
  // Random fields meet every cube that there is; outside all around.
  for (uint32_t seed = 0; seed < 6; ++seed) {
    DistanceField field({12, 11, 10}, {0, 0, 0}, 0.5);
    uint32_t state = seed * 77 + 1;
    for (size_t z = 0; z < 10; ++z) {
      for (size_t y = 0; y < 11; ++y) {
        for (size_t x = 0; x < 12; ++x) {
          state = state * 1664525 + 1013904223;
          const bool border = x == 0 || y == 0 || z == 0 || x == 11 || y == 10 || z == 9;
          field.at(x, y, z) = border ? 1 : static_cast<double>(state >> 8) / 8388608.0 - 1 + 1e-9;
        }
      }
    }
    const Mesh mesh = marching_cubes(field);
    ASSERT_GT(mesh.triangles(), 500u);
    // Every edge once each way: closed, and oriented alike.
    std::multiset<std::pair<uint32_t, uint32_t>> edges;
    for (size_t c = 0; c < mesh.triangle.size(); ++c) edges.emplace(mesh.triangle[c], mesh.triangle[next_corner(static_cast<uint32_t>(c))]);
    for (const auto& [a, b] : edges) ASSERT_EQ(edges.count({a, b}), edges.count({b, a})) << seed;
  }
}

TEST(ScannedScene, ASphereHasItsVolume) {
  DistanceField field({24, 24, 24}, {-1.15, -1.15, -1.15}, 0.1);
  for (size_t z = 0; z < 24; ++z) {
    for (size_t y = 0; y < 24; ++y) {
      for (size_t x = 0; x < 24; ++x) {
        const auto at = [](size_t i) { return -1.15 + 0.1 * static_cast<double>(i); };
        field.at(x, y, z) = (std::hypot(at(x), at(y), at(z)) - 1) / 0.1;
      }
    }
  }
  const Mesh mesh = marching_cubes(field);
  double volume = 0;
  for (size_t t = 0; t < mesh.triangles(); ++t) {
    double p[3][3];
    for (size_t i = 0; i < 3; ++i) {
      for (size_t k = 0; k < 3; ++k) p[i][k] = static_cast<double>(mesh.position[3 * size_t{mesh.triangle[3 * t + i]} + k]);
    }
    volume += (p[0][0] * (p[1][1] * p[2][2] - p[1][2] * p[2][1]) + p[0][1] * (p[1][2] * p[2][0] - p[1][0] * p[2][2]) +
               p[0][2] * (p[1][0] * p[2][1] - p[1][1] * p[2][0])) /
              6;
  }
  // Positive: seen from outside, triangles go round counter-clockwise.
  EXPECT_NEAR(volume, 4.18879, 0.05);
}

TEST(ScannedScene, AStreetOfTheSimulatorKeepsEveryPromise) {
  const Mesh mesh = scanned_scene(points_of_sample("kitti_raw.bin"), 8, 0.25);
  ASSERT_GT(mesh.triangles(), 2000u);
  const ManifoldPieces pieces = manifold_pieces(mesh);
  EXPECT_GT(std::count(pieces.opposite.begin(), pieces.opposite.end(), kNoCorner), 100) << "a scan has borders";
  for (const MeshMode mode : {MeshMode::surface, MeshMode::vertex, MeshMode::rms, MeshMode::lossless}) {
    MeshEncodeOptions options;
    options.mode = mode;
    options.max_error = mode == MeshMode::lossless ? 0 : 0.01;
    const auto encoded = encode_mesh(mesh, options);
    ASSERT_TRUE(encoded.ok()) << encoded.error().message;
    const auto decoded = decode_mesh(encoded->bytes, {});
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    ASSERT_EQ(decoded->mesh.triangles(), mesh.triangles());
    if (mode == MeshMode::lossless) {
      EXPECT_TRUE(same_mesh(decoded->mesh, mesh));
      continue;
    }
    const auto errors = mesh_errors(mesh, decoded->mesh, {});
    ASSERT_TRUE(errors.ok());
    const double error = mode == MeshMode::rms       ? errors->surface_rms / 1.01
                         : mode == MeshMode::surface ? errors->surface_max
                                                     : *encoded->errors.vertex_max;
    EXPECT_LE(error, options.max_error) << static_cast<int>(mode);
    // Two of three coordinates are on the grid: copies pay.
    EXPECT_LT(8 * encoded->bytes.size(), 24 * mesh.vertices());
  }
}

}  // namespace
}  // namespace dew
