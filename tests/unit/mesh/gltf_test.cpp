// SPDX-License-Identifier: Apache-2.0
#include "mesh/gltf/gltf.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "mesh/codec.h"
#include "mesh/coding/rest_bytes.h"
#include "mesh/io/write_mesh.h"
#include "tests/support/any_mesh.h"

namespace dew {
namespace {

std::string json_of(ByteSpan glb) {
  ByteReader reader(glb);
  (void)reader.bytes(12);
  const uint32_t size = *reader.u32();
  (void)reader.u32();
  return std::string(as_text(*reader.bytes(size)));
}

/// A .glb of one JSON text and one buffer.
Bytes glb_of(std::string json, ByteSpan buffer) {
  while (json.size() % 4 != 0) json += ' ';
  ByteWriter out;
  for (const size_t word : {size_t{0x46546c67}, size_t{2}, 28 + json.size() + buffer.size(), json.size(), size_t{0x4e4f534a}})
    out.u32(static_cast<uint32_t>(word));
  out.bytes(as_bytes(json));
  out.u32(static_cast<uint32_t>(buffer.size()));
  out.u32(0x004e4942);
  out.bytes(buffer);
  return out.take();
}

/// Two triangles of a square, skinned and animated, once mirrored and twice as large; a primitive of lines; a morphed one; a picture.
Bytes square_scene() {
  ByteWriter data;
  for (const float x : {0.f, 0.f, 0.f, 1.f, 0.f, 0.f, 1.f, 1.f, 0.f, 0.f, 1.f, 0.f}) data.f32(x);  // 0: places
  for (const float x : {0.f, 0.f, 1.f, 0.f, 0.f, 1.f, 0.f, 0.f, 1.f, 0.f, 0.f, 1.f}) data.f32(x);  // 48: normals
  for (int v = 0; v < 4; ++v) {
    for (int k = 0; k < 4; ++k) data.u8(static_cast<uint8_t>(k == 0 ? v : 0));  // 96: joints
  }
  for (const int i : {0, 1, 2, 0, 2, 3}) data.u16(static_cast<uint16_t>(i));                        // 112: indices
  for (const float x : {0.f, 0.5f, 1.f, 0.f, 0.f, 0.f, 0.f, 0.f, 0.f, 1.f, 1.f, 1.f}) data.f32(x);  // 124: times 12 and places 36
  data.bytes(as_bytes(std::string_view("PICTURE!")));                                               // 172
  return glb_of(
      R"({"asset":{"version":"2.0"},"scene":0,"scenes":[{"nodes":[0,1]}],
"nodes":[{"name":"plain","mesh":0,"extras":{"kept":7}},{"mesh":0,"scale":[-2,2,2],"translation":[10,0,0]}],
"meshes":[{"name":"square","primitives":[{"attributes":{"POSITION":0,"NORMAL":1,"JOINTS_0":2},"indices":3,"material":0},
{"attributes":{"POSITION":6},"indices":7,"mode":1},{"attributes":{"POSITION":0,"NORMAL":1,"JOINTS_0":2},"indices":3,"material":1}]}],
"materials":[{"name":"red"},{"name":"blue"}],"images":[{"bufferView":6,"mimeType":"image/png"}],
"animations":[{"channels":[],"samplers":[{"input":4,"output":5}]}],
"accessors":[{"bufferView":0,"componentType":5126,"count":4,"type":"VEC3","min":[0,0,0],"max":[1,1,0]},
{"bufferView":1,"componentType":5126,"count":4,"type":"VEC3"},{"bufferView":2,"componentType":5121,"count":4,"type":"VEC4"},
{"bufferView":3,"componentType":5123,"count":6,"type":"SCALAR"},{"bufferView":4,"componentType":5126,"count":3,"type":"SCALAR"},
{"bufferView":5,"componentType":5126,"count":3,"type":"VEC3"},
{"bufferView":0,"componentType":5126,"count":4,"type":"VEC3","min":[0,0,0],"max":[1,1,0]},
{"bufferView":3,"componentType":5123,"count":6,"type":"SCALAR"}],
"bufferViews":[{"buffer":0,"byteOffset":0,"byteLength":48},{"buffer":0,"byteOffset":48,"byteLength":48},
{"buffer":0,"byteOffset":96,"byteLength":16},{"buffer":0,"byteOffset":112,"byteLength":12},{"buffer":0,"byteOffset":124,"byteLength":12},
{"buffer":0,"byteOffset":136,"byteLength":36},{"buffer":0,"byteOffset":172,"byteLength":8}],"buffers":[{"byteLength":180}]})",
      data.bytes());
}

MeshInput read(ByteSpan bytes) {
  auto input = read_mesh_gltf(bytes, {}, {});
  EXPECT_TRUE(input.ok()) << input.error().message;
  return input.ok() ? *std::move(input) : MeshInput{};
}

