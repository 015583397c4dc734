// SPDX-License-Identifier: Apache-2.0
/// Pictures as files: PNG and JPEG where the build has libpng and libjpeg, PPM always.
///
///   DEW_ASSIGN(const Image photo, decode_picture(bytes, {1, 1, 1}));    // transparent pixels over white
///   DEW_ASSIGN(const Bytes file, encode_picture(view.colour));          // of the kind that picture_extension() names
#pragma once

#include <array>

#include "entropy/bytes.h"
#include "entropy/result.h"
#include "gaussians/image.h"

namespace dew::app {

/// ".png", or ".ppm" in a build without libpng.
const char* picture_extension();

/// Eight bits a channel, clamped to 0..1 and rounded. Errors: io where the library refuses.
Result<Bytes> encode_picture(const Image& image);

/// PNG, JPEG or binary PPM of eight bits, told apart by content; `background` shines through where a PNG is transparent.
/// Errors: corrupt, limit_exceeded above 2^28 pixels, unsupported_feature for other formats and for those that the build lacks.
Result<Image> decode_picture(ByteSpan bytes, const std::array<double, 3>& background);

}  // namespace dew::app
