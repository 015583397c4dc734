// SPDX-License-Identifier: Apache-2.0
// Sensors whose packets list points, or columns in big-endian numbers: tables of fields, a series for each quantity of each laser.
// Source: what public drivers read (Livox-SDK/Livox-SDK and Livox-SDK2 with their wikis' "Communication Protocol",
// RoboSense-LiDAR/rs_driver): no captures of these sensors were at hand. Where their packets differ from the tables they are kept as bytes.
#include "pointcloud/sensor/packets.h"

namespace dew {
namespace {

/// A number of each point.
struct PointField {
  uint32_t offset, bytes;
};

/// Points one after the other, `points_of_group` of them after a head of `group_head` bytes.
struct PointPacket {
  const char* sensor;
  uint32_t packet_bytes;
  uint32_t first_group;
  uint32_t groups, group_head, points_of_group, point_bytes;
  bool big_endian;
  std::vector<PointField> fields_of_point;
  std::vector<PointField> fields_of_group;
  std::vector<PointField> fields_of_packet;
  std::vector<ByteRule> rules;
  bool series_a_point;  ///< point i of a group is always the same laser
};

const std::vector<PointField> kFarCartesian = {{0, 4}, {4, 4}, {8, 4}, {12, 1}, {13, 1}};  ///< x, y, z in mm, reflectivity, tag
const std::vector<PointField> kNearCartesian = {{0, 2}, {2, 2}, {4, 2}, {6, 1}, {7, 1}};   ///< in cm
const std::vector<PointField> kSpherical = {{0, 4}, {4, 2}, {6, 2}, {8, 1}, {9, 1}};       ///< depth, zenith, azimuth
/// Length and number of points (fixed), counters of packets and frames, time.
const std::vector<PointField> kLivoxHead = {{3, 2}, {7, 2}, {9, 1}, {28, 8}};
const std::vector<PointField> kOldLivoxHead = {{10, 8}};

const std::vector<PointPacket>& packets() {
  static const std::vector<PointPacket> all = {
      {"Livox Mid-360, HAP", 1380, 36, 1, 0, 96, 14, false, kFarCartesian, {}, kLivoxHead, {{0, {0}}, {5, {96}}, {10, {1}}}, false},
      {"Livox Mid-360, HAP", 804, 36, 1, 0, 96, 8, false, kNearCartesian, {}, kLivoxHead, {{0, {0}}, {5, {96}}, {10, {2}}}, false},
      {"Livox Mid-360, HAP", 996, 36, 1, 0, 96, 10, false, kSpherical, {}, kLivoxHead, {{0, {0}}, {5, {96}}, {10, {3}}}, false},
      {"Livox inertial packet", 60, 36, 1, 0, 1, 24, false, {}, {}, kLivoxHead, {{0, {0}}, {10, {0}}}, false},
      {"Livox Avia", 1362, 18, 1, 0, 96, 14, false, kFarCartesian, {}, kOldLivoxHead, {{0, {5}}, {9, {2}}}, false},
      {"Livox Avia", 978, 18, 1, 0, 96, 10, false, kSpherical, {}, kOldLivoxHead, {{0, {5}}, {9, {3}}}, false},
      {"Livox Avia", 1362, 18, 1, 0, 96, 14, false, kFarCartesian, {}, kOldLivoxHead, {{0, {5}}, {9, {4}}}, false},
      {"RoboSense Helios",
       1248,
       42,
       12,
       4,
       32,
       3,
       true,
       {{0, 2}, {2, 1}},
       {{2, 2}},
       {{20, 6}, {26, 4}},
       {{0, {0x55}}, {1, {0xaa}}, {2, {0x05}}, {3, {0x5a}}, {42, {0xff}}, {43, {0xee}}},
       true},
      {"RoboSense M1",
       1210,
       32,
       25,
       2,
       5,
       9,
       true,
       {{0, 2}, {2, 2}, {4, 2}, {6, 1}, {7, 1}, {8, 1}},
       {{0, 1}, {1, 1}},
       {{4, 2}, {10, 6}, {16, 4}},
       {{0, {0x55}}, {1, {0xaa}}, {2, {0x5a}}, {3, {0xa5}}},
       true},
  };
  return all;
}

KnownLayout make_layout(const PointPacket& packet) {
  KnownLayout known;
  known.sensor = packet.sensor;
  known.layout.packet_bytes = packet.packet_bytes;
  known.rules = packet.rules;
  std::vector<PacketField>& fields = known.layout.fields;
  uint32_t series = 0;
  for (const PointField& field : packet.fields_of_packet)
    fields.push_back({field.offset, field.bytes, packet.big_endian, series++, kNoOffset});
  const uint32_t of_groups = series, of_points = series + static_cast<uint32_t>(packet.fields_of_group.size());
  const uint32_t each = static_cast<uint32_t>(packet.fields_of_point.size());
  for (uint32_t group = 0; group < packet.groups; ++group) {
    const uint32_t at = packet.first_group + group * (packet.group_head + packet.points_of_group * packet.point_bytes);
    series = of_groups;
    for (const PointField& field : packet.fields_of_group)
      fields.push_back({at + field.offset, field.bytes, packet.big_endian, series++, kNoOffset});
    for (uint32_t point = 0; point < packet.points_of_group; ++point) {
      const uint32_t place = at + packet.group_head + point * packet.point_bytes;
      for (uint32_t k = 0; k < each; ++k) {
        const PointField& field = packet.fields_of_point[k];
        fields.push_back(
            {place + field.offset, field.bytes, packet.big_endian, of_points + k + (packet.series_a_point ? point * each : 0), kNoOffset});
      }
    }
  }
  return known;
}

}  // namespace

std::span<const KnownLayout> point_layouts() {
  static const std::vector<KnownLayout> all = [] {
    std::vector<KnownLayout> layouts;
    for (const PointPacket& packet : packets()) layouts.push_back(make_layout(packet));
    return layouts;
  }();
  return all;
}

}  // namespace dew
