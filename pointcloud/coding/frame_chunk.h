// SPDX-License-Identifier: Apache-2.0
/// The first chunk of every frame: what it is, what file it came from, which network it needs, and the head of its kind.
///
/// Bytes: pointcloud/FORMAT.md, "Frame chunk".
#pragma once

#include <array>
#include <optional>

#include "entropy/bytes.h"
#include "entropy/container.h"
#include "entropy/header_table.h"
#include "entropy/intnet.h"
#include "pointcloud/coding/frame.h"

namespace dew {

inline constexpr uint32_t kFrameChunk = kFirstKindChunk;
inline constexpr uint32_t kSliceChunk = kFirstKindChunk + 1;

/// Numbers of a frame, in the order of kFrameNumbers.
struct FrameNumbers {
  uint64_t kind = 0;
  uint64_t mode = 0;
  uint64_t effort = 0;
  double max_error_m = 0;  ///< the largest error that the encoder saw
  uint64_t slices = 0;
  uint64_t points = 0;
  uint64_t returns = 0;
  uint64_t width = 0;
  uint64_t height = 0;
  uint64_t intensity_bytes = 0;
  uint64_t ring_bytes = 0;
  uint64_t time_bytes = 0;
  uint64_t other_bytes = 0;
};

inline constexpr uint64_t kMaxPoints = uint64_t{1} << 40;
inline constexpr HeaderField<FrameNumbers> kFrameNumbers[] = {
    {"kind", &FrameNumbers::kind, 0, 4, "0 points, 1 laser-sorted, 2 firing order, 3 scan, 4 organised"},
    {"mode", &FrameNumbers::mode, 0, 2, "0 lattice, 1 max error, 2 lossless"},
    {"effort", &FrameNumbers::effort, 0, 2, "0 fast, 1 normal, 2 max"},
    {"max_error_m", &FrameNumbers::max_error_m, 0, 1e12, "largest error of a point, metres"},
    {"slices", &FrameNumbers::slices, 0, kMaxPoints, "slice chunks that follow"},
    {"points", &FrameNumbers::points, 0, kMaxPoints, "records of the source"},
    {"returns", &FrameNumbers::returns, 0, kMaxPoints, "points that are no no-return"},
    {"width", &FrameNumbers::width, 0, 0xFFFFFFFF, "of an organised cloud"},
    {"height", &FrameNumbers::height, 0, 0xFFFFFFFF, "of an organised cloud; 1 where not organised"},
    {"intensity_bytes", &FrameNumbers::intensity_bytes, 0, kMaxPoints, "of all chunks of the frame, for intensities"},
    {"ring_bytes", &FrameNumbers::ring_bytes, 0, kMaxPoints, "likewise, for laser numbers"},
    {"time_bytes", &FrameNumbers::time_bytes, 0, kMaxPoints, "likewise, for times"},
    {"other_bytes", &FrameNumbers::other_bytes, 0, kMaxPoints, "likewise, for other fields"},
};

struct FrameChunk {
  FrameNumbers numbers;
  CloudSource source;
  std::optional<ModelId> network;
  std::optional<ModelId> second_network;  ///< that learns beside `network`; never with inter_network
  std::optional<ModelId> inter_network;   ///< of slices that refer to an earlier frame; only beside `network`
  ByteSpan head;                          ///< of a chunk that was read: a part of its payload
  uint64_t head_offset = 0;
  uint64_t own_bytes = 0;  ///< of a chunk that was read: bytes before network and head, which tell of this frame alone
};

/// `head` is appended as it is. Errors: invalid_argument for numbers out of range.
Result<Bytes> write_frame_chunk(const FrameChunk& chunk, ByteSpan head);
/// Errors: truncated, corrupt, limits.
Result<FrameChunk> read_frame_chunk(ByteSpan payload, uint64_t offset, const DecodeLimits& limits);

}  // namespace dew
