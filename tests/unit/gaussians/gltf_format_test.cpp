// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "entropy/documents/gltf_document.h"
#include "gaussians/io/gltf.h"
#include "io_support.h"

namespace dew {
namespace {

using namespace test;

Json text_of(const Splats& splats) {
  const auto output = write_splats(splats, SplatFormat::gltf, {.unpacked = true});
  return Json::parse(as_text(output->file));
}

Result<SplatInput> read(const Json& json, const ReadSibling& siblings = {}) { return read_splat_gltf(bytes_of(json.dump()), siblings, {}); }

TEST(Gltf, TextAndBinaryHoldTheSameScene) {
  Random random(101);
  for (uint32_t degree = 0; degree <= 3; ++degree) {
    const Splats scene = tame_scene(random, 7 + degree, degree);
    EXPECT_TRUE(same_values(cycled(scene, SplatFormat::gltf), cycled(scene, SplatFormat::gltf, {.unpacked = true})));
  }
}

TEST(Gltf, TheFileIsAsTheExtensionAsks) {
  Splats scene;
  scene.resize(1);
  scene.position = {1, 2, 3};
  scene.log_scale = {0, std::log(2.0f), -std::numeric_limits<float>::infinity()};
  scene.rotation = {0, 2, 0, 0};
  scene.opacity_logit = {0};
  const Json json = text_of(scene);
  const Json& primitive = json["meshes"][0]["primitives"][0];
  EXPECT_EQ(primitive["mode"], 0) << "points";
  EXPECT_EQ(primitive["extensions"]["KHR_gaussian_splatting"]["kernel"], "ellipse");
  EXPECT_EQ(json["extensionsUsed"][0], "KHR_gaussian_splatting");
  Budget budget{DecodeLimits{}};
  const Bytes bytes = bytes_of(json.dump());
  const auto document = open_gltf(bytes, {}, budget);
  ASSERT_TRUE(document.ok());
  const auto values = [&](const char* name, size_t components) {
    const auto accessor = find_accessor(*document, primitive["attributes"][name].get<uint64_t>(), components);
    std::vector<float> out;
    for (size_t c = 0; c < components; ++c) out.push_back(accessor->value(0, c));
    return out;
  };
  EXPECT_EQ(values("POSITION", 3), (std::vector<float>{-1, -2, 3})) << "left, up, forward";
  EXPECT_EQ(values("KHR_gaussian_splatting:SCALE", 3), (std::vector<float>{1, 2, 0}));
  EXPECT_EQ(std::fabs(values("KHR_gaussian_splatting:ROTATION", 4)[0]), 1) << "of unit length, x first";
  EXPECT_EQ(values("KHR_gaussian_splatting:OPACITY", 1)[0], 0.5f);
  EXPECT_NEAR(values("COLOR_0", 4)[3], 0.5, 1 / 255.0);
}

TEST(Gltf, NegativeScalesAreLogarithms) {
  Random random(102);
  Json json = text_of(tame_scene(random, 2, 0));
  const uint64_t scales = json["meshes"][0]["primitives"][0]["attributes"]["KHR_gaussian_splatting:SCALE"];
  json["meshes"][0]["primitives"][0]["attributes"]["KHR_gaussian_splatting:SCALE"] = 0;  // the positions, which are of both signs
  json["accessors"][0]["max"] = nullptr;
  const auto input = read(json);
  ASSERT_TRUE(input.ok()) << input.error().message;
  EXPECT_NE(input->note.find("logarithms"), std::string::npos);
  EXPECT_EQ(input->splats.log_scale[2], input->splats.position[2]);
  EXPECT_GT(scales, 0u);
}

TEST(Gltf, BuffersBesideTheFileAreRead) {
  Random random(103);
  const Splats scene = tame_scene(random, 5, 1);
  Json json = text_of(scene);
  const std::string uri = json["buffers"][0]["uri"];
  const Bytes content = *from_base64(uri.substr(uri.find(',') + 1));
  json["buffers"][0]["uri"] = "data/scene.bin";
  const auto sibling = [&](const std::string& name) -> Result<Bytes> {
    EXPECT_EQ(name, "data/scene.bin");
    return content;
  };
  const auto input = read(json, sibling);
  ASSERT_TRUE(input.ok()) << input.error().message;
  EXPECT_TRUE(same_values(input->splats, cycled(scene, SplatFormat::gltf)));
  EXPECT_EQ(read(json).error().code, Code::invalid_argument);
  json["buffers"][0]["uri"] = "../scene.bin";
  EXPECT_EQ(read(json, sibling).error().code, Code::unsupported_feature);
}

TEST(Gltf, PrimitivesAreJoinedAndNodesNoted) {
  Random random(104);
  Json json = text_of(tame_scene(random, 5, 1));
  json["meshes"][0]["primitives"].push_back(json["meshes"][0]["primitives"][0]);
  for (uint32_t k = 0; k < 3; ++k) {
    json["meshes"][0]["primitives"][1]["attributes"].erase("KHR_gaussian_splatting:SH_DEGREE_1_COEF_" + std::to_string(k));
  }
  json["nodes"][0]["translation"] = {1, 2, 3};
  const auto input = read(json);
  ASSERT_TRUE(input.ok()) << input.error().message;
  EXPECT_EQ(input->splats.count(), 10u);
  EXPECT_NE(input->splats.sh[8], 0);
  EXPECT_EQ(input->splats.sh[9 * 5 + 8], 0) << "of lower degree";
  EXPECT_NE(input->note.find("transforms"), std::string::npos);
}

TEST(Gltf, SharedAccessorsDoNotMultiplyAFile) {
  Random random(107);
  Json json = text_of(tame_scene(random, 5, 0));
  for (int i = 0; i < 5000; ++i) json["meshes"][0]["primitives"].push_back(json["meshes"][0]["primitives"][0]);
  EXPECT_EQ(read(json).error().code, Code::corrupt);
}

TEST(Gltf, DeepJsonIsNoMatter) {
  for (const char* pair : {"[]", "{}"}) {
    std::string text = "{\"KHR_gaussian_splatting\":";
    for (int i = 0; i < 300000; ++i) text += pair[0] == '[' ? "[" : "{\"a\":";
    text += "1" + std::string(300000, pair[1]) + "}";
    EXPECT_EQ(read_splats(bytes_of(text), {}).error().code, Code::corrupt);
  }
}

TEST(Gltf, AccessorsThatLieAreRefused) {
  Random random(105);
  const Json good = text_of(tame_scene(random, 5, 0));
  const auto code_with = [&](const char* pointer, Json value) {
    Json json = good;
    json[Json::json_pointer(pointer)] = std::move(value);
    const auto input = read(json);
    return input.ok() ? Code::internal : input.error().code;
  };
  EXPECT_EQ(code_with("/accessors/0/count", 6), Code::truncated);
  EXPECT_EQ(code_with("/accessors/0/count", uint64_t{1} << 63), Code::limit_exceeded);
  EXPECT_EQ(code_with("/accessors/0/byteOffset", ~uint64_t{0}), Code::limit_exceeded);
  EXPECT_EQ(code_with("/accessors/1/count", 4), Code::corrupt) << "another count than the positions";
  EXPECT_EQ(code_with("/accessors/0/type", "VEC2"), Code::corrupt);
  EXPECT_EQ(code_with("/accessors/0/componentType", 1), Code::corrupt);
  EXPECT_EQ(code_with("/accessors/0/bufferView", 99), Code::corrupt);
  EXPECT_EQ(code_with("/accessors/0/sparse", Json::object({{"count", 1}})), Code::unsupported_feature);
  EXPECT_EQ(code_with("/bufferViews/0/byteLength", 1e300), Code::corrupt);
  EXPECT_EQ(code_with("/bufferViews/0/byteOffset", 100000), Code::truncated);
  EXPECT_EQ(code_with("/buffers/0/byteLength", 100000), Code::truncated);
  EXPECT_EQ(code_with("/meshes", 5), Code::corrupt);
  EXPECT_EQ(code_with("/meshes/0/primitives/0/attributes", nullptr), Code::unsupported_feature);
}

TEST(Base64, ComesBack) {
  Random random(106);
  for (size_t size = 0; size < 50; ++size) {
    Bytes bytes(size);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    EXPECT_EQ(*from_base64(to_base64(bytes)), bytes);
    EXPECT_EQ(to_base64(bytes).size() % 4, 0u);
  }
  EXPECT_EQ(to_base64(as_bytes("dew!")), "ZGV3IQ==");
  EXPECT_FALSE(from_base64("ZG!3").ok());
}

}  // namespace
}  // namespace dew
