// SPDX-License-Identifier: Apache-2.0
/// Cameras for a scene that came without, and cameras off the path of those that it came with.
///
///   DEW_ASSIGN(const std::vector<Camera> views, made_views(scene, {.count = 24, .threads = 2}));
///   DEW_ASSIGN(const std::vector<Camera> others, off_path_views(given, scene, {.count = 12, .threads = 2}));
///   DEW_ASSIGN(const Rendered drawn, render(scene, views[0], {}));
///
/// Everything that a scene's splats are measured by hangs on where it is looked at from. An object is looked at from shells around it;
/// a scene that surrounds places in its midst (a room, a street) from those places. What it is comes from small pictures: how much of all
/// directions is covered, and how near. Deterministic.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "entropy/result.h"
#include "gaussians/camera.h"
#include "gaussians/splats.h"

namespace dew {

/// What views off the path may lose more than those on it.
inline constexpr double kOffPathLoss_db = 2;

struct MadeViewsOptions {
  uint32_t count = 24;                 ///< views at most; fewer where few places are free
  uint32_t width = 400, height = 300;  ///< pixels
  std::array<double, 3> background{};  ///< of the cameras
  uint32_t judged_splats = 200'000;    ///< with most matter, that say where one may stand: small pictures show no more
  unsigned threads = 1;                ///< never changes the result
};

/// Views from which the scene shows itself at the size at which one looks at it, none of them from inside opaque matter. Empty for a scene
/// without a splat to be seen. Errors: those of render. Cost: 130 to 260 pictures of 24 x 24 and 48 x 36 pixels of judged_splats at
/// most.
Result<std::vector<Camera>> made_views(const Splats& splats, const MadeViewsOptions& options);

/// From half and double the distance to what a given view sees (its median depth, drawn), from the left, the right, above and below at
/// two fifths of that distance, and from the other side; all looking at the same point, with the typical field of view of those given.
/// Views whose picture would be blocked by something close, or empty, are left out. Names say which and from where. Empty for no cameras.
/// Errors: those of render. Cost: two small pictures a view.
Result<std::vector<Camera>> off_path_views(std::span<const Camera> given, const Splats& splats, const MadeViewsOptions& options);

}  // namespace dew
