// SPDX-License-Identifier: Apache-2.0
// Hesai: a header, blocks (azimuth, cells of range and intensity), a tail. The models differ in numbers only.
// Source: of PandarQT-128 and PandarXT-32 the user manuals, "Point cloud data packet", and captures; of the others what public drivers read
// (HesaiTechnology/HesaiLidar_General_SDK and HesaiLidar_SDK_2.0, tier4/nebula): no captures of them were at hand. Where a sensor's packets
// differ from its table they are kept as bytes.
#include "pointcloud/sensor/packets.h"

namespace dew {
namespace {

const std::vector<uint8_t> kSingleReturnModes = {0x33, 0x34, 0x37, 0x38};
const std::vector<uint8_t> kDualReturnModes = {0x39, 0x3a, 0x3b, 0x3c};
const std::vector<uint8_t> kTripleReturnModes = {0x3d};

/// Bytes from `first` to before `end`, whose CRC-32 stands at `offset`.
struct Crc {
  uint32_t offset, first, end;
};

/// Offsets count from the first byte of the payload.
struct HesaiModel {
  const char* sensor;
  uint32_t packet_bytes;
  uint32_t lasers, blocks;
  uint32_t most_returns;
  uint32_t first_block;     ///< bytes of the header
  uint32_t azimuth_offset;  ///< in a block
  uint32_t cells_offset;    ///< in a block
  uint32_t cell_bytes;
  uint32_t return_mode_offset;
  uint32_t time_offset;      ///< u32, us within the second
  uint32_t sequence_offset;  ///< u32, the counter of packets; kNoOffset: there is none
  uint32_t firing_ns;
  std::vector<ByteRule> rules;
  std::vector<Crc> crcs;
};

/// Start of packet, protocol, and the numbers of lasers and blocks in a header of 12 bytes.
std::vector<ByteRule> header_rules(uint8_t major, uint8_t minor, uint8_t blocks) {
  return {{0, {0xee}}, {1, {0xff}}, {2, {major}}, {3, {minor}}, {7, {blocks}}};
}
std::vector<ByteRule> size_rules(uint8_t lasers, uint8_t blocks) { return {{0, {0xee}}, {1, {0xff}}, {6, {lasers}}, {7, {blocks}}}; }

const std::vector<HesaiModel>& models() {
  static const std::vector<HesaiModel> all = {
      {"PandarQT-128",
       1127,
       128,
       2,
       2,
       12,
       0,
       2,
       4,
       1073,
       1082,
       1087,
       111111,
       header_rules(3, 2, 2),
       {{1040, 12, 1040}, {1057, 1045, 1057}, {1091, 1061, 1091}}},
      {"PandarXT-32", 1080, 32, 8, 2, 12, 0, 2, 4, 1062, 1071, 1076, 50000, header_rules(6, 1, 8), {}},
      {"PandarXT-16", 568, 16, 8, 2, 12, 0, 2, 4, 550, 559, 564, 50000, size_rules(16, 8), {}},
      {"PandarXT-32M", 820, 32, 6, 3, 12, 0, 2, 4, 802, 811, 816, 50000, size_rules(32, 6), {}},
      {"PandarQT-64", 1072, 64, 4, 2, 12, 0, 2, 4, 1060, 1056, 1068, 166667, size_rules(64, 4), {}},
      {"Pandar64", 1198, 64, 6, 2, 8, 0, 2, 3, 1186, 1182, 1194, 55560, {{0, {0xee}}, {1, {0xff}}, {2, {64}}, {3, {6}}}, {}},
      {"Pandar64", 1194, 64, 6, 2, 8, 0, 2, 3, 1186, 1182, kNoOffset, 55560, {{0, {0xee}}, {1, {0xff}}, {2, {64}}, {3, {6}}}, {}},
      {"Pandar40P", 1266, 40, 10, 2, 0, 2, 4, 3, 1255, 1250, 1262, 55560, {{0, {0xff}}, {1, {0xee}}, {124, {0xff}}, {125, {0xee}}}, {}},
      {"Pandar40P",
       1262,
       40,
       10,
       2,
       0,
       2,
       4,
       3,
       1255,
       1250,
       kNoOffset,
       55560,
       {{0, {0xff}}, {1, {0xee}}, {124, {0xff}}, {125, {0xee}}},
       {}},
      {"AT128", 1118, 128, 2, 2, 12, 0, 3, 4, 1070, 1066, 1078, 41666, size_rules(128, 2), {{1042, 12, 1042}, {1082, 1046, 1082}}},
      {"AT128", 1086, 128, 2, 2, 12, 0, 3, 4, 1070, 1066, 1078, 41666, size_rules(128, 2), {{1042, 12, 1042}, {1082, 1046, 1082}}},
      {"OT128", 861, 128, 2, 2, 12, 0, 2, 3, 817, 826, 831, 55556, size_rules(128, 2), {{784, 12, 784}, {801, 788, 801}, {857, 805, 857}}},
  };
  return all;
}

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
  layout.cell = {model.cell_bytes, 0, 16, 2};
  for (uint32_t block = 0; block < model.blocks; ++block) {
    const uint32_t offset = model.first_block + block * (model.cells_offset + model.lasers * model.cell_bytes);
    layout.runs.push_back({offset + model.cells_offset, block / planes, block % planes, 0, model.lasers});
    const uint32_t azimuth = offset + model.azimuth_offset;
    if (block % planes == 0) layout.column_sources.push_back({azimuth, false, model.time_offset, block / planes * model.firing_ns});
    layout.fields.push_back({azimuth, 2, false, 0, kNoOffset});
  }
  layout.fields.push_back({model.time_offset, 4, false, 1, kNoOffset});
  if (model.sequence_offset != kNoOffset) layout.fields.push_back({model.sequence_offset, 4, false, 2, kNoOffset});
  for (const Crc& crc : model.crcs) layout.checksums.push_back({ChecksumType::crc32_mpeg2, crc.offset, crc.first, crc.end, 0});
  known.rules = model.rules;
  known.rules.push_back({model.return_mode_offset, planes == 3 ? kTripleReturnModes : planes == 2 ? kDualReturnModes : kSingleReturnModes});
  return known;
}

/// The QT-128 has, in its tail, three pairs of a quantity and the byte that says which.
void add_pairs(KnownLayout& known) {
  constexpr uint32_t kTail = 1061;
  for (uint32_t pair = 0; pair < 3; ++pair) {
    const uint32_t offset = kTail + 3 * pair;
    known.layout.fields.push_back({offset + 2, 1, false, 3 + pair, kNoOffset});
    known.layout.fields.push_back({offset, 2, false, 6 + pair, offset + 2});
  }
}

std::vector<KnownLayout> make_hesai_layouts() {
  std::vector<KnownLayout> layouts;
  for (const HesaiModel& model : models()) {
    for (uint32_t planes = model.most_returns; planes > 0; --planes) {
      layouts.push_back(make_layout(model, planes));
      if (layouts.back().sensor == "PandarQT-128") add_pairs(layouts.back());
    }
  }
  return layouts;
}

}  // namespace

std::span<const KnownLayout> hesai_layouts() {
  static const std::vector<KnownLayout> all = make_hesai_layouts();
  return all;
}

}  // namespace dew
