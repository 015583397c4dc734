// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "gaussians/io/sog.h"
#include "gaussians/io/zip.h"
#include "io_support.h"

namespace dew {
namespace {

using namespace test;

class Sog : public testing::Test {
 protected:
  void SetUp() override {
    if (!is_built(SplatFormat::sog)) GTEST_SKIP() << "built without libwebp";
  }
  static SplatOutput unpacked(const Splats& splats) { return *write_splats(splats, SplatFormat::sog, {.unpacked = true}); }
  /// meta.json with one text in place of another.
  static Bytes with(const Bytes& meta, const std::string& what, const std::string& instead) {
    std::string text(as_text(meta));
    const size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return at == std::string::npos ? meta : bytes_of(text.replace(at, what.size(), instead));
  }
};

TEST_F(Sog, ArchiveAndFolderHoldTheSameScene) {
  Random random(91);
  const Splats scene = tame_scene(random, 500, 2);
  const SplatOutput folder = unpacked(scene);
  EXPECT_EQ(folder.siblings.size(), 7u);
  EXPECT_TRUE(is_sog_meta(folder.file));
  const auto input = read_splats(folder.file, {}, ".json", siblings_of(folder));
  ASSERT_TRUE(input.ok()) << input.error().message;
  EXPECT_TRUE(same_values(input->splats, cycled(scene, SplatFormat::sog)));
}

TEST_F(Sog, WhatElseTheMetaSaysIsSaidAgain) {
  Random random(98);
  const SplatOutput folder = unpacked(tame_scene(random, 20, 1));
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  const auto written_again = [&](const std::string& members) {
    const auto input = read_splats(with(folder.file, "{", "{" + members), {}, ".json", siblings_of(folder));
    EXPECT_TRUE(input.ok());
    return input.ok() ? std::string(as_text(unpacked(input->splats).file)) : "";
  };
  const std::string again = written_again(R"("antialias":true,"asset":{"generator":"somebody"},)");
  EXPECT_NE(again.find(R"("antialias":true)"), std::string::npos);
  EXPECT_NE(again.find(R"({"generator":"somebody"})"), std::string::npos);
  EXPECT_EQ(written_again(""), as_text(folder.file));
  EXPECT_EQ(written_again(R"("deep":)" + deep + ","), as_text(folder.file)) << "and the stack holds";
}

TEST_F(Sog, AnArchivePackedByDeflateIsRead) {
  if (!has_deflate()) GTEST_SKIP() << "built without zlib";
  Random random(92);
  const auto output = write_splats(tame_scene(random, 30, 0), SplatFormat::sog);
  const auto directory = read_zip_directory(output->file);
  EXPECT_EQ(directory->entries.size(), 6u);
  EXPECT_EQ(directory->entries.back().name, "meta.json");
}

TEST_F(Sog, PicturesAreExactUnderAnyAlpha) {
  RgbaPicture picture{37, 41, {}};
  Random random(93);
  for (size_t i = 0; i < size_t{4} * 37 * 41; ++i)
    picture.rgba.push_back(i % 4 == 3 && random() % 2 == 0 ? uint8_t{0} : static_cast<uint8_t>(random()));
  Budget budget{DecodeLimits{}};
  const auto again = read_webp(*write_webp(picture), budget);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->rgba, picture.rgba);
}

TEST_F(Sog, FewDifferentValuesAreKeptExactly) {
  Random random(94);
  Splats scene = tame_scene(random, 4000, 1);
  for (float& value : scene.log_scale) value = std::round(value * 20) / 20;
  for (float& value : scene.dc) value = std::round(value * 30) / 30;
  for (size_t i = 0; i < scene.sh.size(); ++i) scene.sh[i] = static_cast<float>(i / 9 % 1000 * (i % 9) % 200) / 200;
  const Splats after = cycled(scene, SplatFormat::sog), before = in_written_order(scene, SplatFormat::sog);
  EXPECT_EQ(after.log_scale, before.log_scale);
  EXPECT_EQ(after.dc, before.dc);
  EXPECT_EQ(after.sh, before.sh) << "1000 vectors, a palette of 2048";
}

TEST_F(Sog, MetaThatLiesIsRefused) {
  Random random(95);
  const SplatOutput folder = unpacked(tame_scene(random, 500, 1));
  const auto code_of_meta = [&](const Bytes& meta) {
    const auto input = read_sog_folder(meta, siblings_of(folder), {});
    EXPECT_FALSE(input.ok());
    return input.ok() ? Code::internal : input.error().code;
  };
  EXPECT_EQ(code_of_meta(with(folder.file, "\"version\":2", "\"version\":3")), Code::unsupported_version);
  EXPECT_EQ(code_of_meta(with(folder.file, ",\"version\":2", "")), Code::unsupported_version) << "the first version has none";
  EXPECT_EQ(code_of_meta(with(folder.file, "quats.webp", "../quats.webp")), Code::corrupt);
  EXPECT_EQ(code_of_meta(with(folder.file, "quats.webp", "/etc/passwd")), Code::corrupt);
  EXPECT_EQ(code_of_meta(with(folder.file, "quats.webp", "missing.webp")), Code::io);
  EXPECT_EQ(code_of_meta(with(folder.file, "\"count\":500", "\"count\":800")), Code::corrupt) << "more than texels";
  EXPECT_EQ(code_of_meta(with(folder.file, "\"count\":500", "\"count\":-5")), Code::corrupt);
  EXPECT_EQ(code_of_meta(with(folder.file, "\"count\":500", "\"count\":1e30")), Code::corrupt);
  EXPECT_EQ(code_of_meta(with(folder.file, "\"bands\":1", "\"bands\":2")), Code::corrupt);
  EXPECT_EQ(code_of_meta(with(folder.file, "\"bands\":1", "\"bands\":7")), Code::unsupported_feature);
  EXPECT_EQ(code_of_meta(with(folder.file, "\"mins\":[", "\"mins\":[1,")), Code::corrupt);
  EXPECT_EQ(code_of_meta(with(folder.file, "\"codebook\":[", "\"codebook\":[\"a\",")), Code::corrupt);
  EXPECT_EQ(code_of_meta(with(folder.file, "}", "")), Code::corrupt);
  EXPECT_EQ(read_sog_folder(folder.file, {}, {}).error().code, Code::invalid_argument);
}

TEST_F(Sog, ALabelBeyondThePaletteIsAnError) {
  Random random(96);
  SplatOutput folder = unpacked(tame_scene(random, 50, 1));
  RgbaPicture labels{8, 8, std::vector<uint8_t>(size_t{4} * 64, 255)};
  for (NamedBytes& file : folder.siblings) {
    if (file.name == "shN_labels.webp") file.bytes = *write_webp(labels);
  }
  EXPECT_EQ(read_sog_folder(folder.file, siblings_of(folder), {}).error().code, Code::corrupt);
}

TEST_F(Sog, AHugePictureForFewSplatsIsRefused) {
  Random random(97);
  SplatOutput folder = unpacked(tame_scene(random, 50, 0));
  RgbaPicture blank{4000, 4000, std::vector<uint8_t>(size_t{4} * 4000 * 4000)};
  for (NamedBytes& file : folder.siblings) {
    if (file.name == "scales.webp") file.bytes = *write_webp(blank);
  }
  EXPECT_EQ(read_sog_folder(folder.file, siblings_of(folder), {}).error().code, Code::corrupt);
}

}  // namespace
}  // namespace dew
