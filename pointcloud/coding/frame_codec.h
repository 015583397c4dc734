// SPDX-License-Identifier: Apache-2.0
/// One frame between its content and its coded parts, whatever kind it is: recognise, code, describe, decode, compare.
///
///   const Recognised found = recognise(content, known);
///   DEW_ASSIGN(CodedFrame frame, code_frame(content, found, options));
///   DEW_ASSIGN(Content same, decode_frame(chunk, input, false));
///
/// Called by pointcloud/codec.cpp (files of one frame) and pointcloud/sequence.cpp (files of many).
#pragma once

#include <optional>

#include "pointcloud/codec.h"
#include "pointcloud/coding/frame_chunk.h"
#include "pointcloud/coding/kept_sensor.h"
#include "pointcloud/sensor/laser_sorted.h"

namespace dew {

/// What recognition found, if anything; at most one of the sweeps.
struct Recognised {
  std::optional<LaserSortedSweep> laser_sorted;
  std::optional<FiringOrderSweep> firing_order;
  std::optional<OrganisedSweep> organised;
  std::optional<ScanLayout> layout;
};

/// Looks for what is known first. Encoders only.
Recognised recognise(const Content& content, const KeptSensor& known);
/// What of it, and of what was found while the frame was coded, other frames of the sensor have too.
KeptSensor sensor_of(const Recognised& found, const CodedFrame& frame);

/// A model that does not fit the coders is no reason to fail: points can always be coded.
Result<CodedFrame> code_frame(const Content& content, const Recognised& found, const FrameOptions& options);
uint64_t bytes_of_slices(const CodedFrame& frame);
/// The first chunk, all but the measured error. `network`: nullptr where none is used.
FrameChunk frame_chunk(const Content& content, const CodedFrame& frame, const EncodeOptions& options, const IntNet* network);
/// The frame back. `partial`: slices may be missing.
Result<Content> decode_frame(const FrameChunk& chunk, const FrameInput& input, bool partial);

/// The decoded file against what went in. Error internal: a mistake of ours, and no file is given out.
Result<double> verified_error(const Content& original, const Content& decoded, const EncodeOptions& options);
/// What the options say, or one for each 32,768 points (262,144 at effort max), 8 at most: models learn anew in every slice.
uint32_t slice_count(const Content& content, const EncodeOptions& options);
/// Whether a memo (slice_memo.h) of the frame is small enough to keep, some 100 bytes a return, until the frame has been checked.
bool worth_a_memo(const Content& content);
/// Coders trust the sizes that a content claims.
Status check_content(const Content& content);
Status check_options(const EncodeOptions& options);

}  // namespace dew
