// SPDX-License-Identifier: Apache-2.0
// `dew bench` on splat scenes: which files it takes for scenes, and what its rows say.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/e2e/run_dew.h"

namespace dew::e2e {
namespace {

using Json = nlohmann::json;

/// A folder with the bundled scene in it, as other programs leave scenes.
class BenchSplats : public testing::Test {
 protected:
  void copy_sample(const std::string& scene, const std::string& cameras) const {
    const std::string sample = std::string(DEW_SOURCE_DIR) + "/data/samples/splat_object/";
    const std::string made = "mkdir -p \"$(dirname '" + scene + "')\" \"$(dirname '" + cameras + "')\" && ";
    ASSERT_EQ(scratch.shell(made + "cp " + sample + "scene.ply " + scene + " && cp " + sample + "cameras.json " + cameras).exit_code, 0);
  }
  /// Rows of the codecs whose programs are there; npm packages are not looked for.
  Json rows(const std::string& operand, const std::string& options = "") const {
    const Ran ran = scratch.shell("DEW_PEERS=/nowhere dew bench --peers-only --max-views 2 --json " + options + " " + operand);
    EXPECT_EQ(ran.exit_code, 0) << ran.err << ran.out;
    const Json report = Json::parse(ran.out, nullptr, false);
    return report.is_object() ? report["rows"] : Json::array();
  }
  const Scratch scratch;
};

const Json* find_row(const Json& rows, const std::string& codec) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Json& row) { return row["codec"] == codec; });
  return found == rows.end() ? nullptr : &*found;
}

TEST_F(BenchSplats, CodecsWithoutLossShowTheSamePicturesInFewerBytes) {
  copy_sample("s/scene.ply", "s/cameras.json");
  const Json all = rows("s");
  const double bytes = all.at(0)["bytes"].get<double>();
  for (const char* codec : {"zstd -19", "xz -6", "planes + Morton + xz -6"}) {
    const Json* row = find_row(all, codec);
    ASSERT_NE(row, nullptr) << codec;
    EXPECT_TRUE((*row)["psnr_db"].is_null()) << codec;
    EXPECT_DOUBLE_EQ((*row)["ssim"].get<double>(), 1) << codec;
    EXPECT_LT((*row)["bytes"].get<double>(), bytes) << codec;
    EXPECT_EQ((*row)["decoded_splats"], 1100) << codec;
    EXPECT_EQ((*row)["file_identical"].get<bool>(), codec != std::string("planes + Morton + xz -6"));
    EXPECT_TRUE((*row)["splats_identical"].get<bool>()) << codec;
    EXPECT_GT((*row)["encode_mb"].get<double>(), 0) << codec;
  }
  EXPECT_LT((*find_row(all, "planes + Morton + xz -6"))["bytes"], (*find_row(all, "xz -6"))["bytes"]);
}

TEST_F(BenchSplats, TheLatestIterationOfATrainersFolderIsTaken) {
  copy_sample("model/point_cloud/iteration_7000/point_cloud.ply", "model/cameras.json");
  copy_sample("model/point_cloud/iteration_30000/point_cloud.ply", "model/cameras.json");
  scratch.write("model/point_cloud/iteration_7000/point_cloud.ply", "not read");
  const Json all = rows("model");
  EXPECT_EQ(all.at(0)["scene"], "model");
  EXPECT_EQ(all.at(0)["views"], 2);
}

TEST_F(BenchSplats, ASceneMayStandWhereOneIs) {
  copy_sample("scene.ply", "cameras.json");
  EXPECT_NE(find_row(rows("scene.ply"), "zstd -19"), nullptr);
}

TEST_F(BenchSplats, FoldersOfScenesAreSearched) {
  copy_sample("all/one/scene.ply", "all/one/bench_cameras.json");
  copy_sample("all/two/any_name.ply", "all/two/cameras.json");
  copy_sample("all/without_cameras/scene.ply", "elsewhere/cameras.json");
  Json cameras = Json::parse(scratch.read("all/one/bench_cameras.json"));
  cameras.erase(cameras.begin() + 3, cameras.end());
  scratch.write("all/one/bench_cameras.json", cameras.dump());
  const Json all = rows("all");
  EXPECT_EQ(all.at(0)["scene"], "one");
  EXPECT_EQ(all.at(0)["views"], 3) << "bench_cameras.json is taken whole";
  EXPECT_TRUE(std::any_of(all.begin(), all.end(), [](const Json& row) { return row["scene"] == "two"; }));
  EXPECT_FALSE(std::any_of(all.begin(), all.end(), [](const Json& row) { return row["scene"] == "without_cameras"; }));
}

TEST_F(BenchSplats, PhotographsCountWhereTheyAre) {
  copy_sample("s/scene.ply", "s/cameras.json");
  ASSERT_EQ(scratch.shell("dew render s/scene.ply --cameras s/cameras.json --views 0,8,16,24 --out s/images").exit_code, 0);
  const Json all = rows("s");
  EXPECT_EQ(all.at(0)["photos"], 4);
  EXPECT_GT(all.at(0)["photo_psnr_db"].get<double>(), 45) << "they are its own pictures, rounded to 8 bits";
  EXPECT_NEAR((*find_row(all, "xz -6"))["photo_psnr_change_db"].get<double>(), 0, 1e-6);
}

TEST_F(BenchSplats, ScriptFindsOwnModelsAndTheirPhotographs) {
  copy_sample("models/tin/point_cloud/iteration_30000/point_cloud.ply", "models/tin/cameras.json");
  ASSERT_EQ(scratch
                .shell("dew render models/tin/point_cloud/iteration_30000/point_cloud.ply --cameras models/tin/cameras.json "
                       "--views 0,8 --out data/tin/images")
                .exit_code,
            0);
  const Ran ran = scratch.shell("DEW_PEERS=/nowhere DEW_BIN=\"$(dirname \"$(command -v dew)\")\" " DEW_SOURCE_DIR
                                "/tests/bench/own_models.sh models data --peers-only --max-views 1 --json");
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  const Json report = Json::parse(ran.out, nullptr, false);
  ASSERT_TRUE(report.is_object()) << ran.out;
  EXPECT_EQ(report["rows"].at(0)["scene"], "tin");
  EXPECT_EQ(report["rows"].at(0)["photos"], 2);
}

TEST_F(BenchSplats, PlotShowsEveryScene) {
  copy_sample("s/scene.ply", "s/cameras.json");
  rows("s", "--plot curves.svg");
  const std::string svg = scratch.read("curves.svg");
  EXPECT_TRUE(svg.starts_with("<svg "));
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
}

TEST_F(BenchSplats, ACodecThatFailsIsARowAndAnExitCode) {
  copy_sample("s/scene.ply", "s/cameras.json");
  const Ran ran = scratch.shell("dew bench --encode-options --no-such-option --qualities 42 --max-views 1 s");
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_NE(ran.out.find("error: encoder failed"), std::string::npos) << ran.out;
}

TEST_F(BenchSplats, OptionsOfTheOtherKindAreRefused) {
  copy_sample("s/scene.ply", "s/cameras.json");
  EXPECT_EQ(scratch.shell("dew bench --modes lossless s").exit_code, 2);
  EXPECT_EQ(scratch.shell("dew bench --qualities many s").exit_code, 2);
  scratch.write("a.bin", street_frame(100));
  EXPECT_EQ(scratch.shell("dew bench --qualities 42 a.bin").exit_code, 2);
}

}  // namespace
}  // namespace dew::e2e
