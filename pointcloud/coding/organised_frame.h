// SPDX-License-Identifier: Apache-2.0
/// Organised clouds of spinning sensors (pointcloud/sensor/organised.h), coded on their grid.
///
///   CodedFrame frame = *encode_organised(cloud, *sweep, options);
///   Cloud same = *decode_organised(head_reader, input);
///
/// Bytes: pointcloud/FORMAT.md, "Organised frames".
#pragma once

#include "pointcloud/coding/frame.h"
#include "pointcloud/sensor/organised.h"

namespace dew {

/// REQUIRES: sweep was fitted to this cloud's x, y, z (f32). Every point is within options.max_error_m of its decoded place (lossless:
/// equal). Errors: limit_exceeded where the sweep does not fit the coders (nothing is lost: code the cloud another way).
Result<CodedFrame> encode_organised(const Cloud& cloud, const OrganisedSweep& sweep, const FrameOptions& options);

/// Columns whose slices are missing are left out. Errors: truncated, corrupt, limits.
Result<Cloud> decode_organised(ByteReader& head, const FrameInput& input);

}  // namespace dew
