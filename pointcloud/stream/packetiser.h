// SPDX-License-Identifier: Apache-2.0
/// Messages in, datagrams out: cut to size, numbered, followed by parity group by group.
///
///   Packetiser packetiser({.source = 0x1234, .overhead = 0.5});
///   for (Bytes& datagram : packetiser.add(MessageKind::slice, message, timestamp)) send(datagram);
///   for (Bytes& datagram : packetiser.end_group(timestamp)) send(datagram);      // the parity of what was sent since the last one
///   if (const Bytes* again = packetiser.sent(sequence)) send(*again);            // for those who ask
///
/// A group ends by itself once it has `group_datagrams` of data and the message is whole.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "pointcloud/stream/datagram.h"

namespace dew {

struct PacketiserOptions {
  uint32_t source = 0;                           ///< SSRC of the data; parity has the next one
  uint32_t datagram_bytes = kMostDatagramBytes;  ///< the most; 200 at least
  uint32_t group_datagrams = 16;                 ///< data datagrams in a group, at least; 1 to 128
  double overhead = 0;                           ///< bytes of parity on the wire for each of data, 0 to 1
};

class Packetiser {
 public:
  explicit Packetiser(const PacketiserOptions& options) : options_(options) {}

  /// Errors: limit_exceeded for a message that would need more than 255 datagrams.
  Result<std::vector<Bytes>> add(MessageKind kind, ByteSpan message, uint32_t timestamp);
  /// Parity of the open group; nothing where it is empty or has none to get.
  std::vector<Bytes> end_group(uint32_t timestamp);
  uint32_t open_group_datagrams() const { return static_cast<uint32_t>(group_.size()); }

  /// A data datagram sent lately; null if it is too long ago or was never sent.
  const Bytes* sent(uint16_t sequence) const;

  void set_overhead(double overhead) { options_.overhead = overhead; }
  void set_datagram_bytes(uint32_t bytes) { options_.datagram_bytes = bytes; }
  uint32_t next_message() const { return next_message_; }
  uint16_t next_sequence() const { return next_sequence_; }

 private:
  static constexpr size_t kKept = 2048;

  PacketiserOptions options_;
  double usual_bytes_ = kMostDatagramBytes;  ///< of a part of a message, followed
  double fine_bytes_ = kMostDatagramBytes;   ///< what a part should have at most
  uint32_t next_message_ = 0;
  uint16_t next_sequence_ = 0;
  uint16_t next_parity_sequence_ = 0;
  std::vector<Bytes> group_;  ///< what parity protects of its data datagrams
  std::deque<Bytes> kept_;    ///< the newest last, with sequence next_sequence_ - 1
};

}  // namespace dew
