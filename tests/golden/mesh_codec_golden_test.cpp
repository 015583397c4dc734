// SPDX-License-Identifier: Apache-2.0
// Mesh files of the format as it is, in tests/golden/v0/meshes: every build must decode them to the content whose SHA-256 they carry, which
// decode_mesh checks, and must find as many vertices, faces and attributes as they were made with. `make golden` (this program with
// DEW_GOLDEN_WRITE=1) writes them anew, which before 1.0 a change of the format may ask for; it also writes the seeds of mesh_decode_fuzz
// and mesh_read_fuzz.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "entropy/container.h"
#include "mesh/codec.h"
#include "mesh/io/write_mesh.h"
#include "tests/support/mesh_generators.h"

namespace dew {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(DEW_SOURCE_DIR) / "tests/golden/v0/meshes";
const std::filesystem::path kCorpus = std::filesystem::path(DEW_SOURCE_DIR) / "tests/fuzz/corpus";

struct Golden {
  std::string name;
  Mesh mesh;
  MeshEncodeOptions options;
};

Mesh with_attributes(Mesh mesh) {
  MeshAttribute normal{"normal", AttributeKind::normal, AttributeType::f32, 3, {}, {}};
  MeshAttribute texcoord{"texcoord", AttributeKind::texcoord, AttributeType::f32, 2, {}, {}};
  MeshAttribute colour{"color", AttributeKind::colour, AttributeType::u8, 3, {}, {}};
  for (size_t v = 0; v < mesh.vertices(); ++v) {
    normal.value.insert(normal.value.end(), {0.6f, 0, 0.8f});
    for (size_t k = 0; k < 3; ++k) colour.value.push_back(static_cast<float>((v * (k + 7)) % 256));
  }
  for (size_t c = 0; c < mesh.triangle.size(); ++c) {
    texcoord.value.insert(texcoord.value.end(), {mesh.position[3 * size_t{mesh.triangle[c]}], static_cast<float>(c % 3)});
    texcoord.corner.push_back(static_cast<uint32_t>(c));
  }
  mesh.attributes = {normal, texcoord, colour};
  mesh.parts = {{"one", "red", 0, 5}, {"two", "blue", 5, mesh.triangles() - 5}};
  return mesh;
}

Mesh with_faces(Mesh mesh) {
  MeshAttribute colour{"color", AttributeKind::colour, AttributeType::u8, 3, {}, {}};
  MeshAttribute quality{"quality", AttributeKind::generic, AttributeType::f32, 1, {}, {}};
  for (size_t t = 0; t < mesh.triangles(); ++t) {
    for (size_t k = 0; k < 3; ++k) colour.value.push_back(static_cast<float>(t / 9 % 4 * (20 + k)));
    quality.value.push_back(0.25f * static_cast<float>(t % 11));
  }
  mesh.face_attributes = {colour, quality};
  return mesh;
}

std::vector<Golden> goldens() {
  const auto options = [](MeshMode mode, double max_error) {
    MeshEncodeOptions out;
    out.mode = mode;
    out.max_error = max_error;
    out.implicit_bytes = 700;
    return out;
  };
  MeshEncodeOptions fast = options(MeshMode::rms, 0.001);
  fast.fast = true;
  Mesh stairs = wavy_sheet(14, 14);
  for (float& x : stairs.position) x = static_cast<float>(static_cast<int>(x));
  return {{"empty", Mesh{}, options(MeshMode::surface, 0)},
          {"sphere_rms", bumpy_sphere(9, 14), options(MeshMode::rms, 0.001)},
          {"sphere_fast", bumpy_sphere(9, 14), fast},
          {"sheet_vertex", wavy_sheet(11, 9), options(MeshMode::vertex, 0.01)},
          {"stairs_surface", stairs, options(MeshMode::surface, 0.01)},
          {"defects", any_mesh(21), options(MeshMode::vertex, 0.01)},
          {"attributes", with_attributes(bumpy_sphere(6, 9)), options(MeshMode::surface, 0.005)},
          {"reordered", with_attributes(any_mesh(7)), options(MeshMode::lossless_reordered, 0)},
          {"faces", with_faces(with_attributes(any_mesh(5))), options(MeshMode::rms, 0.01)},
          {"implicit", bumpy_sphere(10, 14), options(MeshMode::implicit, 0)}};
}

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const ByteSpan bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

void write_file(const std::filesystem::path& path, ByteSpan bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

/// The chunks of a file as mesh_decode_fuzz takes them.
Bytes chunks_of(ByteSpan file) {
  ByteWriter writer;
  writer.u8(0);
  const auto container = ContainerReader::open(file, {});
  if (!container.ok()) return {};
  for (const Chunk& chunk : container->chunks()) {
    writer.u8(static_cast<uint8_t>(chunk.type - 16));
    writer.u16(static_cast<uint16_t>(chunk.payload.size()));
    writer.u8(static_cast<uint8_t>(chunk.payload.size() >> 16));
    writer.bytes(chunk.payload);
  }
  return writer.take();
}

void write_goldens() {
  for (const Golden& golden : goldens()) {
    const auto encoded = encode_mesh(golden.mesh, golden.options);
    ASSERT_TRUE(encoded.ok()) << golden.name;
    write_file(kGolden / (golden.name + ".dew"), encoded->bytes);
    write_file(kCorpus / "mesh_decode_fuzz" / golden.name, chunks_of(encoded->bytes));
  }
  // Also the mesh that the demo shows.
  const auto sample = write_mesh(displaced_sphere(4, 3), MeshFormat::ply);
  ASSERT_TRUE(sample.ok());
  write_file(std::filesystem::path(DEW_SOURCE_DIR) / "data/meshes/hills.ply", sample->file);
  const Mesh mesh = with_faces(with_attributes(bumpy_sphere(3, 4)));
  for (const auto& [format, reader] :
       {std::pair{MeshFormat::ply, uint8_t{0}}, {MeshFormat::obj, 1}, {MeshFormat::stl, 2}, {MeshFormat::off, 3}}) {
    const auto output = write_mesh(mesh, format);
    ASSERT_TRUE(output.ok());
    ByteWriter writer;
    writer.u8(reader);
    writer.bytes(output->file);
    write_file(kCorpus / "mesh_read_fuzz" / std::to_string(reader), writer.bytes());
  }
}

TEST(MeshGolden, DecodeToWhatTheyWereMadeFrom) {
  if (std::getenv("DEW_GOLDEN_WRITE") != nullptr) write_goldens();
  for (const Golden& golden : goldens()) {
    const auto decoded = decode_mesh(read_file(kGolden / (golden.name + ".dew")), {});
    ASSERT_TRUE(decoded.ok()) << golden.name << ": " << decoded.error().message;
    // decode_mesh has compared the content with its hash; of shapes alone there is no more to say.
    if (golden.options.mode == MeshMode::implicit) continue;
    EXPECT_EQ(decoded->mesh.vertices(), golden.mesh.vertices()) << golden.name;
    EXPECT_EQ(decoded->mesh.triangles(), golden.mesh.triangles()) << golden.name;
    EXPECT_EQ(decoded->mesh.attributes.size(), golden.mesh.attributes.size()) << golden.name;
    EXPECT_EQ(decoded->mesh.face_attributes.size(), golden.mesh.face_attributes.size()) << golden.name;
    EXPECT_EQ(decoded->mesh.parts, golden.mesh.parts) << golden.name;
  }
}

TEST(MeshGolden, TheWorkedExampleOfTheFormatDecodes) {
  std::ifstream page(std::filesystem::path(DEW_SOURCE_DIR) / "mesh/FORMAT.md");
  Bytes file;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (inside && line == "```") break;
    std::istringstream words(line);
    for (std::string word; inside && words >> word;) file.push_back(static_cast<std::byte>(std::stoi(word, nullptr, 16)));
    inside = inside || line == "```hex";
  }
  const auto decoded = decode_mesh(file, {});
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  const std::vector<float> square = {0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0};
  ASSERT_EQ(decoded->mesh.position.size(), square.size());
  for (size_t i = 0; i < square.size(); ++i) EXPECT_NEAR(decoded->mesh.position[i], square[i] * 1.0295696f, 1e-6f);
  EXPECT_EQ(decoded->mesh.triangle, (std::vector<uint32_t>{0, 1, 2, 3, 0, 2}));
}

TEST(MeshGolden, DamagedFilesAreRefused) {
  Bytes file = read_file(kGolden / "defects.dew");
  ASSERT_GT(file.size(), 60u);
  file[40] ^= std::byte{1};
  EXPECT_EQ(decode_mesh(file, {}).error().code, Code::corrupt);
}

}  // namespace
}  // namespace dew
