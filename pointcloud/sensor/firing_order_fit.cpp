// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "entropy/exact_math.h"
#include "pointcloud/sensor/column_motion_fit.h"
#include "pointcloud/sensor/firing_order.h"

namespace dew {
namespace {

constexpr uint32_t kFewestLasers = 4;
constexpr uint32_t kMostFittedLasers = 256;
constexpr uint32_t kFewestFittedColumns = 64;
constexpr size_t kFewestOrigins = 16;
constexpr double kLatticeBound_m = 4.9e-4;  // below 0.5 mm, floats included

/// Points in a column: the period of the laser numbers, if all of them differ within it. 0: no such order.
uint32_t find_period(std::span<const uint16_t> ring) {
  uint32_t lasers = 1;
  while (lasers < ring.size() && lasers <= kMostFittedLasers && ring[lasers] != ring[0]) ++lasers;
  if (lasers < kFewestLasers || lasers > kMostFittedLasers || ring.size() % lasers != 0 || ring.size() / lasers < kFewestFittedColumns)
    return 0;
  for (uint32_t a = 0; a < lasers; ++a) {
    for (uint32_t b = 0; b < a; ++b) {
      if (ring[a] == ring[b]) return 0;
    }
  }
  for (size_t i = lasers; i < ring.size(); ++i) {
    if (ring[i] != ring[i - lasers]) return 0;
  }
  return lasers;
}

double distance(const Float3& a, const Float3& b) {
  const double x = static_cast<double>(a[0]) - b[0], y = static_cast<double>(a[1]) - b[1], z = static_cast<double>(a[2]) - b[2];
  return std::sqrt(x * x + y * y + z * z);
}

ColumnSensorTable in_file_order(const FiringOrderSensor& sensor) {
  ColumnSensorTable table;
  table.range_tick_um = sensor.range_tick_um;
  table.azimuth_ticks_per_turn = sensor.azimuth_ticks_per_turn;
  table.single_precision = sensor.single_precision;
  table.rule.divisor = sensor.rule.divisor;
  table.elevation_mdeg.resize(sensor.lasers());
  table.rule.firing_position.resize(sensor.lasers());
  for (uint32_t laser = 0; laser < sensor.lasers(); ++laser) {
    table.elevation_mdeg[sensor.place_of_laser[laser]] = sensor.elevation_mdeg[laser];
    table.rule.firing_position[sensor.place_of_laser[laser]] = sensor.rule.firing_position[laser];
  }
  return table;
}

FiringOrderSensor in_grid_order(const ColumnSensorTable& table) {
  FiringOrderSensor sensor;
  sensor.range_tick_um = table.range_tick_um;
  sensor.azimuth_ticks_per_turn = table.azimuth_ticks_per_turn;
  sensor.single_precision = table.single_precision;
  sensor.rule.divisor = table.rule.divisor;
  for (size_t place = 0; place < table.elevation_mdeg.size(); ++place) sensor.place_of_laser.push_back(static_cast<uint16_t>(place));
  std::stable_sort(sensor.place_of_laser.begin(), sensor.place_of_laser.end(),
                   [&](uint16_t a, uint16_t b) { return table.elevation_mdeg[a] > table.elevation_mdeg[b]; });
  for (const uint16_t place : sensor.place_of_laser) {
    sensor.elevation_mdeg.push_back(table.elevation_mdeg[place]);
    sensor.rule.firing_position.push_back(table.rule.firing_position[place]);
  }
  return sensor;
}

bool same_bits(const Float3& a, const Float3& b) {
  for (size_t k = 0; k < 3; ++k) {
    if (!(a[k] == b[k]) || std::signbit(a[k]) != std::signbit(b[k])) return false;
  }
  return true;
}

/// Which point stands for the no-returns of a column: the first within half a range tick of the column's place; points.size(): none.
size_t no_return_of(const PointsView& points, const FiringOrderPoints& places, const FiringOrderModel& model, uint32_t column) {
  const uint32_t lasers = model.sensor.lasers();
  const Float3 origin = places.point(column, 0, 0, 0);
  for (size_t i = static_cast<size_t>(column) * lasers; i < static_cast<size_t>(column + 1) * lasers; ++i) {
    if (distance({points.x[i], points.y[i], points.z[i]}, origin) < kLatticeBound_m) return i;
  }
  return points.size();
}

/// Cells of one column: the range and, where the rule does not hold, the azimuth that come nearest.
void place_column(const PointsView& points, const FiringOrderPoints& places, uint32_t column, FiringOrderSweep& sweep) {
  const FiringOrderSensor& sensor = sweep.model.sensor;
  const uint32_t lasers = sensor.lasers();
  const double tick_m = sensor.range_tick_um * 1e-6;
  const int32_t turn = static_cast<int32_t>(sensor.azimuth_ticks_per_turn);
  const size_t origin = no_return_of(points, places, sweep.model, column);
  for (uint32_t laser = 0; laser < lasers; ++laser) {
    const size_t i = static_cast<size_t>(column) * lasers + sensor.place_of_laser[laser];
    const size_t cell = static_cast<size_t>(column) * lasers + laser;
    const Float3 wanted{points.x[i], points.y[i], points.z[i]};
    sweep.kind[cell] = CellKind::exception;
    if (!std::isfinite(wanted[0]) || !std::isfinite(wanted[1]) || !std::isfinite(wanted[2])) continue;
    if (origin < points.size() && same_bits(wanted, {points.x[origin], points.y[origin], points.z[origin]})) {
      sweep.kind[cell] = CellKind::no_return;
      continue;
    }
    const Vec3 measured = places.poses().measured(column, {wanted[0], wanted[1], wanted[2]});
    const double range = std::round(length(measured) / tick_m);
    if (!(range >= 1 && range < kMostRangeTicks)) continue;
    int32_t azimuth = sweep.azimuth(column, laser);
    const uint32_t ticks = static_cast<uint32_t>(range);
    double error = distance(places.point(column, laser, azimuth, ticks), wanted);
    if (error > kLatticeBound_m) {
      int32_t change = static_cast<int32_t>(std::lround(std::atan2(measured.y, measured.x) / kTurn_rad * turn)) - azimuth;
      change -= turn * static_cast<int32_t>(std::lround(static_cast<double>(change) / turn));
      if (change == 0 || std::abs(change) > 1000) continue;
      error = distance(places.point(column, laser, azimuth + change, ticks), wanted);
      if (error > kLatticeBound_m) continue;
      if (sweep.grid.azimuth_correction.empty()) sweep.grid.azimuth_correction.resize(sweep.kind.size());
      sweep.grid.azimuth_correction[cell] = static_cast<int16_t>(change);
    }
    sweep.grid.range[cell] = ticks;
    sweep.kind[cell] = CellKind::lattice;
  }
}

/// The HDL-32E as drivers have it (two lasers differ by 0.01 degrees from the sheet of calibration_tables.cpp), for a column whose 32
/// lasers are numbered from the lowest; nothing for other numbers of lasers. The lower and the upper sixteen take turns.
std::optional<ColumnSensorTable> data_sheet_table(std::span<const uint16_t> ring) {
  constexpr std::array<int32_t, 32> kElevation_mdeg = {
      -30670, -29330, -28000, -26660, -25330, -24000, -22670, -21330, -20000, -18670, -17330, -16000, -14670, -13330, -12000, -10670,
      -9330,  -8000,  -6660,  -5330,  -4000,  -2670,  -1330,  0,      1330,   2670,   4000,   5330,   6670,   8000,   9330,   10670};
  if (ring.size() != kElevation_mdeg.size()) return std::nullopt;
  std::vector<size_t> by_ring(ring.size());
  std::iota(by_ring.begin(), by_ring.end(), size_t{0});
  std::ranges::sort(by_ring, {}, [&](size_t place) { return ring[place]; });
  ColumnSensorTable table;
  table.range_tick_um = 2000;
  table.azimuth_ticks_per_turn = 36000;
  table.single_precision = true;
  table.rule.divisor = 40;  // firings of 1.152 us in a column of 46.08 us
  table.elevation_mdeg.resize(ring.size());
  table.rule.firing_position.resize(ring.size());
  for (size_t rank = 0; rank < ring.size(); ++rank) {
    table.elevation_mdeg[by_ring[rank]] = kElevation_mdeg[rank];
    table.rule.firing_position[by_ring[rank]] = static_cast<uint16_t>(rank < 16 ? 2 * rank : 2 * rank - 31);
  }
  return table;
}

/// The sweep under a table; an empty one is found.
std::optional<FiringOrderSweep> fit_sensor(const PointsView& points, uint32_t lasers, const std::vector<ColumnOrigin>& origins,
                                           const RoundedFrame& frame, ColumnSensorTable table) {
  MotionFit fit(points, lasers, origins, frame);
  if (!fit.run(table)) return std::nullopt;
  FiringOrderSweep sweep;
  sweep.model.columns = static_cast<uint32_t>(points.size() / lasers);
  sweep.model.sensor = in_grid_order(table);
  sweep.model.motion = fit.motion();
  if (!check_firing_order(sweep.model).ok()) return std::nullopt;
  sweep.grid.columns = sweep.model.columns;
  sweep.grid.lasers = lasers;
  sweep.grid.column_azimuth = fit.azimuths().azimuth;
  sweep.column_step = fit.azimuths().step;
  sweep.grid.range.resize(points.size());
  sweep.kind.resize(points.size());
  const FiringOrderPoints places(sweep.model);
  for (uint32_t column = 0; column < sweep.model.columns; ++column) place_column(points, places, column, sweep);
  return sweep;
}

}  // namespace

int32_t FiringOrderSweep::azimuth(uint32_t column, uint32_t laser) const {
  const int32_t tick = model.sensor.rule.azimuth(laser, grid.column_azimuth[column], column_step[column]);
  if (grid.azimuth_correction.empty()) return tick;
  return tick + grid.azimuth_correction[static_cast<size_t>(column) * grid.lasers + laser];
}

std::optional<FiringOrderSweep> fit_firing_order(const PointsView& points, std::span<const uint16_t> ring, const FiringOrderSensor* known) {
  if (ring.size() != points.size() || points.size() > (size_t{1} << 28)) return std::nullopt;
  const uint32_t lasers = find_period(ring);
  if (lasers == 0) return std::nullopt;
  const std::vector<ColumnOrigin> origins = find_origins(points, lasers);
  const auto seen = std::count_if(origins.begin(), origins.end(), [](const ColumnOrigin& o) { return o.known; });
  if (static_cast<size_t>(seen) < kFewestOrigins) return std::nullopt;
  const RoundedFrame frame = find_rounded_frame(points, origins).value_or(RoundedFrame{});
  if (known && known->lasers() == lasers) {
    if (std::optional<FiringOrderSweep> sweep = fit_sensor(points, lasers, origins, frame, in_file_order(*known))) return sweep;
  }
  if (std::optional<FiringOrderSweep> sweep = fit_sensor(points, lasers, origins, frame, {})) return sweep;
  // In a part of a turn nothing tells a tilt from other elevations; a data sheet does.
  const std::optional<ColumnSensorTable> sheet = data_sheet_table(ring.first(lasers));
  return sheet ? fit_sensor(points, lasers, origins, frame, *sheet) : std::nullopt;
}

}  // namespace dew
