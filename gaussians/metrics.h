// SPDX-License-Identifier: Apache-2.0
/// How far pictures and scenes are apart.
///
///   DEW_ASSIGN(const double psnr_db, image_psnr_db(decoded.colour, original.colour));
///   DEW_ASSIGN(const double ssim, image_ssim(decoded.colour, original.colour));
#pragma once

#include "entropy/result.h"
#include "gaussians/image.h"

namespace dew {

/// 10 log10(1 / mean squared error over pixels and channels), both pictures clamped to 0..1; +infinity where they are equal.
/// Errors: invalid_argument where the sizes differ.
Result<double> image_psnr_db(const Image& a, const Image& b);

/// Mean structural similarity over pixels and channels with a Gaussian window of 11 pixels and sigma 1.5, K1 0.01, K2 0.03, clamped as
/// above. Source: Z. Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004. Errors:
/// invalid_argument where the sizes differ or a side is below 11 pixels.
Result<double> image_ssim(const Image& a, const Image& b);

}  // namespace dew
