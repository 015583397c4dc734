// SPDX-License-Identifier: Apache-2.0
/// Frames of spinning lidars in firing order: column after column, all lasers in each, no-returns kept where the sensor was. The sensor's
/// integers are found again under the motion compensation, and the floats follow from them.
///
///   std::optional<FiringOrderSweep> sweep = fit_firing_order(points, lasers_of_points);      // encoder; nothing: no such frame
///   const FiringOrderPoints places(sweep->model);                                            // decoder, too
///   Float3 p = places.point(column, laser, azimuth_tick, range_ticks);                       // metres, as the file has it
///   std::optional<PointResidue> r = places.residue(column, laser, azimuth_tick, range_ticks, wanted);   // for the very bits
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "entropy/limits.h"
#include "entropy/result.h"
#include "pointcloud/sensor/column_azimuth.h"
#include "pointcloud/sensor/column_motion.h"
#include "pointcloud/sensor/firing_lattice.h"
#include "pointcloud/sensor/scan_model.h"

namespace dew {

/// What stays the same from sweep to sweep of a sensor. Lasers are those of the grid: by elevation, highest first.
struct FiringOrderSensor {
  std::vector<uint16_t> place_of_laser;  ///< where in a column of the file the laser's point is
  uint32_t range_tick_um = 0;
  uint32_t azimuth_ticks_per_turn = 0;
  bool single_precision = false;        ///< see FiringLattice
  std::vector<int32_t> elevation_mdeg;  ///< thousandths of a degree
  FiringRule rule;
  uint32_t lasers() const { return static_cast<uint32_t>(place_of_laser.size()); }
  bool operator==(const FiringOrderSensor&) const = default;
};

/// All numbers that a decoder needs to make points of cells.
struct FiringOrderModel {
  uint32_t columns = 0;
  FiringOrderSensor sensor;
  ColumnMotion motion;
  bool operator==(const FiringOrderModel&) const = default;
};

/// Stored in files; never renumber.
enum class CellKind : uint8_t {
  no_return = 0,  ///< range 0; all no-returns of a column are the same point
  lattice = 1,    ///< within 0.5 mm of its lattice point
  exception = 2,  ///< to be coded as it is
};

/// A sweep taken apart. Cells as in SweepGrid; point of a cell: column * lasers + place_of_laser[laser].
struct FiringOrderSweep {
  FiringOrderModel model;
  SweepGrid grid;  ///< column_azimuth: encoder tick at firing position 0; corrections are rare, empty where there are none
  std::vector<int32_t>
      column_step;  ///< ticks a column, to the next firing: column_azimuth[c + 1] - column_azimuth[c], or where packets end the step before
  std::vector<CellKind> kind;  ///< a cell

  /// Encoder tick of a cell, not wrapped.
  int32_t azimuth(uint32_t column, uint32_t laser) const;
};

/// Takes a frame apart. `ring` holds a laser number a point, in any numbering. `known` (another sweep of the same sensor) is tried first; a
/// table that cannot be found, as in a part of a turn, is that of a data sheet if one fits. Nothing where the points are in no such order
/// or follow no such model. Every cell of kind lattice is within 0.5 mm of its lattice point. Encoders only (uses libm). Cost: 1 ms to say
/// no to a cloud in another order.
std::optional<FiringOrderSweep> fit_firing_order(const PointsView& points, std::span<const uint16_t> ring,
                                                 const FiringOrderSensor* known = nullptr);

/// Computes the points of a sweep. Immutable, so any number of threads may use one. Bit-exact: part of the format.
class FiringOrderPoints {
 public:
  /// Requires check_firing_order(model). Cost: 1 ms (sines of all azimuths) and 0.3 us a column.
  explicit FiringOrderPoints(const FiringOrderModel& model);

  /// Requires column < columns, laser < lasers, any azimuth, range < kMostRangeTicks. Range 0: the no-returns of the column. Cost: 40 ns.
  Float3 point(uint32_t column, uint32_t laser, int32_t azimuth, uint32_t range, const PointResidue& residue = {}) const {
    return poses_.point(column, measured(laser, azimuth, range), residue);
  }
  /// The residue with which point() gives `wanted`; nothing where it is far off. Cost: 0.3 us.
  std::optional<PointResidue> residue(uint32_t column, uint32_t laser, int32_t azimuth, uint32_t range, const Float3& wanted) const {
    return poses_.residue(column, measured(laser, azimuth, range), wanted);
  }
  const ColumnPoses& poses() const { return poses_; }
  /// Sensor frame, metres.
  Vec3 measured(uint32_t laser, int32_t azimuth, uint32_t range) const {
    if (range == 0) return {};
    int32_t wrapped = azimuth % turn_;
    if (wrapped < 0) wrapped += turn_;
    return lattice_.point(laser, static_cast<uint32_t>(wrapped), range);
  }

 private:
  FiringLattice lattice_;
  ColumnPoses poses_;
  int32_t turn_;
};

inline constexpr uint32_t kMostRangeTicks = 1u << 24;

/// Whether a model from a file is one that FiringOrderPoints takes. Errors: corrupt.
Status check_firing_order(const FiringOrderModel& model);

/// The model as bytes, and back; doubles and wild integers are refused by check_firing_order. About 300 bytes and 60 a motion piece.
void write_firing_order(const FiringOrderModel& model, ByteWriter& writer);
Result<FiringOrderModel> read_firing_order(ByteReader& reader);

}  // namespace dew
