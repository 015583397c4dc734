// SPDX-License-Identifier: Apache-2.0
/// Which laser measured each point of a frame that no table explains, and where the heads stand: enough to guess directions, not angles to
/// the tick. For encoders.
///
///   if (auto fit = fit_beams(points, ring)) use(fit->beams, fit->labels);      // ring: laser numbers, or empty
///
/// With laser numbers, each laser's points lie on a cone; origins, motion over the frame and tilt are found by robust least squares, for
/// one head or two that share the numbers in halves. Without them elevations about the origin must gather around 4 to 255 values. Nothing
/// where neither is so. Cost for 100,000 points: about 0.2 s; 0.5 to 1 s where the cycle in which lasers fire must be found, 0.2 s where
/// the lasers are known from another frame. Threads: none kept.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "pointcloud/cloud.h"
#include "pointcloud/sensor/beams.h"

namespace dew {

struct BeamFit {
  Beams beams;
  std::vector<uint8_t> labels;  ///< a point
};
/// `known`: lasers of another frame (beam_kept.h), which are looked for first.
std::optional<BeamFit> fit_beams(std::span<const Vec3> points, std::span<const uint16_t> ring, const KeptBeams* known = nullptr);

}  // namespace dew
