// SPDX-License-Identifier: Apache-2.0
/// Finds the pose of every column of a column-ordered spinning lidar from the points alone: places from repeated no-returns, attitudes from
/// the lasers' elevations and the comb of the encoder. Encoders only (uses libm).
///
///   std::vector<ColumnOrigin> origins = find_origins(points, lasers);
///   MotionFit fit(points, lasers, origins, frame);
///   if (fit.run(sensor)) use(fit.motion());      // sensor: elevations and ticks, found too where they are not known
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pointcloud/sensor/column_azimuth.h"
#include "pointcloud/sensor/column_motion.h"
#include "pointcloud/sensor/firing_lattice.h"
#include "pointcloud/sensor/rounded_frame.h"
#include "pointcloud/sensor/turn_line.h"

namespace dew {

/// What all sweeps of a sensor share. Lasers are counted in the file's order inside a column.
struct ColumnSensorTable {
  uint32_t range_tick_um = 0;  ///< 0: not known yet
  uint32_t azimuth_ticks_per_turn = 0;
  bool single_precision = false;
  std::vector<int32_t> elevation_mdeg;  ///< thousandths of a degree
  FiringRule rule;
  bool known() const { return range_tick_um != 0; }
};

/// The point that is repeated most often in each column. Cost: 1 us a column.
std::vector<ColumnOrigin> find_origins(const PointsView& points, uint32_t lasers);

/// A piece in doubles; places in the axes of the rounded frame.
struct FittedPiece {
  uint32_t first_column = 0;
  Vec3 position, velocity, angle, rate;
};

/// Cuts the columns where their origins leave a straight line, rounding to the frame's grid allowed for.
std::vector<FittedPiece> fit_origin_pieces(std::span<const ColumnOrigin> origins, const RoundedFrame& frame);

class MotionFit {
 public:
  /// The spans must outlive the fit.
  MotionFit(const PointsView& points, uint32_t lasers, std::span<const ColumnOrigin> origins, const RoundedFrame& frame);
  /// Fits attitudes; completes `sensor` where it is not known. False where the points follow no such model.
  bool run(ColumnSensorTable& sensor);
  /// The result, rounded to the file's units.
  ColumnMotion motion() const;
  const ColumnAzimuths& azimuths() const { return azimuths_; }

 private:
  static constexpr double kFar_m = 1000;    // points farther away are no returns
  static constexpr size_t kMostKnots = 16;  // of the tilt

  // column_motion_fit.cpp: the order of the steps, and what they share
  void set_places();
  size_t piece_of(uint32_t column) const;
  Vec3 relative(size_t cell) const;
  void straighten();
  bool fit_azimuths(ColumnSensorTable& sensor);

  // column_motion_start.cpp: range tick, elevations and first attitudes, before there is a lattice
  bool find_range_tick(ColumnSensorTable& sensor) const;
  bool find_elevations(ColumnSensorTable& sensor);
  void fit_tilt(std::span<const double> elevation_rad, size_t knots);
  bool fit_yaw(double ticks_per_turn);

  // column_motion_pieces.cpp: pieces turned, cut and moved until their points lie on the lattice
  TurnEquations column_equations(uint32_t column, const FittedPiece& piece, bool wide, bool by_rule) const;
  double refine(bool wide, bool by_rule);
  double closeness() const;
  void choose_precision(ColumnSensorTable& sensor);
  void split_pieces();
  void split_piece(std::span<const TurnEquations> columns, const FittedPiece& piece, std::vector<FittedPiece>& result) const;
  bool move_cuts();
  double column_cost(uint32_t column, const FittedPiece& piece) const;
  int32_t nearest_azimuth(const Vec3& measured) const;

  PointsView points_;
  uint32_t lasers_;
  uint32_t columns_;
  std::span<const ColumnOrigin> origins_;
  RoundedFrame frame_;
  Mat3 frame_back_;
  double variance_[3] = {};  // of the errors along the frame's axes, m^2
  std::vector<FittedPiece> pieces_;
  std::vector<Vec3> place_;       // a column, file's axes
  std::vector<Vec3> angle_;       // a column
  std::vector<double> distance_;  // a cell, from the column's place
  ColumnAzimuths azimuths_;
  ColumnSensorTable sensor_;
  std::optional<FiringLattice> lattice_;  // of sensor_
};

}  // namespace dew
