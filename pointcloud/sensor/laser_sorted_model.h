// SPDX-License-Identifier: Apache-2.0
/// The numbers of a sensor whose sweeps come sorted by laser, as whole numbers of fixed units: what a file or a kept model (`--sensor`)
/// holds.
///
///   ByteWriter writer;                 write_model(model, writer);
///   ByteReader reader(writer.bytes());
///   DEW_ASSIGN(LaserSortedModel same, read_model(reader));
#pragma once

#include <cstdint>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/result.h"
#include "pointcloud/sensor/scan_model.h"

namespace dew {

/// Units of the numbers below; part of the format.
inline constexpr double kAngleUnitsPerRad = 1e7;
inline constexpr double kLengthUnitsPerMetre = 1e6;

/// One laser. Angles and lengths in the units above; azimuth_shift in azimuth ticks.
struct LaserNumbers {
  int32_t elevation = 0;
  int32_t azimuth_offset = 0;
  int32_t vertical_offset = 0;
  int32_t horizontal_offset = 0;
  int32_t range_offset = 0;
  int32_t azimuth_shift = 0;  ///< added to a firing column's encoder tick
  bool operator==(const LaserNumbers&) const = default;
};

struct LaserSortedModel {
  uint32_t units_per_metre = 0;  ///< of the coordinates' comb
  uint32_t range_tick_um = 0;
  uint32_t azimuth_ticks_per_turn = 0;
  std::vector<LaserNumbers> lasers;  ///< by elevation, highest first
  std::vector<uint16_t> run_laser;   ///< the laser of each run of the file; a permutation
  bool operator==(const LaserSortedModel&) const = default;
};

/// The lattice that the numbers mean. Bit-exact.
ScanModel scan_model(const LaserSortedModel& model);

/// Three varints, the laser count, and the differences of each number to what the lasers before it let expect, as exponential Golomb codes:
/// about 8 bytes a laser.
void write_model(const LaserSortedModel& model, ByteWriter& writer);
/// Errors: truncated; corrupt for numbers out of range, more than 1,024 lasers or a run order that is no permutation. Hostile bytes are
/// fine.
Result<LaserSortedModel> read_model(ByteReader& reader);

}  // namespace dew
