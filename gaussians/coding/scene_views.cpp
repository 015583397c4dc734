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

const double kOffPathScale = std::pow(10, -kOffPathLoss_db / 10);

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

/// Measures, and keeps `most` pictures, evenly chosen. Where dew chose the views itself, error counts on covered pixels.
Result<Sensitivity> measured(const Splats& splats, const std::vector<Camera>& cameras, size_t most, bool chosen_by_us, unsigned threads,
                             JudgedViews& judged) {
  const size_t kept = std::min(cameras.size(), most);
  size_t next = 0;
  return measure_sensitivity(splats, cameras, threads, [&](size_t view, Rendered drawn) {
    if (next >= kept || view != next * cameras.size() / kept) return;
    ++next;
    judged.cameras.push_back(cameras[view]);
    judged.renders.push_back(std::move(drawn.colour));
    judged.covered.push_back(chosen_by_us ? covered_share(drawn.alpha) : 1);
  });
}

/// Equal pictures count as 100 dB, so that means stay finite.
Result<double> psnr_of(const JudgedViews& views, size_t i, const Splats& decoded, unsigned threads) {
  constexpr double kEqual_db = 100;
  RenderOptions options;
  options.threads = threads;
  DEW_ASSIGN(const Rendered drawn, render(decoded, views.cameras[i], options));
  DEW_ASSIGN(const double psnr_db, image_psnr_db(drawn.colour, views.renders[i]));
  return std::min(psnr_db + 10 * std::log10(views.covered[i]), kEqual_db);
}

double mean_of(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? std::numeric_limits<double>::infinity() : sum / static_cast<double>(values.size());
}

}  // namespace

double ViewQuality::margin_db(const WantedQuality& wanted) const {
  return std::min({mean_db - wanted.on_path_db, worst_db - (wanted.on_path_db - kWorstViewLoss_db), off_path_mean_db - wanted.off_path_db});
}

Result<Sensitivity> SceneViews::look_at(const Splats& splats, unsigned threads) {
  judged_ = {};
  DEW_ASSIGN(Sensitivity total, measured(splats, scoring_, made_ ? scoring_.size() : judging_, made_, threads, judged_));
  on_path_ = judged_.cameras.size();
  if (scoring_off_path_.empty()) return total;
  DEW_ASSIGN(const Sensitivity off_path, measured(splats, scoring_off_path_, judging_off_path_, true, threads, judged_));
  raise_to(total, off_path, kOffPathScale);
  return total;
}

Result<Sensitivity> SceneViews::sensitivity(const Splats& splats, unsigned threads) const {
  DEW_ASSIGN(Sensitivity total, measure_sensitivity(splats, scoring_, threads));
  if (scoring_off_path_.empty()) return total;
  DEW_ASSIGN(const Sensitivity off_path, measure_sensitivity(splats, scoring_off_path_, threads));
  raise_to(total, off_path, kOffPathScale);
  return total;
}

void SceneViews::sum_up(ViewQuality& quality) const {
  const std::span<const double> on_path = std::span(quality.of_view).first(on_path_),
                                off_path = std::span(quality.of_view).subspan(on_path_);
  quality.mean_db = mean_of(on_path);
  quality.worst_db = *std::min_element(on_path.begin(), on_path.end());
  quality.off_path_mean_db = mean_of(off_path);
}

Result<ViewQuality> SceneViews::compare(const Splats& decoded, unsigned threads) const {
  ViewQuality nothing;
  nothing.of_view.resize(judged_.cameras.size());
  nothing.drawn.resize(judged_.cameras.size());
  return complete(std::move(nothing), decoded, threads);
}

Result<ViewQuality> SceneViews::complete(ViewQuality estimated, const Splats& decoded, unsigned threads) const {
  for (size_t i = 0; i < judged_.cameras.size(); ++i) {
    if (estimated.drawn[i]) continue;
    DEW_ASSIGN(estimated.of_view[i], psnr_of(judged_, i, decoded, threads));
    estimated.drawn[i] = true;
  }
  sum_up(estimated);
  return estimated;
}

