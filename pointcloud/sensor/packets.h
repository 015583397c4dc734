// SPDX-License-Identifier: Apache-2.0
/// Sensor packets described as data: where in a packet the ranges, intensities, angles, times, counters and checksums lie.
/// One reader and one writer serve every sensor; a layout is numbers only and travels in the file.
///
///   if (const PacketLayout* layout = find_layout(udp_payload)) {
///     take_cells(*layout, packet_bytes, first_column, planes);   // moves ranges and intensities out: zeros stay behind
///     put_cells(*layout, planes, first_column, packet_bytes);    // and back
///   }
///
/// Terms: a column is one firing of all lasers; a plane holds one return of every cell (two planes: dual return); a run is a row of
/// cells in the packet that belong to one column and plane.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "entropy/bytes.h"
#include "pointcloud/scan.h"

namespace dew {

/// "There is none", for offsets.
inline constexpr uint32_t kNoOffset = 0xffffffff;

/// One cell: `bytes` long; the range is the low `range_bits` of a little-endian number at range_offset, the intensity is one byte.
struct CellFormat {
  uint32_t bytes = 0;
  uint32_t range_offset = 0;
  uint32_t range_bits = 0;
  uint32_t intensity_offset = 0;
  bool operator==(const CellFormat&) const = default;
};

/// `lasers` cells one after the other from byte `offset`, for lasers first_laser, first_laser + 1, ...
struct CellRun {
  uint32_t offset = 0;
  uint32_t column = 0;
  uint32_t plane = 0;
  uint32_t first_laser = 0;
  uint32_t lasers = 0;
  bool operator==(const CellRun&) const = default;
};

/// Where a column's angle and time stand. Azimuths are 2 bytes, little-endian.
struct ColumnSource {
  uint32_t azimuth_offset = kNoOffset;
  bool halfway = false;              ///< the angle is the middle between this one and that of the next column that is not halfway
  uint32_t time_offset = kNoOffset;  ///< little-endian, PacketLayout::time_bytes long
  uint32_t time_added_ns = 0;        ///< firing time within the packet
  bool operator==(const ColumnSource&) const = default;
};

/// A number in the packet that is worth predicting: counter, time stamp, angle. `series`: fields of one series are one sequence of values,
/// in the order of the list, packet after packet.
struct PacketField {
  uint32_t offset = 0;
  uint32_t bytes = 0;  ///< 1 to 8
  bool big_endian = false;
  uint32_t series = 0;
  uint32_t tag_offset = kNoOffset;  ///< a byte, listed before, that says which of several quantities this is
  bool operator==(const PacketField&) const = default;
};

/// Stored in files; never renumber.
enum class ChecksumType : uint8_t {
  crc32_mpeg2 = 0,  ///< polynomial 0x04c11db7, start 0xffffffff, not reflected; 4 bytes little-endian; over [first, end)
  ipv4_header = 1,  ///< 2 bytes big-endian; over [first, end)
  udp_ipv4 = 2,  ///< 2 bytes big-endian; over the UDP header and payload [first, end) and the addresses of the IPv4 header at ipv4_offset
};

/// Bytes that follow from other bytes of the packet. Computed in the order of the list.
struct PacketChecksum {
  ChecksumType type = ChecksumType::crc32_mpeg2;
  uint32_t offset = 0;
  uint32_t first = 0;
  uint32_t end = 0;
  uint32_t ipv4_offset = 0;
  bool operator==(const PacketChecksum&) const = default;
};

/// The whole description. Offsets count from the first byte described: of the UDP payload in the tables of sensors, of the captured record
/// after at_record().
struct PacketLayout {
  uint32_t packet_bytes = 0;
  uint32_t columns = 0;  ///< in one packet; 0: no cells (position packets, inertial units)
  uint32_t lasers = 0;
  uint32_t planes = 0;
  uint32_t tick_um = 0;
  uint32_t azimuth_units_per_turn = 0;
  uint32_t time_bytes = 0;
  uint32_t time_unit_ns = 1;
  uint64_t time_wrap = 0;  ///< the time counts modulo this many units; 0: it does not wrap
  CellFormat cell;
  std::vector<CellRun> runs;
  std::vector<ColumnSource> column_sources;  ///< one a column
  std::vector<PacketField> fields;
  std::vector<PacketChecksum> checksums;
  bool operator==(const PacketLayout&) const = default;
};

/// A byte that a packet must have to fit a layout: one of `any_of`.
struct ByteRule {
  uint32_t offset = 0;
  std::vector<uint8_t> any_of;
};

/// A layout, who sends it, and how it is recognised (payload size and a few bytes). `sensor` is also the name of its calibration table.
struct KnownLayout {
  std::string sensor;
  PacketLayout layout;
  std::vector<ByteRule> rules;
};

/// Layouts by maker, most specific first. The spans live as long as the program.
std::span<const KnownLayout> velodyne_layouts();
std::span<const KnownLayout> hesai_layouts();
std::span<const KnownLayout> ouster_layouts();
/// Livox (Mid-360, HAP, Avia) and RoboSense (Helios, M1): no cells, all numbers are fields.
std::span<const KnownLayout> point_layouts();

/// The first known layout that fits a UDP payload, or null.
const KnownLayout* find_layout(ByteSpan payload);

/// Early VLP-16 firmware states the HDL-32E's model number. Packets come 1.33 ms apart from one and 0.55 ms from the other (half of that
/// with two returns), so a few consecutive `payloads` (1206 bytes each) tell; the layout to use, or `found` where they do not.
const KnownLayout* refine_velodyne_layout(const KnownLayout* found, std::span<const ByteSpan> payloads);

/// The same layout with offsets counted from the start of a record in which the payload begins at `payload_offset`.
PacketLayout at_record(const PacketLayout& layout, uint32_t payload_offset, uint32_t record_bytes);

/// Checks everything that the functions below rely on. Errors: corrupt, with `offset` as given.
Status check_layout(const PacketLayout& layout, uint64_t offset);

/// Moves ranges and intensities of one packet into columns [first_column, first_column + layout.columns) of `planes`; their bits become 0.
/// Requires a checked layout, packet.size() == layout.packet_bytes and planes large enough.
void take_cells(const PacketLayout& layout, std::span<std::byte> packet, uint64_t first_column, std::span<Scan> planes);
/// The reverse: sets the bits that take_cells cleared.
void put_cells(const PacketLayout& layout, std::span<const Scan> planes, uint64_t first_column, std::span<std::byte> packet);

/// Angle and time of a column of one packet. Time in ns modulo wrap_ns() (or 2^64).
uint16_t column_azimuth(const PacketLayout& layout, ByteSpan packet, uint32_t column);
uint64_t column_time_ns(const PacketLayout& layout, ByteSpan packet, uint32_t column);
uint64_t wrap_ns(const PacketLayout& layout);

/// The number at a field, and its change.
uint64_t read_field(const PacketField& field, ByteSpan packet);
void write_field(const PacketField& field, uint64_t value, std::span<std::byte> packet);

/// Computes the checksum from the packet's other bytes / compares it with the stored one / stores it / puts zeros there.
bool checksum_matches(const PacketChecksum& checksum, ByteSpan packet);
void store_checksum(const PacketChecksum& checksum, std::span<std::byte> packet);
void clear_checksum(const PacketChecksum& checksum, std::span<std::byte> packet);

/// A layout as bytes and back. read_layout checks. Errors: truncated, corrupt.
void write_layout(const PacketLayout& layout, ByteWriter& writer);
Result<PacketLayout> read_layout(ByteReader& reader);

}  // namespace dew
