// SPDX-License-Identifier: Apache-2.0
/// The scan model: how a sensor's integers (laser, encoder tick, range tick) became the coordinates of a file.
/// A decoder knows no sensor by name: everything here is numbers that travel in the file.
///
///   SweepGrid grid;                                   // what the sensor measured
///   Vec3 p = lattice_point(model, laser, azimuth, range);   // metres, sensor frame; same bits on every machine
#pragma once

#include <cstdint>
#include <vector>

#include "pointcloud/cloud.h"

namespace dew {

/// One laser. Angles are radians, lengths metres.
struct LaserModel {
  double elevation_rad = 0;
  double azimuth_offset_rad = 0;   ///< added to the encoder angle
  double vertical_offset_m = 0;
  double horizontal_offset_m = 0;
  double range_offset_m = 0;       ///< added to tick * range_tick_m
  bool operator==(const LaserModel&) const = default;
};

/// The sensor's lattice: every measurement is (laser, azimuth tick, range tick).
///   d = range * range_tick_m + range_offset;  a = azimuth * azimuth_tick_rad + azimuth_offset;  h = d cos(elevation)
///   x = h cos a + horizontal_offset sin a;  y = h sin a - horizontal_offset cos a;  z = d sin(elevation) + vertical_offset
struct ScanModel {
  double range_tick_m = 0;
  double azimuth_tick_rad = 0;
  std::vector<LaserModel> lasers;
  bool operator==(const ScanModel&) const = default;
};

/// One sweep on the sensor's grid. Cells are stored column after column: cell = column * lasers + laser; lasers are sorted by elevation, highest first.
struct SweepGrid {
  uint32_t columns = 0;
  uint32_t lasers = 0;
  std::vector<int32_t> column_azimuth;      ///< encoder tick a column, not wrapped
  std::vector<uint32_t> range;              ///< range ticks a cell; 0 = no return
  std::vector<int16_t> azimuth_correction;  ///< a cell: its encoder tick less the one its column predicts; empty = all 0
};

}  // namespace dew
