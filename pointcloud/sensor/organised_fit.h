// SPDX-License-Identifier: Apache-2.0
/// The steps by which an organised cloud's sensor is found, for encoders (libm): how the file is read as rows and columns, which line each
/// laser's points lie on once the sensor's turning is taken back, and how far apart the columns are.
///
///   std::optional<ShotGrid> grid = find_shot_grid(points, width, height);
///   std::optional<LineFit> fit = fit_lines(*grid, true);
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "entropy/exact_math.h"
#include "pointcloud/sensor/organised.h"

namespace dew {

/// A cloud read as rows (one laser each) and columns.
struct ShotGrid {
  PointsView points;
  uint32_t rows = 0, columns = 0;
  bool column_major = false;
  double rounding_m = 0;  ///< of the coordinates, where it is more than that of floats

  size_t index(uint32_t row, uint32_t column) const { return column_major ? size_t{column} * rows + row : size_t{row} * columns + column; }
  Vec3 at(uint32_t row, uint32_t column) const {
    const size_t i = index(row, column);
    return {static_cast<double>(points.x[i]), static_cast<double>(points.y[i]), static_cast<double>(points.z[i])};
  }
  /// Whether a point can be a return: finite, and some way from the origin.
  bool valid(uint32_t row, uint32_t column) const {
    const Vec3 p = at(row, column);
    const double square = p.x * p.x + p.y * p.y + p.z * p.z;
    return square > 0.01 && square < 1e8;  // also false for NaN
  }
};

/// The way to read width * height points under which all rows are level: elevation hardly changes along a row. Nothing where no way is.
/// Cost: 20 ns for each of at most 64 points a row, four times.
std::optional<ShotGrid> find_shot_grid(const PointsView& points, uint32_t width, uint32_t height);

/// In the frame that turns with the column and points along the beam: (t, side, vertical + t tan(elevation)).
struct LaserLine {
  double azimuth_rad = 0;  ///< added to the column's
  double elevation_rad = 0;
  double side_m = 0;
  double vertical_m = 0;
  uint32_t points = 0;  ///< fewer than kFewestPoints: nothing is known of the laser
};
inline constexpr uint32_t kFewestPoints = 12;

struct LineFit {
  std::vector<LaserLine> lasers;           ///< a row of the grid
  std::vector<double> column_azimuth_rad;  ///< not wrapped
  std::vector<bool> column_known;          ///< false: no returns, azimuth interpolated
  double step_rad = 0;                     ///< from column to column; negative where azimuth falls
  bool uniform = false;                    ///< column_azimuth = column * step_rad
};

/// `even`: with columns a whole part of a turn apart, or nothing; else each column where its points say. Nothing where azimuths do not step
/// evenly enough, or points are not on lines. Cost: about 0.1 us a point, three times that for uneven columns.
std::optional<LineFit> fit_lines(const ShotGrid& grid, bool even);

/// Fits all lasers once more, with the columns as they are.
void refit_lasers(const ShotGrid& grid, LineFit& fit);

/// Offsets alone, with all angles as they are.
void refit_offsets(const ShotGrid& grid, LineFit& fit);

/// One laser's numbers, in the terms of OrganisedLaser.
struct LaserPlace {
  double beam_azimuth_rad = 0, elevation_rad = 0;
  double forward_m = 0, side_m = 0, vertical_m = 0, range_offset_m = 0;
  int64_t file_shift = 0;
};

struct SensorFit {
  double zero_rad = 0;             ///< added to all azimuths
  uint64_t angle_units = 0;        ///< a turn, where angles are decimals; 0: they are not
  std::vector<LaserPlace> lasers;  ///< a row of the file; range offsets are still 0
};

/// What the lines mean: shifts of columns and a shared origin if they show one, decimal angles, shared offsets. Lines follow the angles.
/// `decimals`: angles may be taken to be decimal degrees where they are near.
SensorFit fit_sensor(const ShotGrid& grid, bool decimals, LineFit& fit);

/// Of at least one value.
inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

inline double wrapped_angle(double angle_rad) { return angle_rad - kTurn_rad * std::round(angle_rad / kTurn_rad); }

}  // namespace dew
