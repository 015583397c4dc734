// SPDX-License-Identifier: Apache-2.0
/// Sweeps that list one laser's turn after the other, without no-returns: from floats to the sensor's integers and back to the very same
/// floats.
///
///   std::optional<LaserSortedSweep> sweep = recognise_laser_sorted(view, nullptr);     // encoder; nothing: no such sweep
///   ... code sweep->grid, residue, ulps and the short lists; a decoder rebuilds the same LaserSortedSweep ...
///   DEW_ASSIGN(std::vector<Float3> positions, reconstruct(*sweep, limits));            // decoder: every bit comes back
///   DEW_ASSIGN(std::vector<uint32_t> cells, file_cells(*sweep, limits));               // which cell each point of the file is
///
/// The sensor's integers of a point are laser, firing column and range ticks. They give coordinates in whole units of a comb (1 mm, say) by
/// Lattice::point and rounding (a zero keeps the sign of what was rounded); `residue` says where rounding went the other way. Where the
/// cloud was corrected for motion over the sweep, these coordinates are moved by SweepMotion; `ulps` says where the float came out
/// differently.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "entropy/limits.h"
#include "entropy/result.h"
#include "pointcloud/sensor/comb.h"
#include "pointcloud/sensor/laser_sorted_model.h"
#include "pointcloud/sensor/scan_model.h"
#include "pointcloud/sensor/sweep_motion.h"

namespace dew {

/// A point that is not on the grid: where it stands in the file, and its floats.
struct LoosePoint {
  uint32_t index = 0;
  Float3 position{};
  bool operator==(const LoosePoint&) const = default;
};

/// A point that is on the grid, but not at the place in the file that the rule gives it.
struct DisplacedPoint {
  uint32_t index = 0;
  uint32_t cell = 0;
  bool operator==(const DisplacedPoint&) const = default;
};

/// A sweep as integers. Small signed numbers are kept a cell, in the order of the grid; 0 where the cell has no return.
///
/// Grid: column c of laser l is firing column (c - column_shift(l)) modulo columns, so that neighbours in the grid look the same way;
/// grid.column_azimuth lists the encoder ticks of the firing columns, rising, in [0, azimuth_ticks_per_turn).
/// File order: runs one after the other; in a run the returns of its laser by column, from start_column on and once round. Loose and
/// displaced points stand at the places they name, the others fill what is left.
struct LaserSortedSweep {
  LaserSortedModel model;
  std::optional<SweepMotion> motion;
  uint32_t points = 0;
  SweepGrid grid;
  std::vector<uint32_t> start_column;          ///< one a run; 0 for most
  std::vector<std::array<int8_t, 3>> residue;  ///< units of the comb, to add to the rounded lattice point; empty: all 0
  std::vector<std::array<int8_t, 3>> ulps;     ///< floats to step up from the moved point; empty: all 0
  std::vector<LoosePoint> loose;               ///< by index, rising
  std::vector<DisplacedPoint> displaced;       ///< by index, rising
  bool operator==(const LaserSortedSweep&) const = default;
};

/// The rule from column and laser to azimuth. Immutable; any number of threads may use one. Requires a model and columns that
/// SweepGeometry::check accepts.
class SweepColumns {
 public:
  SweepColumns(const LaserSortedModel& model, std::vector<int32_t> column_azimuth);

  uint32_t columns() const { return static_cast<uint32_t>(column_azimuth_.size()); }
  uint32_t lasers() const { return static_cast<uint32_t>(azimuth_shift_.size()); }
  /// In [0, columns).
  uint32_t column_shift(uint32_t laser) const { return column_shift_[laser]; }
  /// The firing column that fills that column of the grid for the laser. Noise of all lasers follows it: on the sensors looked at, every
  /// third firing of a laser measures some ticks long or short, so that its number modulo 3 is worth a context.
  uint32_t firing_column(uint32_t column, uint32_t laser) const {
    const uint32_t shift = column_shift_[laser];
    return column >= shift ? column - shift : column + columns() - shift;
  }
  /// The column of the grid that a firing column fills for the laser; the inverse of firing_column.
  uint32_t grid_column(uint32_t firing_column, uint32_t laser) const {
    const uint32_t column = firing_column + column_shift_[laser];
    return column >= columns() ? column - columns() : column;
  }
  /// In [0, azimuth_ticks_per_turn): what is added to a firing column's tick for the laser.
  uint32_t azimuth_shift(uint32_t laser) const { return azimuth_shift_[laser]; }
  /// Azimuth tick of the laser in that column of the grid, in [0, azimuth_ticks_per_turn).
  uint32_t azimuth(uint32_t column, uint32_t laser) const {
    const uint32_t tick = static_cast<uint32_t>(column_azimuth_[firing_column(column, laser)]) + azimuth_shift_[laser];
    return tick >= ticks_per_turn_ ? tick - ticks_per_turn_ : tick;
  }

