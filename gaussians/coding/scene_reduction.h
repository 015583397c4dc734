// SPDX-License-Identifier: Apache-2.0
/// Fewer splats before any of them is coarsened: near duplicates become one, and where the distortion allows a lot, those that stay take
/// over opacity and colour of what went.
///
///   DEW_ASSIGN(const ReducedScene fewer, reduced(scene, views, sensitivity, distortion, options));
///   const SceneTargets targets = make_targets(fewer.splats, fewer.sensitivity, distortion);
///
/// Encoder only. What a splat may cost follows from the distortion as in make_targets, which takes away the rest.
#pragma once

#include "entropy/result.h"
#include "gaussians/codec.h"
#include "gaussians/coding/scene_views.h"
#include "gaussians/significance/sensitivity.h"

namespace dew {

struct ReducedScene {
  Splats splats;
  Sensitivity sensitivity;  ///< of these splats
};

/// Whether `reduced` would do anything: it costs more than it gains where little may change.
bool reduces(double distortion, SplatEffort effort);

/// Cost: some 20 us a splat; above a distortion that goes with 40 dB, some 130 renders more. Errors: those of render.
Result<ReducedScene> reduced(const Splats& splats, const SceneViews& views, const Sensitivity& sensitivity, double distortion,
                             const SplatEncodeOptions& options);

}  // namespace dew
