// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/cameras.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "tests/support/splats_before_camera.h"

namespace dew {
namespace {

const char* const k3dgs = R"([
 {"id": 0, "img_name": "first", "width": 640, "height": 480, "position": [1, -2, 3.5], "rotation": [[1, 0, 0], [0, 0, -1], [0, 1, 0]],
  "fy": 510, "fx": 500},
 {"id": 1, "img_name": "images/second.jpg", "width": 64, "height": 48, "position": [0, 0, 0], "rotation": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  "fx": 50, "cx": 30.5, "cy": 20, "background": [1, 0.5, 0], "held_out": true}])";

const char* const kNerf = R"({"camera_angle_x": 1.5707963267948966, "w": 200, "h": 100, "background_rgb": [1, 1, 1],
 "test_filenames": ["b.png"], "frames": [
 {"file_path": "./train/a", "transform_matrix": [[1, 0, 0, 5], [0, 1, 0, 6], [0, 0, 1, 7], [0, 0, 0, 1]]},
 {"file_path": "b.png", "fl_x": 80, "fl_y": 90, "cx": 99, "cy": 51, "transform_matrix": [[0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0]]}]})";

Result<std::vector<View>> read(std::string_view text, const CameraDefaults& defaults = {}) {
  return read_views(as_bytes(text), defaults, {});
}

std::string message(const Result<std::vector<View>>& views) { return views.ok() ? "no error" : views.error().message; }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Cameras, Of3dgs) {
  const auto views = read(k3dgs, {.background = {0.1, 0.2, 0.3}});
  ASSERT_TRUE(views.ok()) << message(views);
  ASSERT_EQ(views->size(), 2u);
  const Camera& first = (*views)[0].camera;
  EXPECT_EQ(first.name, "first");
  EXPECT_EQ(first.width, 640u);
  EXPECT_EQ(first.height, 480u);
  EXPECT_EQ(first.fx, 500);
  EXPECT_EQ(first.fy, 510);
  EXPECT_EQ(first.cx, 320);
  EXPECT_EQ(first.cy, 240);
  EXPECT_EQ(first.position, (std::array<double, 3>{1, -2, 3.5}));
  EXPECT_EQ(first.rotation, (std::array<double, 9>{1, 0, 0, 0, 0, -1, 0, 1, 0}));
  EXPECT_EQ(first.background, (std::array<double, 3>{0.1, 0.2, 0.3}));
  EXPECT_FALSE((*views)[0].held_out);
  EXPECT_FALSE((*views)[0].lens);
  const View& second = (*views)[1];
  EXPECT_EQ(second.camera.name, "second");
  EXPECT_EQ(second.photo, "images/second.jpg");
  EXPECT_EQ(second.camera.fy, 50);
  EXPECT_EQ(second.camera.cx, 30.5);
  EXPECT_EQ(second.camera.background, (std::array<double, 3>{1, 0.5, 0}));
  EXPECT_TRUE(second.held_out);
}

TEST(Cameras, OfNerf) {
  const auto views = read(kNerf);
  ASSERT_TRUE(views.ok()) << message(views);
  ASSERT_EQ(views->size(), 2u);
  const Camera& first = (*views)[0].camera;
  EXPECT_EQ(first.name, "a");
  EXPECT_EQ((*views)[0].photo, "./train/a");
  EXPECT_NEAR(first.fx, 100, 1e-12);  // 90 degrees across 200 pixels
  EXPECT_NEAR(first.fy, 100, 1e-12);
  EXPECT_EQ(first.cx, 100);
  EXPECT_EQ(first.cy, 50);
  EXPECT_EQ(first.position, (std::array<double, 3>{5, 6, 7}));
  EXPECT_EQ(first.rotation, (std::array<double, 9>{1, 0, 0, 0, -1, 0, 0, 0, -1})) << "OpenGL looks along -z with y up";
  EXPECT_EQ(first.background, (std::array<double, 3>{1, 1, 1}));
  const View& second = (*views)[1];
  EXPECT_EQ(second.camera.fx, 80);
  EXPECT_EQ(second.camera.fy, 90);
  EXPECT_EQ(second.camera.cx, 99);
  EXPECT_FALSE((*views)[0].held_out);
  EXPECT_TRUE(second.held_out);
}

