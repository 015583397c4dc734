// SPDX-License-Identifier: Apache-2.0
/// Lasers that another frame's points told, looked for in this one first: how fast the car went is all that is new. For encoders.
///
///   const std::optional<KeptBeams> kept = kept_beams(points, fit);
///   if (auto next = fit_by_kept(more, *kept)) use(next->beams, next->labels);
#pragma once

#include <optional>
#include <span>

#include "pointcloud/sensor/beam_fit.h"

namespace dew {

/// Nothing where a field of the file says which laser measured a point: that is found fast enough.
std::optional<KeptBeams> kept_beams(std::span<const Vec3> points, const BeamFit& fit);

/// Nothing where points are not where these lasers would measure them. Cost: about 50 ms for 100,000 points.
std::optional<BeamFit> fit_by_kept(std::span<const Vec3> points, const KeptBeams& kept);

}  // namespace dew
