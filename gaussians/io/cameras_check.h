// SPDX-License-Identifier: Apache-2.0
/// What the camera readers share. Internal.
///
///   DEW_TRY(check_view(view, offset));
#pragma once

#include "gaussians/io/cameras.h"

namespace dew::cameras {

inline constexpr uint32_t kLargestSide_px = 1u << 15;

/// Error corrupt unless sizes are 1 to 2^15, focal lengths positive, all values finite and the rotation is one (to 1 %); its axes are
/// brought to length 1. `offset` is a byte of the camera's record.
Status check_view(View& view, uint64_t offset);

/// Error corrupt "camera N: what".
Error wrong(size_t index, const std::string& what, uint64_t offset = 0);

/// As read_views, for the formats that are not COLMAP's.
Result<std::vector<View>> read_json(ByteSpan bytes, const CameraDefaults& defaults, const DecodeLimits& limits);

}  // namespace dew::cameras
