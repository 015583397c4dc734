// SPDX-License-Identifier: Apache-2.0
/// How a frame refers to the one before it: what a decoded frame leaves behind, and which of its slices look at it.
///
///   options.reference = &reference;                                             // encoder, frame.h
///   const auto picture = reference_on_grid(options.reference, azimuths, head);  // then coding.reference = &*picture
///   const uint32_t referring = take_smaller_slices(alone, frame);               // with the reference or without
///   DEW_ASSIGN(const GridCoding own, coding_of_slice(coding, slice_reader));    // decoder
///
/// Bytes: pointcloud/FORMAT.md, "Grid head" and "Slices that refer".
#pragma once

#include <optional>

#include "entropy/bytes.h"
#include "pointcloud/coding/grid_frame.h"
#include "pointcloud/coding/reference_picture.h"

namespace dew {

/// What a frame may refer to. Views.
struct FrameReference {
  const DecodedPicture* picture = nullptr;
  const Background* background = nullptr;  ///< nullptr: none
  uint32_t frame_distance = 1;             ///< frames since the picture
};

/// The decoded cells of a frame. REQUIRES: grid and azimuths have as many columns.
FramePicture frame_picture(const RangeGrid& grid, uint32_t range_step, GridAzimuths azimuths);

/// Encoder: whether slices under that head may refer: there is a reference of as many rows, and a network where ranges take one.
bool can_refer(const FrameOptions& options, const GridHead& head);

/// The reference as the grid's coders take it; nothing where the head says that no slice refers, or there is no reference.
std::optional<ReferencePicture> reference_on_grid(const FrameReference* reference, const GridAzimuths& now, const GridHead& head);
/// The same, charged to a budget. Errors: limit_exceeded, out_of_memory.
Result<std::optional<ReferencePicture>> reference_on_grid(const FrameReference* reference, const GridAzimuths& now, const GridHead& head,
                                                          Budget& budget, uint64_t offset);

/// Encoder: each slice of `frame` that is larger than the same slice coded alone is replaced by that. Returns how many still refer.
/// REQUIRES: frame.slices_refer, and `alone` is the same frame, in as many slices, without a reference.
uint32_t take_smaller_slices(const CodedFrame& alone, CodedFrame& frame);

/// Encoder: codes frames with a reference and without, and takes of each slice the smaller. A frame whose slices all gained clearly by
/// referring says the same of the next few, which are then not coded alone as well. Not thread safe.
class ReferenceChoice {
 public:
  /// `code(options)` codes the frame; `referring` is told how many of its slices refer. A frame of which none does stands alone.
  template <class Code>
  Result<CodedFrame> smaller(const FrameOptions& with_reference, Code&& code, uint32_t& referring) {
    DEW_ASSIGN(CodedFrame coded, code(with_reference));
    referring = coded.slices_refer ? static_cast<uint32_t>(coded.slices.size()) : 0;
    if (!coded.slices_refer) return coded;
    if (trusted_frames_ > 0) {
      --trusted_frames_;
      return coded;
    }
    FrameOptions without = with_reference;
    without.reference = nullptr;
    DEW_ASSIGN(CodedFrame alone, code(without));
    const bool clear = gains_clearly(alone, coded);
    referring = take_smaller_slices(alone, coded);
    if (referring == 0) return alone;
    if (clear && referring == coded.slices.size()) trusted_frames_ = kTrustedFrames;
    return coded;
  }
  /// What came before says nothing of what follows.
  void forget() { trusted_frames_ = 0; }

 private:
  static constexpr uint32_t kTrustedFrames = 7;
  static bool gains_clearly(const CodedFrame& alone, const CodedFrame& coded);
  uint32_t trusted_frames_ = 0;
};

/// The coding with the reference to look at. `picture` must outlive it. Errors: unsupported_feature where a network is needed and missing.
Result<GridCoding> with_reference(GridCoding coding, const std::optional<ReferencePicture>& picture, const IntNet* inter_network);

/// Decoder: reads whether the slice refers, where slices say so. Errors: truncated, corrupt, also where what it refers to is not there.
Result<GridCoding> coding_of_slice(const GridCoding& coding, ByteReader& slice);

/// Whether every slice is there: only then a frame may be referred to.
bool is_whole(const FrameInput& input);

/// Decoder that salvages: slices that refer to a frame that is lost are taken away.
FrameInput without_lost_references(FrameInput input, const GridCoding& coding);

}  // namespace dew