Result<ViewQuality> SceneViews::estimate(const Splats& decoded, const ViewQuality& known, unsigned threads) const {
  constexpr size_t kOneOf = 3;
  ViewQuality quality = known;
  std::fill(quality.drawn.begin(), quality.drawn.end(), false);
  const auto worst = std::min_element(known.of_view.begin(), known.of_view.begin() + static_cast<std::ptrdiff_t>(on_path_));
  const auto worst_at = static_cast<size_t>(worst - known.of_view.begin());
  // On the path and off it each have a shift of their own: what is hard there differs. The worst view goes its own way.
  const auto draw_some = [&](size_t begin, size_t end) -> Status {
    double shift = 0, count = 0;
    for (size_t i = begin; i < end; ++i) {
      if ((i - begin) % kOneOf != 0 && i != worst_at) continue;
      DEW_ASSIGN(quality.of_view[i], psnr_of(judged_, i, decoded, threads));
      quality.drawn[i] = true;
      shift += quality.of_view[i] - known.of_view[i];
      ++count;
    }
    for (size_t i = begin; i < end; ++i) {
      if (!quality.drawn[i]) quality.of_view[i] += shift / count;
    }
    return {};
  };
  DEW_TRY(draw_some(0, on_path_));
  DEW_TRY(draw_some(on_path_, judged_.cameras.size()));
  sum_up(quality);
  return quality;
}

Result<std::optional<ViewQuality>> SceneViews::keep_hardest(const Splats& decoded, unsigned threads) {
  if (!made_ || on_path_ <= judging_) return std::optional<ViewQuality>();
  DEW_ASSIGN(const ViewQuality all, compare(decoded, threads));
  const std::vector<double>& psnr_db = all.of_view;
  std::vector<size_t> order(judged_.cameras.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(on_path_),
                   [&](size_t a, size_t b) { return psnr_db[a] < psnr_db[b]; });
  order.erase(order.begin() + static_cast<std::ptrdiff_t>(judging_), order.begin() + static_cast<std::ptrdiff_t>(on_path_));
  JudgedViews kept;
  ViewQuality quality;
  for (const size_t i : order) {
    kept.cameras.push_back(judged_.cameras[i]);
    kept.renders.push_back(std::move(judged_.renders[i]));
    kept.covered.push_back(judged_.covered[i]);
    quality.of_view.push_back(psnr_db[i]);
    quality.drawn.push_back(true);
  }
  judged_ = std::move(kept);
  on_path_ = judging_;
  sum_up(quality);
  return std::optional(std::move(quality));
}

Result<SceneViews> choose_views(const Splats& splats, const SplatEncodeOptions& options) {
  const ViewCounts counts = counts_of(options.effort);
  MadeViewsOptions making;
  making.count = static_cast<uint32_t>(counts.scoring);
  // Views that are smaller than those somebody will look at hide what he will see.
  making.width = 800;
  making.height = 600;
  // With 200,000 making views takes as long as all the rest of an encode, for views that are no better.
  making.judged_splats = 30'000;
  making.threads = options.threads;
  SceneViews views;
  views.made_ = options.cameras.empty();
  std::vector<Camera> cameras = options.cameras;
  if (views.made_) {
    DEW_ASSIGN(cameras, made_views(splats, making));
  }
  if (cameras.empty()) return Error{Code::invalid_argument, 0, "nothing of the scene can be seen; give cameras, or encode it lossless"};
  views.judging_ = views.made_ ? counts.judging * 3 / 4 : counts.judging;
  views.judging_off_path_ = counts.off_path;
  views.scoring_ = evenly(cameras, counts.scoring);
  if (!options.only_these_views) {
    making.background = cameras[0].background;
    making.count = static_cast<uint32_t>(2 * counts.off_path);
    DEW_ASSIGN(views.scoring_off_path_, off_path_views(views.scoring_, splats, making));
  }
  return views;
}

}  // namespace dew
