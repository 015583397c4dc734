// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <meshoptimizer.h>

#include <cmath>
#include <string>

#include "mesh/gltf/gltf.h"
#include "tests/support/any_mesh.h"

namespace dew {
namespace {

/// A view: what it holds, and how.
struct View {
  std::string mode, filter;
  size_t count = 0, stride = 0;
  Bytes plain, coded;
};

Bytes bytes_of(const auto& numbers) {
  const auto bytes = std::as_bytes(std::span(numbers));
  return {bytes.begin(), bytes.end()};
}

View attributes(Bytes plain, size_t stride, const char* filter = "NONE") {
  View view{"ATTRIBUTES", filter, plain.size() / stride, stride, std::move(plain), {}};
  view.coded.resize(meshopt_encodeVertexBufferBound(view.count, stride));
  view.coded.resize(meshopt_encodeVertexBuffer(reinterpret_cast<unsigned char*>(view.coded.data()), view.coded.size(), view.plain.data(),
                                               view.count, stride));
  return view;
}

View triangles(const std::vector<uint32_t>& indices, size_t vertices) {
  View view{"TRIANGLES", "NONE", indices.size(), 4, bytes_of(indices), {}};
  view.coded.resize(meshopt_encodeIndexBufferBound(indices.size(), vertices));
  view.coded.resize(
      meshopt_encodeIndexBuffer(reinterpret_cast<unsigned char*>(view.coded.data()), view.coded.size(), indices.data(), indices.size()));
  return view;
}

View sequence(const std::vector<uint32_t>& indices, size_t vertices) {
  View view{"INDICES", "NONE", indices.size(), 4, bytes_of(indices), {}};
  view.coded.resize(meshopt_encodeIndexSequenceBound(indices.size(), vertices));
  view.coded.resize(
      meshopt_encodeIndexSequence(reinterpret_cast<unsigned char*>(view.coded.data()), view.coded.size(), indices.data(), indices.size()));
  return view;
}

std::string number(size_t n) { return std::to_string(n); }

/// A .glb of one primitive over the views: places, normals, indices. `compressed`: under the extension, with a buffer that stands in and
/// is not there; else as they are.
Bytes glb_of(const std::vector<View>& views, bool compressed, const std::string& accessors) {
  std::string json = R"({"asset":{"version":"2.0"},"meshes":[{"primitives":[{"attributes":{"POSITION":0,"NORMAL":1},"indices":2}]}],)" +
                     accessors + R"(,"bufferViews":[)";
  Bytes data;
  size_t all = 0;
  for (const View& view : views) {
    const Bytes& bytes = compressed ? view.coded : view.plain;
    if (&view != views.data()) json += ',';
    const std::string stride = view.mode == "ATTRIBUTES" ? ",\"byteStride\":" + number(view.stride) : "";
    json += "{\"buffer\":" + number(compressed ? 1 : 0) + ",\"byteOffset\":" + number(compressed ? all : data.size()) +
            ",\"byteLength\":" + number(view.plain.size()) + stride;
    if (compressed) {
      json += R"(,"extensions":{"EXT_meshopt_compression":{"buffer":0,"byteOffset":)" + number(data.size()) +
              ",\"byteLength\":" + number(bytes.size()) + ",\"count\":" + number(view.count) + ",\"byteStride\":" + number(view.stride) +
              ",\"mode\":\"" + view.mode + "\",\"filter\":\"" + view.filter + "\"}}";
    }
    json += '}';
    all += view.plain.size();
    data.insert(data.end(), bytes.begin(), bytes.end());
    while (data.size() % 4 != 0) data.push_back(std::byte{0});
  }
  json += "],\"buffers\":[{\"byteLength\":" + number(data.size()) + '}';
  if (compressed) {
    json += ",{\"byteLength\":" + number(all) + R"(,"extensions":{"EXT_meshopt_compression":{"fallback":true}}}],)" +
            R"("extensionsUsed":["EXT_meshopt_compression"],"extensionsRequired":["EXT_meshopt_compression"])";
  } else {
    json += ']';
  }
  json += '}';
  while (json.size() % 4 != 0) json += ' ';
  ByteWriter out;
  for (const size_t word : {size_t{0x46546c67}, size_t{2}, 28 + json.size() + data.size(), json.size(), size_t{0x4e4f534a}})
    out.u32(static_cast<uint32_t>(word));
  out.bytes(as_bytes(json));
  out.u32(static_cast<uint32_t>(data.size()));
  out.u32(0x004e4942);
  out.bytes(data);
  return out.take();
}

std::vector<float> normals_of(const Mesh& mesh) {
  std::vector<float> normals;
  for (size_t v = 0; v < mesh.vertices(); ++v) {
    const float* p = &mesh.position[3 * v];
    const float length = std::sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
    for (size_t k = 0; k < 3; ++k) normals.push_back(length > 0 ? p[k] / length : k == 0 ? 1.f : 0.f);
    normals.push_back(0);
  }
  return normals;
}

std::string accessors_of(const Mesh& mesh, const char* places, const char* normals) {
  const std::string vertices = number(mesh.vertices());
  return R"("accessors":[{"bufferView":0,"type":"VEC3",)" + std::string(places) + ",\"count\":" + vertices +
         R"(},{"bufferView":1,"type":"VEC3",)" + normals + ",\"count\":" + vertices +
         R"(},{"bufferView":2,"componentType":5125,"type":"SCALAR","count":)" + number(mesh.triangle.size()) + "}]";
}

TEST(MeshGltfMeshopt, EveryModeGivesWhatPlainViewsDo) {
  const Mesh mesh = bumpy_sphere(12, 17);
  const std::string accessors = accessors_of(mesh, R"("componentType":5126)", R"("componentType":5120,"normalized":true)");
  std::vector<float> unit = normals_of(mesh);
  std::vector<int8_t> octahedral(4 * mesh.vertices());
  meshopt_encodeFilterOct(octahedral.data(), mesh.vertices(), 4, 8, unit.data());
  View places = attributes(bytes_of(mesh.position), 12), normals = attributes(bytes_of(octahedral), 4, "OCTAHEDRAL");
  // What comes back of them is what the filter gives.
  meshopt_decodeFilterOct(normals.plain.data(), mesh.vertices(), 4);
  for (const View& indices : {triangles(mesh.triangle, mesh.vertices()), sequence(mesh.triangle, mesh.vertices())}) {
    View same = indices;
    // The codec of triangles may turn them.
    if (meshopt_decodeIndexBuffer(same.plain.data(), same.count, size_t{4}, reinterpret_cast<const unsigned char*>(same.coded.data()),
                                  same.coded.size()) != 0)
      same.plain = bytes_of(mesh.triangle);
    const auto plain = read_mesh_gltf(glb_of({places, normals, same}, false, accessors), {}, {});
    const auto packed = read_mesh_gltf(glb_of({places, normals, same}, true, accessors), {}, {});
    ASSERT_TRUE(plain.ok()) << plain.error().message;
    ASSERT_TRUE(packed.ok()) << packed.error().message;
    EXPECT_EQ(packed->mesh.triangles(), mesh.triangles());
    EXPECT_EQ(packed->mesh.position, plain->mesh.position);
    EXPECT_EQ(packed->mesh.triangle, plain->mesh.triangle);
    ASSERT_EQ(packed->mesh.attributes.size(), 1u);
    EXPECT_EQ(packed->mesh.attributes[0].value, plain->mesh.attributes[0].value);
    // What is written is plain, and reads the same without the extension.
    const auto written = write_mesh_gltf(packed->mesh, {});
    ASSERT_TRUE(written.ok()) << written.error().message;
    EXPECT_EQ(as_text(*written).find("EXT_meshopt_compression"), std::string_view::npos);
    const auto again = read_mesh_gltf(*written, {}, {});
    ASSERT_TRUE(again.ok()) << again.error().message;
    EXPECT_TRUE(same_mesh(again->mesh, packed->mesh));
  }
}

TEST(MeshGltfMeshopt, ExponentsAndQuantisedPlacesBecomeFloats) {
  const Mesh mesh = bumpy_sphere(8, 11);
  std::vector<uint32_t> exponents(mesh.position.size());
  meshopt_encodeFilterExp(exponents.data(), mesh.vertices(), 12, 15, mesh.position.data());
  std::vector<int16_t> whole(4 * mesh.vertices());
  for (size_t v = 0; v < mesh.vertices(); ++v) {
    for (size_t k = 0; k < 3; ++k) whole[4 * v + k] = static_cast<int16_t>(std::lround(8000 * mesh.position[3 * v + k]));
  }
  const View normals = attributes(bytes_of(normals_of(mesh)), 16), indices = triangles(mesh.triangle, mesh.vertices());
  const char* floats = R"("componentType":5126)";
  const struct {
    View places;
    const char* kind;
    double scale;
  } cases[] = {{attributes(bytes_of(exponents), 12, "EXPONENTIAL"), floats, 1},
               {attributes(bytes_of(whole), 8), R"("componentType":5122)", 8000},
               {attributes(bytes_of(whole), 8), R"("componentType":5122,"normalized":true)", 8000.0 / 32767}};
  for (const auto& [places, kind, scale] : cases) {
    const auto read = read_mesh_gltf(glb_of({places, normals, indices}, true, accessors_of(mesh, kind, floats)), {}, {});
    ASSERT_TRUE(read.ok()) << read.error().message;
    ASSERT_EQ(read->mesh.triangles(), mesh.triangles());
    double sums[2] = {0, 0};
    for (const float x : read->mesh.position) sums[0] += std::abs(static_cast<double>(x)) / scale;
    for (const float x : mesh.position) sums[1] += std::abs(static_cast<double>(x));
    EXPECT_NEAR(sums[0], sums[1], 2e-4 * static_cast<double>(mesh.position.size()));
    const auto written = write_mesh_gltf(read->mesh, {});
    ASSERT_TRUE(written.ok()) << written.error().message;
    const auto again = read_mesh_gltf(*written, {}, {});
    ASSERT_TRUE(again.ok()) << again.error().message;
    EXPECT_EQ(again->mesh.position, read->mesh.position);
  }
}

TEST(MeshGltfMeshopt, DamagedViewsAreRefusedWithinTheLimits) {
  const Mesh mesh = bumpy_sphere(6, 7);
  const std::string accessors = accessors_of(mesh, R"("componentType":5126)", R"("componentType":5126)");
  const std::vector<View> sound = {attributes(bytes_of(mesh.position), 12), attributes(bytes_of(normals_of(mesh)), 16),
                                   triangles(mesh.triangle, mesh.vertices())};
  const auto read = [&](const std::vector<View>& views) { return read_mesh_gltf(glb_of(views, true, accessors), {}, {}); };
  ASSERT_TRUE(read(sound).ok());
  for (size_t i = 0; i < sound.size(); ++i) {
    std::vector<View> views = sound;
    views[i].count = size_t{1} << 40;
    EXPECT_EQ(read(views).error().code, Code::corrupt);
    views = sound;
    views[i].stride = 7;
    EXPECT_EQ(read(views).error().code, Code::corrupt);
    views = sound;
    views[i].mode = "SOMETHING";
    EXPECT_EQ(read(views).error().code, Code::corrupt);
    views = sound;
    views[i].filter = "SOMETHING";
    EXPECT_EQ(read(views).error().code, Code::corrupt);
    views = sound;
    views[i].coded.pop_back();
    EXPECT_FALSE(read(views).ok());
  }
  DecodeLimits narrow;
  narrow.memory_bytes = 1000;
  EXPECT_FALSE(read_mesh_gltf(glb_of(sound, true, accessors), {}, narrow).ok());
}

}  // namespace
}  // namespace dew