 private:
  uint32_t ticks_per_turn_;
  std::vector<int32_t> column_azimuth_;
  std::vector<uint32_t> azimuth_shift_;
  std::vector<uint32_t> column_shift_;
};

/// Column and laser of one cell after another. Those of a file mostly are the next ones of the same laser, which saves dividing.
class CellCursor {
 public:
  explicit CellCursor(uint32_t lasers) : lasers_(lasers) {}
  void go_to(uint32_t cell) {
    const bool follows = cell == next_;
    column_ = follows ? column_ + 1 : cell / lasers_;
    if (!follows) laser_ = cell - column_ * lasers_;
    next_ = cell + lasers_;
  }
  uint32_t column() const { return column_; }
  uint32_t laser() const { return laser_; }

 private:
  uint32_t lasers_, column_ = 0, laser_ = 0;
  uint32_t next_ = 0xFFFFFFFF;
};

/// The same, and the coordinates that follow. Cost: a tenth of a millisecond.
class SweepGeometry : public SweepColumns {
 public:
  SweepGeometry(const LaserSortedModel& model, std::vector<int32_t> column_azimuth);

  /// Errors: corrupt for numbers out of range. `offset` is put into the error.
  static Status check(const LaserSortedModel& model, const std::vector<int32_t>& column_azimuth, uint64_t offset);

  const Lattice& lattice() const { return lattice_; }
  /// Metres, on the lattice.
  Vec3 point(uint32_t column, uint32_t laser, uint32_t range) const {
    return lattice_.point(laser, azimuth(column, laser), static_cast<int32_t>(range));
  }
  uint32_t units_per_metre() const { return units_per_metre_; }

 private:
  Lattice lattice_;
  uint32_t units_per_metre_;
};

/// A number before rounding: what it rounds to, and how near it was to rounding the other way. A context for coding residues and ulps,
/// which are `toward` (or 0) nearly always, and hardly ever when the margin is wide.
struct Rounded {
  int64_t value = 0;
  int8_t toward = 1;   ///< +1 or -1: the next nearest integer
  uint8_t margin = 0;  ///< 0 to 7: distance to the middle between both, below 0.004, 0.008, 0.016, 0.024, 0.036, 0.064, 0.1 or more
};
/// How far `value` is from the middle between two whole numbers, 0 to 0.5, and the class of that.
inline double rounding_margin(double value) { return 0.5 - std::abs(value - static_cast<double>(round_to_int(value))); }
inline uint8_t margin_class(double margin) {
  constexpr double kEdges[] = {0.004, 0.008, 0.016, 0.024, 0.036, 0.064, 0.1};
  uint8_t wider = 0;
  for (const double edge : kEdges) wider = static_cast<uint8_t>(wider + (margin >= edge));
  return wider;
}
inline Rounded round_with_margin(double value) {
  const int64_t whole = round_to_int(value);
  return {whole, static_cast<int8_t>(value - static_cast<double>(whole) < 0 ? -1 : 1), margin_class(rounding_margin(value))};
}

/// Largest range that reconstruct takes, in ticks.
inline constexpr uint32_t kMaxRangeTicks = 1u << 24;
/// In file_cells: the point is loose.
inline constexpr uint32_t kNoCell = 0xFFFFFFFF;

/// Finds the sweep in a cloud, or nothing: not sorted by laser, no comb of coordinates (also none under any motion), no lattice, or a
/// lattice that fewer than four of five points lie on. `known` is tried first: model and all but motion are then taken from it, which saves
/// the fit. Encoders only (uses libm). Cost of 120,000 points: about 10 ms with `known`, 0.3 s without; 80 ms more with motion. Random
/// clouds: 1 ms.
std::optional<LaserSortedSweep> recognise_laser_sorted(const PointsView& points, const LaserSortedModel* known);

/// The cell of each point in file order, kNoCell for loose ones. The sweep may be hostile: every count, index and number is checked.
/// Errors: corrupt, limit_exceeded. Cost: about 10 ns a cell.
Result<std::vector<uint32_t>> file_cells(const LaserSortedSweep& sweep, const DecodeLimits& limits);

/// The floats of each point in file order; bit-exact, part of the format. Errors as file_cells. Cost: about 20 ns a point, 100 with motion.
Result<std::vector<Float3>> reconstruct(const LaserSortedSweep& sweep, const DecodeLimits& limits);
/// The same where file_cells has been asked before. REQUIRES: `cells` is what it gave for this sweep. Errors: corrupt.
Result<std::vector<Float3>> reconstruct_cells(const LaserSortedSweep& sweep, std::span<const uint32_t> cells);

}  // namespace dew
