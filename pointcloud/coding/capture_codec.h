// SPDX-License-Identifier: Apache-2.0
/// A capture of sensor packets as one file of independent frames: the rest of the packets, the cells of the first returns on their grids,
/// further returns against the first.
///
///   DEW_ASSIGN(CodedCapture coded, encode_capture(capture, options));       // head, then one payload a frame
///   DEW_ASSIGN(Capture same, decode_capture(head, frames, input));
///
/// Bytes: pointcloud/FORMAT.md, "Captures".
#pragma once

#include <functional>

#include "pointcloud/coding/frame.h"
#include "pointcloud/sensor/packets_capture.h"
#include "pointcloud/sensor/scan_layout.h"

namespace dew {

struct CodedCapture {
  Bytes head;
  std::vector<Bytes> frames;
  PartSizes part_bytes{};
  uint64_t cells = 0;
  uint64_t returns = 0;
  std::vector<ScanLayout> layouts;  ///< of the first plane of each kind that has cells
};

/// Every range is within options.max_error_m (lattice, lossless: equal), everything else is exact. `known`: layouts to try before
/// searching. Errors: those of the packet coder; limit_exceeded where a range is too long for the coders.
Result<CodedCapture> encode_capture(const Capture& capture, const FrameOptions& options, const std::optional<ScanLayout>& known);

/// Frames that are missing (nothing) are left out. `slices` of the input is not used. Errors: truncated, corrupt, limits.
Result<Capture> decode_capture(const SliceView& head, const std::vector<std::optional<SliceView>>& frames, const FrameInput& input);

}  // namespace dew
