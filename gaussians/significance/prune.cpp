// SPDX-License-Identifier: Apache-2.0
#include "gaussians/significance/prune.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "gaussians/metrics.h"
#include "gaussians/render/render.h"
#include "gaussians/significance/refit.h"
#include "gaussians/significance/sums.h"
#include "gaussians/significance/thinning.h"
#include "gaussians/significance/views.h"

namespace dew {
namespace {

constexpr uint32_t kMostRounds = 14;    // of a search for a quality
constexpr double kOffPathShare = 0.63;  // of a pixel's squared error off the path: 2 dB
constexpr double kLeastStep = 0.005;    // of the splats there were: less is not worth a round
constexpr double kErrorOfARound = 0.7;  // of the error still allowed that single removals may add up to
constexpr size_t kTrialViews = 6;
constexpr uint32_t kRoundIterations = 2, kLevelIterations = 3, kLastIterations = 4;

/// The views, and what the scene looked like.
struct Pictures {
  std::vector<Camera> scored;  ///< on the path
  std::vector<Camera> views;
  std::vector<Image> targets;
  size_t on_path = 0;  ///< of `views`, the first ones
};

struct Quality {
  double mean_db = 0, worst_db = 0, off_path_db = 0;
};

std::vector<Camera> evenly(std::span<const Camera> views, size_t most) {
  std::vector<Camera> out;
  const size_t count = std::min(views.size(), most);
  for (size_t i = 0; i < count; ++i) out.push_back(views[i * views.size() / count]);
  return out;
}

Result<Pictures> pictures_of(const Splats& splats, std::span<const Camera> given, const PruneOptions& options) {
  Pictures out;
  MadeViewsOptions making;
  making.threads = options.threads;
  if (given.empty()) {
    DEW_ASSIGN(out.views, made_views(splats, making));
    out.scored = out.views;
  } else {
    out.scored = evenly(given, std::max(1u, options.most_scored_views));
    out.views = evenly(given, std::max(1u, options.most_views));
  }
  out.on_path = out.views.size();
  if (!given.empty() && !options.only_these_views) {
    making.count = static_cast<uint32_t>(std::clamp<size_t>(out.on_path / 3, 7, 14));
    making.background = given[0].background;
    DEW_ASSIGN(const std::vector<Camera> others, off_path_views(out.views, splats, making));
    out.views.insert(out.views.end(), others.begin(), others.end());
  }
  for (const Camera& view : out.views) {
    RenderOptions drawing;
    drawing.threads = options.threads;
    DEW_ASSIGN(Rendered drawn, render(splats, view, drawing));
    out.targets.push_back(std::move(drawn.colour));
  }
  return out;
}

Result<Quality> quality_of(const Splats& splats, const Pictures& pictures, unsigned threads) {
  Quality out;
  out.worst_db = std::numeric_limits<double>::infinity();
  for (size_t v = 0; v < pictures.views.size(); ++v) {
    RenderOptions drawing;
    drawing.threads = threads;
    DEW_ASSIGN(const Rendered drawn, render(splats, pictures.views[v], drawing));
    DEW_ASSIGN(const double psnr_db, image_psnr_db(drawn.colour, pictures.targets[v]));
    const bool on_path = v < pictures.on_path;
    (on_path ? out.mean_db : out.off_path_db) += psnr_db;
    if (on_path) out.worst_db = std::min(out.worst_db, psnr_db);
  }
  const size_t off_path = pictures.views.size() - pictures.on_path;
  out.mean_db = pictures.on_path == 0 ? out.worst_db : out.mean_db / static_cast<double>(pictures.on_path);
  out.off_path_db = off_path == 0 ? std::numeric_limits<double>::infinity() : out.off_path_db / static_cast<double>(off_path);
  return out;
}

/// A scene on its way: what is left of it.
struct State {
  Splats splats;
  std::vector<uint32_t> kept;
};

class Pruner {
 public:
  Pruner(const Pictures& pictures, const PruneOptions& options) : pictures_(pictures), options_(options) {}

