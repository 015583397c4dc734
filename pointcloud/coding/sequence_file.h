// SPDX-License-Identifier: Apache-2.0
/// A file of many frames as its chunks: which belong to which frame. Nothing is decoded.
#pragma once

#include <vector>

#include "entropy/container.h"
#include "pointcloud/codec.h"
#include "pointcloud/coding/sequence_chunks.h"

namespace dew {

/// Chunks of one frame; views of a ContainerReader.
struct SequenceFrameChunks {
  const Chunk* first = nullptr;      ///< nullptr: lost, and with it the frame
  SequenceFrameHeader header;        ///< meaningless without `first`
  std::vector<const Chunk*> slices;  ///< nullptr: lost
  uint64_t points = 0, returns = 0;  ///< as the frame says
};

struct SequenceFile {
  SequenceChunk chunk;
  std::vector<SequenceFrameChunks> frames;
  std::vector<std::string> names;  ///< as many as there are frames, or none
};

bool holds_sequence(const ContainerReader& container);

/// Errors: corrupt, limits; truncated where a part is missing and `salvage` is false.
Result<SequenceFile> read_sequence_file(const ContainerReader& container, bool salvage, const DecodeLimits& limits);

std::vector<FrameFacts> facts_of(const SequenceFile& file);
Result<FileInfo> inspect_sequence_file(const ContainerReader& container, uint64_t file_bytes, const DecodeLimits& limits);

/// A short check of a frame's content: part of the format.
uint64_t first_bytes(const Sha256Digest& digest);

}  // namespace dew
