// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "mesh/io/read_mesh.h"
#include "mesh/io/write_mesh.h"
#include "tests/support/any_mesh.h"

namespace dew {
namespace {

Result<MeshInput> read_text(const std::string& text, const std::string& name) { return read_mesh(as_bytes(text), name, {}); }

TEST(MeshIo, GivesBackWhatItWrote) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Mesh mesh = any_mesh(seed);
    for (const auto& [format, name] : {std::pair{MeshFormat::ply, "a.ply"}, {MeshFormat::obj, "a.obj"}, {MeshFormat::off, "a.off"}}) {
      const auto written = write_mesh(mesh, format);
      ASSERT_TRUE(written.ok());
      const auto read = read_mesh(written->file, name, {});
      ASSERT_TRUE(read.ok()) << name << ": " << read.error().message;
      mesh.source = format;
      EXPECT_EQ(read->mesh, mesh) << name << " seed " << seed;
    }
  }
}

TEST(MeshIo, StlKeepsTheCorners) {
  const Mesh mesh = bumpy_sphere(6, 7);
  const auto written = write_mesh(mesh, MeshFormat::stl);
  ASSERT_TRUE(written.ok());
  const auto read = read_mesh(written->file, "a.stl", {});
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read->mesh.triangle.size(), mesh.triangle.size());
  EXPECT_EQ(read->mesh.vertices(), mesh.vertices());
  for (size_t c = 0; c < mesh.triangle.size(); ++c) {
    for (size_t axis = 0; axis < 3; ++axis) {
      EXPECT_EQ(read->mesh.position[3 * size_t{read->mesh.triangle[c]} + axis], mesh.position[3 * size_t{mesh.triangle[c]} + axis]);
    }
  }
}

TEST(MeshIo, ReadsAnObjWithSeamsPartsAndPolygons) {
  const auto read = read_text(
      "mtllib a.mtl\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 0.5 1\nvn 0 0 1\no box\nusemtl red\nf 1/1/1 2/2/1 3/3/1 4/1/1\n"
      "usemtl blue\nf -4/-1/1 -2/-2/1 -1/-3/1\n",
      "a.obj");
  ASSERT_TRUE(read.ok()) << read.error().message;
  const Mesh& mesh = read->mesh;
  EXPECT_EQ(mesh.triangle, (std::vector<uint32_t>{0, 1, 2, 0, 2, 3, 0, 2, 3}));
  EXPECT_EQ(mesh.parts, (std::vector<MeshPart>{{"box", "red", 0, 2}, {"box", "blue", 2, 1}}));
  EXPECT_EQ(mesh.libraries, std::vector<std::string>{"a.mtl"});
  ASSERT_EQ(mesh.attributes.size(), 2u);
  EXPECT_EQ(mesh.attributes[0].corner, (std::vector<uint32_t>{0, 1, 2, 0, 2, 0, 2, 1, 0}));
  EXPECT_NE(read->note.find("1 polygons"), std::string::npos);
  const auto again = write_mesh(mesh, MeshFormat::obj);
  ASSERT_TRUE(again.ok());
  const auto same = read_mesh(again->file, "a.obj", {});
  ASSERT_TRUE(same.ok());
  EXPECT_EQ(same->mesh, mesh);
}

TEST(MeshIo, ReadsPlyAsTextAndBigEndian) {
  const std::string header =
      "element vertex 3\nproperty float x\nproperty double y\nproperty short z\nproperty uchar red\nproperty uchar green\n"
      "property uchar blue\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n";
  const auto text = read_text("ply\nformat ascii 1.0\n" + header + "0 1 2 255 0 7\n3 4 5 1 2 3\n6 7 -8 9 9 9\n3 2 1 0\n", "a.ply");
  ASSERT_TRUE(text.ok()) << text.error().message;
  EXPECT_EQ(text->mesh.position, (std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, -8}));
  EXPECT_EQ(text->mesh.triangle, (std::vector<uint32_t>{2, 1, 0}));
  ASSERT_EQ(text->mesh.attributes.size(), 1u);
  EXPECT_EQ(text->mesh.attributes[0].value, (std::vector<float>{255, 0, 7, 1, 2, 3, 9, 9, 9}));
  const std::string big =
      "ply\nformat binary_big_endian 1.0\nelement vertex 1\nproperty short x\nproperty short y\nproperty short z\n"
      "element face 1\nproperty list uchar short vertex_index\nend_header\n" +
      std::string("\x01\x02\x00\x03\xff\xff\x03\x00\x00\x00\x00\x00\x00", 13);
  const auto swapped = read_text(big, "a.ply");
  ASSERT_TRUE(swapped.ok()) << swapped.error().message;
  EXPECT_EQ(swapped->mesh.position, (std::vector<float>{258, 3, -1}));
}

TEST(MeshIo, RefusesIndicesThatNameNothing) {
  EXPECT_EQ(read_text("v 0 0 0\nf 1 2 3\n", "a.obj").error().code, Code::corrupt);
  EXPECT_EQ(read_text("OFF\n1 1 0\n0 0 0\n3 0 0 1\n", "a.off").error().code, Code::corrupt);
  EXPECT_EQ(read_text("ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nelement face 1\nproperty list uchar int vertex_index\n"
                      "end_header\n0\n3 0 0 -1\n",
                      "a.ply")
                .error()
                .code,
            Code::corrupt);
}

TEST(MeshIo, CountsOfHostileHeadersCostNothing) {
  DecodeLimits limits;
  limits.memory_bytes = 1 << 20;
  const std::string header =
      "ply\nformat binary_little_endian 1.0\nelement vertex 200000000\nproperty float x\nproperty float y\nproperty float z\n"
      "element face 9\nproperty list uchar int vertex_index\nend_header\n";
  EXPECT_FALSE(read_mesh(as_bytes(header), "a.ply", limits).ok());
  EXPECT_FALSE(read_mesh(as_bytes(std::string("OFF\n200000000 5 0\n")), "a.off", limits).ok());
}

TEST(MeshIo, APlyThatEndsWithItsHeaderIsRefused) {
  for (const char* format : {"ascii", "binary_little_endian", "binary_big_endian"}) {
    const std::string text = std::string("ply\nformat ") + format + " 1.0\nelement vertex 1\nproperty uchar x\nend_header";
    // Bytes of exactly this size, so that a read beyond them is seen.
    const Bytes bytes(as_bytes(text).begin(), as_bytes(text).end());
    const auto read = read_mesh_ply(bytes, {});
    ASSERT_FALSE(read.ok()) << format;
    EXPECT_EQ(read.error().code, Code::truncated) << format;
  }
}

TEST(MeshIo, EveryPrefixIsReadOrRefused) {
  const Mesh mesh = any_mesh(3);
  for (const auto& [format, name] :
       {std::pair{MeshFormat::ply, "a.ply"}, {MeshFormat::obj, "a.obj"}, {MeshFormat::off, "a.off"}, {MeshFormat::stl, "a.stl"}}) {
    const auto written = write_mesh(mesh, format);
    ASSERT_TRUE(written.ok());
    for (size_t size = 0; size < written->file.size(); size += 3) {
      const auto read = read_mesh(ByteSpan(written->file).first(size), name, {});
      if (read.ok()) {
        EXPECT_TRUE(check_shape(read->mesh).ok()) << name << " " << size;
      }
    }
  }
}

}  // namespace
}  // namespace dew
