// SPDX-License-Identifier: Apache-2.0
// Splats as OpenGL draws them against gaussians/render at 800 x 600: at least 40 dB. Trained scenes come from ../shared/data, and are
// skipped without it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "data/generate/splats/sample.h"
#include "data/generate/splats/scene.h"
#include "gaussians/io/cameras.h"
#include "gaussians/io/read_splats.h"
#include "gaussians/metrics.h"
#include "gaussians/render/render.h"
#include "tests/support/splats_before_camera.h"
#include "viewer/gl/headless.h"
#include "viewer/gl/renderer.h"

namespace dew::viewer {
namespace {

constexpr PixelSize kSize = {800, 600};
constexpr double kWanted_db = 40;

/// The camera with the size of the test; what it shows from top to bottom stays.
Camera resized(const Camera& camera) { return camera_of(viewpoint_of(camera), kSize); }

/// PSNR of the picture of OpenGL, of eight bits, against the reference. Failures of drawing are failures of the test.
double psnr_against_reference(const Splats& splats, const Camera& given) {
  Camera camera = resized(given);
  Style style;
  style.background = {0.25f, 0.5f, 0.75f};
  camera.background = {0.25, 0.5, 0.75};
  style.colouring[0].own_colours = true;
  const auto reference = render(splats, camera, {});
  EXPECT_TRUE(reference.ok());
  const auto context = HeadlessContext::create();
  EXPECT_TRUE(context.ok()) << context.error().message;
  if (!context.ok() || !reference.ok()) return 0;
  auto renderer = Renderer::create();
  EXPECT_TRUE(renderer.ok()) << renderer.error().message;
  const auto layer = renderer->add(SplatLayer{"scene", splats, {}});
  EXPECT_TRUE(layer.ok()) << layer.error().message;
  DrawRequest request;
  request.original = *layer;
  request.eye = viewpoint_of(camera);
  request.style = style;
  request.size = kSize;
  const Status drawn = renderer->draw(request);
  EXPECT_TRUE(drawn.ok()) << drawn.error().message;
  const auto picture = renderer->read_back();
  EXPECT_TRUE(picture.ok());
  const auto psnr = image_psnr_db(image_of(*picture), reference->colour);
  EXPECT_TRUE(psnr.ok());
  return psnr.ok() ? *psnr : 0;
}

TEST(SplatsDrawnRight, RandomSplatsOfEveryDegree) {
  for (const uint32_t degree : {0u, 1u, 2u, 3u}) {
    const Splats scene = test::splats_before_camera(7 + degree, 2000, {.sh_degree = degree});
    EXPECT_GE(psnr_against_reference(scene, test::camera_at_origin(800, 600)), kWanted_db) << "degree " << degree;
  }
}

TEST(SplatsDrawnRight, SplatsWithValuesThatAreNotFiniteAreLeftOut) {
  Splats scene = test::splats_before_camera(5, 500, {});
  const float bad[] = {std::nanf(""), std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()};
  for (size_t i = 0; i < 90; ++i) {
    std::vector<float>* const arrays[] = {&scene.position, &scene.log_scale, &scene.rotation, &scene.dc, &scene.sh};
    std::vector<float>& array = *arrays[i % 5];
    array[i * (array.size() / scene.count())] = bad[i % 3];
  }
  EXPECT_GE(psnr_against_reference(scene, test::camera_at_origin(800, 600)), kWanted_db);
}

class ConstructedScene : public testing::TestWithParam<sim::CaptureKind> {};

TEST_P(ConstructedScene, ReachesTheWantedPsnr) {
  const sim::CapturedScene captured = sim::make_captured_scene(GetParam(), 3);
  const Splats scene = sim::sample_splats(captured, {.splats = 8000, .seed = 3});
  for (const size_t view : {size_t{0}, captured.cameras.size() / 2}) {
    const double psnr_db = psnr_against_reference(scene, captured.cameras[view]);
    std::printf("view %zu: %.1f dB\n", view, psnr_db);
    EXPECT_GE(psnr_db, kWanted_db);
  }
}

INSTANTIATE_TEST_SUITE_P(SplatsDrawnRight, ConstructedScene,
                         testing::Values(sim::CaptureKind::object, sim::CaptureKind::room, sim::CaptureKind::street));

class TrainedScene : public testing::TestWithParam<const char*> {};

Bytes load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const ByteSpan bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

TEST_P(TrainedScene, ReachesTheWantedPsnr) {
  const std::string folder = std::string(DEW_SHARED_DATA) + "/splats/" + GetParam();
  if (!std::filesystem::exists(folder + "/scene.ply")) GTEST_SKIP() << folder << " is not here";
  const auto scene = read_splats(load(folder + "/scene.ply"), {}, ".ply");
  ASSERT_TRUE(scene.ok()) << scene.error().message;
  const auto cameras = read_cameras(load(folder + "/cameras.json"), {});
  ASSERT_TRUE(cameras.ok()) << cameras.error().message;
  for (const size_t view : {size_t{0}, cameras->size() / 2}) {
    const double psnr_db = psnr_against_reference(scene->splats, (*cameras)[view]);
    std::printf("view %zu: %.1f dB\n", view, psnr_db);
    EXPECT_GE(psnr_db, kWanted_db);
  }
}

INSTANTIATE_TEST_SUITE_P(SplatsDrawnRight, TrainedScene, testing::Values("fox", "lego"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace dew::viewer
