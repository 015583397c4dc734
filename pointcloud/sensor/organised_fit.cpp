// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/organised_fit.h"

#include <algorithm>
#include <array>
#include <complex>
#include <numeric>

#include "entropy/exact_math.h"

namespace dew {
namespace {

constexpr double kNear_m = 0.005;  // a slow motion moves points as far; what is farther off is no lattice point
constexpr double kZeroUnits = 0x1p48;

/// Resultant of the phases of values on a comb: its length says how well they lie on it, its angle where it begins.
struct CombPhase {
  std::complex<double> sum{};
  double count = 0;
  void add(double ticks) {
    const double phase = kTurn_rad * (ticks - std::floor(ticks));
    sum += std::complex<double>(std::cos(phase), std::sin(phase));
    count += 1;
  }
  double coherence() const { return count > 0 ? std::abs(sum) / count : 0; }
  double offset_ticks() const { return std::arg(sum) / kTurn_rad; }  // -0.5 to 0.5
};

/// Columns as whole numbers of an encoder's unit; a constant angle goes to the lasers.
void set_columns(double rounding_m, LineFit& fit, OrganisedModel& model) {
  const size_t columns = fit.column_azimuth_rad.size();
  model.columns = static_cast<uint32_t>(columns);
  const auto store = [&](uint32_t units, double zero_rad) {
    model.azimuth_units_per_turn = units;
    model.column_azimuth.resize(columns);
    for (size_t c = 0; c < columns; ++c) {
      model.column_azimuth[c] = static_cast<int32_t>(std::llround((fit.column_azimuth_rad[c] - zero_rad) / kTurn_rad * units));
      fit.column_azimuth_rad[c] = model.column_azimuth[c] * (kTurn_rad / units);
    }
    const int32_t step = static_cast<int32_t>(std::llround(fit.step_rad / kTurn_rad * units));
    model.column_step = step != 0 ? step : fit.step_rad < 0 ? -1 : 1;
    for (LaserLine& line : fit.lasers) line.azimuth_rad += zero_rad;
  };
  if (fit.uniform) {
    const double turn_columns = kTurn_rad / std::abs(fit.step_rad), whole = std::round(turn_columns);
    store(std::abs(turn_columns - whole) < 1e-6 && whole <= kFineAzimuthUnits ? static_cast<uint32_t>(whole) : kFineAzimuthUnits, 0);
    return;
  }
  // Columns that stray by a few fine ticks, or drift, still look good on a coarse comb: what is left must be noise.
  const double noise_rad = 2e-6 + 0.05 * rounding_m;
  for (const uint32_t units : {3600u, 4000u, 7200u, 9000u, 18000u, 36000u, 72000u, 360000u}) {
    CombPhase phase;
    for (size_t c = 0; c < columns; ++c) {
      if (fit.column_known[c]) phase.add(fit.column_azimuth_rad[c] / kTurn_rad * units);
    }
    const double off_rad = std::sqrt(2 * (1 - phase.coherence())) / units;
    if (phase.coherence() > 0.95 && off_rad <= noise_rad) return store(units, phase.offset_ticks() * kTurn_rad / units);
  }
  store(kFineAzimuthUnits, 0);
}

/// Distances along the beams of all shots, row-major by the file's columns; 0 where there is no return.
std::vector<double> distances(const ShotGrid& grid, const LineFit& fit, const SensorFit& sensor) {
  std::vector<double> result(size_t{grid.rows} * grid.columns, 0.0), cosine, sine;
  for (const double azimuth : fit.column_azimuth_rad) {
    cosine.push_back(std::cos(azimuth));
    sine.push_back(std::sin(azimuth));
  }
  for (uint32_t row = 0; row < grid.rows; ++row) {
    const LaserPlace& laser = sensor.lasers[row];
    if (fit.lasers[row].points < kFewestPoints) continue;
    const double ce = std::cos(laser.elevation_rad), se = std::sin(laser.elevation_rad),
                 forward = laser.forward_m * std::cos(laser.beam_azimuth_rad);
    const double c0 = std::cos(fit.lasers[row].azimuth_rad), s0 = std::sin(fit.lasers[row].azimuth_rad);
    for (uint32_t column = 0; column < grid.columns; ++column) {
      if (!grid.valid(row, column)) continue;
      const Vec3 p = grid.at(row, column);
      const double along = p.x * (cosine[column] * c0 - sine[column] * s0) + p.y * (sine[column] * c0 + cosine[column] * s0) - forward;
      result[size_t{row} * grid.columns + column] = along * ce + (p.z - laser.vertical_m) * se;
    }
  }
  return result;
}

CombPhase phase_of_row(const std::vector<double>& distance_m, uint32_t row, uint32_t columns, double tick_m, uint32_t stride) {
  CombPhase phase;
  for (uint32_t column = 0; column < columns; column += stride) {
    const double d = distance_m[size_t{row} * columns + column];
    if (d > 0) phase.add(d / tick_m);
  }
  return phase;
}

/// The coarsest tick under which the ranges of most lasers lie on a comb, micrometres; half a millimetre where none shows.
uint32_t find_range_tick_um(const std::vector<double>& distance_m, uint32_t rows, uint32_t columns, double rounding_m) {
  // A decimal rounding leaves a weaker comb.
  const double least = rounding_m > 0 ? 0.4 : 0.75;
  for (const uint32_t tick_um : {20000u, 10000u, 8000u, 6000u, 5000u, 4000u, 3000u, 2500u, 2000u, 1000u, 500u, 250u, 200u, 100u}) {
    if (tick_um * 1e-6 < rounding_m) break;
    double sum = 0, count = 0;
    for (uint32_t row = 0; row < rows; ++row) {
      const CombPhase phase = phase_of_row(distance_m, row, columns, tick_um * 1e-6, 3);
      if (phase.count < kFewestPoints) continue;
      sum += std::abs(phase.sum);
      count += phase.count;
    }
    if (count > 0 && sum >= least * count) return tick_um;
  }
  return rounding_m > 0 ? static_cast<uint32_t>(std::llround(rounding_m * 1e6)) : 500;
}

/// Lasers by elevation, the highest first. A laser that saw nothing goes beside a neighbour in the file.
std::vector<uint16_t> rows_from_above(const LineFit& fit, SensorFit& sensor) {
  const size_t rows = fit.lasers.size();
  for (size_t row = 0; row < rows; ++row) {
    if (fit.lasers[row].points >= kFewestPoints) continue;
    for (size_t step = 1; step < rows; ++step) {
      const size_t other = row >= step && fit.lasers[row - step].points >= kFewestPoints ? row - step : row + step;
      if (other >= rows || fit.lasers[other].points < kFewestPoints) continue;
      sensor.lasers[row] = sensor.lasers[other];
      break;
    }
  }
  std::vector<uint16_t> order(rows);
  std::iota(order.begin(), order.end(), uint16_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](uint16_t a, uint16_t b) { return sensor.lasers[a].elevation_rad > sensor.lasers[b].elevation_rad; });
  return order;
}

/// Where each laser's comb of ranges begins, nearest to the sensor; one number for all where they agree.
void find_range_offsets(const ShotGrid& grid, const LineFit& fit, const std::vector<double>& distance_m, double tick_m, SensorFit& sensor) {
  CombPhase all;
  for (uint32_t row = 0; row < grid.rows; ++row) {
    const CombPhase phase = phase_of_row(distance_m, row, grid.columns, tick_m, 1);
    sensor.lasers[row].range_offset_m = phase.offset_ticks() * tick_m;
    all.sum += phase.sum;
    all.count += phase.count;
  }
  // Where beams begin off the axis, ranges count from the axis.
  const double forward = sensor.lasers.front().forward_m, phase_m = all.offset_ticks() * tick_m;
  double shared = phase_m - tick_m * std::round((phase_m + forward) / tick_m);
  const double noise_m = 3e-7 + 0.1 * grid.rounding_m, whole = std::round(shared * 1e6) * 1e-6;
  if (std::abs(whole - shared) < 5e-8 + 0.1 * grid.rounding_m) shared = whole;
  size_t near = 0, known = 0;
  for (uint32_t row = 0; row < grid.rows; ++row) {
    if (fit.lasers[row].points < kFewestPoints) continue;
    ++known;
    const double off = sensor.lasers[row].range_offset_m - shared;
    near += std::abs(off - tick_m * std::round(off / tick_m)) < noise_m;
  }
  if (near * 10 < known * 9) return;
  for (LaserPlace& laser : sensor.lasers) laser.range_offset_m = shared;
}

/// Whole micrometres where all lengths are such, else nanometres.
uint32_t find_length_unit_nm(const SensorFit& sensor) {
  for (const LaserPlace& laser : sensor.lasers) {
    for (const double length : {laser.forward_m, laser.side_m, laser.vertical_m, laser.range_offset_m}) {
      if (std::abs(length * 1e6 - std::round(length * 1e6)) > 1e-6) return kFineLengthUnit_nm;
    }
  }
  return 1000;
}

/// The sensor's numbers, from the fitted lines.
void set_sensor(const ShotGrid& grid, bool decimals, LineFit fit, OrganisedModel& model) {
  SensorFit found = fit_sensor(grid, decimals, fit);
  model.sensor = {};
  const std::vector<double> distance_m = distances(grid, fit, found);
  OrganisedSensor& sensor = model.sensor;
  sensor.range_tick_um = find_range_tick_um(distance_m, grid.rows, grid.columns, grid.rounding_m);
  find_range_offsets(grid, fit, distance_m, sensor.range_tick_um * 1e-6, found);
  sensor.angle_units_per_turn = found.angle_units != 0 ? found.angle_units : kFineAngleUnits;
  sensor.length_unit_nm = find_length_unit_nm(found);
  sensor.file_row = rows_from_above(fit, found);
  const double azimuth_unit = kTurn_rad / model.azimuth_units_per_turn, whole = std::round(found.zero_rad / azimuth_unit) * azimuth_unit;
  if (found.angle_units != 0 && std::abs(whole - found.zero_rad) < 3e-8) found.zero_rad = whole;
  model.azimuth_zero = std::llround(found.zero_rad / kTurn_rad * kZeroUnits);
  const double angle_unit = kTurn_rad / static_cast<double>(sensor.angle_units_per_turn), length_unit = sensor.length_unit_nm * 1e-9;
  for (const uint16_t row : sensor.file_row) {
    const LaserPlace& laser = found.lasers[row];
    sensor.lasers.push_back({std::llround(laser.elevation_rad / angle_unit), std::llround(laser.beam_azimuth_rad / angle_unit),
                             std::llround(laser.forward_m / length_unit), std::llround(laser.side_m / length_unit),
                             std::llround(laser.vertical_m / length_unit), std::llround(laser.range_offset_m / length_unit),
                             laser.file_shift});
  }
}

/// Ranges of all cells under the model, and how near the points are to it.
struct Ranges {
  std::vector<uint32_t> range;
  double slack_m = 0;
  size_t returns = 0, near = 0;
};

Ranges find_ranges(const ShotGrid& grid, const OrganisedModel& model) {
  const OrganisedGeometry geometry(model);
  const double bound_m = std::max(kNear_m, 1.5 * grid.rounding_m), tick_m = model.sensor.range_tick_um * 1e-6;
  Ranges found;
  found.range.assign(size_t{grid.rows} * grid.columns, 0);
  std::vector<double> off;
  for (uint32_t row = 0; row < geometry.rows(); ++row) {
    for (uint32_t column = 0; column < geometry.columns(); ++column) {
      const uint32_t firing = geometry.firing_column(row, column);
      const size_t i = geometry.file_index(row, firing);
      const Vec3 p = {static_cast<double>(grid.points.x[i]), static_cast<double>(grid.points.y[i]), static_cast<double>(grid.points.z[i])};
      const double square = p.x * p.x + p.y * p.y + p.z * p.z;
      if (!(square > 0 && square < 1e12)) continue;
      // Two points of the line give its beginning and direction.
      const Vec3 a = geometry.point(row, firing, 0), b = geometry.point(row, firing, 1u << 16);
      const Vec3 u = {b.x - a.x, b.y - a.y, b.z - a.z};
      const double along = ((p.x - a.x) * u.x + (p.y - a.y) * u.y + (p.z - a.z) * u.z) / (u.x * u.x + u.y * u.y + u.z * u.z) * 65536;
      if (square > 0.01) ++found.returns;
      if (!(along >= 0.5 && along < kMostOrganisedTicks - 1)) continue;
      const uint32_t ticks = static_cast<uint32_t>(std::llround(along));
      const Vec3 q = geometry.point(row, firing, ticks);
      const double away = std::sqrt((p.x - q.x) * (p.x - q.x) + (p.y - q.y) * (p.y - q.y) + (p.z - q.z) * (p.z - q.z));
      // Far off, a tick says nothing; the cell is empty and the point is listed.
      if (away > 0.5 + 0.01 * tick_m * ticks) continue;
      found.range[i] = ticks;
      if (away <= bound_m) {
        ++found.near;
        off.push_back(away);
      }
    }
  }
  if (!off.empty()) {
    const auto most = off.begin() + static_cast<ptrdiff_t>(off.size() * 199 / 200);
    std::nth_element(off.begin(), most, off.end());
    found.slack_m = *most;
  }
  return found;
}

/// What residues cost under a model, about, in bits a point; looks at some thousand points.
double residue_bits(const ShotGrid& grid, const OrganisedModel& model, const std::vector<uint32_t>& range) {
  const OrganisedGeometry geometry(model);
  const size_t cells = range.size(), stride = cells / 4096 + 1;
  double bits = 0, count = 0;
  for (size_t cell = 0; cell < cells; cell += stride) {
    const uint32_t row = static_cast<uint32_t>(cell / geometry.columns()), firing = static_cast<uint32_t>(cell % geometry.columns());
    const size_t i = geometry.file_index(row, firing);
    if (range[i] == 0) continue;
    const Vec3 p = geometry.point(row, firing, range[i]);
    for (const auto& [exact, filed] :
         {std::pair{p.x, grid.points.x[i]}, std::pair{p.y, grid.points.y[i]}, std::pair{p.z, grid.points.z[i]}}) {
      const RoundedCoordinate near = model.rounding.round(exact, 1);
      const std::optional<int64_t> steps = model.rounding.steps_of(near, filed);
      bits += steps ? 2 * std::log2(1 + std::abs(static_cast<double>(*steps - near.steps))) : 32;
    }
    count += 1;
  }
  return count > 0 ? bits / count : 1e9;
}

/// Residues of a model that needs no better one, bits a point.
constexpr double kGoodBits = 8;

/// One reading of the fitted lines, and what it is worth.
struct Candidate {
  OrganisedModel model;
  Ranges ranges;
  double bits = 1e9;
};

/// Angles as decimal degrees or not, tables of doubles or of floats: whichever leaves less.
Candidate best_model(const ShotGrid& grid, const LineFit& fit, OrganisedModel model) {
  constexpr double kModelBits = 0.2;  // what angles and offsets without a pattern cost a point
  Candidate best;
  for (const bool decimals : {true, false}) {
    set_sensor(grid, decimals, fit, model);
    if (!check_organised(model).ok()) continue;
    Candidate candidate{model, find_ranges(grid, model), 0};
    for (const bool single_precision : {false, true}) {
      if (single_precision && model.rounding.kind != RoundingKind::to_float) continue;
      candidate.model.sensor.single_precision = single_precision;
      candidate.bits = residue_bits(grid, candidate.model, candidate.ranges.range) +
                       (candidate.model.sensor.angle_units_per_turn == kFineAngleUnits ? kModelBits : 0);
      if (candidate.bits < best.bits) best = candidate;
    }
    // Exact already.
    if (best.bits < 0.1) break;
  }
  return best;
}

/// The cloud under a model that is known already; nothing where it is not the one.
std::optional<OrganisedSweep> read_under(const PointsView& points, uint32_t width, uint32_t height, OrganisedModel model) {
  const bool same_size = (model.columns == width && model.lasers() == height) || (model.columns == height && model.lasers() == width);
  if (!same_size || uint64_t{width} * height != points.size()) return std::nullopt;
  model.rounding = find_rounding(points);
  const ShotGrid grid{points, model.lasers(), model.columns, model.column_major, model.rounding.step_m()};
  Ranges ranges = find_ranges(grid, model);
  if (ranges.returns == 0 || ranges.near * 100 < ranges.returns * 98) return std::nullopt;
  return OrganisedSweep{std::move(model), std::move(ranges.range), {}, ranges.slack_m};
}

}  // namespace

std::optional<OrganisedSweep> fit_organised(const PointsView& points, uint32_t width, uint32_t height, const OrganisedModel* known) {
  if (known != nullptr) {
    if (std::optional<OrganisedSweep> same = read_under(points, width, height, *known)) return same;
  }
  std::optional<ShotGrid> grid = find_shot_grid(points, width, height);
  if (!grid) return std::nullopt;
  OrganisedModel model;
  model.column_major = grid->column_major;
  model.rounding = find_rounding(points);
  grid->rounding_m = model.rounding.step_m();
  Candidate best;
  for (const bool even : {true, false}) {
    std::optional<LineFit> fit = fit_lines(*grid, even);
    if (!fit) continue;
    set_columns(grid->rounding_m, *fit, model);
    refit_lasers(*grid, *fit);
    Candidate candidate = best_model(*grid, *fit, model);
    if (candidate.bits < best.bits) best = std::move(candidate);
    if (best.bits < kGoodBits) break;
  }
  const Ranges& ranges = best.ranges;
  if (ranges.near * 5 < ranges.returns * 4 || ranges.returns == 0) return std::nullopt;
  return OrganisedSweep{std::move(best.model), std::move(best.ranges.range), {}, best.ranges.slack_m};
}

}  // namespace dew
