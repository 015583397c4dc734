// SPDX-License-Identifier: Apache-2.0
// A second decoder, which knows nothing but mesh/FORMAT.md and entropy/FORMAT.md, against the codec: golden files, and meshes of every kind
// under every promise.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>

#include "mesh/codec.h"
#include "mesh/coding/mesh_header.h"
#include "mesh/coding/mesh_surface.h"
#include "tests/golden/plain_container.h"
#include "tests/golden/plain_mesh.h"
#include "tests/golden/plain_mesh_faces.h"
#include "tests/support/mesh_generators.h"

namespace dew {
namespace {

std::vector<uint8_t> octets(ByteSpan bytes) {
  std::vector<uint8_t> out;
  for (const std::byte byte : bytes) out.push_back(std::to_integer<uint8_t>(byte));
  return out;
}

/// The surface of a file by both decoders: the same bits of places, the same triangles.
void expect_same_surface(const std::vector<uint8_t>& file, const std::string& name, std::map<std::string, int>* met = nullptr) {
  const auto container = plain::read_container(file);
  ASSERT_TRUE(container) << name;
  const plain::Chunk& chunk = container->chunks.at(0);
  if (chunk.type != kMeshChunk) return;
  const plain::Surface plainly = plain::read_surface(chunk.payload);
  const ByteSpan payload = std::as_bytes(std::span(chunk.payload));
  ByteReader reader(payload);
  const auto numbers = read_header(kMeshNumbers, reader);
  ASSERT_TRUE(numbers.ok()) << name;
  Budget budget{DecodeLimits{}};
  const auto decoded = decode_surface(payload.subspan(reader.position()), *numbers, budget, nullptr);
  ASSERT_TRUE(decoded.ok()) << name;
  EXPECT_EQ(plainly.triangle, decoded->mesh.triangle) << name;
  EXPECT_EQ(plainly.position, decoded->mesh.position) << name;
  if (met == nullptr) return;
  for (const auto& [flag, value] : {std::pair{"stitched", numbers->stitched},
                                    {"fitted", numbers->fitted},
                                    {"fast", numbers->decisions & kFastDecisions},
                                    {"sized", numbers->decisions & kSizedResiduals},
                                    {"body", numbers->body_centred},
                                    {"one", numbers->one_parallelogram},
                                    {"isolated", numbers->isolated},
                                    {"repeated", numbers->repeated},
                                    {"degenerate", numbers->degenerate},
                                    {"closed", numbers->closed}})
    (*met)[flag] += value != 0 ? 1 : 0;
  ++(*met)["scheme " + std::to_string(numbers->scheme)];
}

TEST(MeshFormat, APlainDecoderReadsTheGoldens) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(DEW_SOURCE_DIR) / "tests/golden/v0/meshes")) {
    std::ifstream file(entry.path(), std::ios::binary);
    expect_same_surface({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()}, entry.path().filename().string());
    ++files;
  }
  EXPECT_GE(files, 9);
}

TEST(MeshFormat, APlainDecoderReadsEveryKindOfMesh) {
  std::map<std::string, int> met;
  const auto check = [&](const Mesh& mesh, MeshMode mode, double error, bool fast, const std::string& name) {
    MeshEncodeOptions options;
    options.mode = mode;
    options.max_error = error;
    options.fast = fast;
    const auto encoded = encode_mesh(mesh, options);
    ASSERT_TRUE(encoded.ok()) << name;
    expect_same_surface(octets(encoded->bytes), name, &met);
  };
  for (uint32_t seed = 0; seed < 12; ++seed) {
    for (const MeshMode mode : {MeshMode::surface, MeshMode::vertex, MeshMode::rms, MeshMode::lossless}) {
      check(any_mesh(seed), mode, mode == MeshMode::lossless ? 0 : 0.01, seed % 3 == 0, "any " + std::to_string(seed));
    }
  }
  Mesh stairs = wavy_sheet(30, 30);
  for (float& x : stairs.position) x = std::floor(2 * x) / 2;
  for (const double error : {0.1, 0.001}) {
    check(bumpy_sphere(20, 31), MeshMode::rms, error, false, "sphere");
    check(bumpy_sphere(20, 31), MeshMode::vertex, error, false, "sphere");
    check(bumpy_sphere(20, 31), MeshMode::rms, error, true, "sphere, fast");
    check(wavy_sheet(25, 31), MeshMode::surface, error, false, "sheet");
    check(stairs, MeshMode::surface, error, false, "stairs");
    check(stairs, MeshMode::vertex, error, true, "stairs, fast");
    check(displaced_sphere(4, 3), MeshMode::rms, error / 10, false, "hills");
    check(displaced_sphere(4, 3), MeshMode::vertex, error / 10, false, "hills");
  }
  for (const char* what :
       {"stitched", "fitted", "fast", "sized", "body", "isolated", "repeated", "degenerate", "closed", "scheme 0", "scheme 1", "scheme 2"})
    EXPECT_GT(met[what], 0) << what << " was never met";
}

TEST(MeshFormat, APlainDecoderReadsValuesOfTriangles) {
  constexpr AttributeType kTypes[] = {AttributeType::f32, AttributeType::u8, AttributeType::i8, AttributeType::u16, AttributeType::i16};
  std::mt19937 random(5);
  for (uint32_t seed = 0; seed < 10; ++seed) {
    Mesh mesh = any_mesh(seed);
    for (const AttributeType type : kTypes) {
      MeshAttribute attribute{"a" + std::to_string(static_cast<int>(type)), AttributeKind::generic, type, 1 + seed % 4, {}, {}};
      // Some that come again beside one another, some anywhere, some once.
      for (size_t i = 0; i < mesh.triangles() * attribute.components; ++i) {
        const auto any = static_cast<float>(random() % 100);
        attribute.value.push_back(i % 3 == 0 ? static_cast<float>(i / 40) : type == AttributeType::f32 ? 0.37f - any / 64 : any);
      }
      for (float& x : attribute.value) x = type == AttributeType::f32 ? x : std::fmod(x, 120.0f);
      mesh.face_attributes.push_back(std::move(attribute));
    }
    MeshEncodeOptions options;
    options.mode = seed % 2 == 0 ? MeshMode::lossless : MeshMode::rms;
    options.max_error = seed % 2 == 0 ? 0 : 0.01;
    const auto encoded = encode_mesh(mesh, options);
    ASSERT_TRUE(encoded.ok()) << encoded.error().message;
    const auto decoded = decode_mesh(encoded->bytes, {});
    ASSERT_TRUE(decoded.ok());
    const auto container = plain::read_container(octets(encoded->bytes));
    ASSERT_TRUE(container);
    size_t found = 0;
    for (const plain::Chunk& chunk : container->chunks) {
      if (chunk.type != kFaceChunk) continue;
      const plain::FaceValues plainly = plain::read_faces(chunk.payload, decoded->mesh.triangle, decoded->mesh.vertices());
      const MeshAttribute& attribute = decoded->mesh.face_attributes.at(found++);
      EXPECT_EQ(plainly.name, attribute.name);
      EXPECT_EQ(plainly.value, attribute.value) << attribute.name;
    }
    EXPECT_EQ(found, std::size(kTypes));
  }
}

}  // namespace
}  // namespace dew
