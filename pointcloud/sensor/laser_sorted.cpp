// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/laser_sorted.h"

#include <bit>
#include <cmath>
#include <string>

namespace dew {
namespace {

constexpr uint32_t kMaxAzimuthTicks = 1u << 20;

Error corrupt(std::string message) { return Error{Code::corrupt, 0, std::move(message)}; }

uint32_t wrap(int64_t value, uint32_t modulus) {
  const int64_t m = modulus;
  return static_cast<uint32_t>(((value % m) + m) % m);
}

/// The float `steps` places up (or down) in the order of all floats; -0 and +0 are two places.
float step_float(float value, int32_t steps) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t ordered = (bits & 0x80000000u) ? ~bits : bits | 0x80000000u;
  const uint32_t moved = ordered + static_cast<uint32_t>(steps);
  return std::bit_cast<float>((moved & 0x80000000u) ? moved & 0x7FFFFFFFu : ~moved);
}

bool within(const Vec3& v, double reach) { return std::abs(v.x) < reach && std::abs(v.y) < reach && std::abs(v.z) < reach; }

Status check_sweep(const LaserSortedSweep& sweep, const DecodeLimits& limits) {
  const uint64_t cells = uint64_t{sweep.grid.columns} * sweep.grid.lasers;
  if (cells > limits.elements || sweep.points > limits.elements) {
    return Error{Code::limit_exceeded, 0, "a sweep of " + std::to_string(cells) + " cells exceeds the limit of elements"};
  }
  DEW_TRY(SweepGeometry::check(sweep.model, sweep.grid.column_azimuth, 0));
  if (sweep.grid.columns != sweep.grid.column_azimuth.size() || sweep.grid.lasers != sweep.model.lasers.size() ||
      sweep.grid.range.size() != cells) {
    return corrupt("the grid's size is not that of its columns and lasers");
  }
  if (!sweep.grid.azimuth_correction.empty()) return corrupt("a laser-sorted sweep has no azimuth corrections");
  for (const auto* small : {&sweep.residue, &sweep.ulps}) {
    if (!small->empty() && small->size() != cells) return corrupt("residues are neither absent nor one a cell");
  }
  if (sweep.start_column.size() != sweep.model.run_laser.size()) return corrupt("there is not one start column a run");
  for (const uint32_t column : sweep.start_column) {
    if (column >= sweep.grid.columns) return corrupt("a start column is outside the grid");
  }
  if (sweep.motion) {
    if (!within(sweep.motion->translation_m, 1e6) || !within(sweep.motion->rotation_rad, 100)) {
      return corrupt("the motion over the sweep is out of range");
    }
  }
  return {};
}

/// The floats of lattice points, before any motion. Where none follows, zeros keep the sign of what was rounded.
void round_block(const LaserSortedSweep& sweep, std::span<const uint32_t> cells, const Lattice::Block& block, std::span<Float3> positions) {
  const double units_per_metre = sweep.model.units_per_metre;
  const bool zeros_have_signs = !sweep.motion;
  const auto value = [&](double exact, double residue) {
    const double units = round_to_whole(exact * units_per_metre) + residue;
    return zeros_have_signs && units == 0 && exact < 0 ? -0.0f : static_cast<float>(units / units_per_metre);
  };
  for (size_t j = 0; j < cells.size(); ++j) {
    const std::array<int8_t, 3> residue = sweep.residue.empty() ? std::array<int8_t, 3>{} : sweep.residue[cells[j]];
    positions[j] = {value(block.x[j], residue[0]), value(block.y[j], residue[1]), value(block.z[j], residue[2])};
  }
}

/// Moves the floats of cells as the sensor moved, and steps up the ulps.
void move_cells(const LaserSortedSweep& sweep, std::span<const uint32_t> cells, std::span<Float3> positions) {
  const MotionMover mover(*sweep.motion);
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i] == kNoCell) continue;
    const Vec3 moved = mover.move(positions[i]);
    positions[i] = {static_cast<float>(moved.x), static_cast<float>(moved.y), static_cast<float>(moved.z)};
    if (sweep.ulps.empty()) continue;
    for (size_t axis = 0; axis < 3; ++axis) positions[i][axis] = step_float(positions[i][axis], sweep.ulps[cells[i]][axis]);
  }
}

}  // namespace

Status SweepGeometry::check(const LaserSortedModel& model, const std::vector<int32_t>& column_azimuth, uint64_t offset) {
  const auto refuse = [&](const char* message) { return Error{Code::corrupt, offset, message}; };
  if (model.units_per_metre == 0 || model.range_tick_um == 0 || model.azimuth_ticks_per_turn == 0)
    return refuse("a unit or tick of the scan model is 0");
  if (model.units_per_metre > 1'000'000 || model.range_tick_um > 1'000'000)
    return refuse("a unit or tick of the scan model is out of range");
  if (model.azimuth_ticks_per_turn > kMaxAzimuthTicks) return refuse("the scan model has more than 2^20 azimuth ticks a turn");
  if (model.lasers.empty() || column_azimuth.empty()) return refuse("the scan model has no laser or no column");
  int64_t last = -1;
  for (const int32_t azimuth : column_azimuth) {
    if (azimuth <= last || azimuth >= static_cast<int64_t>(model.azimuth_ticks_per_turn))
      return refuse("column azimuths do not rise within a turn");
    last = azimuth;
  }
  std::vector<bool> seen(model.lasers.size(), false);
  if (model.run_laser.size() != seen.size()) return refuse("there is not one run a laser");
  for (const uint16_t laser : model.run_laser) {
    if (laser >= seen.size() || seen[laser]) return refuse("the lasers of the runs are no permutation");
    seen[laser] = true;
  }
  return {};
}

