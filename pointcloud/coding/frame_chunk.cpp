// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/frame_chunk.h"

#include <algorithm>

#include "pointcloud/coding/header_words.h"

namespace dew {
namespace {

/// Beside 1, one network.
constexpr uint8_t kSecondNetwork = 4;

constexpr uint64_t kMaxOffsets = 256;

HeaderCounts counts_of(const FrameNumbers& numbers) { return {numbers.points, numbers.width, numbers.height}; }

void write_source(const CloudSource& source, const FrameNumbers& numbers, ByteWriter& writer) {
  writer.u8(static_cast<uint8_t>(source.format));
  if (source.format == CloudFormat::none) return;
  writer.varint(source.record_bytes);
  writer.varint(source.field_offsets.size());
  int64_t last = 0;
  for (const uint32_t offset : source.field_offsets) {
    writer.signed_varint(int64_t{offset} - last);
    last = offset;
  }
  write_source_text(source.header, counts_of(numbers), writer);
  write_source_text(source.trailer, counts_of(numbers), writer);
}

Result<CloudSource> read_source(ByteReader& reader, const FrameNumbers& numbers, Budget& budget) {
  CloudSource source;
  DEW_ASSIGN(const uint8_t format, reader.u8());
  if (format > static_cast<uint8_t>(CloudFormat::las)) return Error{Code::corrupt, reader.offset(), "unknown source format"};
  source.format = static_cast<CloudFormat>(format);
  if (source.format == CloudFormat::none) return source;
  DEW_ASSIGN(const uint64_t record_bytes, reader.varint());
  DEW_ASSIGN(const uint64_t offsets, reader.varint());
  if (record_bytes > (1u << 24) || offsets > kMaxOffsets) return Error{Code::corrupt, reader.offset(), "a source record is out of range"};
  source.record_bytes = static_cast<uint32_t>(record_bytes);
  int64_t last = 0;
  for (uint64_t i = 0; i < offsets; ++i) {
    DEW_ASSIGN(const int64_t step, reader.signed_varint());
    if (step < -(1 << 24) || step > (1 << 24)) return Error{Code::corrupt, reader.offset(), "a field lies outside its record"};
    last += step;
    if (last < 0 || last > static_cast<int64_t>(record_bytes))
      return Error{Code::corrupt, reader.offset(), "a field lies outside its record"};
    source.field_offsets.push_back(static_cast<uint32_t>(last));
  }
  DEW_ASSIGN(source.header, read_source_text(reader, counts_of(numbers), budget));
  DEW_ASSIGN(source.trailer, read_source_text(reader, counts_of(numbers), budget));
  return source;
}

}  // namespace

Result<Bytes> write_frame_chunk(const FrameChunk& chunk, ByteSpan head) {
  ByteWriter writer;
  DEW_TRY(write_header(kFrameNumbers, chunk.numbers, writer));
  write_source(chunk.source, chunk.numbers, writer);
  writer.u8(static_cast<uint8_t>((chunk.inter_network ? 2 : chunk.network ? 1 : 0) | (chunk.second_network ? kSecondNetwork : 0)));
  if (chunk.network) writer.bytes(*chunk.network);
  if (chunk.second_network) writer.bytes(*chunk.second_network);
  if (chunk.inter_network) writer.bytes(*chunk.inter_network);
  writer.bytes(head);
  return writer.take();
}

Result<FrameChunk> read_frame_chunk(ByteSpan payload, uint64_t offset, const DecodeLimits& limits) {
  Budget budget(limits);
  ByteReader reader(payload, offset);
  FrameChunk chunk;
  DEW_ASSIGN(chunk.numbers, read_header(kFrameNumbers, reader));
  DEW_ASSIGN(chunk.source, read_source(reader, chunk.numbers, budget));
  chunk.own_bytes = reader.position();
  DEW_ASSIGN(const uint8_t flags, reader.u8());
  if (flags > 2 && flags != (kSecondNetwork | 1)) return Error{Code::corrupt, reader.offset(), "unknown flag of a frame"};
  for (uint8_t i = 0; i < (flags == 0 || flags == 1 ? flags : 2); ++i) {
    ModelId id;
    DEW_ASSIGN(const ByteSpan bytes, reader.bytes(id.size()));
    std::copy(bytes.begin(), bytes.end(), id.begin());
    (i == 0 ? chunk.network : flags == 2 ? chunk.inter_network : chunk.second_network) = id;
  }
  chunk.head_offset = reader.offset();
  DEW_ASSIGN(chunk.head, reader.bytes(reader.remaining()));
  return chunk;
}

}  // namespace dew
