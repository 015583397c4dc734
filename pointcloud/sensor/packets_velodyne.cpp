// SPDX-License-Identifier: Apache-2.0
// Velodyne: 12 blocks of 100 bytes (flag, azimuth, 32 cells of range and intensity), time stamp, return mode, model.
// Source: the sensors' user manuals (63-9113 HDL-32E, 63-9243 VLP-16, 63-9325 VLP-32C, 63-9483 VLS-128), "Data packet format".
#include <algorithm>
#include <string>

#include "pointcloud/sensor/packets.h"

namespace dew {
namespace {

constexpr uint32_t kBlocks = 12;
constexpr uint32_t kBlockBytes = 100;
constexpr uint32_t kCellsOfBlock = 32;
constexpr uint32_t kPacketBytes = 1206;
constexpr uint32_t kTimeOffset = 1200;
constexpr uint32_t kReturnModeOffset = 1204;
constexpr uint32_t kModelOffset = 1205;
constexpr uint8_t kDualReturn = 0x39;
constexpr uint64_t kMicrosecondsOfHour = 3'600'000'000;

/// How one model uses the blocks.
struct VelodyneModel {
  const char* sensor;
  uint8_t number;
  uint32_t tick_um;
  uint32_t firings_of_block;  ///< VLP-16: two firings of 16 lasers in a block
  uint32_t blocks_of_firing;  ///< VLS-128: four blocks of 32 lasers make one firing
  uint32_t firing_ns;         ///< from one firing of all lasers to the next
};

constexpr VelodyneModel kModels[] = {
    {"HDL-32E", 0x21, 2000, 1, 1, 46080},
    {"VLP-16", 0x22, 2000, 2, 1, 55296},
    {"VLP-32C", 0x28, 4000, 1, 1, 55296},
    {"VLS-128", 0xa1, 4000, 1, 4, 55296},
};
constexpr size_t kHdl32eModel = 0;
constexpr size_t kVlp16Model = 1;

/// Two returns come in pairs of blocks of equal azimuth and lasers. A pair of firings of the VLS-128 takes eight blocks; the other four are
/// idle.
KnownLayout make_layout(const VelodyneModel& model, uint32_t planes) {
  KnownLayout known;
  known.sensor = model.sensor;
  PacketLayout& layout = known.layout;
  layout.packet_bytes = kPacketBytes;
  layout.planes = planes;
  layout.lasers = kCellsOfBlock * model.blocks_of_firing / model.firings_of_block;
  layout.columns = kBlocks * model.firings_of_block / (model.blocks_of_firing * planes);
  layout.tick_um = model.tick_um;
  layout.azimuth_units_per_turn = 36000;
  layout.time_bytes = 4;
  layout.time_unit_ns = 1000;
  layout.time_wrap = kMicrosecondsOfHour;
  layout.cell = {3, 0, 16, 2};
  layout.column_sources.resize(layout.columns);
  const uint32_t lasers_of_run = kCellsOfBlock / model.firings_of_block;
  const uint32_t used_blocks = layout.columns * model.blocks_of_firing * planes / model.firings_of_block;
  for (uint32_t block = 0; block < used_blocks; ++block) {
    const uint32_t offset = block * kBlockBytes;
    for (uint32_t firing = 0; firing < model.firings_of_block; ++firing) {
      CellRun run;
      run.offset = offset + 4 + firing * lasers_of_run * layout.cell.bytes;
      run.column = block / (planes * model.blocks_of_firing) * model.firings_of_block + firing;
      run.plane = block % planes;
      run.first_laser = block / planes % model.blocks_of_firing * kCellsOfBlock;
      run.lasers = lasers_of_run;
      layout.runs.push_back(run);
      ColumnSource& source = layout.column_sources[run.column];
      if (source.azimuth_offset != kNoOffset) continue;
      source = {offset + 2, firing > 0, kTimeOffset, run.column * model.firing_ns};
    }
    layout.fields.push_back({offset + 2, 2, false, 0, kNoOffset});
  }
  layout.fields.push_back({kTimeOffset, 4, false, 1, kNoOffset});
  return known;
}

/// 512 bytes: time of the hour at 198, an NMEA sentence at 206.
KnownLayout make_position_layout() {
  KnownLayout known;
  known.sensor = "Velodyne position packet";
  known.layout.packet_bytes = 512;
  known.layout.fields.push_back({198, 4, false, 0, kNoOffset});
  return known;
}

std::vector<KnownLayout> make_velodyne_layouts() {
  std::vector<KnownLayout> layouts;
  for (const VelodyneModel& model : kModels) {
    for (uint32_t planes = 2; planes > 0; --planes) {
      KnownLayout known = make_layout(model, planes);
      known.rules.push_back({0, {0xff}});
      known.rules.push_back({1, {0xee}});
      known.rules.push_back({kModelOffset, {model.number}});
      if (planes == 2) known.rules.push_back({kReturnModeOffset, {kDualReturn}});
      layouts.push_back(known);
    }
  }
  layouts.push_back(make_position_layout());
  return layouts;
}

const std::vector<KnownLayout>& layouts() {
  static const std::vector<KnownLayout> all = make_velodyne_layouts();
  return all;
}

}  // namespace

std::span<const KnownLayout> velodyne_layouts() { return layouts(); }

const KnownLayout* refine_velodyne_layout(const KnownLayout* found, std::span<const ByteSpan> payloads) {
  if (found == nullptr || found->sensor != kModels[kHdl32eModel].sensor) return found;
  std::vector<uint64_t> steps_us;
  const PacketField time{kTimeOffset, 4, false, 0, kNoOffset};
  for (size_t i = 1; i < payloads.size(); ++i) {
    const uint64_t now = read_field(time, payloads[i]), before = read_field(time, payloads[i - 1]);
    steps_us.push_back(now >= before ? now - before : now + kMicrosecondsOfHour - before);
  }
  if (steps_us.empty()) return found;
  std::nth_element(steps_us.begin(), steps_us.begin() + static_cast<std::ptrdiff_t>(steps_us.size() / 2), steps_us.end());
  // Half way between the HDL-32E's 553 us and the VLP-16's 1327 us; two returns halve both.
  const uint64_t median_us = steps_us[steps_us.size() / 2] * found->layout.planes;
  if (median_us < 940) return found;
  for (const KnownLayout& known : layouts()) {
    if (known.sensor == kModels[kVlp16Model].sensor && known.layout.planes == found->layout.planes) return &known;
  }
  return found;
}

}  // namespace dew
