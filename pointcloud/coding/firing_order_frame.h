// SPDX-License-Identifier: Apache-2.0
/// Frames in firing order with no-returns kept (pointcloud/sensor/firing_order.h), coded on their grid.
///
/// Bytes: pointcloud/FORMAT.md, "Firing-order frames".
#pragma once

#include <optional>
#include <vector>

#include "pointcloud/coding/frame.h"
#include "pointcloud/sensor/firing_order.h"

namespace dew {

/// Laser numbers of the points, from a field of the cloud that says ring, laser or channel; nothing where there is none.
std::optional<std::vector<uint16_t>> ring_numbers(const Cloud& cloud);

/// REQUIRES: sweep was fitted to this cloud's x, y, z (f32). Every point is within options.max_error_m of its decoded place (lossless:
/// equal). Errors: limit_exceeded where the sweep does not fit the coders (nothing is lost: code the cloud another way).
Result<CodedFrame> encode_firing_order(const Cloud& cloud, const FiringOrderSweep& sweep, const FrameOptions& options);

/// Columns whose slices are missing are left out. Errors: truncated, corrupt, limits.
Result<Cloud> decode_firing_order(ByteReader& head, const FrameInput& input);

}  // namespace dew
