// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/io/pcap.h"

#include <algorithm>
#include <string>

namespace dew {
namespace {

constexpr uint32_t kMagicMicroseconds = 0xa1b2c3d4;
constexpr uint32_t kMagicNanoseconds = 0xa1b23c4d;
constexpr uint32_t kMagicPcapng = 0x0a0d0d0a;  // the same in both byte orders

constexpr uint32_t kLinkLoopback = 0;
constexpr uint32_t kLinkEthernet = 1;
constexpr uint32_t kLinkRawIp = 101;
constexpr uint32_t kLinkCooked = 113;

uint32_t byte_at(ByteSpan bytes, size_t offset) { return std::to_integer<uint32_t>(bytes[offset]); }
uint32_t big16(ByteSpan bytes, size_t offset) { return byte_at(bytes, offset) << 8 | byte_at(bytes, offset + 1); }

uint32_t word(ByteSpan bytes, size_t offset, bool big_endian) {
  const uint32_t high_first = big16(bytes, offset) << 16 | big16(bytes, offset + 2);
  return big_endian ? high_first : __builtin_bswap32(high_first);
}

/// Offset of the network header, or nothing where the link header announces no IPv4.
std::optional<size_t> network_offset(const PcapFormat& format, ByteSpan captured) {
  constexpr uint32_t kEtherIpv4 = 0x0800;
  size_t type_offset = 0;
  switch (format.link_type) {
    case kLinkRawIp: return 0;
    case kLinkLoopback: return captured.size() >= 4 ? std::optional<size_t>(4) : std::nullopt;
    case kLinkEthernet: type_offset = 12; break;
    case kLinkCooked: type_offset = 14; break;
    default: return std::nullopt;
  }
  for (int tags = 0; tags <= 2; ++tags, type_offset += 4) {
    if (captured.size() < type_offset + 2) return std::nullopt;
    const uint32_t type = big16(captured, type_offset);
    if (type == kEtherIpv4) return type_offset + 2;
    const bool vlan_tag = type == 0x8100 || type == 0x88a8;
    if (!vlan_tag) return std::nullopt;
  }
  return std::nullopt;
}

uint32_t sum_of_words(ByteSpan bytes, uint32_t sum) {
  size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) {
    sum += big16(bytes, i);
    if (sum >= 0x80000000u) sum = (sum & 0xffff) + (sum >> 16);
  }
  if (i < bytes.size()) sum += byte_at(bytes, i) << 8;
  return (sum & 0xffff) + (sum >> 16);
}

uint16_t fold(uint32_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

}  // namespace

bool is_pcap(ByteSpan bytes) { return bytes.size() >= kPcapFileHeaderBytes && read_pcap_format(bytes).ok(); }

Result<PcapFormat> read_pcap_format(ByteSpan header) {
  if (header.size() < kPcapFileHeaderBytes) {
    return Error{Code::truncated, header.size(), "a pcap file begins with 24 bytes; this one ends before"};
  }
  PcapFormat format;
  const uint32_t magic = word(header, 0, false);
  const uint32_t swapped = word(header, 0, true);
  if (magic == kMagicPcapng) return Error{Code::unsupported_feature, 0, "this is pcapng; convert it with: editcap -F pcap IN OUT"};
  format.big_endian = swapped == kMagicMicroseconds || swapped == kMagicNanoseconds;
  format.nanoseconds = magic == kMagicNanoseconds || swapped == kMagicNanoseconds;
  if (!format.big_endian && !format.nanoseconds && magic != kMagicMicroseconds) {
    return Error{Code::corrupt, 0, "no pcap magic in the first four bytes"};
  }
  // The upper bits may hold the length of a frame check sequence; the link type is in the lower 16.
  format.link_type = word(header, 20, format.big_endian) & 0xffff;
  return format;
}

Result<PcapFile> read_pcap(ByteSpan bytes, const DecodeLimits& limits) {
  if (bytes.size() > limits.input_bytes) {
    return Error{Code::limit_exceeded, limits.input_bytes, "the pcap file is longer than the limit on input bytes; raise it"};
  }
  PcapFile file;
  DEW_ASSIGN(file.format, read_pcap_format(bytes));
  file.header = bytes.first(kPcapFileHeaderBytes);
  Budget budget(limits);
  size_t at = kPcapFileHeaderBytes;
  while (bytes.size() - at >= kPcapRecordHeaderBytes) {
    const uint32_t captured_bytes = word(bytes, at + 8, file.format.big_endian);
    if (bytes.size() - at - kPcapRecordHeaderBytes < captured_bytes) break;
    DEW_TRY(budget.take_elements(1, at));
    DEW_TRY(budget.take_memory(sizeof(PcapRecord), at));
    PcapRecord record;
    record.seconds = word(bytes, at, file.format.big_endian);
    record.fraction = word(bytes, at + 4, file.format.big_endian);
    record.original_bytes = word(bytes, at + 12, file.format.big_endian);
    record.offset = at;
    record.captured = bytes.subspan(at + kPcapRecordHeaderBytes, captured_bytes);
    file.records.push_back(record);
    at += kPcapRecordHeaderBytes + captured_bytes;
  }
  file.trailer = bytes.subspan(at);
  return file;
}

void write_pcap_record(const PcapFormat& format, const PcapRecord& record, ByteWriter& writer) {
  const uint32_t words[4] = {record.seconds, record.fraction, static_cast<uint32_t>(record.captured.size()), record.original_bytes};
  for (uint32_t value : words) writer.u32(format.big_endian ? __builtin_bswap32(value) : value);
  writer.bytes(record.captured);
}

std::optional<UdpPlace> locate_udp(const PcapFormat& format, ByteSpan captured) {
  constexpr uint32_t kUdpHeaderBytes = 8;
  constexpr uint32_t kProtocolUdp = 17;
  const std::optional<size_t> ip = network_offset(format, captured);
  if (!ip || captured.size() < *ip + 20 || byte_at(captured, *ip) >> 4 != 4) return std::nullopt;
  UdpPlace place;
  place.ipv4_offset = static_cast<uint32_t>(*ip);
  place.ipv4_header_bytes = (byte_at(captured, *ip) & 15) * 4;
  const uint32_t fragment = big16(captured, *ip + 6) & 0x3fff;  // "more fragments" and the fragment offset
  if (place.ipv4_header_bytes < 20 || fragment != 0 || byte_at(captured, *ip + 9) != kProtocolUdp) return std::nullopt;
  place.udp_offset = place.ipv4_offset + place.ipv4_header_bytes;
  if (captured.size() < place.udp_offset + kUdpHeaderBytes) return std::nullopt;
  const uint32_t udp_bytes = big16(captured, place.udp_offset + 4);
  if (udp_bytes < kUdpHeaderBytes || captured.size() - place.udp_offset < udp_bytes) return std::nullopt;
  place.payload_offset = place.udp_offset + kUdpHeaderBytes;
  place.payload_bytes = udp_bytes - kUdpHeaderBytes;
  return place;
}

uint16_t ipv4_header_checksum(ByteSpan captured, size_t offset, size_t header_bytes) {
  const uint32_t before = sum_of_words(captured.subspan(offset, 10), 0);
  return fold(sum_of_words(captured.subspan(offset + 12, header_bytes - 12), before));
}

uint16_t udp_checksum(ByteSpan captured, size_t ipv4_offset, size_t udp_offset, size_t end) {
  constexpr uint32_t kProtocolUdp = 17;
  const uint32_t length = static_cast<uint32_t>(end - udp_offset);
  uint32_t sum = sum_of_words(captured.subspan(ipv4_offset + 12, 8), kProtocolUdp + (length & 0xffff));
  sum = sum_of_words(captured.subspan(udp_offset, 6), sum);
  sum = sum_of_words(captured.subspan(udp_offset + 8, end - udp_offset - 8), sum);
  const uint16_t checksum = fold(sum);
  return checksum == 0 ? 0xffff : checksum;
}

}  // namespace dew
