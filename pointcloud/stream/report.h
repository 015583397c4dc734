// SPDX-License-Identifier: Apache-2.0
/// What sender and receiver tell one another: RTCP packets (RFC 3550) with feedback (RFC 4585, 5104), one compound packet a datagram.
///
///   const Bytes sent = write_report(SenderReport{...});
///   DEW_ASSIGN(const Report report, read_report(sent));       // report.sender is there
///
/// Bytes: pointcloud/FORMAT.md, "Streams".
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "entropy/bytes.h"

namespace dew {

struct SenderReport {
  uint32_t source = 0;     ///< SSRC
  uint64_t time_us = 0;    ///< sender's clock, since 1970
  uint32_t timestamp = 0;  ///< the same moment on the stream's RTP clock
  uint32_t datagrams = 0;  ///< of data, sent so far; modulo 2^32
  uint32_t bytes = 0;      ///< of their payloads
  bool ends = false;       ///< the stream is over (BYE)
};

struct ReceiverReport {
  uint32_t receiver = 0;  ///< SSRC of who reports
  uint32_t source = 0;    ///< of what
  uint8_t lost_256 = 0;   ///< share of the data datagrams lost since the last report, of 256, before repair
  uint32_t lost = 0;      ///< in all; 24 bits
  uint32_t highest = 0;   ///< extended sequence number
  uint32_t jitter_us = 0;
  std::vector<uint16_t> wanted;       ///< sequence numbers to be sent again (NACK)
  std::optional<uint64_t> rate_bits;  ///< the most that the receiver wants to be sent (TMMBR)
  bool wants_description = false;     ///< (PLI)
  /// Newest message held, and bit i: message `held_newest - 1 - i` is held too. What later slices may refer to.
  std::optional<uint32_t> held_newest;
  uint64_t held_before = 0;
};

struct Report {
  std::optional<SenderReport> sender;
  std::optional<ReceiverReport> receiver;
};

Bytes write_report(const SenderReport& report);
/// At most 256 wanted numbers fit; more are left out.
Bytes write_report(const ReceiverReport& report);
/// Packets of other types within the compound are skipped. Trust: hostile bytes are fine. Errors: truncated, corrupt.
Result<Report> read_report(ByteSpan datagram);

}  // namespace dew
