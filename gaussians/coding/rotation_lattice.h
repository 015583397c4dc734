// SPDX-License-Identifier: Apache-2.0
/// Rotations of splats on a lattice: where the thinnest axis points, as a place on half a cube, and the turn about it.
///
///   const RotationLevels levels = rotation_levels(steps);              // as fine as the splat needs
///   const RotationCode code = rotation_code(frame, levels);            // encoder
///   const SplatFrame seen = rotation_frame(code, levels);              // decoder: exact
///
/// The 24 ways to name a splat's axes are cut down beforehand: axes by descending spread, so that only signs are free; the thinnest axis
/// points into the half space of its largest component, the longest lies within half a turn.
#pragma once

#include <array>
#include <cstdint>

#include "gaussians/coding/splat_shape.h"

namespace dew {

/// Lattice points along each side of a face, and about the axis; 1: free.
struct RotationLevels {
  uint32_t direction = 1;
  uint32_t spin = 1;
};

struct RotationCode {
  uint32_t face = 0;  ///< 0 to 2: the largest component of the thinnest axis; 0 where direction is free
  uint32_t u = 0, v = 0;
  uint32_t spin = 0;
  bool operator==(const RotationCode&) const = default;
};

inline constexpr uint32_t kMaxRotationLevels = 1u << 15;

RotationLevels rotation_levels(const RotationSteps& steps);

/// The nearest lattice point. `frame` has the axes as columns, the thinnest last.
RotationCode rotation_code(const SplatFrame& frame, const RotationLevels& levels);

/// REQUIRES: face < 3, u and v < levels.direction, spin < levels.spin.
SplatFrame rotation_frame(const RotationCode& code, const RotationLevels& levels);

}  // namespace dew
