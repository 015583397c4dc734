// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/laser_sorted_model.h"

#include <limits>
#include <numbers>

#include "pointcloud/sensor/laser_runs.h"

namespace dew {
namespace {

constexpr double kPerRad = 1e8;
constexpr double kPerMetre = 1e6;

/// The numbers in the order of the file.
constexpr int32_t LaserNumbers::*kNumbers[] = {&LaserNumbers::elevation,         &LaserNumbers::azimuth_offset, &LaserNumbers::vertical_offset,
                                               &LaserNumbers::horizontal_offset, &LaserNumbers::range_offset,   &LaserNumbers::azimuth_shift};

/// Lasers two apart have most in common: sensors often stand in pairs that look to either side.
LaserNumbers predicted(const std::vector<LaserNumbers>& lasers, size_t laser) { return laser < 2 ? LaserNumbers{} : lasers[laser - 2]; }

Result<uint32_t> bounded(ByteReader& reader, uint64_t least, uint64_t most, const char* what) {
  const uint64_t at = reader.offset();
  DEW_ASSIGN(const uint64_t value, reader.varint());
  if (value < least || value > most) {
    return Error{Code::corrupt, at, std::string(what) + " " + std::to_string(value) + " is not in " + std::to_string(least) + " to " + std::to_string(most)};
  }
  return static_cast<uint32_t>(value);
}

}  // namespace

ScanModel scan_model(const LaserSortedModel& model) {
  ScanModel result;
  result.range_tick_m = model.range_tick_um / 1e6;
  result.azimuth_tick_rad = 2 * std::numbers::pi / model.azimuth_ticks_per_turn;
  for (const LaserNumbers& laser : model.lasers) {
    result.lasers.push_back({laser.elevation / kPerRad, laser.azimuth_offset / kPerRad, laser.vertical_offset / kPerMetre,
                             laser.horizontal_offset / kPerMetre, laser.range_offset / kPerMetre});
  }
  return result;
}

void write_model(const LaserSortedModel& model, ByteWriter& writer) {
  writer.varint(model.units_per_metre);
  writer.varint(model.range_tick_um);
  writer.varint(model.azimuth_ticks_per_turn);
  writer.varint(model.lasers.size());
  for (const auto number : kNumbers) {
    for (size_t k = 0; k < model.lasers.size(); ++k) {
      writer.signed_varint(int64_t{model.lasers[k].*number} - predicted(model.lasers, k).*number);
    }
  }
  writer.varint(model.run_laser.size());
  for (size_t run = 0; run < model.run_laser.size(); ++run) {
    writer.signed_varint(static_cast<int64_t>(model.run_laser[run]) - static_cast<int64_t>(run));
  }
}

Result<LaserSortedModel> read_model(ByteReader& reader) {
  LaserSortedModel model;
  DEW_ASSIGN(model.units_per_metre, bounded(reader, 1, 1'000'000, "coordinate units a metre"));
  DEW_ASSIGN(model.range_tick_um, bounded(reader, 1, 1'000'000, "range tick (um)"));
  DEW_ASSIGN(model.azimuth_ticks_per_turn, bounded(reader, 1, 1u << 20, "azimuth ticks a turn"));
  DEW_ASSIGN(const uint32_t lasers, bounded(reader, 1, kMaxLasers, "laser count"));
  model.lasers.resize(lasers);
  for (const auto number : kNumbers) {
    for (size_t k = 0; k < lasers; ++k) {
      const uint64_t at = reader.offset();
      DEW_ASSIGN(const int64_t difference, reader.signed_varint());
      constexpr int64_t kReach = int64_t{1} << 33;
      const int64_t value = difference > -kReach && difference < kReach ? difference + predicted(model.lasers, k).*number : kReach;
      if (value < std::numeric_limits<int32_t>::min() || value > std::numeric_limits<int32_t>::max()) {
        return Error{Code::corrupt, at, "a number of laser " + std::to_string(k) + " needs more than 32 bits"};
      }
      model.lasers[k].*number = static_cast<int32_t>(value);
    }
  }
  DEW_ASSIGN(const uint32_t runs, bounded(reader, lasers, lasers, "run count"));
  std::vector<bool> seen(lasers, false);
  for (size_t run = 0; run < runs; ++run) {
    const uint64_t at = reader.offset();
    DEW_ASSIGN(const int64_t difference, reader.signed_varint());
    const int64_t reach = kMaxLasers;
    const int64_t laser = difference > -reach && difference < reach ? difference + static_cast<int64_t>(run) : -1;
    if (laser < 0 || laser >= lasers || seen[static_cast<size_t>(laser)]) {
      return Error{Code::corrupt, at, "the laser of run " + std::to_string(run) + " is out of range or named twice"};
    }
    seen[static_cast<size_t>(laser)] = true;
    model.run_laser.push_back(static_cast<uint16_t>(laser));
  }
  return model;
}

}  // namespace dew
