// SPDX-License-Identifier: Apache-2.0
#include "gaussians/coding/scene_reduction.h"

#include <algorithm>
#include <cmath>

#include "gaussians/coding/splat_targets.h"
#include "gaussians/significance/refit.h"
#include "gaussians/significance/thinning.h"

namespace dew {
namespace {

/// Distortions of about 42 and 40 dB. Above 42 dB what merges change is missed elsewhere: 4 % more bits on fox; at 41 dB they gain nothing
/// on fox and 17 % on lego, where taking over saves 5 % more.
constexpr double kMergedFrom = 2e-11;
constexpr double kTakenOverFrom = 3.4e-11;
/// Merges move what stays, so they count four times. With twice or eight times the bits are the same within 3 %.
constexpr double kCaution = 4;

/// One round of taking away.
struct Round {
  double removal_scale;        ///< of least_removal: what splats that stay take over, more of them may go
  uint32_t opacity_steps = 0;  ///< of the refits
  uint32_t colour_steps = 0;
  bool measured = false;  ///< sensitivities are measured anew, not followed through the merges
};

/// More rounds, or a limit of 60 bits a splat instead of 30, make no fewer bits on scenes of photographs.
std::vector<Round> rounds_of(double distortion, SplatEffort effort) {
  if (!reduces(distortion, effort)) return {};
  if (effort == SplatEffort::max) return {{1, 1, 2, true}, {2, 1, 2, true}};
  if (distortion < kTakenOverFrom) return {{1}};
  return {{1}, {2, 1, 2, true}};
}

double both_of(double a, double b) { return a + b + 2 * std::sqrt(a * b); }

/// What merged splats are worth: squared errors of two that lie on each other add up as amplitudes do.
Sensitivity followed(const Sensitivity& before, const Thinned& fewer) {
  Sensitivity after;
  for (size_t j = 0; j < fewer.kept.size(); ++j) {
    const uint32_t a = fewer.kept[j], b = fewer.partner[j];
    const double removal = before.removal[a] + before.removal[b];
    const double variance = before.removal[a] * before.screen_variance[a] + before.removal[b] * before.screen_variance[b];
    after.removal.push_back(a == b ? before.removal[a] : both_of(before.removal[a], before.removal[b]));
    after.colour.push_back(a == b ? before.colour[a] : both_of(before.colour[a], before.colour[b]));
    after.screen_variance.push_back(a == b || !(removal > 0) ? before.screen_variance[a] : variance / removal);
  }
  return after;
}

}  // namespace

bool reduces(double distortion, SplatEffort effort) { return effort != SplatEffort::fast && distortion >= kMergedFrom; }

Result<ReducedScene> reduced(const Splats& splats, const SceneViews& views, const Sensitivity& sensitivity, double distortion,
                             const SplatEncodeOptions& options) {
  ReducedScene scene;
  const Splats* before = &splats;
  const Sensitivity* worth = &sensitivity;
  for (const Round& round : rounds_of(distortion, options.effort)) {
    const ThinningPlan plan = plan_thinning(*before, worth->removal, worth->removal, true, options.threads);
    Thinned fewer = thinned(*before, plan, {.caution = kCaution, .most_cost = round.removal_scale * least_removal(distortion)});
    Sensitivity after = round.measured ? Sensitivity() : followed(*worth, fewer);
    scene.splats = std::move(fewer.splats);
    before = &scene.splats;
    const JudgedViews& judged = views.judged();
    if (round.opacity_steps > 0 && scene.splats.count() > 0) {
      const RefitOptions refitting{.threads = options.threads, .iterations = round.opacity_steps};
      DEW_TRY(refit_opacities(judged.renders, judged.cameras, scene.splats, refitting));
    }
    if (round.colour_steps > 0 && scene.splats.count() > 0) {
      const RefitOptions refitting{.threads = options.threads, .iterations = round.colour_steps};
      DEW_TRY(refit_colours(judged.renders, judged.cameras, scene.splats, refitting));
    }
    if (round.measured) {
      DEW_ASSIGN(after, views.sensitivity(scene.splats, options.threads));
    }
    scene.sensitivity = std::move(after);
    worth = &scene.sensitivity;
  }
  return scene;
}

}  // namespace dew
