// SPDX-License-Identifier: Apache-2.0
/// How a frame refers to the one before it: what a decoded frame leaves behind, and which of its slices look at it.
///
///   options.reference = &reference;                                             // encoder, frame.h
///   const ReferenceOnGrid reference = reference_on_grid(options.reference, azimuths, head, options.memo);
///   DEW_ASSIGN(coding, with_reference(coding, reference, options.inter_network));
///   const uint32_t referring = take_smaller_parts(alone, frame).any;               // with the reference or without
///   DEW_ASSIGN(const GridCoding own, coding_of_slice(coding, slice_reader));    // decoder
///
/// Bytes: pointcloud/FORMAT.md, "Grid head" and "Slices that refer".
#pragma once

#include <memory>
#include <optional>

#include "entropy/bytes.h"
#include "pointcloud/coding/grid_frame.h"
#include "pointcloud/coding/reference_picture.h"
#include "pointcloud/coding/slice_memo.h"

namespace dew {

/// What a frame may refer to. Views.
struct FrameReference {
  const DecodedPicture* picture = nullptr;
  const Background* background = nullptr;  ///< nullptr: none
  uint32_t frame_distance = 1;             ///< frames since the picture
  bool ranges = true, intensities = true;  ///< encoder: what looks at it
};

/// What a slice says of itself, where it may refer.
enum PartsThatRefer : uint8_t { kNothingRefers = 0, kAllRefers = 1, kRangesRefer = 2, kIntensitiesRefer = 3 };
/// Of the slices under a coding.
uint8_t parts_that_refer(const GridCoding& coding);

/// The decoded cells of a frame. REQUIRES: grid and azimuths have as many columns.
FramePicture frame_picture(const RangeGrid& grid, uint32_t range_step, GridAzimuths azimuths);

/// Encoder: whether slices under that head may refer: there is a reference of as many rows, and a network where ranges take one.
bool can_refer(const FrameOptions& options, const GridHead& head);

/// The reference as the grid's coders take it, and what looks at it. No picture: nothing refers.
struct ReferenceOnGrid {
  std::shared_ptr<const ReferencePicture> picture;
  bool ranges = true, intensities = true;
};
/// No picture where the head says that no slice refers, or there is no reference. `memo`: where there is one, the picture is shared.
ReferenceOnGrid reference_on_grid(const FrameReference* reference, const GridAzimuths& now, const GridHead& head, FrameMemo* memo);
/// Decoder: the same, charged to a budget. Errors: limit_exceeded, out_of_memory.
Result<ReferenceOnGrid> reference_on_grid(const FrameInput& input, const GridAzimuths& now, const GridHead& head, Budget& budget,
                                          uint64_t offset);

/// Of how many slices what still refers.
struct ReferringSlices {
  uint32_t any = 0, ranges = 0, rest = 0;
};
/// Encoder: what is larger in a slice of `frame` than in the same slice coded alone is replaced by that: ranges, and all that follows
/// them. REQUIRES: frame.slices_refer, and `alone` is the same frame, in as many slices, without a reference.
ReferringSlices take_smaller_parts(const CodedFrame& alone, CodedFrame& frame);

/// Encoder: codes frames with a reference and without, and takes the smaller of each part of each slice. A frame whose slices all agreed
/// clearly on what should refer says the same of the next few, which are then coded once; so is one that is clearly smaller than the last
/// frame that was coded alone. Not thread safe.
class ReferenceChoice {
 public:
  /// `code(options)` codes the frame; `referring` is told how many of its slices refer. A frame of which none does stands alone.
  template <class Code>
  Result<CodedFrame> smaller(const FrameOptions& with_reference, Code&& code, uint32_t& referring) {
    const bool trusted = trusted_frames_ > 0;
    FrameOptions options = with_reference;
    FrameReference reference = with_reference.reference != nullptr ? *with_reference.reference : FrameReference{};
    if (trusted) {
      --trusted_frames_;
      reference.intensities = intensities_;
      options.reference = &reference;
    }
    DEW_ASSIGN(CodedFrame coded, code(options));
    referring = coded.slices_refer ? static_cast<uint32_t>(coded.slices.size()) : 0;
    if (!coded.slices_refer) saw_alone(coded);
    if (!coded.slices_refer || trusted) return coded;
    if (is_clearly_smaller(coded)) {
      trusted_frames_ = kTrustedFrames;
      intensities_ = true;
      return coded;
    }
    options.reference = nullptr;
    DEW_ASSIGN(CodedFrame alone, code(options));
    saw_alone(alone);
    const double gained = ranges_gained(alone, coded);
    const ReferringSlices still = take_smaller_parts(alone, coded);
    referring = still.any;
    if (referring == 0) return alone;
    if (gained > kClear && still.ranges == coded.slices.size() && (still.rest == 0 || still.rest == coded.slices.size())) {
      trusted_frames_ = kTrustedFrames;
      intensities_ = still.rest > 0;
    }
    return coded;
  }
  /// A frame without a reference: about what the next ones would take so.
  void saw_alone(const CodedFrame& frame) {
    alone_parts_ = frame.part_bytes;
    alone_returns_ = frame.returns;
  }
  /// What came before says nothing of what follows.
  void forget() { trusted_frames_ = 0; }

 private:
  static constexpr uint32_t kTrustedFrames = 7;
  static constexpr double kClear = 0.02;
  /// Share of the bytes of geometry that referring saves.
  static double ranges_gained(const CodedFrame& alone, const CodedFrame& coded);
  /// Whether geometry and intensities are both well below those of the last frame that was coded alone, by returns.
  bool is_clearly_smaller(const CodedFrame& coded) const;
  uint32_t trusted_frames_ = 0;
  PartSizes alone_parts_{};
  uint64_t alone_returns_ = 0;
  bool intensities_ = true;  ///< whether those of trusted frames refer
};

/// The coding with the reference to look at, which must outlive it. Errors: unsupported_feature where a network is needed and missing.
Result<GridCoding> with_reference(GridCoding coding, const ReferenceOnGrid& reference, const IntNet* inter_network);

/// Decoder: reads whether the slice refers, where slices say so. Errors: truncated, corrupt, also where what it refers to is not there.
Result<GridCoding> coding_of_slice(const GridCoding& coding, ByteReader& slice);

/// Whether every slice is there: only then a frame may be referred to.
bool is_whole(const FrameInput& input);

/// Decoder that salvages: slices that refer to a frame that is lost are taken away.
FrameInput without_lost_references(FrameInput input, const GridCoding& coding);

}  // namespace dew