  /// What may happen to a scene next.
  Result<ThinningPlan> plan(const Splats& splats) const {
    ScoreSums sums;
    for (const Camera& view : pictures_.scored) DEW_TRY(add_scores(splats, view, 1, options_.threads, sums));
    // As if there were as many off the path for each on it as among the views.
    const double share =
        kOffPathShare * static_cast<double>(pictures_.scored.size()) / static_cast<double>(std::max<size_t>(1, pictures_.on_path));
    for (size_t v = pictures_.on_path; v < pictures_.views.size(); ++v) {
      DEW_TRY(add_scores(splats, pictures_.views[v], share, options_.threads, sums));
    }
    sums.removal_error.resize(splats.count());
    const std::vector<double> scores = score_from(splats, sums, options_.score);
    const bool merge = options_.merge && options_.score == Score::removal_error && !pictures_.views.empty();
    return plan_thinning(splats, scores, std::vector<double>(sums.removal_error.begin(), sums.removal_error.end()), merge,
                         options_.threads);
  }

  /// One round without refitting.
  static State changed(const State& state, const ThinningPlan& plan, const ThinningLimits& limits) {
    Thinned fewer = thinned(state.splats, plan, limits);
    State out{std::move(fewer.splats), {}};
    for (const uint32_t i : fewer.kept) out.kept.push_back(state.kept[i]);
    return out;
  }

  /// Down to `goal` splats, with as many merges as a few views like best.
  Result<State> changed_at_best(const State& state, const ThinningPlan& plan, size_t goal) const {
    State best = changed(state, plan, {.caution = 0, .goal = goal});
    if (plan.merges.empty()) return best;
    DEW_ASSIGN(double least, trial_error(best.splats));
    for (const double caution : {16.0, 4.0}) {
      State tried = changed(state, plan, {.caution = caution, .goal = goal});
      DEW_ASSIGN(const double error, trial_error(tried.splats));
      if (error >= least) continue;
      least = error;
      best = std::move(tried);
    }
    return best;
  }

  Status refit(Splats& splats, uint32_t iterations) const {
    if (!options_.compensate || iterations == 0 || pictures_.views.empty()) return {};
    RefitOptions refitting;
    refitting.threads = options_.threads;
    refitting.iterations = iterations;
    DEW_TRY(refit_opacities(pictures_.targets, pictures_.views, splats, refitting));
    DEW_TRY(refit_colours(pictures_.targets, pictures_.views, splats, refitting));
    return {};
  }

  /// One step: down to `goal` splats, refitted.
  Result<State> step(const State& state, size_t goal, uint32_t iterations) const {
    DEW_ASSIGN(const ThinningPlan next, plan(state.splats));
    DEW_ASSIGN(State out, changed_at_best(state, next, goal));
    DEW_TRY(refit(out.splats, iterations));
    return out;
  }

  /// In rounds down to `count` splats, each taking away the same share.
  Result<State> down_to(State state, size_t count) const {
    const double from = static_cast<double>(state.splats.count());
    const uint32_t rounds = std::max(1u, options_.rounds);
    for (uint32_t round = 1; round <= rounds && state.splats.count() > count; ++round) {
      const double share = static_cast<double>(round) / rounds;
      const double left = from * std::pow(static_cast<double>(count) / from, share);
      const size_t goal = round == rounds ? count : std::max(count, static_cast<size_t>(left));
      DEW_ASSIGN(state, step(state, goal, round == rounds ? kLastIterations : kRoundIterations));
    }
    return state;
  }

  /// As far as the quality allows, but not below `least` splats.
  Result<State> down_to_quality(State state, size_t least) const {
    const double enough = kLeastStep * static_cast<double>(state.splats.count());
    double values = 0;
    for (const Camera& view : pictures_.scored) values += 3.0 * view.width * view.height;
    const double allowed = values * std::pow(10, -options_.least_psnr_db / 10);
    double reached = 0, share = kErrorOfARound;
    for (uint32_t round = 0; round < kMostRounds && state.splats.count() > least; ++round) {
      DEW_ASSIGN(const ThinningPlan next, plan(state.splats));
      const size_t goal = changed(state, next, {.goal = least, .most_error = share * (allowed - reached)}).splats.count();
      if (static_cast<double>(state.splats.count() - goal) < enough) break;
      DEW_ASSIGN(State tried, changed_at_best(state, next, goal));
      DEW_TRY(refit(tried.splats, kRoundIterations));
      DEW_ASSIGN(const Quality quality, quality_of(tried.splats, pictures_, options_.threads));
      if (quality.mean_db < options_.least_psnr_db || quality.off_path_db < options_.least_psnr_db - kOffPathLoss_db) {
        share /= 4;
        continue;
      }
      state = std::move(tried);
      reached = std::min(allowed, values * std::pow(10, -quality.mean_db / 10));
    }
    return state;
  }

