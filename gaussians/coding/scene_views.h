// SPDX-License-Identifier: Apache-2.0
/// The views that an encoder looks at a scene from, and what it sees there.
///
///   DEW_ASSIGN(SceneViews views, choose_views(scene, options));
///   DEW_ASSIGN(const Sensitivity sensitivity, views.look_at(scene, threads));
///   DEW_ASSIGN(const ViewQuality quality, views.compare(decoded, threads));
///
/// Two sets: views on the path (given or made), whose quality is stated, and views off it (half and double the distance, aside, from the
/// other side), which may lose kOffPathLoss_db more. Encoder only.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "entropy/result.h"
#include "gaussians/codec.h"
#include "gaussians/image.h"
#include "gaussians/significance/sensitivity.h"
#include "gaussians/significance/views.h"

namespace dew {

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
  std::vector<double> of_view;  ///< of each judged view
  std::vector<bool> drawn;      ///< which of those were drawn, not guessed
  /// How much better than asked for, or, below zero, worse.
  double margin_db(double quality_db) const;
};

class SceneViews {
 public:
  /// What the splats of the scene as it is are worth; the pictures that others are compared with are taken on the way.
  Result<Sensitivity> look_at(const Splats& splats, unsigned threads);
  /// The same of another scene, by all views, those off the path scaled down by what they may lose.
  Result<Sensitivity> sensitivity(const Splats& splats, unsigned threads) const;
  Result<ViewQuality> compare(const Splats& decoded, unsigned threads) const;
  /// The same where some views were drawn already, by an estimate of the same scene.
  Result<ViewQuality> complete(ViewQuality estimated, const Splats& decoded, unsigned threads) const;
  /// A guess of the same from a third of the views and the worst one: the others are taken to gain or lose what these do against `known`,
  /// the quality of a scene that was decoded from other steps. Off by some hundredths of a decibel where the two are within some decibels.
  Result<ViewQuality> estimate(const Splats& decoded, const ViewQuality& known, unsigned threads) const;

  /// Where dew made the views: those on the path that `decoded` looks worst from are the ones that are judged from here on. A mean over
  /// easy views says little of the view that somebody will choose. Returns what compare says of `decoded` from here on; nothing where there
  /// was nothing to choose from, and so nothing was drawn.
  Result<std::optional<ViewQuality>> keep_hardest(const Splats& decoded, unsigned threads);

  bool made() const { return made_; }
  /// Views on the path, then those off it.
  const JudgedViews& judged() const { return judged_; }
  size_t judged_on_path() const { return on_path_; }

 private:
  void sum_up(ViewQuality& quality) const;

  friend Result<SceneViews> choose_views(const Splats& splats, const SplatEncodeOptions& options);
  std::vector<Camera> scoring_, scoring_off_path_;
  JudgedViews judged_;
  size_t on_path_ = 0;
  bool made_ = false;
  size_t judging_ = 0, judging_off_path_ = 0;  ///< views at most that are judged
};

/// Nothing is judged before look_at. Errors: invalid_argument where nothing of the scene can be seen; those of render.
Result<SceneViews> choose_views(const Splats& splats, const SplatEncodeOptions& options);

}  // namespace dew
