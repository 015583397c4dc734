// SPDX-License-Identifier: Apache-2.0
/// How much distortion a file may have: tried, looked at, and tried again.
///
///   DEW_ASSIGN(SceneTrial best, search_quality(scene, views, sensitivity, options));
///   write(best.targets, best.quality);
///
/// Encoder only. Each try quantises the whole scene as a decoder would see it and compares renders, of a third of the views until the
/// quality asked for is near; at effort max its colours take over
/// what pruning and rounding did beforehand (gaussians/significance/refit.h).
#pragma once

#include <functional>
#include <optional>

#include "entropy/result.h"
#include "gaussians/codec.h"
#include "gaussians/coding/scene_views.h"
#include "gaussians/coding/splat_targets.h"
#include "gaussians/significance/refit.h"

namespace dew {

struct SceneTrial {
  SceneTargets targets;
  ViewQuality quality;
  double distortion = 0;
};

/// A scene as a decoder will see it, and which splat of the original each of its splats was.
struct QuantisedScene {
  Splats splats;
  std::vector<uint32_t> origin;
};
QuantisedScene quantised(const Splats& splats, const SceneTargets& targets);

/// `splats` with the colours that suit the quantised shapes best, in the views of `renders`. Errors: those of refit_colours.
Result<Splats> refitted(const Splats& splats, QuantisedScene seen, std::span<const Image> renders, std::span<const Camera> cameras,
                        const RefitOptions& options);

/// What a decoder would see where search_quality begins: to find out which views are hard.
Splats first_decoded(const Splats& splats, const SceneViews& views, const Sensitivity& sensitivity, const SplatEncodeOptions& options);

/// The best try, and the scene that it indexes where it is not the one that was given (scene_reduction.h).
struct SearchedScene {
  SceneTrial best;
  std::optional<Splats> fewer;
};

/// The coarsest try that reaches options.quality_db, or the finest where none does. `first`: how first_decoded looks, where that is known.
Result<SearchedScene> search_quality(const Splats& splats, const SceneViews& views, const Sensitivity& sensitivity,
                                     const SplatEncodeOptions& options, std::optional<ViewQuality> first);

/// How long the file of a scene's targets is.
using FileSize = std::function<Result<uint64_t>(const Splats& splats, const SceneTargets& targets)>;

/// The finest try whose file fits options.budget_bytes. Errors: invalid_argument where none fits.
Result<SearchedScene> search_budget(const Splats& splats, const SceneViews& views, const Sensitivity& sensitivity,
                                    const SplatEncodeOptions& options, const FileSize& size_of);

}  // namespace dew
