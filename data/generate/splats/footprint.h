// SPDX-License-Identifier: Apache-2.0
/// Where a splat lies on its surface, how far it reaches, and what it covers. Internal to make_splat.cpp.
///
///   const Footprint print = make_footprint(surface, splats_on_it, random);
///   const Rgb colour = painted(surface, print);
#pragma once

#include "data/generate/splats/surface.h"

namespace dew::sim {

/// Where a splat lies on its surface and how far it reaches, in metres.
struct Footprint {
  Surfel surfel;
  Vec3 along, across;
  double sigma_along_m = 0, sigma_across_m = 0;
  double edge = 0;  ///< contrast within the splat's reach
};

/// For one of `count` splats that share the surface: more and smaller ones where the texture has detail, long ones along its edges.
Footprint make_footprint(const Surface& surface, size_t count, Random& random);

/// The texture under the footprint, a little sharpened, since neighbours blur it.
Rgb painted(const Surface& surface, const Footprint& print);

}  // namespace dew::sim