TEST(MeshGltf, KeepsEverythingThroughTheCodec) {
  const Bytes file = square_scene();
  ASSERT_TRUE(is_mesh_gltf(file));
  const MeshInput input = read(file);
  EXPECT_EQ(input.mesh.vertices(), 4u);
  EXPECT_EQ(input.mesh.triangles(), 2u);
  ASSERT_EQ(input.mesh.parts.size(), 1u);  // the third primitive is the first one again
  EXPECT_EQ(input.mesh.parts[0].material, "red");
  EXPECT_NE(input.note.find("1 primitives"), std::string::npos);
  MeshEncodeOptions options;
  options.mode = MeshMode::lossless;
  const auto encoded = encode_mesh(input.mesh, options);
  ASSERT_TRUE(encoded.ok());
  const auto decoded = decode_mesh(encoded->bytes, {});
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->mesh.rest, input.mesh.rest);
  const auto glb = write_mesh_gltf(decoded->mesh, {});
  ASSERT_TRUE(glb.ok()) << glb.error().message;
  const std::string json = json_of(*glb);
  for (const char* kept : {"\"kept\":7", "\"plain\"", "\"animations\"", "\"blue\"", "\"image/png\"", "JOINTS_0", "\"mode\":1"})
    EXPECT_NE(json.find(kept), std::string::npos) << kept;
  EXPECT_NE(as_text(*glb).find("PICTURE!"), std::string_view::npos);
  // The same again, from what was written.
  const MeshInput again = read(*glb);
  EXPECT_TRUE(same_mesh(again.mesh, input.mesh));
}

TEST(MeshGltf, NodesPlaceTheMesh) {
  const auto placed = placed_mesh(read(square_scene()).mesh, {});
  ASSERT_TRUE(placed.ok()) << placed.error().message;
  EXPECT_EQ(placed->triangles(), 8u);  // two nodes of two equal primitives
  float low = 1e9f, high = -1e9f;
  for (size_t i = 0; i < placed->position.size(); i += 3)
    low = std::min(low, placed->position[i]), high = std::max(high, placed->position[i]);
  EXPECT_EQ(low, 0.f);
  EXPECT_EQ(high, 10.f);
  // Mirrored ones are turned, so that every triangle still faces up.
  for (size_t t = 0; t < placed->triangles(); ++t) {
    const float* p[3];
    for (size_t k = 0; k < 3; ++k) p[k] = &placed->position[3 * size_t{placed->triangle[3 * t + k]}];
    EXPECT_GT((p[1][0] - p[0][0]) * (p[2][1] - p[0][1]) - (p[1][1] - p[0][1]) * (p[2][0] - p[0][0]), 0.f);
  }
}

TEST(MeshGltf, WritesMeshesOfOtherFormats) {
  Mesh mesh = wavy_sheet(7, 5);
  MeshAttribute texcoord{"st", AttributeKind::texcoord, AttributeType::f32, 2, {}, {}};
  for (size_t c = 0; c < mesh.triangle.size(); ++c) {
    texcoord.value.insert(texcoord.value.end(), {static_cast<float>(c % 3), 0.25f});
    texcoord.corner.push_back(static_cast<uint32_t>(c));
  }
  mesh.attributes = {texcoord};
  mesh.parts = {{"a", "red", 0, 4}, {"b", "blue", 4, mesh.triangles() - 4}};
  const auto glb = write_mesh_gltf(mesh, {});
  ASSERT_TRUE(glb.ok()) << glb.error().message;
  const MeshInput back = read(*glb);
  EXPECT_EQ(back.mesh.triangles(), mesh.triangles());
  EXPECT_EQ(back.mesh.vertices(), mesh.vertices());  // what was split along seams is one again
  ASSERT_EQ(back.mesh.parts.size(), 2u);
  EXPECT_EQ(back.mesh.parts[1].material, "blue");
  for (size_t c = 0; c < mesh.triangle.size(); ++c) {
    for (size_t k = 0; k < 3; ++k)
      ASSERT_EQ(back.mesh.position[3 * size_t{back.mesh.triangle[c]} + k], mesh.position[3 * size_t{mesh.triangle[c]} + k]);
  }
  const auto placed = placed_mesh(back.mesh, {});
  ASSERT_TRUE(placed.ok());
  EXPECT_EQ(placed->attributes[0].value[1], 0.25f);  // turned over on the way out and on the way in
}

