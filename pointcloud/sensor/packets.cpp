// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/packets.h"

#include <algorithm>
#include <array>

#include "pointcloud/io/pcap.h"

namespace dew {
namespace {

/// Limits on a layout; part of the format. A packet is at most a UDP datagram with its headers.
constexpr uint32_t kMaxPacketBytes = 1 << 17;
constexpr uint32_t kMaxCellBytes = 64;
constexpr uint32_t kMaxPlanes = 16;
constexpr uint32_t kMaxList = 4096;

uint32_t byte_at(ByteSpan bytes, size_t offset) { return std::to_integer<uint32_t>(bytes[offset]); }

uint64_t read_little(ByteSpan bytes, size_t offset, uint32_t count) {
  uint64_t value = 0;
  for (uint32_t i = count; i-- > 0;) value = value << 8 | byte_at(bytes, offset + i);
  return value;
}

uint32_t range_bytes(const CellFormat& cell) { return (cell.range_bits + 7) / 8; }
uint32_t range_mask(const CellFormat& cell) { return static_cast<uint32_t>((uint64_t{1} << cell.range_bits) - 1); }

std::array<uint32_t, 256> make_crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t remainder = i << 24;
    for (int bit = 0; bit < 8; ++bit) remainder = remainder & 0x80000000u ? remainder << 1 ^ 0x04c11db7u : remainder << 1;
    table[i] = remainder;
  }
  return table;
}

uint32_t crc32_mpeg2(ByteSpan bytes) {
  static const std::array<uint32_t, 256> table = make_crc_table();
  uint32_t crc = 0xffffffff;
  for (const std::byte byte : bytes) crc = crc << 8 ^ table[crc >> 24 ^ std::to_integer<uint32_t>(byte)];
  return crc;
}

/// Checksums are stored as fields: this is where, and how wide.
PacketField checksum_field(const PacketChecksum& checksum) {
  PacketField field;
  field.offset = checksum.offset;
  field.bytes = checksum.type == ChecksumType::crc32_mpeg2 ? 4 : 2;
  field.big_endian = checksum.type != ChecksumType::crc32_mpeg2;
  return field;
}

uint64_t compute_checksum(const PacketChecksum& checksum, ByteSpan packet) {
  switch (checksum.type) {
    case ChecksumType::crc32_mpeg2: return crc32_mpeg2(packet.subspan(checksum.first, checksum.end - checksum.first));
    case ChecksumType::ipv4_header: return ipv4_header_checksum(packet, checksum.first, checksum.end - checksum.first);
    case ChecksumType::udp_ipv4: return udp_checksum(packet, checksum.ipv4_offset, checksum.first, checksum.end);
  }
  return 0;
}

}  // namespace

const KnownLayout* find_layout(ByteSpan payload) {
  for (const auto layouts : {velodyne_layouts(), hesai_layouts(), ouster_layouts(), point_layouts()}) {
    for (const KnownLayout& known : layouts) {
      if (known.layout.packet_bytes != payload.size()) continue;
      const bool fits = std::all_of(known.rules.begin(), known.rules.end(), [&](const ByteRule& rule) {
        return std::find(rule.any_of.begin(), rule.any_of.end(), byte_at(payload, rule.offset)) != rule.any_of.end();
      });
      if (fits) return &known;
    }
  }
  return nullptr;
}

PacketLayout at_record(const PacketLayout& layout, uint32_t payload_offset, uint32_t record_bytes) {
  PacketLayout moved = layout;
  const auto move = [&](uint32_t& offset) { offset = offset == kNoOffset ? kNoOffset : offset + payload_offset; };
  moved.packet_bytes = record_bytes;
  for (CellRun& run : moved.runs) move(run.offset);
  for (ColumnSource& source : moved.column_sources) {
    move(source.azimuth_offset);
    move(source.time_offset);
  }
  for (PacketField& field : moved.fields) {
    move(field.offset);
    move(field.tag_offset);
  }
  for (PacketChecksum& checksum : moved.checksums) {
    move(checksum.offset);
    move(checksum.first);
    move(checksum.end);
    move(checksum.ipv4_offset);
  }
  return moved;
}

