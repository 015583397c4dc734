// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

#include "pointcloud/sensor/columns.h"
#include "pointcloud/sensor/laser_fit.h"
#include "pointcloud/sensor/laser_runs.h"
#include "pointcloud/sensor/laser_sorted.h"

namespace dew {
namespace {

constexpr uint32_t kNone = 0xFFFFFFFF;

/// The cloud before any motion, in whole units of the comb; `fits` is 0 for points whose floats do not follow from such units.
struct Measured {
  CoordinateComb comb;
  std::optional<SweepMotion> motion;
  std::vector<std::array<int32_t, 3>> units;
  std::vector<std::array<int8_t, 3>> ulps;  // only with motion
  std::vector<uint8_t> fits;
};

/// What the points of one run are on the lattice: azimuth tick and range, kNone where a point is not on it.
struct Assignment {
  std::vector<uint32_t> azimuth;
  std::vector<uint32_t> range;
  std::vector<std::array<int8_t, 3>> residue;
  size_t assigned = 0;
  size_t exact = 0;  // of those, without residue
};

int32_t ordered(float value) {
  const int32_t bits = std::bit_cast<int32_t>(value);
  return bits < 0 ? static_cast<int32_t>(0x80000000u - static_cast<uint32_t>(bits)) - 1 : bits;
}

bool measure_on_comb(const PointsView& points, Measured& measured) {
  size_t fitting = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    int64_t x = 0, y = 0, z = 0;
    const bool fits =
        measured.comb.units_of(points.x[i], x) && measured.comb.units_of(points.y[i], y) && measured.comb.units_of(points.z[i], z);
    measured.fits[i] = fits;
    fitting += fits;
    measured.units[i] = {static_cast<int32_t>(x), static_cast<int32_t>(y), static_cast<int32_t>(z)};
  }
  return fitting * 10 > points.size() * 9;
}

/// Undoes the motion of one point; false where moving it again does not come within 100 floats of where it was.
bool undo_point(const MotionUndoer& undoer, const MotionMover& mover, const Float3& moved, bool across_rear, size_t i, Measured& measured) {
  const double scale = measured.comb.units_per_metre;
  double tau;
  const Vec3 back = undoer.undo({moved[0], moved[1], moved[2]}, across_rear, tau);
  if (!(std::abs(back.x) < 1e5 && std::abs(back.y) < 1e5 && std::abs(back.z) < 1e5)) return false;
  const int64_t x = round_to_int(back.x * scale), y = round_to_int(back.y * scale), z = round_to_int(back.z * scale);
  const Float3 whole = {measured.comb.value(x), measured.comb.value(y), measured.comb.value(z)};
  const Vec3 again = mover.move(whole);
  const Float3 floats = {static_cast<float>(again.x), static_cast<float>(again.y), static_cast<float>(again.z)};
  for (size_t axis = 0; axis < 3; ++axis) {
    const int64_t steps = int64_t{ordered(moved[axis])} - ordered(floats[axis]);
    if (steps < -100 || steps > 100) return false;
    measured.ulps[i][axis] = static_cast<int8_t>(steps);
  }
  measured.units[i] = {static_cast<int32_t>(x), static_cast<int32_t>(y), static_cast<int32_t>(z)};
  return true;
}

bool measure_moved(const PointsView& points, Measured& measured) {
  measured.motion = find_sweep_motion(points, measured.comb);
  if (!measured.motion) return false;
  const MotionMover mover(*measured.motion);
  const MotionUndoer undoer(*measured.motion);
  measured.ulps.resize(points.size());
  size_t fitting = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    const Float3 moved = {points.x[i], points.y[i], points.z[i]};
    bool fits = undo_point(undoer, mover, moved, false, i, measured);
    if (!fits && moved[0] < 0) fits = undo_point(undoer, mover, moved, true, i, measured);
    if (!fits) measured.ulps[i] = {};
    measured.fits[i] = fits;
    fitting += fits;
  }
  return fitting * 10 > points.size() * 9;
}

std::optional<Measured> measure(const PointsView& points) {
  Measured measured;
  measured.units.resize(points.size());
  measured.fits.resize(points.size());
  if (const std::optional<CoordinateComb> comb = find_comb(points)) {
    measured.comb = *comb;
    if (measure_on_comb(points, measured)) return measured;
    return std::nullopt;
  }
  if (!measure_moved(points, measured)) return std::nullopt;
  return measured;
}

std::vector<Vec3> in_metres(const Measured& measured) {
  const double unit_m = 1.0 / measured.comb.units_per_metre;
  std::vector<Vec3> points_m;
  points_m.reserve(measured.units.size());
  for (const auto& [x, y, z] : measured.units) points_m.push_back({x * unit_m, y * unit_m, z * unit_m});
  return points_m;
}

