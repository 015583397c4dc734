// SPDX-License-Identifier: Apache-2.0
#include "gaussians/coding/scene_views.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "gaussians/metrics.h"
#include "gaussians/render/render.h"
#include "gaussians/significance/views.h"

namespace dew {
namespace {

/// Views at most that sensitivities come from, and that pictures are compared on.
struct ViewCounts {
  size_t scoring, judging, off_path;
};

ViewCounts counts_of(SplatEffort effort) {
  switch (effort) {
    case SplatEffort::fast: return {8, 4, 4};
    case SplatEffort::normal: return {24, 8, 6};
    case SplatEffort::max: return {64, 16, 12};
  }
  return {24, 8, 6};
}

std::vector<Camera> evenly(const std::vector<Camera>& cameras, size_t most) {
  if (cameras.size() <= most) return cameras;
  std::vector<Camera> chosen;
  for (size_t i = 0; i < most; ++i) chosen.push_back(cameras[i * cameras.size() / most]);
  return chosen;
}

/// Share of pixels that are not empty, at least a twentieth.
double covered_share(const std::vector<float>& alpha) {
  constexpr float kEmpty = 0.02f;
  const auto covered = std::count_if(alpha.begin(), alpha.end(), [](float a) { return a > kEmpty; });
  return std::max(0.05, static_cast<double>(covered) / static_cast<double>(alpha.size()));
}

Result<JudgedViews> draw(const Splats& splats, std::vector<Camera> cameras, bool chosen_by_us, unsigned threads) {
  JudgedViews views{std::move(cameras), {}, {}};
  for (const Camera& camera : views.cameras) {
    RenderOptions options;
    options.threads = threads;
    options.depth_and_alpha = chosen_by_us;
    DEW_ASSIGN(Rendered drawn, render(splats, camera, options));
    views.renders.push_back(std::move(drawn.colour));
    views.covered.push_back(chosen_by_us ? covered_share(drawn.alpha) : 1);
  }
  return views;
}

/// PSNR of each view. Equal pictures count as 100 dB, so that means stay finite.
Result<std::vector<double>> psnr_of(const JudgedViews& views, const Splats& decoded, unsigned threads) {
  constexpr double kEqual_db = 100;
  std::vector<double> all;
  for (size_t i = 0; i < views.cameras.size(); ++i) {
    RenderOptions options;
    options.threads = threads;
    DEW_ASSIGN(const Rendered drawn, render(decoded, views.cameras[i], options));
    DEW_ASSIGN(const double psnr_db, image_psnr_db(drawn.colour, views.renders[i]));
    all.push_back(std::min(psnr_db + 10 * std::log10(views.covered[i]), kEqual_db));
  }
  return all;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? std::numeric_limits<double>::infinity() : sum / static_cast<double>(values.size());
}

}  // namespace

double ViewQuality::margin_db(double quality_db) const {
  return std::min({mean_db - quality_db, worst_db - (quality_db - kWorstViewLoss_db), off_path_mean_db - (quality_db - kOffPathLoss_db)});
}

Result<Sensitivity> SceneViews::sensitivity(const Splats& splats, unsigned threads) const {
  DEW_ASSIGN(Sensitivity total, measure_sensitivity(splats, scoring_, threads));
  if (scoring_off_path_.empty()) return total;
  DEW_ASSIGN(const Sensitivity off_path, measure_sensitivity(splats, scoring_off_path_, threads));
  raise_to(total, off_path, std::pow(10, -kOffPathLoss_db / 10));
  return total;
}

Result<ViewQuality> SceneViews::compare(const Splats& decoded, unsigned threads) const {
  DEW_ASSIGN(const std::vector<double> on_path, psnr_of(on_path_, decoded, threads));
  DEW_ASSIGN(const std::vector<double> off_path, psnr_of(off_path_, decoded, threads));
  return ViewQuality{mean_of(on_path), *std::min_element(on_path.begin(), on_path.end()), mean_of(off_path)};
}

Status SceneViews::keep_hardest(const Splats& decoded, unsigned threads) {
  if (!made_ || on_path_.cameras.size() <= judging_) return {};
  DEW_ASSIGN(const std::vector<double> psnr_db, psnr_of(on_path_, decoded, threads));
  std::vector<size_t> order(psnr_db.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return psnr_db[a] < psnr_db[b]; });
  JudgedViews kept;
  for (size_t i = 0; i < judging_; ++i) {
    kept.cameras.push_back(on_path_.cameras[order[i]]);
    kept.renders.push_back(std::move(on_path_.renders[order[i]]));
    kept.covered.push_back(on_path_.covered[order[i]]);
  }
  on_path_ = std::move(kept);
  return {};
}

Result<SceneViews> choose_views(const Splats& splats, const SplatEncodeOptions& options) {
  const ViewCounts counts = counts_of(options.effort);
  MadeViewsOptions making;
  making.count = static_cast<uint32_t>(counts.scoring);
  // Views that are smaller than those somebody will look at hide what he will see.
  making.width = 800;
  making.height = 600;
  making.threads = options.threads;
  SceneViews views;
  views.made_ = options.cameras.empty();
  std::vector<Camera> cameras = options.cameras;
  if (views.made_) {
    DEW_ASSIGN(cameras, made_views(splats, making));
  }
  if (cameras.empty()) return Error{Code::invalid_argument, 0, "nothing of the scene can be seen; give cameras, or encode it lossless"};
  views.judging_ = views.made_ ? counts.judging * 3 / 4 : counts.judging;
  views.scoring_ = evenly(cameras, counts.scoring);
  if (!options.only_these_views) {
    making.background = cameras[0].background;
    making.count = static_cast<uint32_t>(2 * counts.off_path);
    DEW_ASSIGN(views.scoring_off_path_, off_path_views(views.scoring_, splats, making));
  }
  DEW_ASSIGN(views.on_path_, draw(splats, views.made_ ? cameras : evenly(cameras, counts.judging), views.made_, options.threads));
  DEW_ASSIGN(views.off_path_, draw(splats, evenly(views.scoring_off_path_, counts.off_path), true, options.threads));
  return views;
}

}  // namespace dew
