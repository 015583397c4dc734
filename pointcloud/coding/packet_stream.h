// SPDX-License-Identifier: Apache-2.0
/// Codes what ranges and intensities leave of a packet capture: record times, headers, angles, counters, position packets, anything
/// unknown. Exactly reversible; a packet of a spinning sensor costs some bytes (of 1,248).
///
///   DEW_ASSIGN(const RestCoder rest, RestCoder::learn(capture));
///   Bytes head = rest.encode_head(), first = *rest.encode_frame(capture.frames[0]);   // each frame decodes on its own, given the head
///   DEW_ASSIGN(const RestDecoder decoder, decode_rest_head(head, limits));
///   DEW_ASSIGN(CaptureFrame frame, decoder.decode_frame(first, limits));             // planes shaped, ranges and intensities zero
///
/// Method: fields named by the packet layout are predicted from the same field of the packets before (steps that repeat, slow averages,
/// time of the packet for time of the record) and the residuals coded under mixed adaptive contexts; other bytes cost one decision for each
/// 32 of them that did not change, and are coded bit by bit under mixed contexts (position, byte there before, bytes just before) where
/// they did.
#pragma once

#include <memory>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/sensor/packets_capture.h"

namespace dew {

class PacketModel;

/// Where the bits of a coded rest go.
struct RestBits {
  double time = 0;   ///< times of records and of columns
  double other = 0;  ///< angles, headers, counters, position packets, everything else
};

/// The models after some frame, from which the next one may go on; nullptr: those after the head.
using RestState = std::shared_ptr<const PacketModel>;

/// Encoder side. Copies are cheap and share what was learned. Threads: any number may call encode_frame at once.
class RestCoder {
 public:
  /// Takes layouts, file header, trailer and the first records of each kind from `capture`, as a starting point for every frame.
  /// Errors: invalid_argument where records and kinds do not fit together.
  static Result<RestCoder> learn(const Capture& capture);

  /// What all frames share. Cost: a few hundred bytes.
  Bytes encode_head() const;
  /// Everything of the frame but ranges and intensities. Cost: about 3 us a packet.
  /// Errors: invalid_argument where the frame does not fit the capture's kinds.
  Result<Bytes> encode_frame(const CaptureFrame& frame) const;
  /// The same from `state` on, which is then that after the frame: such a frame decodes only after the one before.
  Result<Bytes> encode_frame(const CaptureFrame& frame, RestState& state) const;
  /// What encode_frame would spend, without its few bytes of lengths; for `dew info`. Cost and errors as encode_frame.
  Result<RestBits> measure_frame(const CaptureFrame& frame, const RestState& from = nullptr) const;

 private:
  RestCoder() = default;
  std::shared_ptr<const Capture> shared_;     // kinds, header, trailer; frames[0] holds the sample records
  std::shared_ptr<const PacketModel> model_;  // after the sample records
};

/// Decoder side. Threads: as RestCoder.
class RestDecoder {
 public:
  /// Format, kinds, file header and trailer of the capture; frames is empty.
  const Capture& shared() const { return *shared_; }
  /// Trust: `bytes` may be hostile. Result: the frame with azimuths and times in its planes, ranges and intensities zero.
  /// Errors: truncated, corrupt, limit_exceeded, out_of_memory.
  Result<CaptureFrame> decode_frame(ByteSpan bytes, const DecodeLimits& limits) const;
  /// From `state` on, as encode_frame.
  Result<CaptureFrame> decode_frame(ByteSpan bytes, const DecodeLimits& limits, RestState& state) const;

 private:
  friend Result<RestDecoder> decode_rest_head(ByteSpan bytes, const DecodeLimits& limits);
  RestDecoder() = default;
  std::shared_ptr<const Capture> shared_;
  std::shared_ptr<const PacketModel> model_;
};

/// Reads what encode_head wrote. Trust: `bytes` may be hostile. Errors: truncated, corrupt, limit_exceeded, out_of_memory.
Result<RestDecoder> decode_rest_head(ByteSpan bytes, const DecodeLimits& limits);

}  // namespace dew
