// SPDX-License-Identifier: Apache-2.0
// Renders of trained scenes beside their photographs, with the figures that ../shared/data/splats states. Skipped without it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

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

class RenderPhotos : public testing::TestWithParam<Stated> {};

TEST_P(RenderPhotos, ReachTheStatedPsnr) {
  const Stated& stated = GetParam();
  const std::string folder = std::string(DEW_SHARED_DATA) + "/splats/" + stated.scene;
  if (!std::filesystem::exists(folder + "/scene.ply")) GTEST_SKIP() << folder << " is missing";
  const auto input = read_splats(load(folder + "/scene.ply"), {}, ".ply");
  ASSERT_TRUE(input.ok()) << input.error().message;
  const auto views = read_views(load(folder + "/transforms.json"), {}, {});
  ASSERT_TRUE(views.ok()) << views.error().message;

  double sum[2] = {}, lowest[2] = {1e9, 1e9};
  size_t count[2] = {};
  for (const View& view : *views) {
    const auto photo = app::decode_picture(load(folder + "/" + view.photo), view.camera.background);
    ASSERT_TRUE(photo.ok()) << photo.error().message;
    const auto rendered = render(input->splats, view.camera, {.threads = hardware_threads()});
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

}  // namespace
}  // namespace dew
