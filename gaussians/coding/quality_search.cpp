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
/// How the room falls with the logarithm of the distortion, and how often a scene is reduced to find enough of it.
constexpr double kRoomFall_db = 2;
constexpr int kReductions = 2;

double first_distortion(double quality_db) { return kAt42_db * std::exp((42 - quality_db) / kFall_db); }

/// Views off the path are made ones, whoever gave those on it.
WantedQuality wanted_quality(const SceneViews& views, const SplatEncodeOptions& options) {
  return {options.quality_db + (views.made() ? kMadeViewsMargin_db : kGivenViewsMargin_db),
          options.quality_db + kMadeViewsMargin_db - kOffPathLoss_db};
}

/// A guess within so much is worth drawing all views for: guesses are off by as much, and cost less than half.
constexpr double kWorthDrawing_db = 0.05;
/// At most.
constexpr int kGuesses = 4;

/// How much trouble a search takes.
struct SearchPlan {
  int tries;
  double tolerance_db;
  uint32_t refit_iterations;  ///< 0: none. On 14 views they save 2 % of the bits on other views, for four times the time
};

SearchPlan plan_of(SplatEffort effort) {
  switch (effort) {
    case SplatEffort::fast: return {3, 0.25, 0};
    case SplatEffort::normal: return {4, 0.08, 0};
    case SplatEffort::max: return {6, 0.02, 6};
  }
  return {4, 0.08, 0};
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

/// A try before it is looked at.
struct Candidate {
  SceneTrial trial;
  Splats decoded;
};

Result<Candidate> candidate_at(const Splats& splats, const SceneViews& views, const Sensitivity& sensitivity, double distortion,
                               uint32_t refit_iterations, const SplatEncodeOptions& options) {
  Candidate candidate;
  candidate.trial.distortion = distortion;
  candidate.trial.targets = make_targets(splats, sensitivity, distortion);
  QuantisedScene seen = quantised(splats, candidate.trial.targets);
  if (refit_iterations > 0 && !seen.origin.empty()) {
    DEW_ASSIGN(const Splats recoloured, refitted_to_views(splats, std::move(seen), views, refit_iterations, options.threads));
    candidate.trial.targets = make_targets(recoloured, sensitivity, distortion);
    seen = quantised(recoloured, candidate.trial.targets);
  }
  candidate.decoded = options.keep_order ? in_scene_order(seen) : std::move(seen.splats);
  return candidate;
}

Result<SceneTrial> try_distortion(const Splats& splats, const SceneViews& views, const Sensitivity& sensitivity, double distortion,
                                  uint32_t refit_iterations, const SplatEncodeOptions& options) {
  DEW_ASSIGN(Candidate candidate, candidate_at(splats, views, sensitivity, distortion, refit_iterations, options));
  DEW_ASSIGN(candidate.trial.quality, views.compare(candidate.decoded, options.threads));
  return std::move(candidate.trial);
}

/// Where the margin meets zero that falls by `slope` for a unit of the distortion's logarithm, no further than a factor of e^3 away.
double distortion_beyond(double distortion, double margin, double slope) {
  return std::clamp(distortion * std::exp(std::clamp(-margin / slope, -3.0, 3.0)), kFinest, kCoarsest);
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

Splats first_decoded(const Splats& splats, const SceneViews& views, const Sensitivity& sensitivity, const SplatEncodeOptions& options) {
  return quantised(splats, make_targets(splats, sensitivity, first_distortion(wanted_quality(views, options).on_path_db))).splats;
}

namespace {

/// Tries at falling or rising distortion: the secant of the last two, and the best of those that all views were drawn of.
class Search {
 public:
  Search(const WantedQuality& wanted, double tolerance_db)
      : wanted_(wanted), tolerance_db_(tolerance_db), next_(first_distortion(wanted.on_path_db)) {}

  double next() const { return next_; }
  /// Aims a little above what is asked for, so that what is found counts.
  double margin_db(const ViewQuality& quality) const { return quality.margin_db(wanted_) - 0.5 * tolerance_db_; }
  bool is_near(const ViewQuality& quality) const { return std::abs(margin_db(quality)) <= 0.5 * tolerance_db_; }

  /// What was found or guessed at next(), which moves on.
  void learn(const ViewQuality& quality) {
    // Margins are uneven by some hundredths, as splats change their class: slopes of near tries say little.
    constexpr double kSteepest = -6, kFlattest = -1.5, kNear = 0.1;
    const double margin = margin_db(quality);
    const double apart = std::log(next_ / last_);
    if (tries_++ > 0 && std::abs(apart) > kNear) slope_ = std::clamp((margin - last_margin_) / apart, kSteepest, kFlattest);
    last_ = next_;
    last_margin_ = margin;
    next_ = distortion_beyond(last_, margin, slope_);
  }

  void keep_better(SceneTrial trial) {
    const bool reached = trial.quality.margin_db(wanted_) >= 0;
    const bool best_reached = best_ && best_->quality.margin_db(wanted_) >= 0;
    if (!best_ || (reached && (!best_reached || trial.distortion > best_->distortion)) ||
        (!reached && !best_reached && trial.distortion < best_->distortion)) {
      best_ = std::move(trial);
    }
  }
  SceneTrial best() && { return *std::move(best_); }

 private:
  WantedQuality wanted_;
  double tolerance_db_, next_;
  double last_ = 1, last_margin_ = 0, slope_ = -kFall_db;
  int tries_ = 0;
  std::optional<SceneTrial> best_;
};

/// Among the distortions of one scene; `known` is how the first of them looks, where somebody has looked.
Result<SceneTrial> best_try(const Splats& splats, const SceneViews& views, const Sensitivity& sensitivity,
                            const SplatEncodeOptions& options, std::optional<ViewQuality> known) {
  const SearchPlan plan = plan_of(options.effort);
  const bool refits = plan.refit_iterations > 0;
  Search search(wanted_quality(views, options), plan.tolerance_db);
  if (known && !refits) search.learn(*known);
  int guesses = refits ? 0 : kGuesses;
  for (int drawn = 0; drawn < plan.tries;) {
    const double distortion = search.next();
    DEW_ASSIGN(Candidate candidate, candidate_at(splats, views, sensitivity, distortion, plan.refit_iterations, options));
    ViewQuality& quality = candidate.trial.quality;
    if (known && guesses > 0) {
      --guesses;
      DEW_ASSIGN(quality, views.estimate(candidate.decoded, *known, options.threads));
      if (std::abs(search.margin_db(quality)) > kWorthDrawing_db) {
        search.learn(quality);
        continue;
      }
      DEW_ASSIGN(quality, views.complete(std::move(quality), candidate.decoded, options.threads));
    } else {
      DEW_ASSIGN(quality, views.compare(candidate.decoded, options.threads));
    }
    ++drawn;
    known = quality;
    search.learn(quality);
    const bool found = search.is_near(quality) || search.next() == distortion;
    search.keep_better(std::move(candidate.trial));
    if (found) break;
  }
  return std::move(search).best();
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
    // Where files hardly get shorter, guesses would creep up to the budget and never reach it.
    const bool creeps = !fits && 2 * i >= kTries;
    distortion = !creeps && guess > fine && guess < coarse ? guess : std::sqrt(fine * coarse);
  }
  if (!fits) return Error{Code::invalid_argument, 0, "the scene does not fit " + std::to_string(budget_bytes) + " bytes"};
  return *fits;
}

}  // namespace

Result<SearchedScene> search_quality(const Splats& splats, const SceneViews& views, const Sensitivity& sensitivity,
                                     const SplatEncodeOptions& options, std::optional<ViewQuality> first) {
  const WantedQuality wanted = wanted_quality(views, options);
  double distortion = first_distortion(wanted.on_path_db);
  SearchedScene found;
  // Where the worst view or those off the path are far below the mean, what was taken away first was too much.
  for (int round = 0; round < kReductions && reduces(distortion, options.effort); ++round) {
    DEW_ASSIGN(ReducedScene fewer, reduced(splats, views, sensitivity, distortion, options));
    DEW_ASSIGN(const ViewQuality before_rounding, views.compare(fewer.splats, options.threads));
    const double room_db = before_rounding.margin_db(wanted);
    if (room_db >= kLeastRoom_db) {
      DEW_ASSIGN(found.best, best_try(fewer.splats, views, fewer.sensitivity, options, std::nullopt));
      found.fewer = std::move(fewer.splats);
      return found;
    }
    distortion = distortion_beyond(distortion, room_db - kLeastRoom_db, -kRoomFall_db);
  }
  DEW_ASSIGN(found.best, best_try(splats, views, sensitivity, options, std::move(first)));
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