 private:
  /// Squared error of a few of the views.
  Result<double> trial_error(const Splats& splats) const {
    double sum = 0;
    const size_t count = pictures_.views.size(), used = std::min(count, kTrialViews);
    for (size_t k = 0; k < used; ++k) {
      const size_t v = k * count / used;
      DEW_ASSIGN(const double error,
                 sums::squared_error(std::span(&pictures_.targets[v], 1), std::span(&pictures_.views[v], 1), splats, options_.threads));
      sum += error;
    }
    return sum;
  }

  const Pictures& pictures_;
  const PruneOptions& options_;
};

State whole(const Splats& splats) {
  State out = {splats, std::vector<uint32_t>(splats.count())};
  std::iota(out.kept.begin(), out.kept.end(), 0u);
  return out;
}

size_t share_of(double share, size_t count) { return static_cast<size_t>(std::ceil(share * static_cast<double>(count))); }

Error wrong_share() { return {Code::invalid_argument, 0, "shares to keep lie between 0 and 1, and do not rise"}; }

Result<Pruned> finished(State state, size_t before, const Pictures& pictures, unsigned threads) {
  Pruned out;
  DEW_ASSIGN(const Quality quality, quality_of(state.splats, pictures, threads));
  out.report.before = before;
  out.report.after = state.splats.count();
  out.report.psnr_db = quality.mean_db;
  out.report.worst_psnr_db = quality.worst_db;
  out.report.off_path_psnr_db = quality.off_path_db;
  out.report.views = pictures.on_path;
  out.report.off_path_views = pictures.views.size() - pictures.on_path;
  out.splats = std::move(state.splats);
  out.kept = std::move(state.kept);
  return out;
}

}  // namespace

Result<Pruned> prune(const Splats& splats, std::span<const Camera> views, const PruneOptions& options) {
  DEW_TRY(check_shape(splats));
  if (!(options.keep >= 0 && options.keep <= 1)) return wrong_share();
  DEW_ASSIGN(const Pictures pictures, pictures_of(splats, views, options));
  const Pruner pruner(pictures, options);
  State state = whole(splats);
  const size_t count = share_of(options.keep, splats.count());
  if (options.least_psnr_db > 0) {
    const size_t least = options.keep < 1 ? count : 0;
    DEW_ASSIGN(state, pruner.down_to_quality(std::move(state), least));
  } else {
    DEW_ASSIGN(state, pruner.down_to(std::move(state), count));
  }
  return finished(std::move(state), splats.count(), pictures, options.threads);
}

Result<std::vector<Pruned>> prune_levels(const Splats& splats, std::span<const Camera> views, std::span<const double> keeps,
                                         const PruneOptions& options) {
  DEW_TRY(check_shape(splats));
  DEW_ASSIGN(const Pictures pictures, pictures_of(splats, views, options));
  const Pruner pruner(pictures, options);
  State state = whole(splats);
  std::vector<Pruned> out;
  for (size_t level = 0; level < keeps.size(); ++level) {
    if (!(keeps[level] >= 0 && keeps[level] <= (level == 0 ? 1 : keeps[level - 1]))) return wrong_share();
    DEW_ASSIGN(state, pruner.step(state, share_of(keeps[level], splats.count()), kLevelIterations));
    DEW_ASSIGN(Pruned pruned, finished(state, splats.count(), pictures, options.threads));
    out.push_back(std::move(pruned));
  }
  return out;
}

double psnr_for_drop(double drop_db, double photo_psnr_db) { return photo_psnr_db - 10 * std::log10(std::pow(10, drop_db / 10) - 1); }

}  // namespace dew