TEST(Cameras, WithoutASizeNeedOne) {
  const std::string no_size = replaced(kNerf, R"("w": 200, "h": 100,)", "");
  const auto without = read(no_size);
  ASSERT_FALSE(without.ok());
  EXPECT_EQ(without.error().code, Code::invalid_argument);
  const auto with = read(no_size, {.width = 400, .height = 300});
  ASSERT_TRUE(with.ok()) << message(with);
  EXPECT_NEAR((*with)[0].camera.fx, 200, 1e-12);
}

TEST(Cameras, OfOneSceneAgreeInBothFormats) {
  for (const char* scene : {"fox", "lego"}) {
    const std::string folder = std::string(DEW_SHARED_DATA) + "/splats/" + scene + "/";
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is missing";
    const auto load = [&](const char* name) {
      std::ifstream file(folder + name, std::ios::binary);
      const std::string text((std::istreambuf_iterator<char>(file)), {});
      auto views = read(text);
      EXPECT_TRUE(views.ok()) << message(views);
      return *views;
    };
    const std::vector<View> a = load("cameras.json"), b = load("transforms.json"), bench = load("bench_cameras.json");
    ASSERT_EQ(a.size(), b.size());
    EXPECT_GE(bench.size(), 8u);
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].camera.name, b[i].camera.name);
      EXPECT_EQ(a[i].held_out, b[i].held_out);
      EXPECT_NEAR(a[i].camera.fx, b[i].camera.fx, 1e-6);
      for (size_t k = 0; k < 9; ++k) EXPECT_NEAR(a[i].camera.rotation[k], b[i].camera.rotation[k], 1e-6);
      for (size_t k = 0; k < 3; ++k) EXPECT_NEAR(a[i].camera.position[k], b[i].camera.position[k], 1e-6);
    }
  }
}

TEST(Cameras, RefuseWhatIsNoCamera) {
  const std::string text = k3dgs;
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"\"fx\": 500", "\"fx\": 0"},
           {"\"fx\": 500", "\"fx\": \"500\""},
           {"\"fx\": 500", "\"fy\": 3"},
           {"\"fx\": 500", "\"fx\": 1e999"},
           {"\"width\": 640", "\"width\": -640"},
           {"\"width\": 640", "\"width\": 640.5"},
           {"\"width\": 640", "\"width\": 1e9"},
           {"\"width\": 640", "\"width\": [640]"},
           {"[1, -2, 3.5]", "[1, -2]"},
           {"[1, -2, 3.5]", "{\"x\": 1}"},
           {"[1, -2, 3.5]", "[1, -2, null]"},
           {"[1, 0, 0], [0, 0, -1]", "[1, 0, 0]"},
           {"[1, 0, 0], [0, 0, -1]", "[1, 0, 0], 7"},
           {"[1, 0, 0], [0, 0, -1]", "[1, 0, 0], [0, 0, -2]"},
           {"[1, 0, 0], [0, 0, -1]", "[1, 0, 0], [0, 0, 1]"},
           {"[1, 0.5, 0]", "[1, 0.5]"},
       }) {
    const auto views = read(replaced(text, from, to));
    ASSERT_FALSE(views.ok()) << to;
    EXPECT_EQ(views.error().code, Code::corrupt) << to;
  }
  for (const char* nothing : {"", "{}", "7", "null", "{\"frames\": 3}", "[1]", "[[]]", "{\"frames\": [[]]}", "[{}", "\xff\xfe"}) {
    EXPECT_FALSE(read(nothing).ok()) << nothing;
  }
  EXPECT_TRUE(read("[]").ok());
}