SweepGeometry::SweepGeometry(const LaserSortedModel& model, std::vector<int32_t> column_azimuth)
    : SweepColumns(model, std::move(column_azimuth)),
      lattice_(scan_model(model), model.azimuth_ticks_per_turn),
      units_per_metre_(model.units_per_metre) {}

SweepColumns::SweepColumns(const LaserSortedModel& model, std::vector<int32_t> column_azimuth)
    : ticks_per_turn_(model.azimuth_ticks_per_turn), column_azimuth_(std::move(column_azimuth)) {
  const int64_t turn = model.azimuth_ticks_per_turn;
  const int64_t column_count = static_cast<int64_t>(column_azimuth_.size());
  for (const LaserNumbers& laser : model.lasers) {
    azimuth_shift_.push_back(wrap(laser.azimuth_shift, model.azimuth_ticks_per_turn));
    // Nearest whole number of columns of mean width; the shift taken modulo a turn keeps the product small.
    const int64_t rounded = (2 * int64_t{azimuth_shift_.back()} * column_count + turn) / (2 * turn);
    column_shift_.push_back(wrap(rounded, columns()));
  }
}

Result<std::vector<uint32_t>> file_cells(const LaserSortedSweep& sweep, const DecodeLimits& limits) {
  DEW_TRY(check_sweep(sweep, limits));
  const SweepGrid& grid = sweep.grid;
  uint64_t returns = 0;
  for (const uint32_t range : grid.range) returns += range != 0;
  if (returns + sweep.loose.size() != sweep.points) return corrupt("returns and loose points are not as many as points");

  constexpr uint32_t kOpen = kNoCell - 1;
  std::vector<uint32_t> cells(sweep.points, kOpen);
  int64_t last = -1;
  for (const LoosePoint& point : sweep.loose) {
    if (point.index <= last || point.index >= sweep.points) return corrupt("the places of loose points do not rise within the file");
    last = point.index;
    cells[point.index] = kNoCell;
  }
  std::vector<bool> displaced(sweep.displaced.empty() ? 0 : grid.range.size(), false);
  for (const DisplacedPoint& point : sweep.displaced) {
    if (point.index >= sweep.points || cells[point.index] != kOpen) return corrupt("a displaced point stands where another stands");
    if (point.cell >= grid.range.size() || grid.range[point.cell] == 0 || displaced[point.cell])
      return corrupt("a displaced point names no return");
    cells[point.index] = point.cell;
    displaced[point.cell] = true;
  }
  size_t cursor = 0;
  for (size_t run = 0; run < sweep.model.run_laser.size(); ++run) {
    uint32_t column = sweep.start_column[run];
    for (uint32_t k = 0; k < grid.columns; ++k, column = column + 1 == grid.columns ? 0 : column + 1) {
      const uint32_t cell = column * grid.lasers + sweep.model.run_laser[run];
      if (grid.range[cell] == 0 || (!displaced.empty() && displaced[cell])) continue;
      while (cells[cursor] != kOpen) ++cursor;  // as many places are open as cells are left
      cells[cursor++] = cell;
    }
  }
  return cells;
}

Result<std::vector<Float3>> reconstruct(const LaserSortedSweep& sweep, const DecodeLimits& limits) {
  DEW_ASSIGN(const std::vector<uint32_t> cells, file_cells(sweep, limits));
  return reconstruct_cells(sweep, cells);
}

Result<std::vector<Float3>> reconstruct_cells(const LaserSortedSweep& sweep, std::span<const uint32_t> cells) {
  const SweepGeometry geometry(sweep.model, sweep.grid.column_azimuth);
  CellCursor cursor(sweep.grid.lasers);
  std::vector<Float3> positions(cells.size());
  auto loose = sweep.loose.begin();
  Lattice::Block block{};
  for (size_t i = 0; i < cells.size();) {
    if (cells[i] == kNoCell) {
      positions[i++] = (loose++)->position;
      continue;
    }
    // Points of one laser, as many as a block takes.
    size_t count = 0;
    uint32_t laser = 0;
    for (; count < Lattice::kBlock && i + count < cells.size() && cells[i + count] != kNoCell; ++count) {
      const uint32_t range = sweep.grid.range[cells[i + count]];
      if (range > kMaxRangeTicks) return corrupt("a range of " + std::to_string(range) + " ticks is out of range");
      cursor.go_to(cells[i + count]);
      if (count == 0) laser = cursor.laser();
      if (cursor.laser() != laser) break;
      block.azimuth[count] = geometry.azimuth(cursor.column(), laser);
      block.range[count] = static_cast<int32_t>(range);
    }
    geometry.lattice().points(laser, block);
    round_block(sweep, cells.subspan(i, count), block, std::span(positions).subspan(i, count));
    i += count;
  }
  if (sweep.motion) move_cells(sweep, cells, positions);
  return positions;
}

}  // namespace dew
