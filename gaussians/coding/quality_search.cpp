// SPDX-License-Identifier: Apache-2.0
#include "gaussians/coding/quality_search.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "gaussians/coding/scene_reduction.h"

namespace dew {
namespace {

constexpr double kFinest = 1e-18, kCoarsest = 1e-5;
/// Distortion of one number at 42 dB on trained scenes, and how the quality falls with its logarithm: where a search begins.
constexpr double kAt42_db = 2e-11;
constexpr double kFall_db = 3.7;
/// The views that dew knows are not those that somebody will look from, in his size: his lose half a decibel more than views that were
/// given, and up to two and a half more than views that dew made (trained scenes, other cameras).
constexpr double kGivenViewsMargin_db = 0.5;
constexpr double kMadeViewsMargin_db = 2.5;
/// A scene of fewer splats must be this much better than what is wanted: a third of the error is for rounding. With less room all that was
/// saved, and more, goes into finer steps.
constexpr double kLeastRoom_db = 2;

double first_distortion(double quality_db) { return kAt42_db * std::exp((42 - quality_db) / kFall_db); }

/// How much trouble a search takes.
struct SearchPlan {
  int tries;
  double tolerance_db;
  uint32_t refit_iterations;  ///< 0: none. On 14 views they save 2 % of the bits on other views, for four times the time
};

SearchPlan plan_of(SplatEffort effort) {
  switch (effort) {
    case SplatEffort::fast: return {3, 0.25, 0};
    case SplatEffort::normal: return {5, 0.04, 0};
    case SplatEffort::max: return {6, 0.02, 6};
  }
  return {5, 0.04, 0};
}

Result<Splats> refitted_to_views(const Splats& splats, QuantisedScene seen, const SceneViews& views, uint32_t iterations,
                                 unsigned threads) {
  RefitOptions options;
  options.threads = threads;
  options.iterations = iterations;
  return refitted(splats, std::move(seen), views.judged().renders, views.judged().cameras, options);
}

/// Splats at equal depths are drawn in their order, so a scene that keeps it looks another way.
Splats in_scene_order(const QuantisedScene& seen) {
  std::vector<uint32_t> order(seen.origin.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return seen.origin[a] < seen.origin[b]; });
  return select(seen.splats, order);
}

Result<SceneTrial> try_distortion(const Splats& splats, const SceneViews& views, const Sensitivity& sensitivity, double distortion,
                                  uint32_t refit_iterations, const SplatEncodeOptions& options) {
  SceneTrial trial;
  trial.distortion = distortion;
  trial.targets = make_targets(splats, sensitivity, distortion);
  QuantisedScene seen = quantised(splats, trial.targets);
  if (refit_iterations > 0 && !seen.origin.empty()) {
    DEW_ASSIGN(const Splats recoloured, refitted_to_views(splats, std::move(seen), views, refit_iterations, options.threads));
    trial.targets = make_targets(recoloured, sensitivity, distortion);
    seen = quantised(recoloured, trial.targets);
  }
  DEW_ASSIGN(trial.quality, views.compare(options.keep_order ? in_scene_order(seen) : seen.splats, options.threads));
  return trial;
}

/// Where the secant of two tries meets zero, no further than a factor of e^3 from the last.
double next_distortion(double x0, double y0, double x1, double y1) {
  const double slope = x1 != x0 && y1 != y0 ? std::min((y1 - y0) / (std::log(x1) - std::log(x0)), -0.5) : -kFall_db;
  return std::clamp(x1 * std::exp(std::clamp(-y1 / slope, -3.0, 3.0)), kFinest, kCoarsest);
}

}  // namespace

QuantisedScene quantised(const Splats& splats, const SceneTargets& targets) {
  size_t count = 0;
  for (const TargetGroup& group : targets.groups) count += group.targets.splats.size();
  QuantisedScene seen;
  seen.splats.sh_degree = splats.sh_degree;
  seen.splats.resize(count);
  for (const TargetGroup& group : targets.groups) {
    std::vector<uint32_t> order;
    const DecodedGroup decoded = quantise_group(group.targets, group.box, targets.scene, order);
    restore_group(decoded, targets.scene, seen.origin.size(), seen.splats);
    for (const uint32_t i : order) seen.origin.push_back(group.splats[i]);
  }
  return seen;
}

Result<Splats> refitted(const Splats& splats, QuantisedScene seen, std::span<const Image> renders, std::span<const Camera> cameras,
                        const RefitOptions& options) {
  const size_t stride = splats.sh_stride();
  const auto move_colours = [&](const Splats& from, size_t at_from, Splats& to, size_t at_to) {
    std::copy_n(&from.dc[3 * at_from], 3, &to.dc[3 * at_to]);
    if (stride > 0) std::copy_n(&from.sh[stride * at_from], stride, &to.sh[stride * at_to]);
  };
  for (size_t j = 0; j < seen.origin.size(); ++j) move_colours(splats, seen.origin[j], seen.splats, j);
  DEW_TRY(refit_colours(renders, cameras, seen.splats, options));
  Splats result = splats;
  for (size_t j = 0; j < seen.origin.size(); ++j) move_colours(seen.splats, j, result, seen.origin[j]);
  return result;
}

Splats decoded_at(const Splats& splats, const Sensitivity& sensitivity, double quality_db) {
  return quantised(splats, make_targets(splats, sensitivity, first_distortion(quality_db))).splats;
}