TEST(MeshGltf, RefusesDamage) {
  const Bytes file = square_scene();
  for (size_t size = 0; size < file.size(); size += 7) EXPECT_FALSE(read_mesh_gltf(ByteSpan(file).first(size), {}, {}).ok()) << size;
  std::string deep = R"({"asset":1,"meshes":[{"primitives":)" + std::string(100000, '[') + std::string(100000, ']') + "}]}";
  EXPECT_FALSE(read_mesh_gltf(as_bytes(deep), {}, {}).ok());
  // Every byte of the rest, damaged: an error or a file, no crash.
  Mesh mesh = read(file).mesh;
  size_t refused = 0;
  for (size_t i = 0; i < mesh.rest.size(); ++i) {
    const std::byte before = mesh.rest[i];
    mesh.rest[i] = static_cast<std::byte>(static_cast<uint8_t>(before) ^ 0x15);
    refused += write_mesh_gltf(mesh, {}).ok() ? 0 : 1;
    (void)placed_mesh(mesh, {});
    mesh.rest[i] = before;
  }
  EXPECT_GT(refused, mesh.rest.size() / 10);
}

TEST(MeshGltf, RefusesAccessorsAndViewsThatAreNotThere) {
  // One that is written later would take their place.
  const std::string scene(as_text(square_scene()));
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = scene;
    changed.replace(changed.find(from), from.size(), to);
    return read_mesh_gltf(as_bytes(changed), {}, {});
  };
  ASSERT_TRUE(read_mesh_gltf(as_bytes(scene), {}, {}).ok());
  const auto accessor = with("\"POSITION\":6", "\"POSITION\":9"), view = with("\"bufferView\":6,\"mime", "\"bufferView\":8,\"mime");
  ASSERT_FALSE(accessor.ok());
  EXPECT_EQ(accessor.error().code, Code::corrupt);
  ASSERT_FALSE(view.ok());
  EXPECT_EQ(view.error().code, Code::corrupt);
}

TEST(MeshGltf, WholeNumbersMayBePlacesAndNormalsAtOnce) {
  // Places become floats, and the same accessor stays what it was for the other.
  ByteWriter data;
  for (const int x : {0, 0, 0, 0, 9, 0, 0, 0, 9, 9, 0, 0}) data.u16(static_cast<uint16_t>(x));
  for (const int i : {0, 1, 2}) data.u16(static_cast<uint16_t>(i));
  const auto input =
      read_mesh_gltf(glb_of(R"({"asset":{"version":"2.0"},"meshes":[{"primitives":[{"attributes":{"POSITION":0,"NORMAL":0},"indices":1},
{"attributes":{"POSITION":0,"TANGENT":0,"NORMAL":0},"indices":1}]}],"accessors":[{"bufferView":0,"componentType":5122,"count":3,"type":"VEC3",
"normalized":true},{"bufferView":1,"componentType":5123,"count":3,"type":"SCALAR"}],"bufferViews":[{"buffer":0,"byteLength":24,"byteStride":8},
{"buffer":0,"byteOffset":24,"byteLength":6}],"buffers":[{"byteLength":30}]})",
                            data.bytes()),
                     {}, {});
  ASSERT_TRUE(input.ok()) << input.error().message;
  EXPECT_EQ(input->mesh.triangles(), 2u);
  const auto glb = write_mesh_gltf(input->mesh, {});
  ASSERT_TRUE(glb.ok()) << glb.error().message;
  const MeshInput again = read(*glb);
  EXPECT_TRUE(same_mesh(again.mesh, input->mesh));
  const std::string json = json_of(*glb);
  EXPECT_NE(json.find("5122"), std::string::npos);
  EXPECT_NE(json.find("\"normalized\":true"), std::string::npos);
}

TEST(MeshGltf, SaysWhatItDoesNotRead) {
  const auto beside = read_mesh_gltf(
      as_bytes(std::string_view(R"({"asset":{},"meshes":[{"primitives":[]}],"buffers":[{"uri":"../up.bin","byteLength":4}]})")), {}, {});
  EXPECT_FALSE(beside.ok());
}

TEST(RestBytes, ComeBack) {
  Bytes bytes;
  for (size_t i = 0; i < 200000; ++i) bytes.push_back(static_cast<std::byte>(i < 100000 ? (i * i) >> 7 : i * i * 2654435761u >> 24));
  for (const size_t size : {size_t{0}, size_t{1}, size_t{65536}, size_t{65537}, bytes.size()}) {
    const Bytes coded = encode_rest(ByteSpan(bytes).first(size));
    EXPECT_LE(coded.size(), size + 20);
    Budget budget{DecodeLimits{}};
    const auto back = decode_rest(coded, budget);
    ASSERT_TRUE(back.ok());
    EXPECT_TRUE(std::ranges::equal(*back, ByteSpan(bytes).first(size)));
    for (size_t cut = 1; cut < 30 && cut < coded.size(); cut += 13) {
      Budget other{DecodeLimits{}};
      const auto cut_off = decode_rest(ByteSpan(coded).first(coded.size() - cut), other);
      EXPECT_TRUE(!cut_off.ok() || cut_off->size() == size);
    }
  }
}

}  // namespace
}  // namespace dew