Status check_layout(const PacketLayout& layout, uint64_t offset) {
  const auto corrupt = [&](const char* what) { return Error{Code::corrupt, offset, std::string("packet layout: ") + what}; };
  const uint64_t size = layout.packet_bytes;
  const auto inside = [&](uint64_t first, uint64_t count) { return first + count <= size; };
  if (size == 0 || size > kMaxPacketBytes) return corrupt("packet size out of range");
  if (layout.runs.size() > kMaxList || layout.fields.size() > kMaxList || layout.checksums.size() > 32) return corrupt("list too long");
  if (layout.column_sources.size() != layout.columns || layout.columns > kMaxList) return corrupt("columns out of range");
  if (layout.lasers > kMaxList || layout.planes > kMaxPlanes) return corrupt("lasers or planes out of range");
  if (layout.time_bytes > 8 || layout.time_unit_ns == 0) return corrupt("time format out of range");
  const CellFormat& cell = layout.cell;
  if (layout.columns > 0) {
    if (layout.lasers == 0 || layout.planes == 0) return corrupt("columns without lasers");
    if (cell.bytes > kMaxCellBytes || cell.range_bits > 32) return corrupt("cell format out of range");
    if (cell.range_offset >= kMaxCellBytes || cell.range_offset + range_bytes(cell) > cell.bytes) return corrupt("range outside the cell");
    if (cell.intensity_offset >= cell.bytes) return corrupt("intensity outside the cell");
    const bool shares_bytes = cell.intensity_offset >= cell.range_offset && cell.intensity_offset < cell.range_offset + range_bytes(cell);
    if (shares_bytes) return corrupt("range and intensity overlap");
  } else if (!layout.runs.empty() || layout.lasers != 0 || layout.planes != 0 || cell != CellFormat()) {
    return corrupt("cells without columns");
  }
  uint64_t cells = 0;
  for (const CellRun& run : layout.runs) {
    cells += run.lasers;
    if (run.column >= layout.columns || run.plane >= layout.planes) return corrupt("run outside the grid");
    if (run.lasers > kMaxList || uint64_t{run.first_laser} + run.lasers > layout.lasers) return corrupt("run outside the lasers");
    if (!inside(run.offset, uint64_t{run.lasers} * cell.bytes)) return corrupt("run outside the packet");
  }
  // Runs that fill the grid and find room in the packet keep everything made from a layout as small as a packet.
  const uint64_t grid = uint64_t{layout.columns} * layout.lasers * layout.planes;
  if (cells != grid || cells * cell.bytes > size) return corrupt("runs do not fill the grid");
  for (const ColumnSource& source : layout.column_sources) {
    if (source.azimuth_offset != kNoOffset && !inside(source.azimuth_offset, 2)) return corrupt("azimuth outside the packet");
    if (source.time_offset != kNoOffset && !inside(source.time_offset, layout.time_bytes)) return corrupt("time outside the packet");
  }
  for (const PacketField& field : layout.fields) {
    if (field.bytes == 0 || field.bytes > 8 || !inside(field.offset, field.bytes)) return corrupt("field outside the packet");
    if (field.tag_offset != kNoOffset && !inside(field.tag_offset, 1)) return corrupt("tag outside the packet");
    if (field.series >= kMaxList) return corrupt("series out of range");
  }
  for (const PacketChecksum& checksum : layout.checksums) {
    if (checksum.type > ChecksumType::udp_ipv4) return corrupt("unknown checksum");
    const uint32_t least = checksum.type == ChecksumType::ipv4_header ? 20 : checksum.type == ChecksumType::udp_ipv4 ? 8 : 0;
    if (!inside(checksum.offset, checksum_field(checksum).bytes)) return corrupt("checksum outside the packet");
    if (checksum.end > size || checksum.first > checksum.end || checksum.end - checksum.first < least) return corrupt("checksum range");
    if (checksum.type == ChecksumType::udp_ipv4 && !inside(checksum.ipv4_offset, 20)) return corrupt("address outside the packet");
  }
  return {};
}

