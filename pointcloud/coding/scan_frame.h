// SPDX-License-Identifier: Apache-2.0
/// Native scans (.lrf): rows put in the order of their elevation and shifted so that columns look one way, then coded on the grid.
///
/// Bytes: pointcloud/FORMAT.md, "Scan frames".
#pragma once

#include "pointcloud/coding/frame.h"
#include "pointcloud/scan.h"
#include "pointcloud/sensor/scan_layout.h"

namespace dew {

/// Every range is within options.max_error_m of its decoded one (lattice, lossless: equal); all else is exact.
/// Errors: limit_exceeded where a range is too long for the coders; invalid_argument for a scan whose arrays do not fit.
Result<CodedFrame> encode_scan(const Scan& scan, const ScanLayout& layout, const FrameOptions& options);

/// Cells whose slices are missing have no return. Errors: truncated, corrupt, limits.
Result<Scan> decode_scan(ByteReader& head, const FrameInput& input);

}  // namespace dew
