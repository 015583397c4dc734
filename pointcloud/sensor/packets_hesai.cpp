// SPDX-License-Identifier: Apache-2.0
// Hesai: pre-header and header of 12 bytes, blocks (azimuth, cells of range, intensity and one byte more), tail.
// Source: the user manuals of PandarXT-32 and PandarQT-128, "Point cloud data packet".
#include "pointcloud/sensor/packets.h"

namespace dew {
namespace {

constexpr uint32_t kHeaderBytes = 12;
constexpr uint32_t kBlocksOffset = 7;  ///< byte that holds the number of blocks
const std::vector<uint8_t> kSingleReturnModes = {0x33, 0x34, 0x37, 0x38};
const std::vector<uint8_t> kDualReturnModes = {0x39, 0x3a, 0x3b, 0x3c};

struct HesaiModel {
  const char* sensor;
  uint8_t protocol_major, protocol_minor;
  uint32_t packet_bytes;
  uint32_t lasers;
  uint32_t blocks;
  uint32_t return_mode_offset;
  uint32_t time_offset;  ///< u32, us within the second; the counter of packets follows 5 bytes later
  uint32_t firing_ns;
};

constexpr HesaiModel kXt32 = {"PandarXT-32", 6, 1, 1080, 32, 8, 1062, 1071, 50000};
constexpr HesaiModel kQt128 = {"PandarQT-128", 3, 2, 1127, 128, 2, 1073, 1082, 111111};

KnownLayout make_layout(const HesaiModel& model, uint32_t planes) {
  KnownLayout known;
  known.sensor = model.sensor;
  PacketLayout& layout = known.layout;
  layout.packet_bytes = model.packet_bytes;
  layout.columns = model.blocks / planes;
  layout.lasers = model.lasers;
  layout.planes = planes;
  layout.tick_um = 4000;
  layout.azimuth_units_per_turn = 36000;
  layout.time_bytes = 4;
  layout.time_unit_ns = 1000;
  layout.time_wrap = 1'000'000;
  layout.cell = {4, 0, 16, 2};
  for (uint32_t block = 0; block < model.blocks; ++block) {
    const uint32_t offset = kHeaderBytes + block * (2 + model.lasers * layout.cell.bytes);
    layout.runs.push_back({offset + 2, block / planes, block % planes, 0, model.lasers});
    if (block % planes == 0) layout.column_sources.push_back({offset, false, model.time_offset, block / planes * model.firing_ns});
    layout.fields.push_back({offset, 2, false, 0, kNoOffset});
  }
  layout.fields.push_back({model.time_offset, 4, false, 1, kNoOffset});
  layout.fields.push_back({model.time_offset + 5, 4, false, 2, kNoOffset});
  known.rules = {{0, {0xee}},
                 {1, {0xff}},
                 {2, {model.protocol_major}},
                 {3, {model.protocol_minor}},
                 {kBlocksOffset, {static_cast<uint8_t>(model.blocks)}},
                 {model.return_mode_offset, planes == 2 ? kDualReturnModes : kSingleReturnModes}};
  return known;
}

/// The QT-128 has three checksums and, in its tail, three pairs of a quantity and the byte that says which.
KnownLayout make_qt128_layout(uint32_t planes) {
  KnownLayout known = make_layout(kQt128, planes);
  std::vector<PacketField>& fields = known.layout.fields;
  constexpr uint32_t kTail = 1061;
  for (uint32_t pair = 0; pair < 3; ++pair) {
    const uint32_t offset = kTail + 3 * pair;
    fields.push_back({offset + 2, 1, false, 3 + pair, kNoOffset});
    fields.push_back({offset, 2, false, 6 + pair, offset + 2});
  }
  known.layout.checksums = {{ChecksumType::crc32_mpeg2, 1040, 12, 1040, 0},
                            {ChecksumType::crc32_mpeg2, 1057, 1045, 1057, 0},
                            {ChecksumType::crc32_mpeg2, 1091, kTail, 1091, 0}};
  return known;
}

}  // namespace

std::span<const KnownLayout> hesai_layouts() {
  static const std::vector<KnownLayout> all = {make_qt128_layout(2), make_qt128_layout(1), make_layout(kXt32, 2), make_layout(kXt32, 1)};
  return all;
}

}  // namespace dew
