// SPDX-License-Identifier: Apache-2.0
/// What lies in the cells of a grid over the whole of space, fine in the middle of a scene and coarse far away. Internal to
/// guess_inputs.cpp.
///
///   const GuessGrid grid(scene, matter, extent, 64);
///   const GuessCell& cell = grid.cells[grid.cell_of_splat[i]];
///   const double depth = grid.optical_depth(position, direction);
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "gaussians/significance/extent.h"
#include "gaussians/splats.h"

namespace dew {

struct GuessCell {
  double count = 0;
  double matter = 0;               ///< sum of matter_of, radii^2
  double log2_area = 0;            ///< mean over its splats
  std::array<double, 3> colour{};  ///< mean by matter; 0 without matter
};

/// A splat's place in units of the scene's radius, from its middle; (0, 0, 0) where it is not finite.
Point place_of(const Splats& splats, size_t i, const Extent& extent);
/// log2 of the product of the two longest axes, radii^2; between -60 and 60.
double log2_area_of(const Splats& splats, size_t i, double radius);
/// Constant part of the colour, between -4 and 4.
std::array<double, 3> colour_of(const Splats& splats, size_t i);

class GuessGrid {
 public:
  /// `side` cells along each axis. `matter` in scene units squared.
  GuessGrid(const Splats& splats, const std::vector<double>& matter, const Extent& extent, uint32_t side);

  /// Matter met from one cell beyond `place` on along the unit vector, an area of opacity 1 across the ray counting 1, until it is `far`
  /// away (radii) or out of the scene.
  double optical_depth(const Point& place, const Point& direction, double far) const;
  /// Width of a cell at the place, the mean over the axes; radii.
  double width_at(const Point& place) const;

  std::vector<GuessCell> cells;
  std::vector<uint32_t> cell_of_splat;

 private:
  uint32_t cell_at(const Point& place) const;
  double width_along(double x) const;

  uint32_t side_;
  std::vector<float> density_;  // matter a volume, 1 / radius
};

}  // namespace dew
