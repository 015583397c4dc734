// SPDX-License-Identifier: Apache-2.0
// `dew convert`: every pair of formats, what is said about losses, and what is left alone.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "gaussians/io/deflate.h"
#include "gaussians/io/ply.h"
#include "gaussians/io/webp_picture.h"
#include "tests/e2e/run_dew.h"

namespace dew::e2e {
namespace {

using Json = nlohmann::json;

/// 200 splats of degree 1 with an extra property.
std::string scene_ply() {
  std::mt19937_64 random(3);
  Splats splats;
  splats.sh_degree = 1;
  splats.resize(200);
  for (auto* values : {&splats.position, &splats.log_scale, &splats.rotation, &splats.opacity_logit, &splats.dc, &splats.sh}) {
    for (float& value : *values) value = static_cast<float>(random() % 2001) / 1000 - 1;
  }
  splats.extra.push_back({"label", PropertyType::u8, Bytes(200)});
  const Bytes file = *write_splat_ply(splats);
  return std::string(as_text(file));
}

class Convert : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_deflate() || !has_zstd() || !has_webp()) GTEST_SKIP() << "built without zlib, zstd or libwebp";
    scratch.write("scene.ply", scene_ply());
    scratch.shell("mkdir web other");
  }
  Ran ok(std::vector<std::string> arguments) const {
    Ran ran = scratch.dew(arguments);
    EXPECT_EQ(ran.exit_code, 0) << arguments[1] << ": " << ran.err;
    return ran;
  }
  const Scratch scratch;
  const std::vector<std::string> names{"a.ply", "a.compressed.ply", "a.splat", "a.spz", "a.sog", "web/meta.json", "a.glb", "a.gltf"};
};

TEST_F(Convert, EveryFormatTurnsIntoEveryOther) {
  for (const std::string& from : names) {
    ok({"convert", "--force", "scene.ply", from});
    for (const std::string& to : names) {
      if (from == to) continue;
      const std::string out = to == "web/meta.json" ? "other/meta.json" : "b" + to.substr(1);
      const Json report = Json::parse(ok({"convert", "--force", "--json", from, out}).out);
      EXPECT_EQ(report["splats"], 200) << from << " to " << to;
    }
  }
}

TEST_F(Convert, LossesAreWarningsAndInTheReport) {
  const Ran ran = ok({"convert", "--json", "scene.ply", "a.splat"});
  EXPECT_NE(ran.err.find("dew: a.splat: warning: splat: extra properties are left out: label"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("spherical harmonics"), std::string::npos);
  const Json report = Json::parse(ran.out);
  EXPECT_EQ(report["losses"].size(), 2u);
  EXPECT_EQ(report["bytes_out"], 200 * 32);
}

TEST_F(Convert, APlyComesBackAsItIs) {
  ok({"convert", "scene.ply", "again.ply"});
  EXPECT_EQ(scratch.read("again.ply"), scratch.read("scene.ply"));
}

TEST_F(Convert, OutputsThatExistAreLeftAlone) {
  scratch.write("web/quats.webp", "precious");
  const Ran refused = scratch.dew({"convert", "scene.ply", "web/meta.json"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_EQ(scratch.read("web/quats.webp"), "precious");
  EXPECT_FALSE(scratch.has("web/meta.json")) << "nothing is written where one of the files may not be";
  EXPECT_FALSE(scratch.has("web/means_l.webp"));
  ok({"convert", "--force", "scene.ply", "web/meta.json"});
}

TEST_F(Convert, PipesCarryScenes) {
  const Ran out = scratch.dew({"convert", "-", "b.spz"}, scratch.read("scene.ply"));
  EXPECT_EQ(out.exit_code, 0) << out.err;
  ok({"convert", "b.spz", "b.sog"});
}

TEST_F(Convert, MistakesAreNamed) {
  EXPECT_EQ(scratch.dew({"convert", "scene.ply"}).exit_code, 2);
  const Ran unknown = scratch.dew({"convert", "--json", "scene.ply", "a.xyz"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_EQ(Json::parse(unknown.out)["error"]["code"], "invalid_argument");
  EXPECT_EQ(scratch.dew({"convert", "scene.ply", "a.ksplat"}).exit_code, 1);
  scratch.write("broken.spz", "NGSP");
  EXPECT_NE(scratch.dew({"convert", "broken.spz", "a.ply"}).err.find("dew: broken.spz"), std::string::npos);
  ok({"convert", "scene.ply", "web/meta.json"});
  scratch.shell("rm web/sh0.webp");
  EXPECT_EQ(scratch.dew({"convert", "web/meta.json", "a.ply"}).exit_code, 1);
}

TEST_F(Convert, PointFilesAreConvertedLikewise) {
  scratch.write("a.bin", street_frame(500));
  const Json report = Json::parse(ok({"convert", "--json", "a.bin", "a.pcd"}).out);
  EXPECT_EQ(report["points"], 500);
  ok({"convert", "a.pcd", "b.bin"});
  EXPECT_EQ(scratch.read("b.bin"), scratch.read("a.bin"));
}

}  // namespace
}  // namespace dew::e2e
