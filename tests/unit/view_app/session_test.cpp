// SPDX-License-Identifier: Apache-2.0
// The viewer's state machine and its commands, without a window and without drawing.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "apps/files.h"
#include "apps/view/camera_path.h"
#include "apps/view/commands.h"
#include "mesh/io/write_mesh.h"
#include "pointcloud/codec.h"
#include "pointcloud/io/read_cloud.h"
#include "pointcloud/sequence.h"
#include "tests/support/any_mesh.h"
#include "tests/support/temporary_folder.h"

namespace dew::app {
namespace {

namespace fs = std::filesystem;

std::string sample(const std::string& name) { return std::string(DEW_SOURCE_DIR) + "/data/samples/" + name; }

/// A session with commands that "draw" pictures of one colour, and a folder for what they write.
class SessionTest : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return folder_.path(name); }
  std::string run(const std::string& line) {
    const Result<std::string> said = commands.run(line);
    EXPECT_TRUE(said.ok()) << line << ": " << (said.ok() ? "" : said.error().message);
    return said.ok() ? *said : "";
  }
  bool fails(const std::string& line) { return !commands.run(line).ok(); }

  const test::TemporaryFolder folder_;
  ViewRequest request = [] {
    ViewRequest made;
    made.camera = "auto";
    made.threads = 1;
    return made;
  }();
  Session session{request};
  Commands commands{
      session, [](viewer::PixelSize size) { return Result<viewer::Picture>(viewer::Picture(size.width, size.height)); }, {640, 480}};
};

/// A pixel under which a point of the shown pane lies.
viewer::Projected place_of(const Session& session, size_t point) {
  const viewer::Pane pane = session.panes({640, 480}).front();
  const auto& layer = std::get<viewer::PointLayer>(session.original_layer());
  auto place = viewer::project(session.eye, {pane.viewport.width, pane.viewport.height}, layer.position(point));
  return place.value_or(viewer::Projected{-1, -1, -1});
}

TEST_F(SessionTest, AFileAloneIsEncodedAnewAndCompared) {
  run("open " + sample("vlp16_indoor.lrf"));
  EXPECT_FALSE(session.has_decoded());
  EXPECT_EQ(session.style.mode, viewer::Mode::original);
  EXPECT_EQ(run("histogram"), "histogram: none\n");
  run("encode 4cm fast");
  EXPECT_TRUE(session.busy());
  EXPECT_TRUE(fails("encode 2cm")) << "one at a time";
  EXPECT_TRUE(fails("open " + sample("vlp16_indoor.lrf"))) << "not while it is read";
  EXPECT_NE(run("wait").find("bits a point, error at most"), std::string::npos);
  ASSERT_TRUE(session.has_decoded());
  EXPECT_EQ(session.style.mode, viewer::Mode::split);
  const viewer::Histogram* histogram = session.histogram();
  ASSERT_NE(histogram, nullptr);
  EXPECT_GT(histogram->max, 0);
  EXPECT_LE(histogram->max, 0.04 + 1e-6);
  EXPECT_FALSE(session.info(true).empty());
  EXPECT_TRUE(session.info(false).empty());

  run("save " + path("coded.dew"));
  EXPECT_TRUE(fails("save " + path("coded.dew"))) << "nothing is overwritten";
  const auto bytes = read_file(path("coded.dew"));
  ASSERT_TRUE(bytes.ok());
  EXPECT_TRUE(decode(*bytes, {}, {}).ok());
}

TEST_F(SessionTest, PicksWhatIsUnderThePixelWithBothSidesAndTheError) {
  run("open " + sample("kitti_raw.bin"));
  run("encode 2cm fast");
  run("wait");
  run("mode original");
  for (size_t point = 0; point < 100000; point += 9973) {
    const viewer::Projected place = place_of(session, point);
    if (place.x < 0 || place.y < 0 || place.x >= 640 || place.y >= 480) continue;
    const std::string said = run("pick " + std::to_string(place.x) + " " + std::to_string(place.y));
    EXPECT_NE(said.find("original x "), std::string::npos);
    EXPECT_NE(said.find("decoded x "), std::string::npos);
    EXPECT_NE(said.find("figure error "), std::string::npos);
    ASSERT_TRUE(session.picked().has_value());
    EXPECT_LE(session.picked()->place.depth, place.depth * 1.02);
  }
  run("mode three");
  EXPECT_EQ(run("pick -5 -5"), "pick: nothing there\n");
  EXPECT_FALSE(session.picked().has_value());
}