namespace {

/// The search itself, among the distortions of one scene.
Result<SceneTrial> best_try(const Splats& splats, const SceneViews& views, const Sensitivity& sensitivity,
                            const SplatEncodeOptions& options, double wanted_db) {
  const SearchPlan plan = plan_of(options.effort);
  std::optional<SceneTrial> best;
  double distortion = first_distortion(wanted_db);
  double last_distortion = distortion, last_margin = 0;
  for (int i = 0; i < plan.tries; ++i) {
    DEW_ASSIGN(SceneTrial trial, try_distortion(splats, views, sensitivity, distortion, plan.refit_iterations, options));
    // Aims a little above what is asked for, so that what is found counts.
    const double margin = trial.quality.margin_db(wanted_db) - 0.5 * plan.tolerance_db;
    const double next =
        i == 0 ? next_distortion(0, 0, distortion, margin) : next_distortion(last_distortion, last_margin, distortion, margin);
    last_distortion = distortion;
    last_margin = margin;
    const bool reached = trial.quality.margin_db(wanted_db) >= 0;
    const bool best_reached = best && best->quality.margin_db(wanted_db) >= 0;
    if (!best || (reached && (!best_reached || distortion > best->distortion)) ||
        (!reached && !best_reached && distortion < best->distortion)) {
      best = std::move(trial);
    }
    if (std::abs(margin) <= 0.5 * plan.tolerance_db || next == distortion) break;
    distortion = next;
  }
  return *std::move(best);
}

/// The finest distortion at which the file fits, nearly: to `tolerance` of the bytes, or in twelve tries.
Result<double> fitting_distortion(const Splats& splats, const Sensitivity& sensitivity, uint64_t budget_bytes, double tolerance,
                                  const FileSize& size_of) {
  constexpr int kTries = 12;
  constexpr double kSlope = -0.35;  // of log(bytes) over log(distortion)
  const double budget = static_cast<double>(budget_bytes);
  double fine = kFinest, coarse = kCoarsest, distortion = kAt42_db;
  std::optional<double> fits;
  for (int i = 0; i < kTries; ++i) {
    DEW_ASSIGN(const uint64_t bytes, size_of(splats, make_targets(splats, sensitivity, distortion)));
    (bytes <= budget_bytes ? coarse : fine) = distortion;
    if (bytes <= budget_bytes) fits = fits ? std::min(*fits, distortion) : distortion;
    if (bytes <= budget_bytes && static_cast<double>(bytes) > (1 - tolerance) * budget) break;
    const double guess = distortion * std::exp(std::log((1 - 0.4 * tolerance) * budget / static_cast<double>(bytes)) / kSlope);
    distortion = guess > fine && guess < coarse ? guess : std::sqrt(fine * coarse);
  }
  if (!fits) return Error{Code::invalid_argument, 0, "the scene does not fit " + std::to_string(budget_bytes) + " bytes"};
  return *fits;
}

}  // namespace

Result<SearchedScene> search_quality(const Splats& splats, const SceneViews& views, const Sensitivity& sensitivity,
                                     const SplatEncodeOptions& options) {
  const double wanted_db = options.quality_db + (views.made() ? kMadeViewsMargin_db : kGivenViewsMargin_db);
  const double distortion = first_distortion(wanted_db);
  SearchedScene found;
  if (!reduces(distortion, options.effort)) {
    DEW_ASSIGN(found.best, best_try(splats, views, sensitivity, options, wanted_db));
    return found;
  }
  DEW_ASSIGN(ReducedScene fewer, reduced(splats, views, sensitivity, distortion, options));
  DEW_ASSIGN(const ViewQuality before_rounding, views.compare(fewer.splats, options.threads));
  if (before_rounding.margin_db(wanted_db) < kLeastRoom_db) {
    DEW_ASSIGN(found.best, best_try(splats, views, sensitivity, options, wanted_db));
    return found;
  }
  DEW_ASSIGN(found.best, best_try(fewer.splats, views, fewer.sensitivity, options, wanted_db));
  found.fewer = std::move(fewer.splats);
  return found;
}

Result<SearchedScene> search_budget(const Splats& splats, const SceneViews& views, const Sensitivity& sensitivity,
                                    const SplatEncodeOptions& options, const FileSize& size_of) {
  constexpr double kRoughly = 0.1, kClosely = 0.005;
  SearchedScene found;
  ReducedScene fewer;
  if (options.effort != SplatEffort::fast) {
    DEW_ASSIGN(const double distortion, fitting_distortion(splats, sensitivity, options.budget_bytes, kRoughly, size_of));
    if (reduces(distortion, options.effort)) {
      DEW_ASSIGN(fewer, reduced(splats, views, sensitivity, distortion, options));
      found.fewer = std::move(fewer.splats);
    }
  }
  const Splats& scene = found.fewer ? *found.fewer : splats;
  const Sensitivity& worth = found.fewer ? fewer.sensitivity : sensitivity;
  DEW_ASSIGN(const double fits, fitting_distortion(scene, worth, options.budget_bytes, kClosely, size_of));
  const SearchPlan plan = plan_of(options.effort);
  // New colours may take some bytes more: then the steps grow a little.
  for (double scale = 1; scale < 3; scale *= 1.1) {
    DEW_ASSIGN(found.best, try_distortion(scene, views, worth, fits * scale, plan.refit_iterations, options));
    DEW_ASSIGN(const uint64_t bytes, size_of(scene, found.best.targets));
    if (bytes <= options.budget_bytes) return found;
  }
  DEW_ASSIGN(found.best, try_distortion(scene, views, worth, fits, 0, options));
  return found;
}

}  // namespace dew
