// SPDX-License-Identifier: Apache-2.0
/// Fewer splats: those go that a scene's pictures miss least, and near duplicates become one where that costs less than to drop one.
///
///   const ThinningPlan plan = plan_thinning(scene, removal_errors, removal_errors, threads);   // one of each a splat
///   const Thinned half = thinned(scene, plan, {.caution = 4, .goal = scene.count() / 2});
///   use(half.splats, half.kept);
///
/// Nothing is drawn here: what a removal costs comes from scores.h or sensitivity.h, what a merge costs from that and merge.h.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "gaussians/splats.h"

namespace dew {

/// A splat that goes, or two that become one.
struct Change {
  double cost = 0;                 ///< what decides the order
  double squared_error = 0;        ///< of this change alone, as far as it is known
  uint32_t first = 0, second = 0;  ///< equal: `first` goes; else `second` goes into it
};

/// All that may happen to a scene in one round.
struct ThinningPlan {
  std::vector<Change> removals;  ///< in the order of the splats
  std::vector<Change> merges;
};

/// `costs` and `squared_errors` of removals. Merges cost the square of the sum of the roots of both, times what merging them changes.
/// Cost: some 20 us a splat with merges.
ThinningPlan plan_thinning(const Splats& splats, std::span<const double> costs, std::span<const double> squared_errors, bool merge,
                           unsigned threads);

struct ThinningLimits {
  double caution = 4;  ///< merges count as this many times their cost, as they move what stays; 0: no merges
  size_t goal = 0;     ///< splats that are to stay
  double most_error = std::numeric_limits<double>::infinity();  ///< that squared errors may add up to
  double most_cost = std::numeric_limits<double>::infinity();   ///< of one change
};

struct Thinned {
  Splats splats;
  std::vector<uint32_t> kept;     ///< rising: splats of the scene as it was
  std::vector<uint32_t> partner;  ///< which splat went into each of them; itself where none did
};

/// The cheapest changes first, each splat in one of them at most, until a limit is met. Extra properties of merged splats: those of the
/// one with the lower index.
Thinned thinned(const Splats& splats, const ThinningPlan& plan, const ThinningLimits& limits);

}  // namespace dew
