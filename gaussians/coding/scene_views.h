// SPDX-License-Identifier: Apache-2.0
/// The views that an encoder looks at a scene from, and what it sees there.
///
///   DEW_ASSIGN(const SceneViews views, choose_views(scene, options));
///   DEW_ASSIGN(const Sensitivity sensitivity, views.sensitivity(scene, threads));
///   DEW_ASSIGN(const ViewQuality quality, views.compare(decoded, threads));
///
/// Two sets: views on the path (given or made), whose quality is stated, and views off it (half and double the distance, aside, from the
/// other side), which may lose kOffPathLoss_db more. Encoder only.
#pragma once

#include <span>
#include <vector>

#include "entropy/result.h"
#include "gaussians/codec.h"
#include "gaussians/image.h"
#include "gaussians/significance/sensitivity.h"

namespace dew {

inline constexpr double kOffPathLoss_db = 2;
/// How far below the mean the worst view may be.
inline constexpr double kWorstViewLoss_db = 3;

/// Cameras, and the original scene's renders from them.
struct JudgedViews {
  std::vector<Camera> cameras;
  std::vector<Image> renders;
  /// Share of the picture that the scene covers, where error is counted on covered pixels alone; else 1. Views that dew chose itself would
  /// flatter a scene by the empty pixels around it.
  std::vector<double> covered;
};

/// PSNR of another scene's renders.
struct ViewQuality {
  double mean_db = 0, worst_db = 0;
  double off_path_mean_db = 0;  ///< infinite where there are no such views
  /// How much better than asked for, or, below zero, worse.
  double margin_db(double quality_db) const;
};

class SceneViews {
 public:
  /// By all views, those off the path scaled down by what they may lose.
  Result<Sensitivity> sensitivity(const Splats& splats, unsigned threads) const;
  Result<ViewQuality> compare(const Splats& decoded, unsigned threads) const;

  /// Where dew made the views: those on the path that `decoded` looks worst from are the ones that are judged from here on. A mean over
  /// easy views says little of the view that somebody will choose.
  Status keep_hardest(const Splats& decoded, unsigned threads);

  bool made() const { return made_; }
  const JudgedViews& on_path() const { return on_path_; }
  const JudgedViews& off_path() const { return off_path_; }

 private:
  friend Result<SceneViews> choose_views(const Splats& splats, const SplatEncodeOptions& options);
  std::vector<Camera> scoring_, scoring_off_path_;
  JudgedViews on_path_, off_path_;
  bool made_ = false;
  size_t judging_ = 0;  ///< views at most that are judged
};

/// Errors: invalid_argument where nothing of the scene can be seen; those of render.
Result<SceneViews> choose_views(const Splats& splats, const SplatEncodeOptions& options);

}  // namespace dew
