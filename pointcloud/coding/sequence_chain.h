// SPDX-License-Identifier: Apache-2.0
/// What the frames decoded so far leave for the next one, kept alike by encoder and decoder.
///
///   SequenceChain chain;
///   DEW_ASSIGN(const FrameReference* reference, chain.refer(header, budget));      // nullptr: the frame stands alone
///   ... code the frame ...
///   chain.advance(header, std::move(picture));
///
/// A frame that refers to no other begins anew. After a frame without a picture nothing can refer until one that does begin anew.
#pragma once

#include <optional>

#include "entropy/limits.h"
#include "pointcloud/coding/frame_reference.h"
#include "pointcloud/coding/sequence_chunks.h"

namespace dew {

class SequenceChain {
 public:
  /// Whether the next frame may refer to the last one.
  bool can_refer() const { return last_.cells.rows > 0; }
  const FramePicture& last() const { return last_; }

  /// What a frame of that header refers to; nullptr where it stands alone or its reference is not there. Valid until the next call.
  /// Errors: out_of_memory, limit_exceeded.
  Result<const FrameReference*> refer(const SequenceFrameHeader& header, const DecodeLimits& limits);
  /// Takes what the frame left; one without rows breaks the chain. Errors: out_of_memory.
  Status advance(const SequenceFrameHeader& header, FramePicture picture, const DecodeLimits& limits);
  /// A frame is lost.
  void break_off() { *this = {}; }

 private:
  FramePicture last_;
  std::optional<Background> background_;
  DecodedPicture warped_;
  std::optional<EgoMotion> warped_by_;  ///< an encoder asks twice
  FrameReference reference_;
};

}  // namespace dew