int32_t rounded(double value, double per) { return static_cast<int32_t>(std::lround(std::clamp(value * per, -2e9, 2e9))); }

/// The fit as numbers of a file, lasers by elevation. Azimuth shifts stay 0.
LaserSortedModel quantise(const LaserFit& fit, uint32_t units_per_metre) {
  LaserSortedModel model;
  model.units_per_metre = units_per_metre;
  model.range_tick_um = static_cast<uint32_t>(std::lround(fit.model.range_tick_m * 1e6));
  model.azimuth_ticks_per_turn = fit.azimuth_ticks_per_turn;
  std::vector<uint16_t> by_elevation(fit.model.lasers.size());
  for (size_t k = 0; k < by_elevation.size(); ++k) by_elevation[k] = static_cast<uint16_t>(k);
  std::stable_sort(by_elevation.begin(), by_elevation.end(),
                   [&](uint16_t a, uint16_t b) { return fit.model.lasers[a].elevation_rad > fit.model.lasers[b].elevation_rad; });
  model.run_laser.resize(by_elevation.size());
  for (size_t k = 0; k < by_elevation.size(); ++k) {
    const LaserModel& laser = fit.model.lasers[by_elevation[k]];
    const auto angle = [](double rad) { return rounded(rad, kAngleUnitsPerRad); };
    const auto length = [](double metres) { return rounded(metres, kLengthUnitsPerMetre); };
    model.lasers.push_back({angle(laser.elevation_rad), angle(laser.azimuth_offset_rad), length(laser.vertical_offset_m),
                            length(laser.horizontal_offset_m), length(laser.range_offset_m), 0});
    model.run_laser[by_elevation[k]] = static_cast<uint16_t>(k);
  }
  return model;
}

/// The measurements that points first to first + count are nearest to, and where these lie; of a point that is no use, the nearest all the
/// same.
void place_block(const Measured& measured, const LatticeIndexer& indexer, const Lattice& lattice, uint32_t laser, size_t first,
                 size_t count, Lattice::Block& block) {
  const double unit_m = 1.0 / measured.comb.units_per_metre;
  for (size_t j = 0; j < Lattice::kBlock; ++j) {
    const std::array<int32_t, 3>& units = measured.units[first + std::min(j, count - 1)];
    block.x[j] = units[0] * unit_m;
    block.y[j] = units[1] * unit_m;
    block.z[j] = units[2] * unit_m;
  }
  for (size_t j = 0; j < Lattice::kBlock; ++j) {
    const LatticeIndex at = indexer.index({block.x[j], block.y[j], block.z[j]});
    block.azimuth[j] = at.azimuth;
    block.range[j] = at.range;
  }
  lattice.points(laser, block);
}

/// Whether a zero among whole units has the sign that the lattice point's has, as zeros keep it.
bool zeros_agree(const std::array<int32_t, 3>& units, const PointsView& floats, size_t i, const Vec3& exact) {
  const auto agrees = [](int32_t unit, float coordinate, double value) { return unit != 0 || std::signbit(coordinate) == (value < 0); };
  return agrees(units[0], floats.x[i], exact.x) && agrees(units[1], floats.y[i], exact.y) && agrees(units[2], floats.z[i], exact.z);
}

/// Takes the points of a block to where they were placed, if that is within the residue's reach.
void take_block(const PointsView& floats, const Measured& measured, const Lattice::Block& block, size_t first, size_t count,
                Assignment& result) {
  constexpr double kMaxResidue = 2;
  const double scale = measured.comb.units_per_metre;
  for (size_t j = 0; j < count; ++j) {
    const size_t i = first + j;
    if (!measured.fits[i] || block.range[j] < 1 || block.range[j] > static_cast<int32_t>(kMaxRangeTicks)) continue;
    const std::array<int32_t, 3>& units = measured.units[i];
    const double x = units[0] - round_to_whole(block.x[j] * scale), y = units[1] - round_to_whole(block.y[j] * scale),
                 z = units[2] - round_to_whole(block.z[j] * scale);
    if (std::max({std::abs(x), std::abs(y), std::abs(z)}) > kMaxResidue) continue;
    if (!measured.motion && (units[0] == 0 || units[1] == 0 || units[2] == 0) &&
        !zeros_agree(units, floats, i, {block.x[j], block.y[j], block.z[j]}))
      continue;
    result.azimuth[i] = block.azimuth[j];
    result.range[i] = static_cast<uint32_t>(block.range[j]);
    result.residue[i] = {static_cast<int8_t>(x), static_cast<int8_t>(y), static_cast<int8_t>(z)};
    ++result.assigned;
    result.exact += x == 0 && y == 0 && z == 0;
  }
}