TEST_F(SessionTest, ShowsWhereTheBytesGo) {
  run("open " + sample("nuscenes.bin"));
  EXPECT_TRUE(fails("bits")) << "no .dew file is open";
  run("encode 2cm fast");
  run("wait");
  const std::string said = run("bits");
  for (const char* table : {"part geometry: ", "chunk slice 0: ", "ring laser 31: ", "region 0 to 30 deg: "})
    EXPECT_NE(said.find(table), std::string::npos) << table;
  EXPECT_EQ(session.colour(), "bits");
  EXPECT_EQ(session.histogram_title(), "bits");
  ASSERT_NE(session.histogram(), nullptr);
  EXPECT_GT(session.histogram()->max, 0);
}

TEST_F(SessionTest, MovesTheCameraAndWritesAPath) {
  run("open " + sample("vlp16_indoor.lrf"));
  const viewer::Viewpoint start = session.eye;
  run("record");
  run("orbit 90 0");
  EXPECT_NE(session.eye, start);
  EXPECT_NEAR(viewer::length(viewer::operator-(session.eye.position, session.pivot)),
              viewer::length(viewer::operator-(start.position, session.pivot)), 1e-6);
  run("zoom 0.5");
  run("pan 10 5");
  run("fly 0.1 0 0");
  run("record");
  run("path " + path("step") + " 3");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()), 3);
  run("views " + path("views.json"));
  const auto text = read_file(path("views.json"));
  ASSERT_TRUE(text.ok());
  const auto views = viewer::read_saved_views(as_text(*text));
  ASSERT_TRUE(views.ok());
  EXPECT_EQ(views->size(), 2u);
  EXPECT_EQ(on_path(session.key_views, 0), session.key_views[0].eye);
  EXPECT_EQ(on_path(session.key_views, 1), session.key_views[1].eye);
  run("view " + path("views.json") + "#0");
  EXPECT_NEAR(viewer::length(viewer::operator-(session.eye.position, start.position)), 0, 1e-6);
  run("forget");
  EXPECT_TRUE(fails("path " + path("none") + " 3"));
}

TEST_F(SessionTest, FilesOfManyFramesPlayAndAreComparedFrameByFrame) {
  const auto file_with_bound = [&](double bound_m, const std::string& name) {
    SequenceOptions options;
    options.frame.mode = dew::Mode::max_error;
    options.frame.max_error_m = bound_m;
    options.frame.effort = Effort::fast;
    SequenceEncoder encoder(options);
    for (int i = 0; i < 3; ++i) {
      const auto bytes = read_file(sample("vlp16_indoor.lrf"));
      SequenceFrame frame{read_cloud(*bytes, {}, {})->content, "", {}, {}};
      // One cell differs from frame to frame.
      std::get<Scan>(frame.content).range[1000] += static_cast<uint32_t>(i);
      EXPECT_TRUE(encoder.push(frame).ok());
    }
    EXPECT_TRUE(write_file(path(name), encoder.finish()->bytes, Overwrite::yes).ok());
  };
  file_with_bound(0.002, "fine.dew");
  file_with_bound(0.05, "coarse.dew");
  run("open " + path("fine.dew") + " " + path("coarse.dew"));
  EXPECT_EQ(session.player.frame_count(), 3u);
  const uint64_t before = session.revision();
  run("frame next");
  EXPECT_EQ(session.frame(), 1u);
  EXPECT_GT(session.revision(), before);
  ASSERT_NE(session.histogram(), nullptr);
  EXPECT_GT(session.histogram()->max, 0);
  EXPECT_LE(session.histogram()->max, 0.052);
  run("frame last");
  run("frame last");
  EXPECT_EQ(session.frame(), 2u) << "in a circle";
  run("play");
  session.advance(session.opened()->pair.original.frame_seconds * 1.5);
  EXPECT_NE(session.frame(), 2u);
  run("play");
  run("frame next");
  const size_t measured = session.frame();
  const std::string said = run("bits");
  for (const char* row : {"chunk frame 0: ", "chunk frame 2, refers: ", "ring laser 15: ", "region 0 to 30 deg: "})
    EXPECT_NE(said.find(row), std::string::npos) << row;
  EXPECT_EQ(session.colour(), "bits");
  run("frame next");
  ASSERT_NE(session.frame(), measured);
  EXPECT_NE(session.bits(), nullptr) << "frames are measured as they are shown";
  EXPECT_NE(viewer::find_attribute(*session.decoded_layer(), "bits"), nullptr);
  // Encoded anew are all of them, and frames go on playing.
  run("encode 1cm fast");
  run("wait");
  EXPECT_EQ(session.player.frame_count(), 3u);
  for (int i = 0; i < 3; ++i) {
    run("frame next");
    ASSERT_NE(session.histogram(), nullptr);
    EXPECT_LE(session.histogram()->max, 0.01 + 1e-6);
  }
}

