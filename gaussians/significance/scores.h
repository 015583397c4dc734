// SPDX-License-Identifier: Apache-2.0
/// What each splat is worth to the pictures of a scene.
///
///   DEW_ASSIGN(const std::vector<double> worth, splat_scores(scene, views, Score::removal_error, threads));
///   // worth[i]: squared error that the views would have together if splat i alone were gone
///
/// Sources: removal_error: the exact change of a picture without a splat, as POTR (2026) uses it; weight and weight_max: sums of alpha T as
/// B. Kerbl et al. 2023 blend; light_gaussian: Z. Fan et al., "LightGaussian", 2024 (pixels hit, opacity, volume relative to that of the
/// largest tenth and at most 1, to the power 0.1).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "entropy/result.h"
#include "gaussians/camera.h"
#include "gaussians/splats.h"

namespace dew {

enum class Score : uint8_t {
  removal_error,   ///< sum over pixels and channels of the squared change if the splat alone went
  weight,          ///< sum of w = alpha T over pixels
  weight_max,      ///< largest w
  light_gaussian,  ///< pixels hit x opacity x relative volume ^ 0.1
  opacity,         ///< no views needed
  opacity_area,    ///< opacity times the product of the two longest axes; no views needed
};

inline constexpr Score kScores[] = {Score::removal_error,  Score::weight,  Score::weight_max,
                                    Score::light_gaussian, Score::opacity, Score::opacity_area};

/// "removal-error", "weight", "max-weight", "light-gaussian", "opacity", "opacity-area".
const char* score_name(Score score);
std::optional<Score> score_named(std::string_view name);

/// One value a splat, at least 0 and never NaN; over all views together. Errors: those of render.
/// Cost: one drawing with sums for each view, none for the last two.
Result<std::vector<double>> splat_scores(const Splats& splats, std::span<const Camera> views, Score score, unsigned threads);

/// The same from sums that are there already, added up over views by add_scores.
struct ScoreSums {
  std::vector<double> removal_error, weight, weight_max, pixels;
};

/// Adds `share` times the sums of a view (the largest of both for weight_max). Errors: those of render.
Status add_scores(const Splats& splats, const Camera& view, double share, unsigned threads, ScoreSums& sums);
std::vector<double> score_from(const Splats& splats, const ScoreSums& sums, Score score);

}  // namespace dew
