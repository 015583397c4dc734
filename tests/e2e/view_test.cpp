// SPDX-License-Identifier: Apache-2.0
// `dew view --shot`: a picture without a display, by way of dew-view, and sentences for what can't be shown. Drawing skips where the build
// has no OpenGL.
#include <gtest/gtest.h>
#include <unistd.h>

#include "gaussians/io/write_splats.h"
#include "tests/e2e/run_dew.h"
#include "tests/support/splats_before_camera.h"

namespace dew::e2e {
namespace {

class ViewShot : public testing::Test {
 protected:
  void SetUp() override {
    scratch.write("scan.bin", street_frame(2000));
    const auto scene = write_splats(test::splats_before_camera(1, 50), SplatFormat::ply);
    ASSERT_TRUE(scene.ok());
    scratch.write("scene.ply", std::string(as_text(scene->file)));
    scratch.write("broken.dew", "no dew at all, and no frame: just a sentence.");
  }
  /// Runs dew view; the test is skipped where there is nothing to draw with.
  Ran view(std::vector<std::string> words) const {
    words.insert(words.begin(), "view");
    return scratch.dew(std::move(words));
  }
  bool draws() const { return view({"scan.bin", "--shot", "probe.png"}).err.find("no OpenGL") == std::string::npos; }
  const Scratch scratch;
};

TEST_F(ViewShot, DrawsWhateverDewReads) {
  if (!draws()) GTEST_SKIP() << "this build has no OpenGL";
  ASSERT_EQ(scratch.dew({"encode", "--max-error", "1cm", "scan.bin", "scan.dew"}).exit_code, 0);
  for (const std::vector<std::string>& files : std::vector<std::vector<std::string>>{
           {"scan.bin"}, {"scan.dew"}, {"scan.bin", "scan.dew"}, {"scene.ply"}, {"scene.ply", "scene.ply"}}) {
    std::vector<std::string> words = files;
    words.insert(words.end(), {"--shot", "out.png", "--size", "200x100", "--force"});
    const Ran ran = view(words);
    EXPECT_EQ(ran.exit_code, 0) << files.back() << ": " << ran.err;
    EXPECT_EQ(ran.out, "out.png  200 x 100\n");
    EXPECT_GT(scratch.read("out.png").size(), 100u);
  }
}

TEST_F(ViewShot, TakesEveryModeAndCamera) {
  if (!draws()) GTEST_SKIP() << "this build has no OpenGL";
  for (const char* mode : {"original", "decoded", "side", "split", "blink", "difference", "three"}) {
    const Ran ran = view({"scan.bin", "scan.bin", "--mode", mode, "--shot", "out.png", "--size", "90x60", "--force"});
    EXPECT_EQ(ran.exit_code, 0) << mode << ran.err;
  }
  scratch.write("views.json", R"({"dew_views": [{"name": "a", "position": [0, 0, 9], "forward": [1, 0, -1], "up": [0, 0, 1]}]})");
  for (const char* camera : {"auto", "sensor", "overview", "top", "views.json", "views.json#a", "views.json#0"}) {
    const Ran ran = view({"scan.bin", "--camera", camera, "--shot", "out.png", "--size", "90x60", "--force"});
    EXPECT_EQ(ran.exit_code, 0) << camera << ran.err;
  }
}

TEST_F(ViewShot, ShowsAStreamOfABroker) {
  if (!draws()) GTEST_SKIP() << "this build has no OpenGL";
  if (scratch.shell("PATH=$PATH:/usr/sbin command -v mosquitto").exit_code != 0) GTEST_SKIP() << "mosquitto is not installed";
  const std::string port = std::to_string(41000 + getpid() % 10000), url = "mqtt://127.0.0.1:" + port + "/roadside/7";
  scratch.write("broker.conf", "listener " + port + " 127.0.0.1\nallow_anonymous true\n");
  scratch.write("key", std::string(64, '7') + "\n");
  scratch.write("commands", "open " + url + "\nwait\nlive\nscreenshot live.png\n");
  // What the broker keeps is the last turn, which is there for whoever comes later.
  const Ran ran = scratch.shell("PATH=$PATH:/usr/sbin; mosquitto -c broker.conf 2> log & broker=$!; dew stream send " DEW_SOURCE_DIR
                                "/data/samples/vlp16_indoor.lrf --key key --repeat 3 --rate-hz 20 --to " +
                                url + " < /dev/null > sent || exit 1; dew view --key key --script commands; kill $broker");
  if (ran.err.find("without lib") != std::string::npos) GTEST_SKIP() << ran.err;
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_NE(ran.out.find("16 of 16 sectors"), std::string::npos) << ran.out << ran.err;
  EXPECT_GT(scratch.read("live.png").size(), 1000u);
}

TEST_F(ViewShot, OverwritesOnlyWhenForced) {
  if (!draws()) GTEST_SKIP() << "this build has no OpenGL";
  const Ran ran = view({"scan.bin", "--shot", "probe.png"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_NE(ran.err.find("--force"), std::string::npos) << ran.err;
}

TEST_F(ViewShot, SaysWhatIsWrong) {
  EXPECT_EQ(view({"scan.bin", "--mode", "sideways", "--shot", "a.png"}).exit_code, 2);
  EXPECT_EQ(view({"scan.bin", "--size", "7", "--shot", "a.png"}).exit_code, 2);
  EXPECT_EQ(view({"scan.bin", "--shot", "a.png", "--html", "b.html"}).exit_code, 2);
  EXPECT_EQ(view({"--shot", "a.png"}).exit_code, 2);
  for (const std::vector<std::string>& files :
       std::vector<std::vector<std::string>>{{"missing.bin"}, {"broken.dew"}, {"scan.bin", "broken.dew"}, {"scan.bin", "scene.ply"}}) {
    std::vector<std::string> words = files;
    words.insert(words.end(), {"--shot", "wrong.png"});
    const Ran ran = view(words);
    EXPECT_EQ(ran.exit_code, 1) << files.back();
    EXPECT_EQ(ran.err.rfind("dew: ", 0), 0u) << ran.err;
    EXPECT_GT(ran.err.size(), 20u);
    EXPECT_FALSE(scratch.has("wrong.png"));
  }
}

TEST_F(ViewShot, ABrokenFileOfViewsIsNamed) {
  if (!draws()) GTEST_SKIP() << "this build has no OpenGL";
  scratch.write("views.json", R"({"dew_views": [{"position": [0]}]})");
  const Ran ran = view({"scan.bin", "--camera", "views.json", "--shot", "a.png"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_NE(ran.err.find("views.json"), std::string::npos) << ran.err;
  const Ran missing = view({"scan.bin", "--camera", "nowhere.json", "--shot", "a.png"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_NE(missing.err.find("nowhere.json"), std::string::npos) << missing.err;
}

}  // namespace
}  // namespace dew::e2e