TEST_F(SessionTest, APickedPointSaysItsCodedBits) {
  run("open " + sample("kitti_raw.bin"));
  run("encode 2cm fast");
  run("wait");
  bool found = false;
  for (double y = 480; y > 0 && !found; y -= 7) found = session.pick({640, 480}, 320, y);
  ASSERT_TRUE(found);
  // Nothing is refused while they are measured.
  EXPECT_TRUE(session.start_encoding({.max_error_m = 0.05, .effort = 0}).ok());
  session.finish_work();
  for (double y = 480; y > 0 && !session.picked(); y -= 7) session.pick({640, 480}, 320, y);
  session.finish_work();
  ASSERT_TRUE(session.picked().has_value());
  const auto& figures = session.picked()->figures;
  const auto has = [&](const std::string& name) {
    return std::any_of(figures.begin(), figures.end(), [&](const viewer::Fact& fact) { return fact.name == name && fact.unit == "bit"; });
  };
  EXPECT_TRUE(has("bits"));
  EXPECT_TRUE(has("bits geometry"));
  EXPECT_TRUE(has("bits intensity"));
  EXPECT_NE(session.colour(), "bits") << "colours stay as they were";
}

TEST_F(SessionTest, SplatsAndMeshesSayWhereTheirBytesGo) {
  const Mesh mesh = bumpy_sphere(20, 30);
  ASSERT_TRUE(write_file(path("sphere.ply"), write_mesh(mesh, MeshFormat::ply)->file, Overwrite::no).ok());
  struct Case {
    std::string file, encode;
    std::vector<const char*> rows, figures;
  };
  const Case cases[] = {
      {path("sphere.ply"),
       "encode 1mm",
       {"part connectivity: ", "part positions: ", "chunk surface: ", "region +x +y +z: "},
       {"bits positions"}},
      {sample("splat_object/scene.ply"),
       "encode 32dB fast",
       {"part rotation: ", "chunk group 0: ", "region -x -y -z: "},
       {"bits scale", "bits opacity"}},
  };
  for (const Case& test : cases) {
    run("open " + test.file);
    EXPECT_TRUE(fails("bits"));
    run(test.encode);
    run("wait");
    ASSERT_TRUE(session.has_decoded()) << session.message();
    const std::string said = run("bits");
    for (const char* row : test.rows) EXPECT_NE(said.find(row), std::string::npos) << row;
    EXPECT_EQ(session.colour(), "bits");
    EXPECT_EQ(session.style.mode, viewer::Mode::decoded);
    ASSERT_TRUE(session.pick({640, 480}, 320, 240)) << test.file;
    for (const char* name : test.figures) {
      const auto& figures = session.picked()->figures;
      EXPECT_TRUE(std::any_of(figures.begin(), figures.end(), [&](const viewer::Fact& fact) { return fact.name == name; })) << name;
    }
  }
}

TEST_F(SessionTest, ABrokenFileLeavesWhatIsOpen) {
  run("open " + sample("vlp16_indoor.lrf"));
  std::ofstream(path("broken.dew")) << "not a file of ours";
  EXPECT_TRUE(fails("open " + path("broken.dew")));
  EXPECT_TRUE(fails("open " + path("missing.bin")));
  EXPECT_TRUE(fails("open " + sample("vlp16_indoor.lrf") + " " + sample("kitti_raw.bin") + " third"));
  ASSERT_NE(session.opened(), nullptr);
  EXPECT_EQ(session.drop({path("broken.dew")}).ok(), false);
  EXPECT_EQ(session.opened()->original.path, sample("vlp16_indoor.lrf"));
}

TEST_F(SessionTest, DroppedFilesTakeTheirPlaces) {
  run("open " + sample("vlp16_indoor.lrf"));
  run("encode 2cm fast");
  run("wait");
  run("save " + path("coded.dew"));
  ASSERT_TRUE(session.drop({sample("vlp16_indoor.lrf")}).ok());
  EXPECT_FALSE(session.has_decoded());
  ASSERT_TRUE(session.drop({path("coded.dew")}).ok());
  EXPECT_TRUE(session.has_decoded()) << "a .dew file beside an original is its decoded side";
  ASSERT_TRUE(session.drop({path("coded.dew"), path("coded.dew")}).ok());
  EXPECT_TRUE(session.opened()->original.is_dew);
  EXPECT_EQ(session.histogram()->max, 0);
}

TEST_F(SessionTest, CommandsThatAreNoneAreRefused) {
  for (const char* line : {"dance", "mode", "mode upside", "orbit 1", "orbit x y", "zoom 0", "zoom nan", "encode", "encode 2 parsecs",
                           "pick 1", "screenshot a b", "frame x", "split", "wait for", "view nowhere", "path x", "save x"}) {
    EXPECT_TRUE(fails(line)) << line;
  }
  EXPECT_EQ(run(""), "");
  EXPECT_EQ(run("# a remark"), "");
  EXPECT_FALSE(run_script(commands, "mode side\n\ndance\nquit\n").ok());
  EXPECT_TRUE(run_script(commands, "quit\ndance\n").ok());
  for (const Command& command : command_table()) EXPECT_NE(commands_help().find(command.words), std::string::npos);
}

