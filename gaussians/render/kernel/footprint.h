// SPDX-License-Identifier: Apache-2.0
/// The splats that a camera sees, front to back, ready for tiles. Internal.
///
///   const std::vector<Footprint> seen = footprints(scene, camera, threads);
#pragma once

#include <cstdint>
#include <vector>

#include "gaussians/camera.h"
#include "gaussians/splats.h"

namespace dew::kernel {

/// alpha at the place x y is min(0.99, opacity 2^-(u^2 + v^2)), u = root_xx (x - mean_x) + root_xy (y - mean_y), v = root_yy (y - mean_y).
struct Footprint {
  double mean_x, mean_y;  ///< pixels
  double root_xx, root_xy, root_yy;
  double cut;  ///< u^2 + v^2 beyond which alpha is certainly below 1/255
  float opacity, red, green, blue, depth;
  uint32_t index;                ///< in the scene
  uint16_t first_row, last_row;  ///< of tiles
};

/// Sorted by depth as a float, ties in file order. `colours` may be null; else three floats a splat instead of those of the scene.
/// REQUIRES: check_camera and check_shape without errors.
std::vector<Footprint> footprints(const Splats& splats, const Camera& camera, unsigned threads, const float* colours = nullptr);

}  // namespace dew::kernel