TEST(Cameras, RefuseEveryTruncation) {
  for (const std::string text : {k3dgs, kNerf}) {
    for (size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(read(text.substr(0, size)).ok()) << size;
  }
}

TEST(Cameras, SurviveDamage) {
  std::mt19937 random(1);
  for (const std::string text : {k3dgs, kNerf}) {
    for (int round = 0; round < 3000; ++round) {
      std::string damaged = text;
      for (int change = 0; change < 3; ++change) damaged[random() % damaged.size()] = static_cast<char>(random() % 256);
      const auto views = read(damaged);
      if (!views.ok()) continue;
      for (const View& view : *views) EXPECT_TRUE(view.camera.width > 0 && view.camera.fx > 0 && std::isfinite(view.camera.position[0]));
    }
  }
}

TEST(Cameras, NestedWithoutEnd) {
  const std::string deep(1000000, '[');
  EXPECT_FALSE(read(deep).ok());
  EXPECT_FALSE(read(deep + std::string(1000000, ']')).ok());
}

TEST(Cameras, KeepToTheirLimits) {
  DecodeLimits few;
  few.elements = 1;
  EXPECT_EQ(read_views(as_bytes(k3dgs), {}, few).error().code, Code::limit_exceeded);
  DecodeLimits small;
  small.memory_bytes = 1000;
  EXPECT_EQ(read_views(as_bytes(k3dgs), {}, small).error().code, Code::out_of_memory);
}

/// A COLMAP model of one camera and two images in either form.
struct Model {
  Bytes cameras, images;
};
const std::array<double, 4> kTurn = {0.5, 0.5, -0.5, 0.5};

Model text_model() {
  const std::string cameras =
      "# Camera list\n#   CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]\n\n3 PINHOLE 640 480 500 510 320.5 240.25\r\n7 SIMPLE_PINHOLE 64 48 50 "
      "32 24\n";
  const std::string images =
      "# Image list\n1 0.5 0.5 -0.5 0.5 1 2 3 3 folder/a photo.jpg\n10.5 20 -1 30 40 5\n2 1 0 0 0 0 0 0.5 7 b.png\n\n";
  const auto bytes = [](const std::string& text) { return Bytes(as_bytes(text).begin(), as_bytes(text).end()); };
  return {bytes(cameras), bytes(images)};
}

Model binary_model() {
  ByteWriter cameras, images;
  cameras.u64(2);
  cameras.u32(3), cameras.i32(1), cameras.u64(640), cameras.u64(480);
  for (const double value : {500.0, 510.0, 320.5, 240.25}) cameras.f64(value);
  cameras.u32(7), cameras.i32(0), cameras.u64(64), cameras.u64(48);
  for (const double value : {50.0, 32.0, 24.0}) cameras.f64(value);
  images.u64(2);
  images.u32(1);
  for (const double value : {kTurn[0], kTurn[1], kTurn[2], kTurn[3], 1.0, 2.0, 3.0}) images.f64(value);
  images.u32(3), images.bytes(as_bytes(std::string_view("folder/a photo.jpg\0", 19))), images.u64(2);
  for (int point = 0; point < 2; ++point) images.f64(1), images.f64(2), images.u64(3);
  images.u32(2);
  for (const double value : {1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5}) images.f64(value);
  images.u32(7), images.bytes(as_bytes(std::string_view("b.png\0", 6))), images.u64(0);
  return {cameras.take(), images.take()};
}

TEST(ColmapCameras, TextAndBinaryAreTheSame) {
  const Model text = text_model(), binary = binary_model();
  const auto a = read_colmap(text.cameras, text.images, {}, {}), b = read_colmap(binary.cameras, binary.images, {}, {});
  ASSERT_TRUE(a.ok()) << message(a);
  ASSERT_TRUE(b.ok()) << message(b);
  ASSERT_EQ(a->size(), 2u);
  ASSERT_EQ(b->size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ((*a)[i].camera, (*b)[i].camera);
    EXPECT_EQ((*a)[i].photo, (*b)[i].photo);
  }
  EXPECT_EQ((*a)[0].photo, "folder/a photo.jpg");
  EXPECT_EQ((*a)[0].camera.name, "a photo");
  EXPECT_EQ((*a)[0].camera.fy, 510);
  EXPECT_EQ((*a)[1].camera.fx, 50);
  EXPECT_EQ((*a)[1].camera.position, (std::array<double, 3>{0, 0, -0.5}));
}

TEST(ColmapCameras, PoseTakesTheSceneToTheCamera) {
  const Model model = text_model();
  const auto views = read_colmap(model.cameras, model.images, {}, {});
  ASSERT_TRUE(views.ok());
  const Camera& camera = (*views)[0].camera;
  // R C + t = 0, with R the transpose of camera to scene.
  for (size_t row = 0; row < 3; ++row) {
    double sum = static_cast<double>(row) + 1;
    for (size_t k = 0; k < 3; ++k) sum += camera.rotation[3 * k + row] * camera.position[k];
    EXPECT_NEAR(sum, 0, 1e-12);
  }
  // The quaternion 1/2 (1, i, -j, k) takes the scene's x to the camera's z.
  for (size_t k = 0; k < 3; ++k) EXPECT_NEAR(camera.rotation[k], k == 2 ? 1 : 0, 1e-12);
}

TEST(ColmapCameras, RefuseEveryTruncationOfTheBinaryForm) {
  const Model model = binary_model();
  for (size_t size = 0; size < model.cameras.size(); ++size) {
    EXPECT_FALSE(read_colmap(ByteSpan(model.cameras).first(size), model.images, {}, {}).ok()) << size;
  }
  for (size_t size = 8; size < model.images.size(); ++size) {
    EXPECT_FALSE(read_colmap(model.cameras, ByteSpan(model.images).first(size), {}, {}).ok()) << size;
  }
}

TEST(ColmapCameras, SurviveDamage) {
  std::mt19937 random(2);
  for (const Model& model : {text_model(), binary_model()}) {
    for (int round = 0; round < 3000; ++round) {
      Model damaged = model;
      for (int change = 0; change < 2; ++change) {
        damaged.cameras[random() % damaged.cameras.size()] = static_cast<std::byte>(random());
        damaged.images[random() % damaged.images.size()] = static_cast<std::byte>(random());
      }
      const auto views = read_colmap(damaged.cameras, damaged.images, {}, {});
      if (!views.ok()) continue;
      for (const View& view : *views) EXPECT_TRUE(view.camera.width > 0 && view.camera.fx > 0 && std::isfinite(view.camera.position[0]));
    }
  }
}

TEST(ColmapCameras, CountsAndLengthsOfLiarsAllocateNothing) {
  Model model = binary_model();
  for (size_t i = 0; i < 7; ++i) model.images[i] = std::byte{0x7f};
  EXPECT_EQ(read_colmap(model.cameras, model.images, {}, {}).error().code, Code::truncated);
  model = binary_model();
  const size_t points_at = 8 + 4 + 56 + 4 + 19;
  for (size_t i = 0; i < 8; ++i) model.images[points_at + i] = std::byte{0xff};
  EXPECT_EQ(read_colmap(model.cameras, model.images, {}, {}).error().code, Code::truncated);
}

TEST(ColmapCameras, NameWhatTheyDoNotKnow) {
  const Model model = text_model();
  const auto bytes = [](std::string_view text) { return as_bytes(text); };
  const auto views = read_colmap(bytes("3 THIN_PRISM_FISHEYE 640 480 1 2 3 4 5 6 7 8 9 10 11 12\n"), model.images, {}, {});
  ASSERT_FALSE(views.ok());
  EXPECT_EQ(views.error().code, Code::unsupported_feature);
  EXPECT_NE(message(views).find("THIN_PRISM_FISHEYE"), std::string::npos);
  EXPECT_EQ(read_colmap(bytes("9 SIMPLE_PINHOLE 64 48 50 32 24\n"), model.images, {}, {}).error().code, Code::corrupt)
      << "camera 3 is missing";
}

}  // namespace
}  // namespace dew