Assignment assign(const PointsView& floats, const Measured& measured, const LaserSortedModel& model, const std::vector<uint32_t>& runs) {
  const ScanModel lasers = scan_model(model);
  const Lattice lattice(lasers, model.azimuth_ticks_per_turn);
  const size_t points = measured.units.size();
  Assignment result;
  result.azimuth.assign(points, kNone);
  result.range.resize(points);
  result.residue.resize(points);
  Lattice::Block block;
  for (size_t run = 0; run + 1 < runs.size(); ++run) {
    const uint32_t laser = model.run_laser[run];
    const LatticeIndexer indexer(lasers.lasers[laser], lasers.range_tick_m, model.azimuth_ticks_per_turn);
    for (size_t first = runs[run]; first < runs[run + 1]; first += Lattice::kBlock) {
      const size_t count = std::min<size_t>(Lattice::kBlock, runs[run + 1] - first);
      place_block(measured, indexer, lattice, laser, first, count, block);
      take_block(floats, measured, block, first, count, result);
    }
  }
  return result;
}

/// Azimuth ticks of the lattice points of each laser.
std::vector<std::vector<uint32_t>> ticks_by_laser(const Assignment& assignment, const LaserSortedModel& model,
                                                  const std::vector<uint32_t>& runs) {
  std::vector<std::vector<uint32_t>> ticks(model.lasers.size());
  for (size_t run = 0; run + 1 < runs.size(); ++run) {
    for (size_t i = runs[run]; i < runs[run + 1]; ++i) {
      if (assignment.azimuth[i] != kNone) ticks[model.run_laser[run]].push_back(assignment.azimuth[i]);
    }
  }
  return ticks;
}

bool rises(const std::vector<uint32_t>& sequence) { return std::ranges::adjacent_find(sequence, std::greater_equal{}) == sequence.end(); }

/// Which entries of `sequence` are left out so that the rest rises strictly, as few as possible (longest rising subsequence).
std::vector<size_t> out_of_order(const std::vector<uint32_t>& sequence) {
  std::vector<size_t> tails;  // tails[n]: last entry of the best rising subsequence of n + 1 entries
  std::vector<size_t> before(sequence.size(), SIZE_MAX);
  for (size_t i = 0; i < sequence.size(); ++i) {
    size_t place = tails.size();
    if (place > 0 && sequence[tails.back()] >= sequence[i]) {
      place = static_cast<size_t>(
          std::lower_bound(tails.begin(), tails.end(), sequence[i], [&](size_t a, uint32_t value) { return sequence[a] < value; }) -
          tails.begin());
    }
    if (place == tails.size()) {
      tails.push_back(i);
    } else {
      tails[place] = i;
    }
    if (place > 0) before[i] = tails[place - 1];
  }
  std::vector<size_t> left_out;
  if (tails.size() == sequence.size()) return left_out;
  std::vector<bool> kept(sequence.size(), false);
  for (size_t i = tails.empty() ? SIZE_MAX : tails.back(); i != SIZE_MAX; i = before[i]) kept[i] = true;
  for (size_t i = 0; i < sequence.size(); ++i) {
    if (!kept[i]) left_out.push_back(i);
  }
  return left_out;
}

/// Finds the start column of a run, and lists those of its points that still do not stand by column.
void order_run(const std::vector<uint32_t>& indices, const std::vector<uint32_t>& columns, uint32_t run, LaserSortedSweep& sweep) {
  if (rises(columns)) return;
  const uint32_t start = columns.front();
  std::vector<uint32_t> once_round(columns.size());
  std::ranges::transform(columns, once_round.begin(),
                         [&](uint32_t column) { return column >= start ? column - start : column + sweep.grid.columns - start; });
  if (rises(once_round)) {
    sweep.start_column[run] = start;
    return;
  }
  std::vector<size_t> displaced = out_of_order(columns);
  if (!displaced.empty()) {
    std::vector<size_t> rotated = out_of_order(once_round);
    if (rotated.size() < displaced.size()) {
      displaced = std::move(rotated);
      sweep.start_column[run] = start;
    }
  }
  for (const size_t k : displaced) sweep.displaced.push_back({indices[k], columns[k] * sweep.grid.lasers + sweep.model.run_laser[run]});
}

