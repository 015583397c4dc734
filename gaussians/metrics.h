// SPDX-License-Identifier: Apache-2.0
/// How far pictures and scenes are apart.
///
///   DEW_ASSIGN(const double psnr_db, image_psnr_db(decoded.colour, original.colour));
///   DEW_ASSIGN(const double ssim, image_ssim(decoded.colour, original.colour));
///   DEW_ASSIGN(const SplatErrors errors, splat_errors(original_scene, decoded_scene));
///
/// NaN pixels count as black.
#pragma once

#include "entropy/result.h"
#include "gaussians/image.h"
#include "gaussians/splats.h"

namespace dew {

/// 10 log10(1 / mean squared error over pixels and channels), both pictures clamped to 0..1; +infinity where they are equal.
/// Errors: invalid_argument where the sizes differ.
Result<double> image_psnr_db(const Image& a, const Image& b);

/// Mean structural similarity over pixels and channels with a Gaussian window of 11 pixels and sigma 1.5, K1 0.01, K2 0.03, clamped as
/// above. Source: Z. Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004. Errors:
/// invalid_argument where the sizes differ or a side is below 11 pixels.
/// Windows that reach beyond the border are left out. Cost: some 150 ns a pixel.
Result<double> image_ssim(const Image& a, const Image& b);

/// How far the values of two scenes are apart, splat by splat. Root mean squares are over splats and components; values that are the same
/// or both NaN differ by 0, otherwise a value that is not finite makes the error infinite.
struct SplatErrors {
  double position_rms = 0, position_max = 0;  ///< length of the difference, scene units
  double opacity_rms = 0;                     ///< of opacity from 0 to 1
  double log_scale_rms = 0;
  double rotation_rms_deg = 0;  ///< angle of the turn between them; a ball's rotation counts as any other
  double dc_rms = 0;
  double sh_rms = 0;  ///< coefficients that one scene lacks count as 0; 0 where both have none
};

/// One splat against another: the length of the difference in scene units, root mean squares over the three components, and angles as
/// above.
struct SplatDifference {
  double position = 0, dc = 0, opacity = 0, log_scale = 0, rotation_deg = 0;
};
/// Splat i of one and j of the other. REQUIRES: arrays that fit together, i and j below the counts.
SplatDifference splat_difference(const Splats& a, size_t i, const Splats& b, size_t j);

/// Whether splat i of one is splat i of the other: as many of them, and most centres have moved little against the distance of any two.
/// REQUIRES: arrays that fit together.
bool same_order(const Splats& a, const Splats& b);

/// Errors: invalid_argument where the counts differ or the arrays of a scene do not fit together.
Result<SplatErrors> splat_errors(const Splats& a, const Splats& b);

}  // namespace dew
