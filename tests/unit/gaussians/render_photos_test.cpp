// SPDX-License-Identifier: Apache-2.0
// Renders of trained scenes beside their photographs, with the figures that ../shared/data/splats states. Skipped without it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "apps/pictures.h"
#include "entropy/pool.h"
#include "gaussians/io/cameras.h"
#include "gaussians/io/read_splats.h"
#include "gaussians/metrics.h"
#include "gaussians/render/render.h"

namespace dew {
namespace {

Bytes load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const ByteSpan bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

/// Figures of a scene's README: PSNR against photographs in dB.
struct Stated {
  const char* scene;
  double training_mean, training_lowest, held_out_mean, held_out_lowest;
};

/// A trained scene with its views; nothing where it is missing.
struct Scene {
  std::string folder;
  Splats splats;
  std::vector<View> views;
};

std::optional<Scene> load_scene(const char* name) {
  Scene scene;
  scene.folder = std::string(DEW_SHARED_DATA) + "/splats/" + name;
  if (!std::filesystem::exists(scene.folder + "/scene.ply")) return std::nullopt;
  auto input = read_splats(load(scene.folder + "/scene.ply"), {}, ".ply");
  EXPECT_TRUE(input.ok()) << input.error().message;
  auto views = read_views(load(scene.folder + "/transforms.json"), {}, {});
  EXPECT_TRUE(views.ok()) << views.error().message;
  scene.splats = std::move(input->splats);
  scene.views = *std::move(views);
  return scene;
}

class RenderPhotos : public testing::TestWithParam<Stated> {};

TEST_P(RenderPhotos, ReachTheStatedPsnr) {
  const Stated& stated = GetParam();
  const std::optional<Scene> scene = load_scene(stated.scene);
  if (!scene) GTEST_SKIP() << stated.scene << " is missing";
  double sum[2] = {}, lowest[2] = {1e9, 1e9};
  size_t count[2] = {};
  for (const View& view : scene->views) {
    const auto photo = app::decode_picture(load(scene->folder + "/" + view.photo), view.camera.background);
    ASSERT_TRUE(photo.ok()) << photo.error().message;
    const auto rendered = render(scene->splats, view.camera, {.threads = hardware_threads()});
    ASSERT_TRUE(rendered.ok()) << rendered.error().message;
    const auto psnr_db = image_psnr_db(rendered->colour, *photo);
    ASSERT_TRUE(psnr_db.ok()) << psnr_db.error().message;
    sum[view.held_out] += *psnr_db;
    lowest[view.held_out] = std::min(lowest[view.held_out], *psnr_db);
    ++count[view.held_out];
  }
  const double tolerance_db = 0.02;
  EXPECT_NEAR(sum[0] / static_cast<double>(count[0]), stated.training_mean, tolerance_db);
  EXPECT_NEAR(sum[1] / static_cast<double>(count[1]), stated.held_out_mean, tolerance_db);
  EXPECT_NEAR(lowest[0], stated.training_lowest, tolerance_db);
  EXPECT_NEAR(lowest[1], stated.held_out_lowest, tolerance_db);
}

INSTANTIATE_TEST_SUITE_P(Scenes, RenderPhotos,
                         testing::Values(Stated{"fox", 34.80, 31.29, 30.30, 25.65}, Stated{"lego", 33.15, 24.90, 32.68, 30.25}),
                         [](const auto& test) { return std::string(test.param.scene); });

/// Mean PSNR of the held-out views of `pruned` against those of the whole scene.
double held_out_psnr_db(const Scene& scene, const Splats& pruned) {
  double sum = 0;
  size_t count = 0;
  for (const View& view : scene.views) {
    if (!view.held_out) continue;
    const RenderOptions options{.threads = hardware_threads()};
    sum += *image_psnr_db(render(pruned, view.camera, options)->colour, render(scene.splats, view.camera, options)->colour);
    ++count;
  }
  return sum / static_cast<double>(count);
}

TEST(RenderSumsOfFox, RemoveInTheStatedOrder) {
  const std::optional<Scene> scene = load_scene("fox");
  if (!scene) GTEST_SKIP() << "fox is missing";
  const size_t count = scene->splats.count();
  std::vector<double> weight(count), removal_error(count);
  for (const View& view : scene->views) {
    if (view.held_out) continue;
    SplatSums sums;
    ASSERT_TRUE(render(scene->splats, view.camera, {.threads = hardware_threads(), .sums = &sums}).ok());
    for (size_t i = 0; i < count; ++i) {
      weight[i] += static_cast<double>(sums.weight[i]);
      removal_error[i] += static_cast<double>(sums.removal_error[i]);
    }
  }
  const auto psnr_without_db = [&](const std::vector<double>& score, size_t percent) {
    std::vector<uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return score[a] < score[b]; });
    order.erase(order.begin(), order.begin() + static_cast<ptrdiff_t>(count * percent / 100));
    std::sort(order.begin(), order.end());
    return held_out_psnr_db(*scene, select(scene->splats, order));
  };
  const double tolerance_db = 0.1;
  EXPECT_NEAR(psnr_without_db(removal_error, 30), 49.72, tolerance_db);
  EXPECT_NEAR(psnr_without_db(removal_error, 50), 37.96, tolerance_db);
  EXPECT_NEAR(psnr_without_db(weight, 30), 45.46, tolerance_db);
}

}  // namespace
}  // namespace dew
