// SPDX-License-Identifier: Apache-2.0
/// Frames that list one laser's turn after the other (pointcloud/sensor/laser_sorted.h), coded on their grid.
///
///   CodedFrame frame = *encode_laser_sorted(cloud, *sweep, options);
///   Cloud same = *decode_laser_sorted(head_reader, input);
///
/// Bytes: pointcloud/FORMAT.md, "Laser-sorted frames".
#pragma once

#include "pointcloud/coding/frame.h"
#include "pointcloud/sensor/laser_sorted.h"

namespace dew {

/// REQUIRES: sweep was recognised in this cloud's x, y, z (f32). Every point is within options.max_error_m of its decoded place (lossless:
/// equal). Errors: limit_exceeded where the sweep does not fit the coders (nothing is lost: code the cloud another way).
Result<CodedFrame> encode_laser_sorted(const Cloud& cloud, const LaserSortedSweep& sweep, const FrameOptions& options);

/// Points whose slices are missing are left out. Errors: truncated, corrupt, limits.
Result<Cloud> decode_laser_sorted(ByteReader& head, const FrameInput& input);

}  // namespace dew
