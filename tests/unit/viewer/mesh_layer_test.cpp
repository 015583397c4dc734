// SPDX-License-Identifier: Apache-2.0
// Meshes as layers, their errors, and which way is up.
#include "viewer/scene/mesh_layer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "viewer/colour/colour_map.h"
#include "viewer/scene/up.h"

namespace dew::viewer {
namespace {

/// A square of `cells` by `cells` cells at height z.
Mesh square(uint32_t cells, float z) {
  Mesh mesh;
  for (uint32_t y = 0; y <= cells; ++y) {
    for (uint32_t x = 0; x <= cells; ++x) {
      mesh.position.insert(mesh.position.end(), {static_cast<float>(x), static_cast<float>(y), z});
    }
  }
  for (uint32_t y = 0; y < cells; ++y) {
    for (uint32_t x = 0; x < cells; ++x) {
      const uint32_t a = y * (cells + 1) + x, b = a + cells + 1;
      mesh.triangle.insert(mesh.triangle.end(), {a, a + 1, b, b, a + 1, b + 1});
    }
  }
  return mesh;
}

TEST(MeshLayer, KeepsVerticesTrianglesColoursAndNumbers) {
  Mesh mesh = square(3, 2);
  MeshAttribute colour{"colour", AttributeKind::colour, AttributeType::u8, 4, {}, {}};
  MeshAttribute number{"confidence", AttributeKind::generic, AttributeType::f32, 1, {}, {}};
  for (size_t i = 0; i < mesh.vertices(); ++i) {
    colour.value.insert(colour.value.end(), {255, 0, 51, 255});
    number.value.push_back(static_cast<float>(i));
  }
  mesh.attributes = {colour, number};
  const MeshLayer layer = layer_from(mesh, "square");
  EXPECT_EQ(layer.count(), 16u);
  EXPECT_EQ(layer.triangle, mesh.triangle);
  ASSERT_EQ(layer.colour.size(), 48u);
  EXPECT_FLOAT_EQ(layer.colour[0], 1);
  EXPECT_FLOAT_EQ(layer.colour[2], 0.2f);
  ASSERT_NE(layer.find("confidence"), nullptr);
  EXPECT_EQ(layer.find("confidence")->values[7], 7);
  EXPECT_EQ(layer.find(kHeight)->values[7], 2);
  EXPECT_TRUE(default_colouring(Layer(layer), "").own_colours);
  EXPECT_FALSE(default_colouring(Layer(layer), kHeight).own_colours);
  EXPECT_EQ(default_colouring(Layer(layer), kNormal).attribute, kNormal);
  const Bounds box = bounds(Layer(layer));
  EXPECT_EQ(box.low.x, 0);
  EXPECT_EQ(box.high.x, 3);
}

TEST(MeshLayer, ValuesOfCornersReachTheirVertices) {
  Mesh mesh = square(1, 0);
  MeshAttribute seam{"side", AttributeKind::generic, AttributeType::f32, 1, {5, 6}, {0, 0, 0, 1, 1, 1}};
  mesh.attributes = {seam};
  mesh.position.insert(mesh.position.end(), {9, 9, 9});  // no triangle's
  ASSERT_TRUE(check_shape(mesh).ok());
  const MeshLayer layer = layer_from(mesh, "");
  const std::vector<float>& values = layer.find("side")->values;
  EXPECT_EQ(values[0], 5);
  EXPECT_EQ(values[3], 6);
  EXPECT_TRUE(std::isnan(values[4]));
}

TEST(MeshLayer, VerticesThatAreNowhereLoseTheirTrianglesOnly) {
  Mesh mesh = square(2, 1);
  mesh.position[0] = std::numeric_limits<float>::quiet_NaN();
  mesh.position[4] = std::numeric_limits<float>::infinity();
  const MeshLayer layer = layer_from(mesh, "");
  EXPECT_EQ(layer.count(), 9u);
  for (const float value : layer.xyz) EXPECT_TRUE(std::isfinite(value));
  for (const uint32_t vertex : layer.triangle) EXPECT_GT(vertex, 1u);
  EXPECT_GT(layer.triangle.size(), 0u);
  const PairErrors errors = surface_errors(mesh, square(2, 1), 1);
  EXPECT_TRUE(std::isnan(errors.of_original[0].values[0]));
  EXPECT_NEAR(errors.of_original[0].values[8], 0, 1e-6);
  EXPECT_NEAR(errors.of_decoded[0].values[8], 0, 1e-6);
  EXPECT_GT(errors.max, 0.5) << "a corner of the whole square is far from what is left of the other";
}

TEST(MeshLayer, ErrorsAreDistancesOfSurfacesWhateverTheVertices) {
  const PairErrors same_order = surface_errors(square(4, 0), square(4, 0.25f), 2);
  EXPECT_EQ(same_order.matching, Matching::order);
  EXPECT_NEAR(same_order.max, 0.25, 1e-6);
  EXPECT_NEAR(same_order.rms, 0.25, 1e-6);
  ASSERT_EQ(same_order.of_decoded.size(), 2u);
  EXPECT_NEAR(same_order.of_decoded[1].values[3], 0.25, 1e-6);

  // Vertices slid within the surface are no error of it.
  Mesh slid = square(4, 0);
  slid.position[3 * 12] += 0.4f;
  const PairErrors along = surface_errors(square(4, 0), slid, 1);
  EXPECT_NEAR(along.max, 0, 1e-6);
  EXPECT_NEAR(along.of_decoded[1].values[12], 0.4, 1e-6);

  // Another mesh of the same square.
  Mesh coarse = square(1, 0);
  for (float& value : coarse.position) value *= 4;
  const PairErrors other = surface_errors(square(4, 0), coarse, 1);
  EXPECT_EQ(other.matching, Matching::nearest);
  EXPECT_NEAR(other.max, 0, 1e-6);
  EXPECT_EQ(other.original_of(0), kNoPartner);
  for (const unsigned threads : {1u, 2u, 5u})
    EXPECT_EQ(surface_errors(square(70, 0), coarse, threads).max, surface_errors(square(70, 0), coarse, 1).max);
}

TEST(MeshLayer, AMeshWithoutTrianglesIsComparedByItsVertices) {
  Mesh points = square(2, 0);
  points.triangle.clear();
  const PairErrors errors = surface_errors(square(2, 0.5f), points, 1);
  EXPECT_NEAR(errors.max, 0.5, 1e-6);
  const PairErrors empty = surface_errors(Mesh{}, Mesh{}, 1);
  EXPECT_EQ(empty.max, 0);
}

TEST(Up, IsAcrossAFloorAwayFromIt) {
  for (size_t axis = 0; axis < 3; ++axis) {
    for (const float sign : {1.0f, -1.0f}) {
      Splats splats;
      const auto add = [&](float a, float b, float h) {
        std::array<float, 3> p{};
        p[axis] = sign * h;
        p[(axis + 1) % 3] = a;
        p[(axis + 2) % 3] = b;
        splats.position.insert(splats.position.end(), p.begin(), p.end());
        splats.dc.insert(splats.dc.end(), 3, 0.0f);
        splats.opacity_logit.push_back(2);
        splats.log_scale.insert(splats.log_scale.end(), 3, -2.0f);
        splats.rotation.insert(splats.rotation.end(), {1, 0, 0, 0});
      };
      for (int i = 0; i < 40; ++i) {
        for (int j = 0; j < 40; ++j) add(0.25f * static_cast<float>(i), 0.25f * static_cast<float>(j), 0);
      }
      // Things that stand on it, thinner the higher.
      for (int i = 0; i < 1000; ++i) {
        const float h = 3 * static_cast<float>((i * 37) % 100) / 100;
        add(2 + static_cast<float>(i % 7), 3 + static_cast<float>(i % 5), h);
      }
      const Vec3 up = estimated_up(splats);
      const std::array<double, 3> parts = {up.x, up.y, up.z};
      EXPECT_EQ(parts[axis], static_cast<double>(sign)) << axis;
      EXPECT_NEAR(length(up), 1, 1e-12);
    }
  }
}

TEST(Up, OfNothingIsWhatMostScenesHave) { EXPECT_EQ(estimated_up(Splats{}).y, -1); }

}  // namespace
}  // namespace dew::viewer
