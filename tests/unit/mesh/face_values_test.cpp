// SPDX-License-Identifier: Apache-2.0
#include "mesh/coding/face_values.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

#include "mesh/codec.h"
#include "mesh/io/read_mesh.h"
#include "mesh/io/write_mesh.h"
#include "tests/support/any_mesh.h"

namespace dew {
namespace {

/// A mesh with every defect, its triangles in parts, whose values are few, many, and of every kind of float.
Mesh valued(uint32_t seed) {
  Mesh mesh = any_mesh(seed);
  std::mt19937 random(seed);
  MeshAttribute colour{"color", AttributeKind::colour, AttributeType::u8, 3, {}, {}};
  MeshAttribute number{"number", AttributeKind::generic, AttributeType::f32, 1, {}, {}};
  MeshAttribute wild{"wild", AttributeKind::generic, AttributeType::f32, 1, {}, {}};
  MeshAttribute small{"small", AttributeKind::generic, AttributeType::i16, 1, {}, {}};
  constexpr float kWild[] = {-0.0f, 0.0f, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 1e-40f, -3e38f};
  for (size_t t = 0; t < mesh.triangles(); ++t) {
    const float shade = static_cast<float>(t / 7 % 3 * 100);
    colour.value.insert(colour.value.end(), {shade, 7, 255});
    number.value.push_back(static_cast<float>(t));
    wild.value.push_back(kWild[random() % std::size(kWild)]);
    small.value.push_back(static_cast<float>(static_cast<int>(random() % 65536) - 32768));
  }
  mesh.face_attributes = {colour, number, wild, small};
  if (seed % 2 == 1) {
    const uint64_t half = mesh.triangles() / 2;
    mesh.parts = {{"a", "", 0, half}, {"b", "red", half, mesh.triangles() - half}};
  }
  return mesh;
}

TEST(MeshFaceValues, EveryTriangleKeepsItsOwnUnderEveryPromise) {
  for (uint32_t seed = 0; seed < 24; ++seed) {
    const Mesh mesh = valued(seed);
    for (const MeshMode mode : {MeshMode::surface, MeshMode::lossless, MeshMode::lossless_reordered}) {
      MeshEncodeOptions options;
      options.mode = mode;
      const auto encoded = encode_mesh(mesh, options);
      ASSERT_TRUE(encoded.ok()) << encoded.error().message;
      const auto decoded = decode_mesh(encoded->bytes, {});
      ASSERT_TRUE(decoded.ok()) << decoded.error().message;
      EXPECT_TRUE(mode != MeshMode::lossless || same_mesh(decoded->mesh, mesh));
      EXPECT_TRUE(mode != MeshMode::lossless_reordered || same_mesh_reordered(decoded->mesh, mesh));
      ASSERT_EQ(decoded->mesh.face_attributes.size(), 4u);
      // The number says which triangle of the original it is: its vertices must be those.
      for (size_t t = 0; t < decoded->mesh.triangles(); ++t) {
        const auto original = static_cast<size_t>(decoded->mesh.face_attributes[1].value[t]);
        std::array<uint32_t, 3> there, here;
        for (size_t k = 0; k < 3; ++k) {
          there[k] = mesh.triangle[3 * original + k];
          here[k] = encoded->vertex_order[decoded->mesh.triangle[3 * t + k]];
        }
        std::sort(there.begin(), there.end());
        std::sort(here.begin(), here.end());
        ASSERT_EQ(here, there);
        ASSERT_EQ(decoded->mesh.face_attributes[3].value[t], mesh.face_attributes[3].value[original]);
      }
    }
  }
}

TEST(MeshFaceValues, PlyKeepsThemAndPolygonsShareThem) {
  Mesh mesh = valued(4);
  mesh.source = MeshFormat::ply;
  const auto file = write_mesh(mesh, MeshFormat::ply);
  ASSERT_TRUE(file.ok());
  const auto read = read_mesh(file->file, "a.ply", {});
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_TRUE(same_mesh(read->mesh, mesh));
  const std::string square =
      "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\nproperty float z\nelement face 2\n"
      "property uchar red\nproperty list uchar int vertex_indices\nproperty uchar green\nproperty uchar blue\nproperty short group\n"
      "property list uchar float texcoord\nend_header\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n9 4 0 1 2 3 8 7 -5 1 0.5\n1 2 0 1 2 3 4 0\n";
  const auto polygon = read_mesh(as_bytes(square), "a.ply", {});
  ASSERT_TRUE(polygon.ok()) << polygon.error().message;
  ASSERT_EQ(polygon->mesh.triangles(), 2u);
  ASSERT_EQ(polygon->mesh.face_attributes.size(), 2u);
  EXPECT_EQ(polygon->mesh.face_attributes[0].value, (std::vector<float>{9, 8, 7, 9, 8, 7}));
  EXPECT_EQ(polygon->mesh.face_attributes[1].value, (std::vector<float>{-5, -5}));
  EXPECT_NE(polygon->note.find("texcoord"), std::string::npos);
}

TEST(MeshFaceValues, FewValuesTakeFewBits) {
  Mesh mesh = bumpy_sphere(40, 60);
  MeshAttribute group{"group", AttributeKind::generic, AttributeType::u8, 1, {}, {}};
  for (size_t t = 0; t < mesh.triangles(); ++t) {
    const float height = mesh.position[3 * size_t{mesh.triangle[3 * t]} + 2];
    group.value.push_back(height > 0.5f ? 3.f : height > -0.2f ? 200.f : 17.f);
  }
  std::vector<uint32_t> order(mesh.triangles());
  for (uint32_t t = 0; t < order.size(); ++t) order[t] = t;
  const Bytes coded = encode_face_values(group, order, mesh);
  EXPECT_LT(8 * coded.size(), mesh.triangles() / 4);
}

TEST(MeshFaceValues, RefusesEveryPrefixOrGivesValuesOfTheType) {
  const Mesh mesh = valued(3);
  std::vector<uint32_t> order(mesh.triangles());
  for (uint32_t t = 0; t < order.size(); ++t) order[t] = t;
  for (const MeshAttribute& attribute : mesh.face_attributes) {
    const Bytes coded = encode_face_values(attribute, order, mesh);
    for (size_t size = 0; size < coded.size(); ++size) {
      Budget budget{DecodeLimits{}};
      const auto decoded = decode_face_values(ByteSpan(coded).first(size), mesh, budget);
      EXPECT_TRUE(!decoded.ok() || decoded->value.size() == mesh.triangles() * attribute.components);
    }
  }
  DecodeLimits none;
  none.memory_bytes = 10;
  Budget budget(none);
  EXPECT_FALSE(decode_face_values(encode_face_values(mesh.face_attributes[0], order, mesh), mesh, budget).ok());
}

}  // namespace
}  // namespace dew
