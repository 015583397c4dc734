// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cstring>

#include "gaussians/io/ply.h"
#include "io_support.h"

namespace dew {
namespace {

using namespace test;

/// The properties of a scene of that degree, in the reference order without normals.
std::vector<std::string> names_of(uint32_t degree) {
  std::vector<std::string> names{"x", "y", "z", "f_dc_0", "f_dc_1", "f_dc_2"};
  for (uint32_t k = 0; k < 3 * sh_coefficients(degree); ++k) names.push_back("f_rest_" + std::to_string(k));
  for (const char* name : {"opacity", "scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3"}) names.emplace_back(name);
  return names;
}

/// A file with these properties, each a float of its place in the list plus 1000 times the splat.
Bytes file_with(const std::vector<std::string>& names, size_t count, const std::string& more = {}) {
  std::string text =
      "ply\nformat binary_little_endian 1.0\ncomment made by hand\n" + more + "element vertex " + std::to_string(count) + "\n";
  for (const std::string& name : names) text += "property float " + name + "\n";
  ByteWriter writer;
  writer.bytes(as_bytes(text + "end_header\n"));
  for (size_t i = 0; i < count; ++i) {
    for (size_t k = 0; k < names.size(); ++k) writer.f32(static_cast<float>(1000 * i + k));
  }
  return writer.take();
}

TEST(SplatPly, PropertiesAreTakenByNameInAnyOrder) {
  Random random(121);
  for (uint32_t degree = 0; degree <= 3; ++degree) {
    std::vector<std::string> names = names_of(degree);
    names.push_back("confidence");
    std::shuffle(names.begin(), names.end(), random);
    const Bytes file = file_with(names, 3);
    const auto splats = read_splat_ply(file, {});
    ASSERT_TRUE(splats.ok()) << splats.error().message;
    const auto place = [&](const std::string& name) {
      return static_cast<float>(2000 + std::find(names.begin(), names.end(), name) - names.begin());
    };
    EXPECT_EQ(splats->sh_degree, degree);
    EXPECT_EQ(splats->position[3 * 2 + 1], place("y"));
    EXPECT_EQ(splats->rotation[4 * 2 + 3], place("rot_3"));
    EXPECT_EQ(splats->opacity_logit[2], place("opacity"));
    if (degree > 0) EXPECT_EQ(splats->sh[2 * splats->sh_stride() + 7], place("f_rest_7"));
    ASSERT_EQ(splats->extra.size(), 1u);
    EXPECT_TRUE(*write_splat_ply(*splats) == file) << "the very file";
  }
}

TEST(SplatPly, CommentsAndTrailingBytesComeBack) {
  Bytes file = file_with(names_of(1), 4, "obj_info something else\n");
  file.insert(file.end(), 77, std::byte{42});
  EXPECT_TRUE(*write_splat_ply(*read_splat_ply(file, {})) == file);
}

TEST(SplatPly, AChangedSceneGetsANewHeader) {
  const Splats splats = *read_splat_ply(file_with(names_of(2), 5), {});
  const Splats fewer = select(splats, {3, 1});
  const auto again = read_splat_ply(*write_splat_ply(fewer), {});
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(same_values(*again, fewer));
  Splats more = splats;
  more.extra.push_back({"label", PropertyType::u8, Bytes(5, std::byte{9})});
  const auto with_label = read_splat_ply(*write_splat_ply(more), {});
  ASSERT_TRUE(with_label.ok());
  ASSERT_NE(with_label->find_extra("label"), nullptr);
  EXPECT_EQ(with_label->find_extra("label")->data, more.extra[0].data);
}

TEST(SplatPly, EveryValueKeepsItsBits) {
  Random random(122);
  const Splats scene = wild_scene(random, 300, 3);
  const Splats after = cycled(scene, SplatFormat::ply);
  EXPECT_EQ(std::memcmp(after.position.data(), scene.position.data(), 4 * scene.position.size()), 0);
  EXPECT_EQ(std::memcmp(after.sh.data(), scene.sh.data(), 4 * scene.sh.size()), 0);
}

TEST(SplatPly, NamesThatWouldBreakTheHeaderAreRefused) {
  Splats scene;
  scene.resize(1);
  for (const char* name : {"", "a b", "x\nproperty float y", "x", "rot_0", "f_rest_0"}) {
    scene.extra = {{name, PropertyType::f32, Bytes(4)}};
    EXPECT_EQ(write_splat_ply(scene).error().code, Code::invalid_argument) << name;
  }
  scene.extra = {{"a", PropertyType::f32, Bytes(4)}, {"a", PropertyType::f32, Bytes(4)}};
  EXPECT_EQ(write_splat_ply(scene).error().code, Code::invalid_argument);
}

TEST(SplatPly, EveryPrefixIsRefused) {
  const Bytes file = file_with(names_of(1), 3);
  for (size_t size = 0; size < file.size(); ++size) EXPECT_FALSE(read_splat_ply(ByteSpan(file).first(size), {}).ok()) << size;
}

TEST(SplatPly, WhatIsMissingIsNamed) {
  for (const std::string& gone : names_of(1)) {
    std::vector<std::string> names = names_of(1);
    std::erase(names, gone);
    EXPECT_FALSE(read_splat_ply(file_with(names, 1), {}).ok()) << gone;
  }
  EXPECT_FALSE(is_splat_ply(file_with({"x", "y", "z"}, 2))) << "points";
}

TEST(SplatPly, EndlessHeadersAreRefusedEarly) {
  std::string text = "ply\nformat binary_little_endian 1.0\nelement vertex 1\n";
  for (int i = 0; i < 200000; ++i) text += "property float p" + std::to_string(i) + "\n";
  EXPECT_EQ(read_splat_ply(as_bytes(text), {}).error().code, Code::corrupt);
}

}  // namespace
}  // namespace dew