void take_cells(const PacketLayout& layout, std::span<std::byte> packet, uint64_t first_column, std::span<Scan> planes) {
  const CellFormat& cell = layout.cell;
  const uint32_t mask = range_mask(cell);
  for (const CellRun& run : layout.runs) {
    Scan& plane = planes[run.plane];
    const size_t first = (first_column + run.column) * layout.lasers + run.first_laser;
    for (uint32_t i = 0; i < run.lasers; ++i) {
      std::byte* at = packet.data() + run.offset + size_t{i} * cell.bytes;
      uint32_t range = 0;
      for (uint32_t k = 0; k < range_bytes(cell); ++k) {
        std::byte& byte = at[cell.range_offset + k];
        range |= std::to_integer<uint32_t>(byte) << (8 * k);
        byte &= ~static_cast<std::byte>(mask >> (8 * k));
      }
      plane.range[first + i] = range & mask;
      plane.intensity[first + i] = std::to_integer<uint8_t>(at[cell.intensity_offset]);
      at[cell.intensity_offset] = std::byte{0};
    }
  }
}

void put_cells(const PacketLayout& layout, std::span<const Scan> planes, uint64_t first_column, std::span<std::byte> packet) {
  const CellFormat& cell = layout.cell;
  const uint32_t mask = range_mask(cell);
  for (const CellRun& run : layout.runs) {
    const Scan& plane = planes[run.plane];
    const size_t first = (first_column + run.column) * layout.lasers + run.first_laser;
    for (uint32_t i = 0; i < run.lasers; ++i) {
      std::byte* at = packet.data() + run.offset + size_t{i} * cell.bytes;
      const uint32_t range = plane.range[first + i] & mask;
      for (uint32_t k = 0; k < range_bytes(cell); ++k) at[cell.range_offset + k] |= static_cast<std::byte>(range >> (8 * k));
      at[cell.intensity_offset] = static_cast<std::byte>(plane.intensity[first + i]);
    }
  }
}

uint16_t column_azimuth(const PacketLayout& layout, ByteSpan packet, uint32_t column) {
  const uint32_t offset = layout.column_sources[column].azimuth_offset;
  return offset == kNoOffset ? uint16_t{0} : static_cast<uint16_t>(read_little(packet, offset, 2));
}

uint64_t column_time_ns(const PacketLayout& layout, ByteSpan packet, uint32_t column) {
  const ColumnSource& source = layout.column_sources[column];
  if (source.time_offset == kNoOffset) return source.time_added_ns;
  return read_little(packet, source.time_offset, layout.time_bytes) * layout.time_unit_ns + source.time_added_ns;
}

uint64_t wrap_ns(const PacketLayout& layout) { return layout.time_wrap * layout.time_unit_ns; }

uint64_t read_field(const PacketField& field, ByteSpan packet) {
  const uint64_t little = read_little(packet, field.offset, field.bytes);
  return field.big_endian ? __builtin_bswap64(little) >> (64 - 8 * field.bytes) : little;
}

void write_field(const PacketField& field, uint64_t value, std::span<std::byte> packet) {
  for (uint32_t i = 0; i < field.bytes; ++i) {
    const uint32_t place = field.big_endian ? field.bytes - 1 - i : i;
    packet[field.offset + i] = static_cast<std::byte>(value >> (8 * place));
  }
}

bool checksum_matches(const PacketChecksum& checksum, ByteSpan packet) {
  return read_field(checksum_field(checksum), packet) == compute_checksum(checksum, packet);
}

void store_checksum(const PacketChecksum& checksum, std::span<std::byte> packet) {
  write_field(checksum_field(checksum), compute_checksum(checksum, packet), packet);
}

void clear_checksum(const PacketChecksum& checksum, std::span<std::byte> packet) { write_field(checksum_field(checksum), 0, packet); }

}  // namespace dew