LaserSortedSweep build(const PointsView& points, const Measured& measured, const LaserSortedModel& model, const std::vector<uint32_t>& runs,
                       const Assignment& assignment, const std::vector<uint32_t>& columns) {
  LaserSortedSweep sweep;
  sweep.model = model;
  sweep.motion = measured.motion;
  sweep.points = static_cast<uint32_t>(points.size());
  sweep.grid.columns = static_cast<uint32_t>(columns.size());
  sweep.grid.lasers = static_cast<uint32_t>(model.lasers.size());
  sweep.grid.column_azimuth.assign(columns.begin(), columns.end());
  sweep.grid.range.assign(size_t{sweep.grid.columns} * sweep.grid.lasers, 0);
  sweep.residue.resize(sweep.grid.range.size());
  if (measured.motion) sweep.ulps.resize(sweep.grid.range.size());
  sweep.start_column.assign(model.run_laser.size(), 0);
  const SweepColumns geometry(model, sweep.grid.column_azimuth);

  const uint32_t turn = model.azimuth_ticks_per_turn;
  std::vector<uint32_t> firing_of_tick(turn, kNone);
  for (uint32_t firing = 0; firing < columns.size(); ++firing) firing_of_tick[columns[firing]] = firing;
  std::vector<uint32_t> indices, columns_of_run;
  for (uint32_t run = 0; run < model.run_laser.size(); ++run) {
    const uint32_t laser = model.run_laser[run], shift = geometry.azimuth_shift(laser);
    indices.clear();
    columns_of_run.clear();
    for (uint32_t i = runs[run]; i < runs[run + 1]; ++i) {
      const uint32_t azimuth = assignment.azimuth[i];
      const uint32_t firing = azimuth == kNone ? kNone : firing_of_tick[azimuth >= shift ? azimuth - shift : azimuth + turn - shift];
      const uint32_t column = firing == kNone ? kNone : geometry.grid_column(firing, laser);
      const uint32_t cell = column == kNone ? kNone : column * sweep.grid.lasers + laser;
      if (cell == kNone || sweep.grid.range[cell] != 0) {
        sweep.loose.push_back({i, {points.x[i], points.y[i], points.z[i]}});
        continue;
      }
      sweep.grid.range[cell] = assignment.range[i];
      sweep.residue[cell] = assignment.residue[i];
      if (measured.motion) sweep.ulps[cell] = measured.ulps[i];
      indices.push_back(i);
      columns_of_run.push_back(column);
    }
    if (!columns_of_run.empty()) order_run(indices, columns_of_run, run, sweep);
  }
  return sweep;
}

/// The sweep under a model whose azimuth shifts are given (a known one, which must then fit as well as a fresh one would) or still to be
/// found.
std::optional<LaserSortedSweep> with_model(const PointsView& points, const Measured& measured, LaserSortedModel model,
                                           const std::vector<uint32_t>& runs, bool is_known) {
  if (runs.size() != model.run_laser.size() + 1 || model.units_per_metre != measured.comb.units_per_metre) return std::nullopt;
  const Assignment assignment = assign(points, measured, model, runs);
  if (assignment.assigned * 5 < points.size() * 4) return std::nullopt;
  if (is_known && assignment.exact * 100 < points.size() * 95) return std::nullopt;
  const std::vector<std::vector<uint32_t>> ticks = ticks_by_laser(assignment, model, runs);
  if (!is_known) {
    const std::vector<int32_t> shifts = find_azimuth_shifts(ticks, model.azimuth_ticks_per_turn);
    for (size_t k = 0; k < shifts.size(); ++k) model.lasers[k].azimuth_shift = shifts[k];
  }
  std::vector<int32_t> shifts;
  for (const LaserNumbers& laser : model.lasers) shifts.push_back(laser.azimuth_shift);
  const std::vector<uint32_t> columns = find_columns(ticks, shifts, model.azimuth_ticks_per_turn);
  if (columns.empty()) return std::nullopt;
  LaserSortedSweep sweep = build(points, measured, model, runs, assignment, columns);
  if (sweep.loose.size() * 5 > points.size()) return std::nullopt;
  return sweep;
}

}  // namespace

std::optional<LaserSortedSweep> recognise_laser_sorted(const PointsView& points, const LaserSortedModel* known) {
  const std::vector<uint32_t> runs = find_laser_runs(points);
  if (runs.empty()) return std::nullopt;
  const std::optional<Measured> measured = measure(points);
  if (!measured) return std::nullopt;
  if (known != nullptr) {
    if (std::optional<LaserSortedSweep> sweep = with_model(points, *measured, *known, runs, true)) return sweep;
  }
  const std::vector<Vec3> points_m = in_metres(*measured);
  std::vector<std::span<const Vec3>> lasers;
  for (size_t run = 0; run + 1 < runs.size(); ++run) lasers.push_back(std::span(points_m).subspan(runs[run], runs[run + 1] - runs[run]));
  const std::optional<LaserFit> fit = fit_lasers(lasers, 1.0 / measured->comb.units_per_metre);
  if (!fit) return std::nullopt;
  return with_model(points, *measured, quantise(*fit, measured->comb.units_per_metre), runs, false);
}

}  // namespace dew
