// SPDX-License-Identifier: Apache-2.0
/// Captures made up for tests: packets of every known layout with random cells or those of a scan, position packets, other traffic, in
/// every pcap flavour.
#pragma once

#include <cstdio>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "pointcloud/io/pcap.h"
#include "pointcloud/sensor/packets.h"
#include "tests/unit/pointcloud/io_support.h"

namespace dew::test {

inline Bytes as_payload(std::string_view text) {
  const ByteSpan bytes = as_bytes(text);
  return Bytes(bytes.begin(), bytes.end());
}

/// Cells of a scan in place of random ones, columns from `first` on; further returns equal the first but for one cell in nine.
inline void put_scene(const PacketLayout& layout, const Scan& scene, uint64_t first, std::mt19937_64& random,
                      std::span<std::byte> payload) {
  Scan shape;
  shape.columns = layout.columns;
  shape.lasers = layout.lasers;
  shape.range.resize(size_t{layout.columns} * layout.lasers);
  shape.intensity.resize(shape.range.size());
  std::vector<Scan> planes(layout.planes, shape);
  take_cells(layout, payload, 0, planes);
  for (size_t cell = 0; cell < shape.range.size(); ++cell) {
    const uint64_t column = (first + cell / layout.lasers) % scene.columns, laser = cell % layout.lasers * scene.lasers / layout.lasers;
    const bool differs = random() % 9 == 0;
    for (size_t plane = 0; plane < planes.size(); ++plane) {
      const uint32_t range = scene.range[column * scene.lasers + laser];
      planes[plane].range[cell] = plane > 0 && differs ? range * 9 / 8 : range;
      planes[plane].intensity[cell] =
          static_cast<uint8_t>(scene.intensity[column * scene.lasers + laser] >> (plane > 0 && differs ? 1 : 0));
    }
  }
  put_cells(layout, planes, 0, payload);
}

/// A payload that find_layout recognises as `known`: random cells, angles that advance by `azimuth_step` a column.
inline Bytes make_payload(const KnownLayout& known, std::mt19937_64& random, uint32_t& azimuth, uint32_t azimuth_step, uint64_t time,
                          const Scan* scene = nullptr, uint64_t first_column = 0) {
  const PacketLayout& layout = known.layout;
  Bytes payload(layout.packet_bytes);
  for (const CellRun& run : layout.runs) {
    for (uint32_t i = 0; i < run.lasers * layout.cell.bytes; ++i) payload[run.offset + i] = static_cast<std::byte>(random());
  }
  if (scene != nullptr && layout.columns > 0) put_scene(layout, *scene, first_column, random, payload);
  for (const ColumnSource& source : layout.column_sources) {
    if (!source.halfway) azimuth = (azimuth + azimuth_step) % layout.azimuth_units_per_turn;
    if (source.azimuth_offset != kNoOffset) write_field({source.azimuth_offset, 2, false, 0, kNoOffset}, azimuth, payload);
    if (source.time_offset != kNoOffset) write_field({source.time_offset, layout.time_bytes, false, 0, kNoOffset}, time, payload);
  }
  for (const PacketChecksum& checksum : layout.checksums) store_checksum(checksum, payload);
  for (const ByteRule& rule : known.rules) payload[rule.offset] = static_cast<std::byte>(rule.any_of[0]);
  return payload;
}

/// Ethernet, one VLAN tag if asked, IPv4, UDP, payload; right checksums.
inline Bytes make_record(ByteSpan payload, uint16_t identification, bool vlan, uint8_t address) {
  Bytes record(12, std::byte{0x02});
  const auto add = [&](std::initializer_list<int> values) {
    for (const int value : values) record.push_back(static_cast<std::byte>(value));
  };
  if (vlan) add({0x81, 0x00, 0x00, 0x07});
  add({0x08, 0x00});
  const size_t ip = record.size();
  const size_t total = 28 + payload.size(), udp_bytes = 8 + payload.size();
  add({0x45, 0, static_cast<int>(total >> 8), static_cast<int>(total), identification >> 8, identification, 0x40, 0, 64, 17, 0, 0});
  add({192, 168, 1, address, 255, 255, 255, 255, 0x09, 0x40, 0x09, 0x40, static_cast<int>(udp_bytes >> 8), static_cast<int>(udp_bytes), 0,
       0});
  record.insert(record.end(), payload.begin(), payload.end());
  const PacketChecksum header = {ChecksumType::ipv4_header, static_cast<uint32_t>(ip + 10), static_cast<uint32_t>(ip),
                                 static_cast<uint32_t>(ip + 20), 0};
  const PacketChecksum udp = {ChecksumType::udp_ipv4, static_cast<uint32_t>(ip + 26), static_cast<uint32_t>(ip + 20),
                              static_cast<uint32_t>(record.size()), static_cast<uint32_t>(ip)};
  store_checksum(header, record);
  store_checksum(udp, record);
  return record;
}

struct CaptureRecipe {
  bool big_endian = false;
  bool nanoseconds = false;
  bool vlan = false;
  uint32_t link_type = 1;
  uint32_t packets = 12;
  uint32_t azimuth_step = 2000;  ///< large, so that few packets make several frames
  bool other_traffic = true;
  uint64_t seed = 1;
  const Scan* scene = nullptr;  ///< cells; none: random ones
};

inline Bytes make_pcap_header(const CaptureRecipe& recipe) {
  ByteWriter writer;
  for (const uint32_t word : {recipe.nanoseconds ? 0xa1b23c4du : 0xa1b2c3d4u, 0x00040002u, 0u, 0u, 65535u, recipe.link_type}) {
    writer.u32(recipe.big_endian ? __builtin_bswap32(word) : word);
  }
  return writer.take();
}

/// A capture of one sensor.
inline Bytes make_pcap(const KnownLayout& known, const CaptureRecipe& recipe) {
  std::mt19937_64 random(recipe.seed);
  ByteWriter writer;
  writer.bytes(make_pcap_header(recipe));
  const PcapFormat format{recipe.big_endian, recipe.nanoseconds, recipe.link_type};
  uint32_t azimuth = 0, microseconds = 999'000;
  for (uint32_t i = 0; i < recipe.packets; ++i) {
    const Bytes payload = make_payload(known, random, azimuth, recipe.azimuth_step % (known.layout.azimuth_units_per_turn | 1u), 300 * i,
                                       recipe.scene, uint64_t{i} * known.layout.columns);
    const Bytes record = make_record(payload, static_cast<uint16_t>(i), recipe.vlan, 201);
    const uint32_t fraction = microseconds * (recipe.nanoseconds ? 1000u : 1u);
    write_pcap_record(format, {1700000000, fraction, static_cast<uint32_t>(record.size()), 0, record}, writer);
    microseconds = (microseconds + 553 + static_cast<uint32_t>(random() % 8)) % 1'000'000;
    if (recipe.other_traffic && i % 3 == 1) {
      const Bytes other = random_bytes(random, random() % 90);
      // Odd times and lengths that no capture program writes, but a file may hold.
      write_pcap_record(format, {5, i % 2 == 0 ? 0xffffffffu : 7u, static_cast<uint32_t>(random()), 0, other}, writer);
    }
  }
  return writer.take();
}

inline std::vector<const KnownLayout*> all_layouts() {
  std::vector<const KnownLayout*> all;
  for (const auto layouts : {velodyne_layouts(), hesai_layouts(), ouster_layouts(), point_layouts()}) {
    for (const KnownLayout& known : layouts) all.push_back(&known);
  }
  return all;
}

/// A whole file; empty where it cannot be read.
inline Bytes read_file(const std::string& path) {
  Bytes bytes;
  if (std::FILE* file = std::fopen(path.c_str(), "rb")) {
    std::byte buffer[65536];
    for (size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) bytes.insert(bytes.end(), buffer, buffer + n);
    std::fclose(file);
  }
  return bytes;
}

}  // namespace dew::test
