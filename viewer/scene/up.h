// SPDX-License-Identifier: Apache-2.0
/// Which way is up in a scene of splats that does not say.
///
///   const Vec3 up = estimated_up(splats);                 // a unit vector along an axis
///   eye = overview(bounds, up, heading, aspect);
#pragma once

#include "gaussians/splats.h"
#include "viewer/scene/bounds.h"

namespace dew::viewer {

/// The axis along which the scene is flattest, away from the end where its matter is densest: scenes stand on something flat. A guess,
/// for a first view; -y, which most trained scenes have, where there is no matter. Cost: some 100 ns a splat.
Vec3 estimated_up(const Splats& splats);

}  // namespace dew::viewer
