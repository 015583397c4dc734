// SPDX-License-Identifier: Apache-2.0
#include "mesh/adapters/draco.h"

#include <draco/compression/encode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "mesh/gltf/gltf.h"
#include "tests/support/any_mesh.h"

namespace dew {
namespace {

Mesh coloured() {
  Mesh mesh = bumpy_sphere(9, 14);
  MeshAttribute colour{"COLOR", AttributeKind::colour, AttributeType::u8, 3, {}, {}};
  for (size_t v = 0; v < mesh.vertices(); ++v) colour.value.insert(colour.value.end(), {static_cast<float>(v % 256), 7, 255});
  mesh.attributes = {colour};
  return mesh;
}

Bytes draco_file(const Mesh& mesh) {
  const auto input = to_draco(mesh);
  EXPECT_TRUE(input.ok());
  draco::Encoder encoder;
  draco::EncoderBuffer buffer;
  EXPECT_TRUE(encoder.EncodeMeshToBuffer(**input, &buffer).ok());
  const auto bytes = std::as_bytes(std::span(buffer.data(), buffer.size()));
  return {bytes.begin(), bytes.end()};
}

/// Corner after corner, in any order of triangles: sums that tell one mesh from another.
double sum_of(const Mesh& mesh) {
  double sum = 0;
  for (size_t c = 0; c < mesh.triangle.size(); ++c) {
    double place = 0;
    for (size_t k = 0; k < 3; ++k)
      place += static_cast<double>(mesh.position[3 * size_t{mesh.triangle[c]} + k]) * static_cast<double>(k + 1);
    double value = 1;
    for (const MeshAttribute& attribute : mesh.attributes) {
      const size_t at = attribute.corner.empty() ? mesh.triangle[c] : attribute.corner[c];
      value += static_cast<double>(attribute.value[attribute.components * at]);
    }
    sum += place * place * value;
  }
  return sum;
}

TEST(MeshDraco, AdapterKeepsEveryCorner) {
  const Mesh mesh = coloured();
  const auto there = to_draco(mesh);
  ASSERT_TRUE(there.ok());
  std::vector<std::string> lost;
  const Mesh back = from_draco(**there, lost);
  EXPECT_TRUE(lost.empty());
  EXPECT_EQ(back.triangles(), mesh.triangles());
  ASSERT_EQ(back.attributes.size(), 1u);
  EXPECT_EQ(back.attributes[0].kind, AttributeKind::colour);
  EXPECT_NEAR(sum_of(back), sum_of(mesh), 1e-9 * sum_of(mesh));
}

TEST(MeshDraco, ReadsFiles) {
  const Bytes file = draco_file(coloured());
  ASSERT_TRUE(is_draco_file(file));
  const auto input = read_mesh_draco(file, {});
  ASSERT_TRUE(input.ok()) << input.error().message;
  EXPECT_EQ(input->mesh.source, MeshFormat::draco);
  EXPECT_EQ(input->mesh.triangles(), coloured().triangles());
  EXPECT_NEAR(sum_of(input->mesh), sum_of(coloured()), 1e-2 * sum_of(coloured()));
  for (size_t size = 5; size < file.size(); size += 11) EXPECT_FALSE(read_mesh_draco(ByteSpan(file).first(size), {}).ok()) << size;
}

TEST(MeshDraco, ReadsPrimitivesOfGltf) {
  const Mesh mesh = coloured();
  const Bytes coded = draco_file(mesh);
  std::string json =
      R"({"asset":{"version":"2.0"},"extensionsUsed":["KHR_draco_mesh_compression"],"extensionsRequired":["KHR_draco_mesh_compression"],
"scenes":[{"nodes":[0]}],"nodes":[{"mesh":0}],"meshes":[{"primitives":[{"attributes":{"POSITION":0,"COLOR_0":1},"indices":2,
"extensions":{"KHR_draco_mesh_compression":{"bufferView":0,"attributes":{"POSITION":0,"COLOR_0":1}}}}]}],
"accessors":[{"componentType":5126,"count":1,"type":"VEC3"},{"componentType":5121,"normalized":true,"count":1,"type":"VEC3"},
{"componentType":5125,"count":3,"type":"SCALAR"}],"bufferViews":[{"buffer":0,"byteLength":)" +
      std::to_string(coded.size()) + R"(}],"buffers":[{"byteLength":)" + std::to_string(coded.size()) + "}]}";
  ByteWriter glb;
  for (const size_t word : {size_t{0x46546c67}, size_t{2}, 28 + json.size() + coded.size(), json.size(), size_t{0x4e4f534a}})
    glb.u32(static_cast<uint32_t>(word));
  glb.bytes(as_bytes(json));
  glb.u32(static_cast<uint32_t>(coded.size()));
  glb.u32(0x004e4942);
  glb.bytes(coded);
  const auto input = read_mesh_gltf(glb.bytes(), {}, {});
  ASSERT_TRUE(input.ok()) << input.error().message;
  EXPECT_EQ(input->mesh.triangles(), mesh.triangles());
  // What is written needs no Draco any more.
  const auto plain = write_mesh_gltf(input->mesh, {});
  ASSERT_TRUE(plain.ok()) << plain.error().message;
  EXPECT_EQ(as_text(*plain).find("draco"), std::string_view::npos);
  const auto again = read_mesh_gltf(*plain, {}, {});
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_TRUE(same_mesh(again->mesh, input->mesh));
}

}  // namespace
}  // namespace dew
