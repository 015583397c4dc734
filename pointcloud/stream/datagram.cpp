// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/stream/datagram.h"

#include <algorithm>

#include "entropy/checksum.h"
#include "pointcloud/stream/erasure.h"

namespace dew {
namespace {

constexpr size_t kRtpBytes = 12;
constexpr size_t kChecksumBytes = 4;
constexpr uint8_t kRtpVersion = 0x80;  ///< version 2; no padding, extension or contributing sources
constexpr uint8_t kMarker = 0x80;

// RTP is big-endian, what follows it is little-endian as all of dew.
void put_be16(ByteWriter& writer, uint16_t value) {
  writer.u8(static_cast<uint8_t>(value >> 8));
  writer.u8(static_cast<uint8_t>(value));
}
void put_be32(ByteWriter& writer, uint32_t value) {
  put_be16(writer, static_cast<uint16_t>(value >> 16));
  put_be16(writer, static_cast<uint16_t>(value));
}
uint32_t be(ByteSpan bytes, size_t at, size_t count) {
  uint32_t value = 0;
  for (size_t i = 0; i < count; ++i) value = value << 8 | static_cast<uint32_t>(bytes[at + i]);
  return value;
}

void write_rtp(const RtpHeader& rtp, ByteWriter& writer) {
  writer.u8(kRtpVersion);
  writer.u8(static_cast<uint8_t>(static_cast<uint8_t>(rtp.type) | (rtp.marker ? kMarker : 0)));
  put_be16(writer, rtp.sequence);
  put_be32(writer, rtp.timestamp);
  put_be32(writer, rtp.source);
}

Result<RtpHeader> read_rtp(ByteSpan bytes) {
  if (bytes.size() < kRtpBytes) return Error{Code::truncated, bytes.size(), "a datagram is shorter than its RTP header"};
  if (static_cast<uint8_t>(bytes[0]) != kRtpVersion) return Error{Code::corrupt, 0, "a datagram is not RTP version 2 as dew sends it"};
  RtpHeader rtp;
  const uint8_t second = static_cast<uint8_t>(bytes[1]);
  const uint8_t type = second & 0x7F;
  if (type != static_cast<uint8_t>(PayloadType::data) && type != static_cast<uint8_t>(PayloadType::parity))
    return Error{Code::corrupt, 1, "a datagram has a payload type that is none of a stream's"};
  rtp.type = static_cast<PayloadType>(type);
  rtp.marker = (second & kMarker) != 0;
  rtp.sequence = static_cast<uint16_t>(be(bytes, 2, 2));
  rtp.timestamp = be(bytes, 4, 4);
  rtp.source = be(bytes, 8, 4);
  return rtp;
}

Result<DataPart> read_data(ByteReader& reader) {
  DataPart part;
  DEW_ASSIGN(const uint8_t kind, reader.u8());
  const bool known = kind <= static_cast<uint8_t>(MessageKind::description) || kind == static_cast<uint8_t>(MessageKind::cloud_part);
  if (!known) return Error{Code::corrupt, reader.offset(), "a message of an unknown kind"};
  part.kind = static_cast<MessageKind>(kind);
  DEW_ASSIGN(part.message, reader.u32());
  DEW_ASSIGN(part.part, reader.u8());
  DEW_ASSIGN(part.parts, reader.u8());
  if (part.part >= part.parts) return Error{Code::corrupt, reader.offset(), "a part beyond the parts of its message"};
  DEW_ASSIGN(part.bytes, reader.bytes(reader.remaining()));
  return part;
}

/// Ends a datagram with a checksum of all before it: UDP's is 16 bits, and not every link keeps it.
Bytes with_checksum(ByteWriter& writer) {
  writer.u32(static_cast<uint32_t>(checksum(writer.bytes())));
  return writer.take();
}

}  // namespace

Bytes write_datagram(const RtpHeader& rtp, const DataPart& part) {
  ByteWriter writer;
  write_rtp(rtp, writer);
  writer.u8(static_cast<uint8_t>(part.kind));
  writer.u32(part.message);
  writer.u8(part.part);
  writer.u8(part.parts);
  writer.bytes(part.bytes);
  return with_checksum(writer);
}

Bytes write_datagram(const RtpHeader& rtp, const ParityPart& part) {
  ByteWriter writer;
  write_rtp(rtp, writer);
  writer.u16(part.first);
  writer.u8(part.data);
  writer.u8(part.rows);
  writer.u8(part.row);
  writer.bytes(part.bytes);
  return with_checksum(writer);
}

Result<Datagram> read_datagram(ByteSpan bytes) {
  Datagram datagram;
  DEW_ASSIGN(datagram.rtp, read_rtp(bytes));
  if (bytes.size() < kRtpBytes + kChecksumBytes) return Error{Code::truncated, bytes.size(), "a datagram ends before its checksum"};
  const size_t end = bytes.size() - kChecksumBytes;
  ByteReader stored(bytes.subspan(end), end);
  DEW_ASSIGN(const uint32_t sum, stored.u32());
  if (sum != static_cast<uint32_t>(checksum(bytes.first(end)))) return Error{Code::corrupt, end, "a datagram was damaged on its way"};
  ByteReader reader(bytes.subspan(kRtpBytes, end - kRtpBytes), kRtpBytes);
  if (datagram.rtp.type == PayloadType::data) {
    DEW_ASSIGN(datagram.part, read_data(reader));
    return datagram;
  }
  ParityPart part;
  DEW_ASSIGN(part.first, reader.u16());
  DEW_ASSIGN(part.data, reader.u8());
  DEW_ASSIGN(part.rows, reader.u8());
  DEW_ASSIGN(part.row, reader.u8());
  if (part.data == 0 || part.data > kMaxDataBlocks || part.rows > kMaxParityBlocks || part.row >= part.rows)
    return Error{Code::corrupt, reader.offset(), "a group of parity that cannot be"};
  DEW_ASSIGN(part.bytes, reader.bytes(reader.remaining()));
  datagram.part = part;
  return datagram;
}

bool is_report(ByteSpan datagram) {
  if (datagram.size() < 2) return false;
  const uint8_t type = static_cast<uint8_t>(datagram[1]);
  return type >= 192 && type <= 223;
}

Bytes parity_input(ByteSpan datagram) {
  const size_t size = datagram.size() - std::min(datagram.size(), kRtpBytes + kChecksumBytes);
  const ByteSpan protected_bytes = datagram.subspan(std::min(datagram.size(), kRtpBytes), size);
  ByteWriter writer;
  writer.u16(static_cast<uint16_t>(protected_bytes.size()));
  writer.bytes(protected_bytes);
  return writer.take();
}

Result<DataPart> read_parity_output(ByteSpan block) {
  ByteReader reader(block);
  DEW_ASSIGN(const uint16_t size, reader.u16());
  DEW_ASSIGN(const ByteSpan bytes, reader.bytes(size));
  ByteReader part(bytes);
  return read_data(part);
}

}  // namespace dew
