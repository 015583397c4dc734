// SPDX-License-Identifier: Apache-2.0
/// Organised clouds of spinning sensors: every shot of every laser has its place in the file, returns or not. From floats to the sensor's
/// integers, and from these to the floats again.
///
///   std::optional<OrganisedSweep> sweep = fit_organised(points, width, height, nullptr);   // encoder; nothing: no such cloud
///   const OrganisedGeometry geometry(sweep->model);                                        // decoder, too
///   Vec3 p = geometry.point(row, firing_column, range_ticks);                              // metres; same bits on every machine
///
/// The model: seen from a frame that turns with the sensor, all points of a laser lie on a straight line. That holds for every maker's
/// formula that is linear in the range: offsets sideways, forward (Ouster's beam origin) and upward are where the line begins.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "entropy/result.h"
#include "pointcloud/cloud.h"
#include "pointcloud/sensor/coordinate_rounding.h"

namespace dew {

/// Units of angles and lengths that have no pattern.
inline constexpr uint64_t kFineAngleUnits = uint64_t{1} << 32;
inline constexpr uint32_t kFineAzimuthUnits = 1u << 30;
inline constexpr uint32_t kFineLengthUnit_nm = 1;

/// One laser. Angles in OrganisedSensor::angle_units_per_turn, lengths in length_unit_nm.
struct OrganisedLaser {
  int64_t elevation = 0;
  int64_t beam_azimuth = 0;  ///< added to the azimuth of the column
  int64_t forward = 0;       ///< where the line begins, in the column's direction
  int64_t side = 0;          ///< square to the beam's azimuth, to the left
  int64_t vertical = 0;
  int64_t range_offset = 0;  ///< added to range ticks * tick
  int64_t file_shift = 0;    ///< the shot of firing column f stands in the file's column f + file_shift (modulo columns)
  bool operator==(const OrganisedLaser&) const = default;
};

/// What stays the same from sweep to sweep of a sensor.
struct OrganisedSensor {
  uint32_t range_tick_um = 1;
  uint32_t length_unit_nm = 1;
  uint64_t angle_units_per_turn = 1;
  bool single_precision = false;       ///< tables of directions and origins, and products, are floats
  std::vector<OrganisedLaser> lasers;  ///< by elevation, highest first: the rows of the grid
  std::vector<uint16_t> file_row;      ///< of each laser; a permutation
  bool operator==(const OrganisedSensor&) const = default;
};

struct OrganisedModel {
  uint32_t columns = 0;
  bool column_major = false;  ///< of the file: all lasers of one column after the other
  CoordinateRounding rounding;
  uint32_t azimuth_units_per_turn = 1;  ///< of column_azimuth
  int32_t column_step = 0;              ///< from column to column, azimuth units: lays out the grid
  int64_t azimuth_zero = 0;             ///< 2^-48 turns, added to all azimuths
  std::vector<int32_t> column_azimuth;  ///< a firing column, azimuth units, any number of turns
  OrganisedSensor sensor;
  uint32_t lasers() const { return static_cast<uint32_t>(sensor.lasers.size()); }
  bool operator==(const OrganisedModel&) const = default;
};

/// In OrganisedSweep::place: the point is no shot of a laser.
inline constexpr uint32_t kNoPlace = 0xFFFFFFFF;
/// Largest range in ticks.
inline constexpr uint32_t kMostOrganisedTicks = 1u << 24;

/// A cloud taken apart.
struct OrganisedSweep {
  OrganisedModel model;
  std::vector<uint32_t> range;  ///< ticks, a shot in the order of the model; 0: no return, or a point that no shot of its laser can be
  std::vector<uint32_t>
      place;           ///< files without the shots that did not return: which shot each point is, or kNoPlace; empty: all are there
  double slack_m = 0;  ///< nearly all returns are this near to their lattice point
};

/// The cells' points. Immutable; any number of threads may use one.
class OrganisedGeometry {
 public:
  /// Requires check_organised(model). Cost: 100 ns a laser and column.
  explicit OrganisedGeometry(const OrganisedModel& model);

  uint32_t columns() const { return static_cast<uint32_t>(columns_.size()); }
  uint32_t rows() const { return static_cast<uint32_t>(rows_.size()); }
  /// The firing column that fills a column of the grid: neighbours in the grid look the same way.
  uint32_t firing_column(uint32_t row, uint32_t grid_column) const { return wrapped(grid_column, columns() - rows_[row].grid_shift); }
  uint32_t grid_column(uint32_t row, uint32_t firing_column) const { return wrapped(firing_column, rows_[row].grid_shift); }
  /// The place in the file of the point.
  size_t file_index(uint32_t row, uint32_t firing_column) const {
    const size_t column = wrapped(firing_column, rows_[row].file_shift);
    return column_major_ ? column * rows() + rows_[row].file_row : size_t{rows_[row].file_row} * columns() + column;
  }
  /// Metres. Requires range < kMostOrganisedTicks. Cost: 5 ns.
  Vec3 point(uint32_t row, uint32_t firing_column, uint32_t range) const;
  /// Along the beam, without its beginning.
  double distance_m(uint32_t row, uint32_t range) const { return static_cast<double>(range) * tick_m_ + rows_[row].range_offset_m; }
  /// Signs of x, y, z of a shot: bits 0 to 2 are set where it goes to the negative side.
  uint32_t octant(uint32_t row, uint32_t firing_column) const;

 private:
  struct Direction {
    double sin, cos;
  };
  struct Row {
    Direction beam, elevation;
    double forward_m, side_m, vertical_m, range_offset_m;
    uint32_t grid_shift, file_shift, file_row;  // shifts in [0, columns)
  };
  uint32_t wrapped(uint32_t column, uint32_t shift) const {
    return column + shift >= columns() ? column + shift - columns() : column + shift;
  }

  double tick_m_;
  bool single_precision_, column_major_;
  std::vector<Direction> columns_;
  std::vector<Row> rows_;
};

/// The same for clouds that leave no-returns out, in about the order of firing: the columns of some packets may be mixed. `ring`: laser
/// numbers of the points. Nothing where columns do not step evenly.
std::optional<OrganisedSweep> fit_listed(const PointsView& points, std::span<const uint16_t> ring, const OrganisedModel* known);

/// Takes a cloud apart; `known`: the model of another frame, which is taken as it is where it fits, without a search. Ranges are those of
/// the nearest lattice points. Nothing where no way to read the file as rows and columns shows such a sensor, or fewer than four of five
/// points are within 5 mm of it. Encoders only (uses libm). Cost: about 0.2 us a point; 5 ms to say no.
std::optional<OrganisedSweep> fit_organised(const PointsView& points, uint32_t width, uint32_t height, const OrganisedModel* known);

/// The same model with angles and lengths that are no whole degrees or micrometres cut to what half a millimetre asks for: points move by
/// at most kCoarseModel_m within 100 m.
OrganisedModel coarser(OrganisedModel model);
inline constexpr double kCoarseModel_m = 4e-5;

/// Whether a model is one that OrganisedGeometry takes. Errors: corrupt.
Status check_organised(const OrganisedModel& model);

}  // namespace dew
