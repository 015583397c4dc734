// SPDX-License-Identifier: Apache-2.0
/// Small pictures that tell whether a place is one to look from. Internal.
///
///   const Glance glance = ...; if (sensible(glance)) views.push_back(camera);
#pragma once

#include "entropy/result.h"
#include "gaussians/camera.h"
#include "gaussians/significance/extent.h"
#include "gaussians/splats.h"

namespace dew {

/// What a small picture shows.
struct Glance {
  double coverage = 0;       ///< mean alpha
  double blocked = 0;        ///< share of pixels, of alpha at least 1/2, nearer than `near`
  double median_depth = 0;   ///< of the pixels with alpha at least 1/2, the middle of the picture alone if it has some; 0 if none
  double colour_change = 0;  ///< mean over pixels and channels of what directional colour changes
};

/// `near` in scene units; colour_change is left at 0.
Result<Glance> glance(const Splats& splats, const Camera& camera, double near, unsigned threads);

/// The same with colour_change: half as much work again.
Result<Glance> glance_at_colours(const Splats& splats, const Camera& camera, double near, unsigned threads);

/// The same camera with a picture of another size: same field of view along the diagonal, principal point in the middle.
Camera resized(const Camera& camera, uint32_t width, uint32_t height);

/// At `position`, looking at `target`, the picture's up as near to `up` as can be; size and focal lengths of `like`.
Camera looking_at(const Camera& like, const Point& position, const Point& target, const Point& up);

/// `count` unit vectors spread evenly over the sphere. Source: the Fibonacci lattice.
std::vector<Point> even_directions(size_t count);

/// What judges a place: the scene itself, or of a large one the `most` splats with most matter.
Splats judged_splats(const Splats& splats, const std::vector<double>& matter, size_t most);

}  // namespace dew
