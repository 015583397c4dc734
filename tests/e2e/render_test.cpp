// SPDX-License-Identifier: Apache-2.0
// `dew render`: a picture for each camera, and refusals.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "gaussians/io/write_splats.h"
#include "tests/e2e/run_dew.h"
#include "tests/support/splats_before_camera.h"

namespace dew::e2e {
namespace {

using Json = nlohmann::json;

const char* const kCameras = R"([
 {"img_name": "left", "width": 40, "height": 30, "fx": 36, "position": [-0.5, 0, 0], "rotation": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]},
 {"img_name": "images/right.jpg", "width": 20, "height": 30, "fx": 36, "position": [0.5, 0, 0], "rotation": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  "held_out": true}])";

class Render : public testing::Test {
 protected:
  void SetUp() override {
    const auto scene = write_splats(test::splats_before_camera(1, 50), SplatFormat::ply);
    ASSERT_TRUE(scene.ok());
    scratch.write("scene.ply", std::string(as_text(scene->file)));
    scratch.write("cameras.json", kCameras);
  }
  const Scratch scratch;
};

TEST_F(Render, DrawsAPictureForEachCamera) {
  const Ran ran = scratch.dew({"render", "scene.ply", "--cameras", "cameras.json", "--out", "views", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  std::istringstream lines(ran.out);
  size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const Json view = Json::parse(line);
    EXPECT_EQ(view["view"], count == 0 ? "left" : "right");
    EXPECT_EQ(view["width"], count == 0 ? 40 : 20);
    EXPECT_TRUE(scratch.has(view["file"].get<std::string>()));
  }
  EXPECT_EQ(count, 2u);
}

TEST_F(Render, ThreadsChangeNoByte) {
  ASSERT_EQ(scratch.dew({"render", "scene.ply", "--cameras", "cameras.json", "--out", "a", "--threads", "1"}).exit_code, 0);
  const Ran ran = scratch.dew({"render", "scene.ply", "--cameras", "cameras.json", "--out", "b", "--threads", "3", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const std::string file = Json::parse(ran.out.substr(0, ran.out.find('\n')))["file"];
  EXPECT_EQ(scratch.read(file), scratch.read("a" + file.substr(1)));
}

TEST_F(Render, DrawsTheViewsThatWereNamed) {
  const Ran ran = scratch.dew({"render", "scene.ply", "--cameras", "cameras.json", "--out", "views", "--views", "held-out", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(Json::parse(ran.out)["view"], "right");
}

TEST_F(Render, RefusesToOverwriteUnlessForced) {
  const std::vector<std::string> words = {"render", "scene.ply", "--cameras", "cameras.json", "--out", "views"};
  ASSERT_EQ(scratch.dew(words).exit_code, 0);
  EXPECT_EQ(scratch.dew(words).exit_code, 1);
  std::vector<std::string> forced = words;
  forced.push_back("--force");
  EXPECT_EQ(scratch.dew(forced).exit_code, 0);
}

TEST_F(Render, SaysWhatIsWrong) {
  scratch.write("broken.json", "{\"frames\": 7}");
  EXPECT_EQ(scratch.dew({"render", "scene.ply", "--out", "views"}).exit_code, 2);
  EXPECT_EQ(scratch.dew({"render", "scene.ply", "--cameras", "cameras.json"}).exit_code, 2);
  EXPECT_EQ(scratch.dew({"render", "scene.ply", "--cameras", "cameras.json", "--out", "views", "--size", "7"}).exit_code, 2);
  EXPECT_EQ(scratch.dew({"render", "scene.ply", "--cameras", "broken.json", "--out", "views"}).exit_code, 1);
  EXPECT_EQ(scratch.dew({"render", "cameras.json", "--cameras", "cameras.json", "--out", "views"}).exit_code, 1);
  const Ran ran = scratch.dew({"render", "scene.ply", "--cameras", "cameras.json", "--out", "views", "--views", "middle"});
  EXPECT_NE(ran.exit_code, 0);
  EXPECT_NE(ran.err.find("middle"), std::string::npos);
}

}  // namespace
}  // namespace dew::e2e
