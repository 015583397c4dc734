// SPDX-License-Identifier: Apache-2.0
/// Returns of consecutive frames as an inter network sees them: each frame but the first beside the one before and the background.
///
///   std::vector<SequenceFrame> frames = sequence_of(scans);
///   RangeSamples samples(kInterInputs, kInterCentres);
///   append_sequence(samples, frames, {.name = "hdl32e", .range_step = 8, .weight = 0.35}, {});
///
/// Pictures, background and features are the codec's own.
#pragma once

#include <vector>

#include "apps/train/range_samples.h"
#include "pointcloud/coding/reference_picture.h"
#include "pointcloud/scan.h"

namespace dew::train {

/// A frame at native ticks on its grid.
struct SequenceFrame {
  RangeGrid grid;
  GridAzimuths azimuths;
};

/// Scans of one sensor, all on the first one's layout. Scans of another number of lasers or unit end the sequence.
std::vector<SequenceFrame> sequence_of(const std::vector<Scan>& scans);

/// Every so many rows and firing columns, as another sensor would see the same place; `mirrored`: one that turns the other way.
SequenceFrame thinned(const SequenceFrame& frame, uint32_t row_step, uint32_t column_step, bool mirrored);

/// The frame with ranges in steps of so many ticks.
RangeGrid coarse(const SequenceFrame& frame, uint32_t range_step);
/// What a decoder has of a frame that was coded at that step.
DecodedPicture decoded(const SequenceFrame& frame, uint32_t range_step);

/// `before` as it is seen from `now`, as an encoder would move it; itself where no motion is found.
DecodedPicture moved(const SequenceFrame& before, const SequenceFrame& now, uint32_t range_step);

struct SequenceOptions {
  uint32_t frame_distance = 1;  ///< the reference is so many frames back, which are then all that was decoded
  uint32_t one_in = 1;          ///< only every so many returns, of all alike
  bool background = true;
  /// Off: inputs and centres that stand on errors of the reference in the cells coded before say nothing, to see what they are worth.
  bool errors = true;
  bool motion = false;  ///< the reference is moved by the motion that is found, and there is no background
};

/// Appends returns of all frames that have a reference as one group. Bins of the background: twice the columns of the first frame.
void append_sequence(RangeSamples& samples, const std::vector<SequenceFrame>& frames, SampleGroup group, const SequenceOptions& options);

}  // namespace dew::train
