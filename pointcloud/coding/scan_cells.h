// SPDX-License-Identifier: Apache-2.0
/// The cells of a native scan, ranges and intensities, on the grid that a layout gives. Angles and times are the caller's business.
///
///   CodedFrame cells = *encode_scan_cells(scan, layout, options);
///   DEW_TRY(decode_scan_cells(head_reader, input, layout, shaped));    // shaped: a scan of the right size, all cells 0
///
/// Bytes: pointcloud/FORMAT.md, "Scan cells".
#pragma once

#include "pointcloud/coding/frame.h"
#include "pointcloud/scan.h"
#include "pointcloud/sensor/scan_layout.h"

namespace dew {

/// Every range is within options.max_error_m of its decoded one (lattice, lossless: equal); intensities are exact. The head is that of
/// the grid alone.
/// Errors: limit_exceeded where a range is too long for the coders; invalid_argument for a scan whose arrays do not fit the layout.
Result<CodedFrame> encode_scan_cells(const Scan& scan, const ScanLayout& layout, const FrameOptions& options);

/// Cells whose slices are missing stay 0. Errors: truncated, corrupt, limits.
Status decode_scan_cells(ByteReader& head, const FrameInput& input, const ScanLayout& layout, Scan& shaped);

/// Ticks in a coded step: the largest even number whose half is within the bound; 1 but for Mode::max_error.
uint32_t scan_range_step(uint32_t tick_um, const FrameOptions& options);
/// What a decoder makes of a coded range: a return never becomes 0 (no return), nor more than range_bytes hold.
uint32_t decoded_range(uint32_t coded, uint32_t step, uint32_t range_bytes);

}  // namespace dew
