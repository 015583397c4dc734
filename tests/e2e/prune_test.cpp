// SPDX-License-Identifier: Apache-2.0
// dew prune: a scene of random splats becomes a smaller file that dew reads again.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gaussians/io/ply.h"
#include "tests/e2e/run_dew.h"
#include "tests/support/splats_before_camera.h"

namespace dew::e2e {
namespace {

using Json = nlohmann::json;

std::string scene_file(size_t count) {
  const Bytes file = *write_splat_ply(test::splats_before_camera(1, count));
  return {reinterpret_cast<const char*>(file.data()), file.size()};
}

const char* const kCamera =
    R"([{"id": 0, "img_name": "front", "width": 64, "height": 48, "position": [0, 0, 0],
         "rotation": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "fx": 60, "fy": 60}])";

size_t splats_in(const std::string& file) {
  const auto splats = read_splat_ply(as_bytes(file), {});
  return splats.ok() ? splats->count() : 0;
}

TEST(Prune, KeepsTheShareAndReportsIt) {
  const Scratch scratch;
  scratch.write("a.ply", scene_file(120));
  scratch.write("cameras.json", kCamera);
  const Ran ran = scratch.dew({"prune", "a.ply", "b.ply", "--keep", "0.5", "--cameras", "cameras.json", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(splats_in(scratch.read("b.ply")), 60u);
  const Json json = Json::parse(ran.out);
  EXPECT_EQ(json["splats_before"], 120);
  EXPECT_EQ(json["splats_after"], 60);
  EXPECT_EQ(json["views"], 1);
  EXPECT_GT(json["off_path_views"], 0);
  EXPECT_GT(json["psnr_db"], 10);
}

TEST(Prune, HoldsAQualityWithoutCameras) {
  const Scratch scratch;
  scratch.write("a.ply", scene_file(40));
  const Ran ran = scratch.dew({"prune", "a.ply", "b.ply", "--max-psnr-drop", "0.5", "--no-compensation", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const Json json = Json::parse(ran.out);
  EXPECT_GE(json["psnr_db"], 39);
  EXPECT_LE(splats_in(scratch.read("b.ply")), 40u);
}

TEST(Prune, RefusesWhatMakesNoSense) {
  const Scratch scratch;
  scratch.write("a.ply", scene_file(10));
  scratch.write("bad.json", "[{}]");
  for (const std::vector<std::string>& options : std::vector<std::vector<std::string>>{{},
                                                                                       {"--keep", "1.1"},
                                                                                       {"--keep", "half"},
                                                                                       {"--max-psnr-drop", "0"},
                                                                                       {"--quality", "nan"},
                                                                                       {"--keep", "0.5", "--score", "beauty"}}) {
    std::vector<std::string> words = {"prune", "a.ply", "b.ply"};
    words.insert(words.end(), options.begin(), options.end());
    EXPECT_EQ(scratch.dew(words).exit_code, 2) << words.back();
  }
  EXPECT_EQ(scratch.dew({"prune", "a.ply", "b.xyz", "--keep", "0.5"}).exit_code, 2);
  EXPECT_EQ(scratch.dew({"prune", "none.ply", "b.ply", "--keep", "0.5"}).exit_code, 1);
  EXPECT_EQ(scratch.dew({"prune", "a.ply", "b.ply", "--keep", "0.5", "--cameras", "bad.json"}).exit_code, 1);
  EXPECT_EQ(scratch.dew({"prune", "a.ply", "a.ply", "--keep", "0.5"}).exit_code, 1);
  EXPECT_FALSE(scratch.has("b.ply"));
}

}  // namespace
}  // namespace dew::e2e
