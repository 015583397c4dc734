// SPDX-License-Identifier: Apache-2.0
/// The scan model: how a sensor's integers (laser, encoder tick, range tick) became the coordinates of a file.
/// A decoder knows no sensor by name: everything here is numbers that travel in the file.
///
///   SweepGrid grid;                                   // what the sensor measured
///   Vec3 p = lattice_point(model, laser, azimuth, range);   // metres, sensor frame; same bits on every machine
///   const Lattice lattice(model);                     // the same for a whole sweep, with the sines of all azimuths at hand
///   Vec3 same = lattice.point(laser, azimuth, range);
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "pointcloud/cloud.h"

namespace dew {

/// One laser. Angles are radians, lengths metres.
struct LaserModel {
  double elevation_rad = 0;
  double azimuth_offset_rad = 0;  ///< added to the encoder angle
  double vertical_offset_m = 0;
  double horizontal_offset_m = 0;
  double range_offset_m = 0;  ///< added to tick * range_tick_m
  bool operator==(const LaserModel&) const = default;
};

/// The sensor's lattice: every measurement is (laser, azimuth tick, range tick).
///   d = range * range_tick_m + range_offset;  a = azimuth * azimuth_tick_rad + azimuth_offset
///   h = sqrt((d cos(elevation))^2 - horizontal_offset^2)
///   x = h cos a + horizontal_offset sin a;  y = h sin a - horizontal_offset cos a;  z = d sin(elevation) + vertical_offset
/// So a horizontal offset turns a point aside without changing its distance, as measured on real sweeps: with h = d cos(elevation)
/// distances come out up to 0.1 mm long at 4 m. The sine and cosine of a come from those of its two terms by the addition theorem.
struct ScanModel {
  double range_tick_m = 0;
  double azimuth_tick_rad = 0;
  std::vector<LaserModel> lasers;
  bool operator==(const ScanModel&) const = default;
};

/// One sweep on the sensor's grid. Cells are stored column after column: cell = column * lasers + laser; lasers are sorted by elevation,
/// highest first.
struct SweepGrid {
  uint32_t columns = 0;
  uint32_t lasers = 0;
  std::vector<int32_t> column_azimuth;      ///< encoder tick a column, not wrapped
  std::vector<uint32_t> range;              ///< range ticks a cell; 0 = no return
  std::vector<int16_t> azimuth_correction;  ///< a cell: its encoder tick less the one its column predicts; empty = all 0
  bool operator==(const SweepGrid&) const = default;
};

/// Where a measurement lies, in metres. Requires laser < model.lasers.size() and |azimuth * azimuth_tick_rad| <= exact::kMaxAngle_rad.
/// Bit-exact: part of the format. Cost: about 100 ns; Lattice gives the same bits in a tenth of it.
Vec3 lattice_point(const ScanModel& model, uint32_t laser, int32_t azimuth, int32_t range);

/// lattice_point for azimuths in [0, azimuth_ticks_per_turn), from tables made once. Immutable, so any number of threads may use one.
class Lattice {
 public:
  /// Requires azimuth_ticks_per_turn <= 2^20. Cost: about 30 ns a tick and laser.
  Lattice(const ScanModel& model, uint32_t azimuth_ticks_per_turn);

  uint32_t lasers() const { return static_cast<uint32_t>(lasers_.size()); }
  uint32_t azimuth_ticks_per_turn() const { return static_cast<uint32_t>(turn_.size()); }

  Vec3 point(uint32_t laser, uint32_t azimuth, int32_t range) const { return place(lasers_[laser], turn_[azimuth], range); }
  /// The same for kBlock measurements of a laser at once, as vectors where the processor has them. A quarter of the time.
  static constexpr size_t kBlock = 64;
  struct Block {
    std::array<uint32_t, kBlock> azimuth;
    std::array<int32_t, kBlock> range;
    std::array<double, kBlock> x, y, z;  ///< metres
  };
  void points(uint32_t laser, Block& block) const;

 private:
  struct Direction {
    double sin;
    double cos;
  };
  struct LaserTerms {
    double sin_elevation, cos_elevation;
    double sin_offset, cos_offset;
    double horizontal_offset_m, vertical_offset_m, range_offset_m;
  };
  friend Vec3 lattice_point(const ScanModel& model, uint32_t laser, int32_t azimuth, int32_t range);
  static LaserTerms terms_of(const LaserModel& laser);
  Vec3 place(const LaserTerms& terms, const Direction& tick, int32_t range) const {
    const double sin_a = tick.sin * terms.cos_offset + tick.cos * terms.sin_offset;
    const double cos_a = tick.cos * terms.cos_offset - tick.sin * terms.sin_offset;
    const double d = range * range_tick_m_ + terms.range_offset_m;
    const double rho = d * terms.cos_elevation;
    const double h2 = rho * rho - terms.horizontal_offset_m * terms.horizontal_offset_m;
    const double h = std::sqrt(h2 > 0 ? h2 : 0);
    return {h * cos_a + terms.horizontal_offset_m * sin_a, h * sin_a - terms.horizontal_offset_m * cos_a,
            d * terms.sin_elevation + terms.vertical_offset_m};
  }

  double range_tick_m_;
  std::vector<LaserTerms> lasers_;
  std::vector<Direction> turn_;
};

}  // namespace dew
