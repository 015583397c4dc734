// SPDX-License-Identifier: Apache-2.0
/// Any cloud, in file order, without a scan model: sound for one point and for ten million, with or without coordinates.
///
/// Bytes: pointcloud/FORMAT.md, "Points frames".
#pragma once

#include "pointcloud/coding/frame.h"

namespace dew {

/// Coordinates are exact in the modes lossless and lattice, within the bound otherwise. Errors: none for a cloud whose fields hold all its
/// points.
Result<CodedFrame> encode_points(const Cloud& cloud, const FrameOptions& options);

/// Points whose slices are missing are left out. Errors: truncated, corrupt, limits.
Result<Cloud> decode_points(ByteReader& head, const FrameInput& input);

}  // namespace dew
