// SPDX-License-Identifier: Apache-2.0
/// Classic pcap files: the file header, the records, and where in a record the UDP payload lies. Bytes are never changed or dropped.
///
///   DEW_ASSIGN(const PcapFile file, read_pcap(bytes, {}));
///   for (const PcapRecord& record : file.records) {
///     if (auto udp = locate_udp(file.format, record.captured)) use(record.captured.subspan(udp->payload_offset, udp->payload_bytes));
///   }
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"

namespace dew {

/// Bytes of the file header, and of the header before each record. Part of the pcap format.
inline constexpr size_t kPcapFileHeaderBytes = 24;
inline constexpr size_t kPcapRecordHeaderBytes = 16;

/// What the file header says and the records depend on.
struct PcapFormat {
  bool big_endian = false;
  bool nanoseconds = false;  ///< unit of the fraction of a record's time: 1 ns, else 1 us
  uint32_t link_type = 1;    ///< 1 Ethernet, 0 loopback, 101 IP, 113 Linux "cooked"; others are kept, not looked into
  bool operator==(const PcapFormat&) const = default;
};

/// One record. `captured` points into the bytes given to read_pcap.
struct PcapRecord {
  uint32_t seconds = 0;
  uint32_t fraction = 0;        ///< us or ns, as PcapFormat says; may be out of range in odd files and is kept
  uint32_t original_bytes = 0;  ///< length on the wire
  uint64_t offset = 0;          ///< of the record header in the file
  ByteSpan captured;
};

/// A whole file: 24 header bytes, the records one after the other, then `trailer`.
struct PcapFile {
  PcapFormat format;
  ByteSpan header;
  std::vector<PcapRecord> records;
  ByteSpan trailer;  ///< what follows the last whole record: empty, or a record cut short
};

/// The format that the first 24 bytes of a file state.
/// Errors: truncated (fewer than 24 bytes), corrupt (no pcap magic), unsupported_feature (pcapng).
Result<PcapFormat> read_pcap_format(ByteSpan header);

/// True if `bytes` begins as a classic pcap file does.
bool is_pcap(ByteSpan bytes);

/// Splits a file into records. The spans point into `bytes`, which must outlive the result.
/// A last record cut short is no error: it is the trailer. Memory: 48 bytes a record, taken from `limits`.
/// Errors: those of read_pcap_format, limit_exceeded, out_of_memory.   Cost: one pass over the record headers.
Result<PcapFile> read_pcap(ByteSpan bytes, const DecodeLimits& limits);

/// Appends a record header and its captured bytes.
void write_pcap_record(const PcapFormat& format, const PcapRecord& record, ByteWriter& writer);

/// Where the headers of an unfragmented IPv4 UDP packet lie in a record; offsets count from the record's first captured byte.
struct UdpPlace {
  uint32_t ipv4_offset = 0;
  uint32_t ipv4_header_bytes = 20;
  uint32_t udp_offset = 0;
  uint32_t payload_offset = 0;
  uint32_t payload_bytes = 0;  ///< as the UDP header says; all of them are captured
};

/// Looks through Ethernet (with up to two VLAN tags), loopback, raw IP or cooked headers. Nothing for IPv6, fragments, other protocols and
/// records cut short.
std::optional<UdpPlace> locate_udp(const PcapFormat& format, ByteSpan captured);

/// Checksum of the IPv4 header at `offset` (its own checksum bytes taken as zero), as it is stored, most significant byte first.
uint16_t ipv4_header_checksum(ByteSpan captured, size_t offset, size_t header_bytes);
/// UDP checksum over IPv4 of captured[udp_offset, end) with the addresses of the IPv4 header at `ipv4_offset`. RFC 768: 0 is sent as
/// 0xffff.
uint16_t udp_checksum(ByteSpan captured, size_t ipv4_offset, size_t udp_offset, size_t end);

}  // namespace dew
