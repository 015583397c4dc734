// SPDX-License-Identifier: Apache-2.0
/// How much squared error a change of a splat makes, seen from a set of views: what every step of the codec follows.
///
///   DEW_ASSIGN(const Sensitivity s, measure_sensitivity(scene, cameras, threads));
///   if (s.removal[i] < bits * lambda) drop(i);
///   const double colour_step = std::sqrt(12 * distortion / (kShConstant * kShConstant * s.colour[i]));
///
/// The change of a picture by a small change of a splat's alpha is the change by its removal, scaled; so one sum over pixels (removal)
/// says what any change of opacity, scale, rotation or place costs, once it is known how alpha follows (gaussians/coding/splat_shape.h).
/// Predicted against measured error on trained scenes: within 0.3 dB for colour and opacity, within 1 to 3 dB for shape and place.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "entropy/result.h"
#include "gaussians/camera.h"
#include "gaussians/render/render.h"
#include "gaussians/splats.h"

namespace dew {

/// One entry a splat; errors are means over pixels, the three channels and views.
struct Sensitivity {
  std::vector<double> removal;          ///< squared error when the splat alone is taken away
  std::vector<double> colour;           ///< squared error for a unit change of the colour of one channel
  std::vector<double> screen_variance;  ///< 0.3 pixels^2 at the splat, scene units^2: the mean by removal; 0 where it is never seen
};

/// Errors: those of render; invalid_argument without a camera. Cost: a third more than a render for each view. Same result for any
/// `threads`. `show`: where not empty, it is called for each camera in turn with its number and what was drawn, coverage too.
Result<Sensitivity> measure_sensitivity(const Splats& splats, std::span<const Camera> cameras, unsigned threads,
                                        const std::function<void(size_t, Rendered)>& show = {});

/// Keeps what is larger, once `other` is scaled: for views that count less. REQUIRES: the same splats.
void raise_to(Sensitivity& sensitivity, const Sensitivity& other, double scale);

}  // namespace dew
