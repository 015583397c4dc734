// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/sequence_file.h"

#include <algorithm>

#include "pointcloud/coding/frame_chunk.h"
#include "pointcloud/coding/sensor_facts.h"

namespace dew {
namespace {

/// Frames beyond those whose chunks are there that a damaged file may name: what is allocated is paid for by chunks.
constexpr uint64_t kMostMissing = 4096;

/// What a frame chunk says of itself, slices not counted yet.
Result<SequenceFrameChunks> read_first(const Chunk& chunk, const SequenceFile& file, uint64_t most_slices, const DecodeLimits& limits) {
  DEW_ASSIGN(const SequenceFramePayload payload, read_sequence_frame(chunk.payload, chunk.payload_offset, file.chunk.templates, limits));
  ByteReader reader(payload.first_chunk, chunk.payload_offset);
  DEW_ASSIGN(const FrameNumbers numbers, read_header(kFrameNumbers, reader));
  if (numbers.slices > most_slices) return Error{Code::corrupt, chunk.file_offset, "a frame names more slices than the file can hold"};
  SequenceFrameChunks frame;
  frame.first = &chunk;
  frame.header = payload.header;
  frame.slices.resize(numbers.slices);
  frame.points = numbers.points;
  frame.returns = numbers.returns;
  return frame;
}

Status check_whole(const SequenceFile& file, uint64_t offset) {
  for (size_t i = 0; i < file.frames.size(); ++i) {
    const SequenceFrameChunks& frame = file.frames[i];
    const bool whole = frame.first != nullptr && std::find(frame.slices.begin(), frame.slices.end(), nullptr) == frame.slices.end();
    if (!whole) return Error{Code::truncated, offset, "a part of frame " + std::to_string(i) + " is missing; salvage gives what is there"};
  }
  return {};
}

}  // namespace

bool holds_sequence(const ContainerReader& container) {
  return container.kind() == Kind::capture && (container.find(kSequenceChunk) != nullptr || container.find(kSequenceFrameChunk) != nullptr);
}

Result<SequenceFile> read_sequence_file(const ContainerReader& container, bool salvage, const DecodeLimits& limits) {
  if (container.kind() != Kind::capture) return Error{Code::invalid_argument, 0, "the file holds no sequence of frames"};
  DEW_TRY(container.refuse_unknown({kSequenceChunk, kSequenceFrameChunk, kSequenceSliceChunk, kSequenceNamesChunk}));
  const Chunk* head = container.find(kSequenceChunk);
  if (head == nullptr) return Error{Code::corrupt, 0, "the file holds no sequence of frames, or its first chunk is lost"};
  SequenceFile file;
  DEW_ASSIGN(file.chunk, read_sequence_chunk(head->payload, head->payload_offset, limits));
  const uint64_t most = container.chunks().size() + kMostMissing;
  if (file.chunk.numbers.frames > most)
    return Error{Code::corrupt, head->file_offset, "the sequence names more frames than the file can hold"};
  file.frames.resize(file.chunk.numbers.frames);
  // Slices belong to the frame chunk before them; their places tell which, also behind damage.
  SequenceFrameChunks* frame = nullptr;
  uint64_t next = 0;
  for (const Chunk& chunk : container.chunks()) {
    if (chunk.type == kSequenceFrameChunk) {
      Result<SequenceFrameChunks> read = read_first(chunk, file, most, limits);
      frame = nullptr;
      next = 0;
      if (!read.ok() && !salvage) return read.error();
      if (!read.ok()) continue;
      const uint64_t number = read->header.number;
      if (number >= file.frames.size() || file.frames[number].first != nullptr)
        return Error{Code::corrupt, chunk.file_offset, "a frame has a number that the sequence does not have, or twice"};
      file.frames[number] = *std::move(read);
      frame = &file.frames[number];
    } else if (chunk.type == kSequenceSliceChunk && frame != nullptr) {
      const uint64_t index = chunk.ordinal && frame->first->ordinal ? *chunk.ordinal - *frame->first->ordinal - 1 : next;
      next = index + 1;
      if (index < frame->slices.size()) {
        frame->slices[index] = &chunk;
      } else if (!salvage) {
        return Error{Code::corrupt, chunk.file_offset, "more slices than the frame names"};
      }
    }
  }
  if (!salvage) DEW_TRY(check_whole(file, head->file_offset));
  if (const Chunk* names = container.find(kSequenceNamesChunk)) {
    DEW_ASSIGN(file.names, read_sequence_names(names->payload, names->payload_offset, file.frames.size()));
  }
  file.names.resize(file.frames.size());
  return file;
}

std::vector<FrameFacts> facts_of(const SequenceFile& file) {
  std::vector<FrameFacts> all;
  for (size_t i = 0; i < file.frames.size(); ++i) {
    const SequenceFrameChunks& frame = file.frames[i];
    FrameFacts facts;
    facts.name = file.names[i];
    if (frame.first != nullptr) {
      facts.bytes = frame.first->file_size;
      facts.points = frame.points;
      facts.returns = frame.returns;
      facts.slices = static_cast<uint32_t>(frame.slices.size());
      facts.time_ns = frame.header.time_ns;
      facts.has_pose = frame.header.pose.has_value();
      facts.intra = !frame.header.refers;
      for (const Chunk* slice : frame.slices) {
        if (slice == nullptr) continue;
        facts.bytes += slice->file_size;
        if (frame.header.refers && !slice->payload.empty() && slice->payload[0] != std::byte{0}) ++facts.slices_that_refer;
      }
    }
    all.push_back(std::move(facts));
  }
  return all;
}

Result<FileInfo> inspect_sequence_file(const ContainerReader& container, uint64_t file_bytes, const DecodeLimits& limits) {
  DEW_ASSIGN(const SequenceFile file, read_sequence_file(container, true, limits));
  const SequenceNumbers& numbers = file.chunk.numbers;
  FileInfo info;
  info.kind = "sequence";
  info.frames = numbers.frames;
  info.points = numbers.points;
  info.returns = numbers.returns;
  info.bytes = file_bytes;
  info.mode = static_cast<Mode>(numbers.mode);
  info.effort = static_cast<Effort>(numbers.effort);
  info.max_error_m = numbers.max_error_m;
  info.frame_facts = facts_of(file);
  for (const FrameFacts& frame : info.frame_facts) info.slices += frame.slices;
  const uint64_t named = numbers.intensity_bytes + numbers.ring_bytes + numbers.time_bytes + numbers.other_bytes;
  info.parts = {{"geometry", file_bytes > named ? file_bytes - named : 0},
                {"intensity", numbers.intensity_bytes},
                {"ring", numbers.ring_bytes},
                {"time", numbers.time_bytes},
                {"other", numbers.other_bytes}};
  for (const SequenceFrameChunks& frame : file.frames) {
    if (frame.first == nullptr) continue;
    DEW_ASSIGN(const SequenceFramePayload payload,
               read_sequence_frame(frame.first->payload, frame.first->payload_offset, file.chunk.templates, limits));
    DEW_ASSIGN(const FrameChunk first, read_frame_chunk(payload.first_chunk, frame.first->payload_offset, limits));
    info.sensor = sensor_facts(static_cast<FrameKind>(first.numbers.kind), ByteReader(first.head, first.head_offset));
    if (first.network) info.models.push_back(to_hex(*first.network));
    break;
  }
  return info;
}

uint64_t first_bytes(const Sha256Digest& digest) {
  uint64_t value = 0;
  std::copy_n(digest.begin(), sizeof value, reinterpret_cast<std::byte*>(&value));
  return value;
}

}  // namespace dew
