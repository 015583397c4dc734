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
/// searching. `intra_every`: frames that need no other, at least so often; 1: all, and frames do not say so. Errors: those of the packet
/// coder; limit_exceeded where a range is too long for the coders.
Result<CodedCapture> encode_capture(const Capture& capture, const FrameOptions& options, const std::optional<ScanLayout>& known,
                                    uint32_t intra_every);

/// Whether a frame of a capture whose frames may refer does so. Of an empty payload: no.
bool capture_frame_refers(const SliceView& frame);

/// Frames that are missing (nothing), or refer to one that is, are left out, as are those before `first_kept`, which others may need.
/// `may_refer`: frames say whether they do. `slices` of the input
/// is not used; `bits` is that of the last frame, and asks for one group of frames alone. Errors: truncated, corrupt, limits.
Result<Capture> decode_capture(const SliceView& head, const std::vector<std::optional<SliceView>>& frames, bool may_refer,
                               const FrameInput& input, size_t first_kept = 0);

}  // namespace dew
