// SPDX-License-Identifier: Apache-2.0
// Ouster: 16 columns of cells, each column with its own header. The payload size tells profile and number of lasers.
// Source: the Ouster sensor documentation, "Lidar data packet format".
#include "pointcloud/sensor/packets.h"

namespace dew {
namespace {

constexpr uint32_t kColumns = 16;
constexpr uint8_t kPacketTypeLidar = 1;

struct Profile {
  const char* sensor;
  uint32_t packet_header_bytes;
  uint32_t packet_footer_bytes;
  uint32_t column_header_bytes;  ///< begins with time (8, ns), measurement id (2)
  uint32_t column_footer_bytes;
  uint32_t tick_um;
  CellFormat cell;
};

constexpr Profile kProfiles[] = {
    {"Ouster RNG15_RFL8_NIR8", 32, 32, 12, 0, 8000, {4, 0, 15, 2}},
    {"Ouster RNG19_RFL8_SIG16_NIR16", 32, 32, 12, 0, 1000, {12, 0, 19, 4}},
    {"Ouster LEGACY", 0, 0, 16, 4, 1000, {12, 0, 20, 4}},
};

KnownLayout make_layout(const Profile& profile, uint32_t lasers, uint32_t measurements_per_turn) {
  KnownLayout known;
  known.sensor = profile.sensor;
  PacketLayout& layout = known.layout;
  const uint32_t column_bytes = profile.column_header_bytes + lasers * profile.cell.bytes + profile.column_footer_bytes;
  layout.packet_bytes = profile.packet_header_bytes + kColumns * column_bytes + profile.packet_footer_bytes;
  layout.columns = kColumns;
  layout.lasers = lasers;
  layout.planes = 1;
  layout.tick_um = profile.tick_um;
  layout.azimuth_units_per_turn = measurements_per_turn;
  layout.time_bytes = 8;
  layout.time_unit_ns = 1;
  layout.cell = profile.cell;
  const bool legacy = profile.packet_header_bytes == 0;
  if (!legacy) {
    layout.fields.push_back({2, 2, false, 0, kNoOffset});  // frame id
    known.rules = {{0, {kPacketTypeLidar}}, {1, {0}}};
  }
  for (uint32_t column = 0; column < kColumns; ++column) {
    const uint32_t offset = profile.packet_header_bytes + column * column_bytes;
    layout.runs.push_back({offset + profile.column_header_bytes, column, 0, 0, lasers});
    layout.column_sources.push_back({offset + 8, false, offset, 0});
    layout.fields.push_back({offset, 8, false, 1, kNoOffset});
    layout.fields.push_back({offset + 8, 2, false, 2, kNoOffset});
    if (legacy) {
      layout.fields.push_back({offset + 10, 2, false, 3, kNoOffset});  // frame id
      layout.fields.push_back({offset + 12, 4, false, 4, kNoOffset});  // encoder count
    }
  }
  return known;
}

/// Inertial unit: three times in ns, then floats.
KnownLayout make_inertial_layout() {
  KnownLayout known;
  known.sensor = "Ouster inertial packet";
  known.layout.packet_bytes = 48;
  for (uint32_t i = 0; i < 3; ++i) known.layout.fields.push_back({8 * i, 8, false, i, kNoOffset});
  return known;
}

std::vector<KnownLayout> make_ouster_layouts() {
  std::vector<KnownLayout> layouts;
  for (const Profile& profile : kProfiles) {
    for (const uint32_t lasers : {16u, 32u, 64u, 128u}) layouts.push_back(make_layout(profile, lasers, 1024));
  }
  layouts.push_back(make_inertial_layout());
  return layouts;
}

}  // namespace

std::span<const KnownLayout> ouster_layouts() {
  static const std::vector<KnownLayout> all = make_ouster_layouts();
  return all;
}

}  // namespace dew
