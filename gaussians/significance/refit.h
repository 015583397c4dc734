// SPDX-License-Identifier: Apache-2.0
/// What remains of a scene takes over the colour of what was taken away or moved: least squares on pictures, without photographs.
///
///   std::vector<Image> targets;                                        // renders of the scene as it was, one a view
///   DEW_ASSIGN(const RefitReport report, refit_colours(targets, views, reduced, {.threads = 2}));
///   DEW_ASSIGN(const RefitReport more, refit_opacities(targets, views, reduced, {.threads = 2}));
///
/// Pictures are linear in the colours (but for the cut at zero, which is held where it is), so colours are solved by conjugate gradients on
/// the normal equations; a step costs one drawing of each view. Opacities take Gauss-Newton steps with the exact gradient and a search
/// along them. Both never make the pictures worse than they were. Sources: the adjoint of front-to-back blending (B. Kerbl et al. 2023); M.
/// Hestenes and E. Stiefel, "Methods of Conjugate Gradients for Solving Linear Systems", 1952.
#pragma once

#include <cstdint>
#include <span>

#include "entropy/result.h"
#include "gaussians/camera.h"
#include "gaussians/image.h"
#include "gaussians/splats.h"

namespace dew {

struct RefitOptions {
  unsigned threads = 1;     ///< never changes a bit of the result
  uint32_t iterations = 6;  ///< conjugate gradient steps, or steps of the opacities
  bool sh = true;           ///< SH too, not the constant colour alone
  /// Pull of SH towards its present values, as a share of the splat's own squared weights. The constant colour is not pulled.
  double sh_ridge = 0.02;
  double largest_change = 0.5;  ///< of the colour by the constant part, and by SH in whatever direction; 1 is white
};

struct RefitReport {
  double error_before = 0;  ///< mean squared error over all pixels and channels of the views, unclamped
  double error_after = 0;   ///< at most error_before
};

/// Changes dc, and sh unless told otherwise, of `reduced`. Splats that no view sees keep theirs, as do those with values that are not
/// finite. Errors: invalid_argument where targets and views do not go together, and those of render. Cost: iterations + 2 drawings of each
/// view. Memory: 5 x 4 (sh_stride + 3) bytes a splat beyond the renderer's.
Result<RefitReport> refit_colours(std::span<const Image> targets, std::span<const Camera> views, Splats& reduced,
                                  const RefitOptions& options);

/// Changes the opacities of `reduced`. Errors as above. Cost: 2 x iterations + 1 drawings of each view.
Result<RefitReport> refit_opacities(std::span<const Image> targets, std::span<const Camera> views, Splats& reduced,
                                    const RefitOptions& options);

}  // namespace dew
