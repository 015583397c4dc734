// SPDX-License-Identifier: Apache-2.0
/// The chunks of a file of many frames, but for what is in a frame: the sequence's own, the first one of each frame, the names.
///
/// Bytes: pointcloud/FORMAT.md, "Sequences".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/container.h"
#include "entropy/header_table.h"
#include "entropy/limits.h"
#include "pointcloud/coding/ego_motion.h"
#include "pointcloud/sequence.h"

namespace dew {

inline constexpr uint32_t kSequenceChunk = kFirstKindChunk + 4;
inline constexpr uint32_t kSequenceFrameChunk = kFirstKindChunk + 5;
inline constexpr uint32_t kSequenceSliceChunk = kFirstKindChunk + 6;
inline constexpr uint32_t kSequenceNamesChunk = kFirstKindChunk + 7;

/// Numbers of a sequence, in the order of kSequenceNumbers. Sums are over all frames.
struct SequenceNumbers {
  uint64_t mode = 0;
  uint64_t effort = 0;
  double max_error_m = 0;
  uint64_t frames = 0;
  uint64_t points = 0;
  uint64_t returns = 0;
  uint64_t intensity_bytes = 0;
  uint64_t ring_bytes = 0;
  uint64_t time_bytes = 0;
  uint64_t other_bytes = 0;
};

inline constexpr uint64_t kMostOfSequence = uint64_t{1} << 48;
inline constexpr HeaderField<SequenceNumbers> kSequenceNumbers[] = {
    {"mode", &SequenceNumbers::mode, 0, 2, "0 lattice, 1 max error, 2 lossless"},
    {"effort", &SequenceNumbers::effort, 0, 2, "0 fast, 1 normal, 2 max"},
    {"max_error_m", &SequenceNumbers::max_error_m, 0, 1e12, "largest error of a point, metres"},
    {"frames", &SequenceNumbers::frames, 0, 0xFFFFFFFF, "frames that follow"},
    {"points", &SequenceNumbers::points, 0, kMostOfSequence, "of all frames"},
    {"returns", &SequenceNumbers::returns, 0, kMostOfSequence, "of all frames"},
    {"intensity_bytes", &SequenceNumbers::intensity_bytes, 0, kMostOfSequence, "of all chunks, for intensities"},
    {"ring_bytes", &SequenceNumbers::ring_bytes, 0, kMostOfSequence, "likewise, for laser numbers"},
    {"time_bytes", &SequenceNumbers::time_bytes, 0, kMostOfSequence, "likewise, for times"},
    {"other_bytes", &SequenceNumbers::other_bytes, 0, kMostOfSequence, "likewise, for other fields"},
};

/// Bytes that heads of frames have in common, one for each sensor. Part of the format.
inline constexpr size_t kMostTemplates = 16, kMostTemplateBytes = 65536, kMostCopies = 64;

struct SequenceChunk {
  SequenceNumbers numbers;
  std::vector<Bytes> templates;
};
Result<Bytes> write_sequence_chunk(const SequenceChunk& chunk);
Result<SequenceChunk> read_sequence_chunk(ByteSpan payload, uint64_t offset, const DecodeLimits& limits);

/// What stands before a frame's own bytes.
struct SequenceFrameHeader {
  uint64_t number = 0;
  bool refers = false;      ///< slices may refer to the frame before
  bool background = false;  ///< adds to the background, and refers to it too
  std::optional<int64_t> time_ns;
  std::optional<Pose> pose;
  std::optional<EgoMotion> motion;        ///< since the frame before, taken out of the reference
  std::optional<uint64_t> content_check;  ///< first 8 bytes of the SHA-256 of the decoded frame
};

/// `first_chunk` is a frame chunk (FORMAT.md section 4) whose bytes from `common_from` on may be like a template's.
Bytes write_sequence_frame(const SequenceFrameHeader& header, ByteSpan first_chunk, size_t common_from,
                           const std::vector<Bytes>& templates);

struct SequenceFramePayload {
  SequenceFrameHeader header;
  Bytes first_chunk;
  uint64_t shared_bytes = 0;  ///< of them, from the template
  uint64_t own_bytes = 0;     ///< of them, before the first from the template
};
/// Errors: truncated, corrupt, out_of_memory.
Result<SequenceFrameHeader> read_sequence_frame_header(ByteReader& reader);
Result<SequenceFramePayload> read_sequence_frame(ByteSpan payload, uint64_t offset, const std::vector<Bytes>& templates,
                                                 const DecodeLimits& limits);

Bytes write_sequence_names(const std::vector<std::string>& names);
/// At most `frames` names. Errors: truncated, corrupt.
Result<std::vector<std::string>> read_sequence_names(ByteSpan payload, uint64_t offset, uint64_t frames);

}  // namespace dew
