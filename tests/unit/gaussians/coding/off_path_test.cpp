// SPDX-License-Identifier: Apache-2.0
// What is left of a scene where somebody looks from elsewhere: a room and an object made by our generator, cameras that walk along a part
// of it, and views off their path that the encoder never used.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "data/generate/splats/sample.h"
#include "data/generate/splats/scene.h"
#include "gaussians/codec.h"
#include "gaussians/metrics.h"
#include "gaussians/render/render.h"
#include "gaussians/significance/glance.h"
#include "gaussians/significance/views.h"

namespace dew {
namespace {

constexpr uint32_t kWidth_px = 160, kHeight_px = 120;

struct Capture {
  Splats splats;
  std::vector<Camera> path;
};

/// Of a constructed capture the first third of the cameras, which stand side by side.
Capture captured(sim::CaptureKind kind) {
  const sim::CapturedScene scene = sim::make_captured_scene(kind, 11);
  Capture capture;
  capture.splats = sim::sample_splats(scene, {.splats = 5000, .seed = 11});
  for (size_t i = 0; i < scene.cameras.size() / 3; ++i) capture.path.push_back(resized(scene.cameras[i], kWidth_px, kHeight_px));
  return capture;
}

SplatEncodeOptions options_of(const Capture& capture, double quality_db, bool only_these) {
  SplatEncodeOptions options;
  options.cameras = capture.path;
  options.quality_db = quality_db;
  options.only_these_views = only_these;
  options.threads = 2;
  return options;
}

/// Views off the path from other cameras, of another size and in another number than the encoder makes: none of them is one of its own.
std::vector<Camera> held_out_views(const Capture& capture) {
  std::vector<Camera> backwards(capture.path.rbegin(), capture.path.rend());
  const Result<std::vector<Camera>> views =
      off_path_views(backwards, capture.splats, {.count = 21, .width = kWidth_px, .height = kHeight_px});
  EXPECT_TRUE(views.ok());
  return *views;
}

/// As the quality is stated: the mean of the views' PSNR.
double mean_psnr_db(const Splats& original, const Splats& other, const std::vector<Camera>& cameras) {
  double sum = 0;
  for (const Camera& camera : cameras) {
    const Result<Rendered> a = render(original, camera, {.threads = 2}), b = render(other, camera, {.threads = 2});
    sum += std::min(*image_psnr_db(b->colour, a->colour), 100.0);
  }
  return sum / static_cast<double>(cameras.size());
}

struct Outcome {
  size_t bytes = 0;
  double on_path_db = 0, off_path_db = 0;
};

Outcome outcome_of(const Capture& capture, const std::vector<Camera>& elsewhere, const SplatEncodeOptions& options) {
  const Result<SplatEncoded> file = encode_splats(capture.splats, options);
  if (!file.ok()) {
    ADD_FAILURE() << file.error().message;
    return {};
  }
  const Result<SplatDecoded> decoded = decode_splats(file->bytes, {}, {});
  EXPECT_TRUE(decoded.ok());
  return {file->bytes.size(), mean_psnr_db(capture.splats, decoded->splats, capture.path),
          mean_psnr_db(capture.splats, decoded->splats, elsewhere)};
}

class OffPath : public testing::TestWithParam<sim::CaptureKind> {};

/// Half and double the distance, aside, and from the other side: at most 2 dB below what is asked for.
TEST_P(OffPath, ViewsLoseAtMostTwoDecibelsMore) {
  const Capture capture = captured(GetParam());
  const std::vector<Camera> elsewhere = held_out_views(capture);
  ASSERT_GE(elsewhere.size(), 7u);
  for (const double quality_db : {36.0, 42.0}) {
    const Outcome outcome = outcome_of(capture, elsewhere, options_of(capture, quality_db, false));
    EXPECT_GE(outcome.on_path_db, quality_db);
    EXPECT_GE(outcome.off_path_db, quality_db - kOffPathLoss_db) << quality_db << " dB";
  }
}

/// Who wants the given views alone gets a smaller file, which keeps its word on them.
TEST_P(OffPath, OnlyTheseViewsIsSmallerAndWorseElsewhere) {
  const Capture capture = captured(GetParam());
  const std::vector<Camera> elsewhere = held_out_views(capture);
  const Outcome everywhere = outcome_of(capture, elsewhere, options_of(capture, 38, false));
  const Outcome only_these = outcome_of(capture, elsewhere, options_of(capture, 38, true));
  EXPECT_LT(only_these.bytes, everywhere.bytes);
  EXPECT_GE(only_these.on_path_db, 38);
  EXPECT_LT(only_these.off_path_db, everywhere.off_path_db - 1);
}

INSTANTIATE_TEST_SUITE_P(Captures, OffPath, testing::Values(sim::CaptureKind::room, sim::CaptureKind::object),
                         [](const auto& kind) { return std::string(kind.param == sim::CaptureKind::room ? "room" : "object"); });

}  // namespace
}  // namespace dew
