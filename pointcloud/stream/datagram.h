// SPDX-License-Identifier: Apache-2.0
/// Datagrams of a stream: an RTP header (RFC 3550), a short header of our own, and a part of a message or a block of parity.
///
///   const Bytes datagram = write_datagram(rtp, DataPart{.message = 7, .part = 0, .parts = 1, .bytes = message});
///   DEW_ASSIGN(const Datagram same, read_datagram(datagram));
///
/// A message is a coded slice or a description of the sensor; most fit one datagram each. Bytes: pointcloud/FORMAT.md, "Streams".
#pragma once

#include <cstdint>
#include <variant>

#include "entropy/bytes.h"

namespace dew {

/// The most bytes of a datagram, and what IPv4 and UDP add to it.
inline constexpr size_t kMostDatagramBytes = 1200;
inline constexpr size_t kIpUdpBytes = 28;

/// Sent; never renumber. RTP's dynamic payload types.
enum class PayloadType : uint8_t { data = 96, parity = 97 };
/// Sent; never renumber.
enum class MessageKind : uint8_t {
  slice = 0,
  description = 1,
  end = 2,         ///< by way of a broker only; no bytes
  cloud_part = 3,  ///< of a frame of points (cloud_parts.h)
};

/// What of the RTP header varies. The clock of `timestamp` ticks in microseconds.
struct RtpHeader {
  PayloadType type = PayloadType::data;
  bool marker = false;  ///< the last datagram of a message
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
  uint32_t source = 0;  ///< SSRC
};

struct DataPart {
  MessageKind kind = MessageKind::slice;
  uint32_t message = 0;  ///< messages are numbered from 0 as they are sent
  uint8_t part = 0;
  uint8_t parts = 1;
  ByteSpan bytes;
};

/// Parity over the data datagrams with sequence numbers first, first + 1, ..., first + data - 1.
struct ParityPart {
  uint16_t first = 0;
  uint8_t data = 0;
  uint8_t rows = 0;  ///< blocks of parity in the group
  uint8_t row = 0;
  ByteSpan bytes;
};

struct Datagram {
  RtpHeader rtp;
  std::variant<DataPart, ParityPart> part;
};

/// Bytes around the part of a message, or the block of parity: RTP header, own header, checksum.
inline constexpr size_t kDataHeaderBytes = 12 + 7 + 4;
inline constexpr size_t kParityHeaderBytes = 12 + 5 + 4;

Bytes write_datagram(const RtpHeader& rtp, const DataPart& part);
Bytes write_datagram(const RtpHeader& rtp, const ParityPart& part);

/// The spans point into `bytes`. Trust: hostile bytes are fine. Errors: truncated, corrupt.
Result<Datagram> read_datagram(ByteSpan bytes);

/// Whether it is a report (RTCP, told apart as RFC 5761 says) and not data.
bool is_report(ByteSpan datagram);

/// What parity protects of a data datagram: its length and all bytes between RTP header and checksum; and the part again. The block may be
/// followed by zeros. Errors: corrupt.
Bytes parity_input(ByteSpan datagram);
Result<DataPart> read_parity_output(ByteSpan block);

}  // namespace dew