/// A ball of 20 by 40 cells as an OBJ file.
std::string ball() {
  constexpr int kRows = 20, kColumns = 40;
  std::string text;
  for (int row = 0; row <= kRows; ++row) {
    for (int column = 0; column < kColumns; ++column) {
      const double a = M_PI * row / kRows, b = 2 * M_PI * column / kColumns;
      text += "v " + std::to_string(std::sin(a) * std::cos(b)) + " " + std::to_string(std::cos(a)) + " " +
              std::to_string(std::sin(a) * std::sin(b)) + "\n";
    }
  }
  for (int row = 0; row < kRows; ++row) {
    for (int column = 0; column < kColumns; ++column) {
      const int next = (column + 1) % kColumns, a = row * kColumns + 1, b = a + kColumns;
      text += "f " + std::to_string(a + column) + " " + std::to_string(a + next) + " " + std::to_string(b + next) + " " +
              std::to_string(b + column) + "\n";
    }
  }
  return text;
}

TEST_F(SessionTest, AMeshIsEncodedAnewComparedAndPicked) {
  std::ofstream(path("ball.obj")) << ball();
  run("open " + path("ball.obj"));
  EXPECT_EQ(session.style.mode, viewer::Mode::original);
  EXPECT_TRUE(fails("bits")) << "no .dew file is open";
  run("encode 1cm");
  EXPECT_NE(run("wait").find("surfaces at most"), std::string::npos);
  ASSERT_TRUE(session.has_decoded());
  run("mode difference");
  const viewer::Histogram* histogram = session.histogram();
  ASSERT_NE(histogram, nullptr);
  EXPECT_GT(histogram->max, 0);
  EXPECT_LE(histogram->max, 0.01);
  EXPECT_NE(run("info").find("vertices"), std::string::npos);
  const std::string picked = run("pick 320 240");
  EXPECT_NE(picked.find("decoded vertex"), std::string::npos) << picked;
  EXPECT_NE(picked.find("figure error"), std::string::npos) << picked;

  // What was saved opens as what was shown.
  run("save " + path("ball.dew"));
  run("open " + path("ball.obj") + " " + path("ball.dew"));
  EXPECT_TRUE(session.has_decoded());
  EXPECT_TRUE(fails("open " + path("ball.obj") + " " + sample("nuscenes.bin"))) << "a mesh and points";
  EXPECT_TRUE(session.has_decoded()) << "what was open stays";
}

TEST_F(SessionTest, SignificanceIsMeasuredInTheBackgroundForBothSides) {
  EXPECT_TRUE(fails("significance")) << "nothing is open";
  run("open " + sample("nuscenes.bin"));
  EXPECT_TRUE(fails("significance")) << "points";
  const std::string scene = sample("splat_object/scene.ply");
  run("open " + scene + " " + scene);
  run("significance");
  EXPECT_TRUE(fails("encode 40dB")) << "one at a time";
  run("wait");
  EXPECT_EQ(session.colour(), "significance");
  EXPECT_TRUE(session.style.colouring[0].logarithmic);
  const viewer::Attribute* original = viewer::find_attribute(session.original_layer(), viewer::kSignificance);
  const viewer::Attribute* decoded = viewer::find_attribute(*session.decoded_layer(), viewer::kSignificance);
  ASSERT_NE(original, nullptr);
  ASSERT_NE(decoded, nullptr);
  EXPECT_EQ(original->values, decoded->values) << "the same scene, seen by the same cameras";
  EXPECT_GT(*std::max_element(original->values.begin(), original->values.end()), 0);
  EXPECT_GE(*std::min_element(original->values.begin(), original->values.end()), 0);
}

TEST_F(SessionTest, UpIsWhatOneSays) {
  run("open " + sample("splat_object/scene.ply"));
  for (const char* axis : {"x", "y", "z", "-x", "-y", "-z"}) {
    run(std::string("up ") + axis);
    const Vec3 up = *parse_up(axis);
    EXPECT_GT(viewer::dot(session.eye.up, up), 0.5) << axis;
    EXPECT_LT(viewer::dot(session.eye.forward, up), 0) << axis << ": from above";
    const double height = viewer::dot(viewer::operator-(session.eye.position, session.pivot), up);
    run("orbit 90 0");
    EXPECT_NEAR(viewer::dot(viewer::operator-(session.eye.position, session.pivot), up), height, 1e-6 * std::abs(height)) << axis;
  }
  run("up auto");
  EXPECT_TRUE(fails("up sideways"));
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(session.next_up({640, 480}).ok());
}

}  // namespace
}  // namespace dew::app
