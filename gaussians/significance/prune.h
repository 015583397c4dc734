// SPDX-License-Identifier: Apache-2.0
/// Takes away the splats of a scene that its pictures miss least; those that stay take over.
///
///   PruneOptions options;
///   options.keep = 0.6;                                       // or options.least_psnr_db = 45;
///   DEW_ASSIGN(const Pruned pruned, prune(scene, views, options));
///   use(pruned.splats, pruned.report.psnr_db);                // pruned.kept[i]: which splat of the scene pruned.splats[i] was
///
/// Errors of many removals add up to more than their sum, so splats go in rounds with fresh scores, and after each round opacities and
/// colours are refitted to the renders of the scene as it was (refit.h). Near duplicates are merged (merge.h) where a few views, drawn both
/// ways, say that this beats removal alone. No photographs are needed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "entropy/result.h"
#include "gaussians/camera.h"
#include "gaussians/significance/scores.h"
#include "gaussians/splats.h"

namespace dew {

struct PruneOptions {
  Score score = Score::removal_error;
  double keep = 1;           ///< share of the splats that stays; where least_psnr_db is above 0, at least this share stays
  double least_psnr_db = 0;  ///< above 0: as many go as the renders against those of the scene as it was allow, mean over the views
  bool compensate = true;    ///< refit opacities and colours
  bool merge = true;         ///< near duplicates become one where that costs less than to drop one; with removal_error alone
  /// Measure, score and refit by the given views alone. Otherwise views off their path count too, and where least_psnr_db is given may
  /// lose 2 dB more at most.
  bool only_these_views = false;
  uint32_t rounds = 4;               ///< for `keep`
  uint32_t most_scored_views = 120;  ///< of the given ones, evenly chosen: a drawing each round
  uint32_t most_views = 32;          ///< of these, to refit with and to measure by: some twenty drawings each round
  unsigned threads = 1;              ///< never changes the result
};

struct PruneReport {
  size_t before = 0, after = 0;          ///< splats
  double psnr_db = 0;                    ///< against renders of the scene as it was: mean over the views; +infinity where all are equal
  double worst_psnr_db = 0;              ///< of one view
  double off_path_psnr_db = 0;           ///< mean over the views off the path; +infinity where there are none
  size_t views = 0, off_path_views = 0;  ///< that were looked at
};

struct Pruned {
  Splats splats;               ///< with the extra properties of those that stay
  std::vector<uint32_t> kept;  ///< rising; of merged splats the one of the lowest index
  PruneReport report;
};

/// `views` may be empty: then made ones are used (views.h). Errors: invalid_argument for a share outside 0..1, and those of render.
/// Cost: some 20 drawings of each view for each round, but see PruneOptions. Memory: that of refit_colours, and the pictures.
Result<Pruned> prune(const Splats& splats, std::span<const Camera> views, const PruneOptions& options);

/// One scene for each share of `keeps`, falling: each is made from the one before, a round a share, so that the whole costs about as much
/// as its last. options.keep, rounds and least_psnr_db do not count. Errors: as above, and for shares that rise.
Result<std::vector<Pruned>> prune_levels(const Splats& splats, std::span<const Camera> views, std::span<const double> keeps,
                                         const PruneOptions& options);

/// PSNR against the render at which the PSNR against photographs, `photo_psnr_db` for the scene as it was, falls by `drop_db`, if the two
/// errors have nothing to do with each other. REQUIRES: drop_db above 0.
double psnr_for_drop(double drop_db, double photo_psnr_db);

}  // namespace dew
