// SPDX-License-Identifier: Apache-2.0
/// Splats as texels of four floats for shaders (viewer/shaders/texts.h), which do the steps of gaussians/render in floats.
///
///   const std::vector<float> shapes = splat_shapes(splats);              // kShapeTexels a splat
///   const std::vector<float> colours = splat_coefficients(splats);       // 3 * coefficient_texels(degree) a splat
///   const std::array<float, 18> camera = splat_camera(eye, {800, 600});
#pragma once

#include <array>
#include <vector>

#include "gaussians/splats.h"
#include "viewer/camera/viewpoint.h"

namespace dew::viewer {

/// Position and opacity; then the three own axes as standard deviations along scene axes, a zero after each. A splat with a value that is
/// not finite gets opacity 0, so that it is not drawn.
inline constexpr size_t kShapeTexels = 4;
std::vector<float> splat_shapes(const Splats& splats);

/// Of one channel: the constant coefficient and those of the view direction, filled up to fours.
constexpr size_t coefficient_texels(uint32_t sh_degree) { return (size_t{sh_coefficients(sh_degree)} + 1 + 3) / 4; }
/// Red, then green, then blue.
std::vector<float> splat_coefficients(const Splats& splats);

/// Scene to camera axes row by row (9), the eye (3), focal lengths and principal point in pixels (2, 2), slopes beyond which a splat is not
/// stretched further (2).
std::array<float, 18> splat_camera(const Viewpoint& eye, PixelSize size);

}  // namespace dew::viewer
