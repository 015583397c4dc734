// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <utility>

#include "entropy/container.h"
#include "entropy/container_layout.h"

namespace dew {

using namespace container_layout;

ContainerWriter::ContainerWriter(Kind kind) : kind_(kind) {}
ContainerWriter::ContainerWriter(Kind kind, ByteSink sink) : kind_(kind), sink_(std::move(sink)) {}

Status ContainerWriter::put(ByteSpan bytes) {
  size_bytes_ += bytes.size();
  if (sink_) return sink_(bytes);
  written_.bytes(bytes);
  return {};
}

Status ContainerWriter::put_chunk(uint64_t tag, ByteSpan payload) {
  if (!started_) {
    ByteWriter header;
    header.bytes(kMagic);
    header.u8(kVersion);
    header.u8(static_cast<uint8_t>(kind_));
    header.u16(check16(header.bytes()));
    started_ = true;
    DEW_TRY(put(header.bytes()));
  }
  ByteWriter chunk;
  chunk.varint(tag);
  chunk.varint(payload.size());
  chunk.u16(check16(chunk.bytes()));
  chunk.bytes(payload);
  chunk.u64(checksum(chunk.bytes()));
  entries_.push_back({tag, chunk.size()});
  return put(chunk.bytes());
}

Status ContainerWriter::append(uint32_t type, Need need, ByteSpan payload) {
  if (finished_) return Error{Code::invalid_argument, size_bytes_, "the container is finished; no chunk can follow"};
  if (type == 0 || type == kEndChunk || type > kLastChunkType) {
    return Error{Code::invalid_argument, size_bytes_, "chunk type " + std::to_string(type) + " can't be written by a codec"};
  }
  return put_chunk(uint64_t{type} << 1 | static_cast<uint64_t>(need), payload);
}

Status ContainerWriter::finish(const std::optional<Sha256Digest>& content_hash) {
  if (finished_) return Error{Code::invalid_argument, size_bytes_, "the container is finished already"};
  finished_ = true;
  ByteWriter payload;
  payload.u8(static_cast<uint8_t>(static_cast<unsigned>(kind_) << 1 | (content_hash ? 1u : 0u)));
  if (content_hash) {
    for (const std::byte b : *content_hash) payload.u8(std::to_integer<uint8_t>(b));
  }
  for (const Entry& entry : entries_) {
    payload.varint(entry.tag);
    payload.varint(entry.file_size);
  }
  // The end chunk's own size closes its payload, so that a reader finds the chunk from the end of the file.
  constexpr uint64_t kTag = uint64_t{kEndChunk} << 1 | kRequired;
  ByteWriter head;
  head.varint(kTag);
  head.varint(payload.size() + kEndSizeBytes);
  const uint64_t chunk_size = head.size() + kCheckBytes + payload.size() + kEndSizeBytes + kChecksumBytes;
  if (chunk_size > std::numeric_limits<uint32_t>::max()) {
    return Error{Code::limit_exceeded, size_bytes_, "the index of the file would exceed 4 GiB; write fewer chunks"};
  }
  payload.u32(static_cast<uint32_t>(chunk_size));
  return put_chunk(kTag, payload.bytes());
}

}  // namespace dew
