// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/organised_order.h"

#include <optional>
#include <utility>

#include "pointcloud/coding/cell_attributes.h"

namespace dew {
namespace {

/// Of each point of the file its cell, with the sensor's own range. Listed points are put into the head.
Result<std::vector<PointCell>> cells_of_points(const OrganisedSweep& sweep, const PointsView& view, const OrganisedGeometry& geometry,
                                               OrganisedHead& head) {
  std::vector<PointCell> shots = cells_in_file_order(geometry);
  for (size_t i = 0; i < shots.size(); ++i) shots[i].range = sweep.range[i];
  if (sweep.place.empty()) return shots;
  head.flags |= OrganisedFlags::kListed;
  head.order = find_point_order(shots, sweep.place, view, geometry.rows(), geometry.columns());
  DEW_ASSIGN(std::vector<PointCell> cells, cells_of(head.order, geometry, 0));
  for (size_t i = 0; i < cells.size(); ++i) {
    if (sweep.place[i] != kNoPlace) cells[i].range = sweep.range[sweep.place[i]];
  }
  return cells;
}

/// As cells_of_points, where the file turns out to be sorted by packets: points without a range are loose then.
Result<std::vector<PointCell>> cells_of_sorted(const Cloud& cloud, const OrganisedSweep& sweep, const PointsView& view,
                                               const OrganisedGeometry& geometry, double bound_m, OrganisedHead& head) {
  OrganisedSweep returns = sweep;
  for (uint32_t& place : returns.place) {
    if (place != kNoPlace && sweep.range[place] == 0) place = kNoPlace;
  }
  OrganisedHead listed, located;
  std::vector<PointCell> cells;
  std::optional<SortedOrder> sorted;
  // Twice where points of the next turn lie on cells of the first.
  std::vector<uint32_t> next_turn;
  do {
    for (const uint32_t point : next_turn) returns.place[point] = kNoPlace;
    next_turn.clear();
    listed = head;
    located = head;
    DEW_ASSIGN(cells, cells_of_points(returns, view, geometry, listed));
    DEW_ASSIGN(std::vector<PointCell> places, cells_of_points(sweep, view, geometry, located));
    // Each list has shifts of its own.
    for (PointCell& place : places) {
      if (place.cell == kOffGrid) continue;
      const int64_t columns = geometry.columns(), firing = place.firing_column + located.order.row_shift[place.row];
      place.firing_column = static_cast<uint32_t>((firing - listed.order.row_shift[place.row] + columns) % columns);
    }
    sorted = find_sorted_order(cloud, listed.order, cells, places, geometry.columns(), next_turn);
  } while (!next_turn.empty());
  if (!sorted) return cells_of_points(sweep, view, geometry, head);
  std::vector<uint32_t> range(size_t{geometry.rows()} * geometry.columns(), 0);
  for (const PointCell& cell : cells) {
    if (cell.cell != kOffGrid) range[cell.cell] = cell.range;
  }
  Result<std::vector<PointCell>> again = cells_of(*sorted, geometry, range, true, 0);
  if (!again.ok()) return cells_of_points(sweep, view, geometry, head);
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].cell != (*again)[i].cell) return cells_of_points(sweep, view, geometry, head);
    (*again)[i].range = cells[i].range;
  }
  find_loose_ranges(geometry, head.model.rounding, bound_m, *sorted);
  head.flags |= OrganisedFlags::kSorted;
  head.sorted = *std::move(sorted);
  return *std::move(again);
}

}  // namespace

std::vector<PointCell> cells_in_file_order(const OrganisedGeometry& geometry) {
  std::vector<PointCell> cells(size_t{geometry.rows()} * geometry.columns());
  for (uint32_t row = 0; row < geometry.rows(); ++row) {
    for (uint32_t column = 0; column < geometry.columns(); ++column) {
      const uint32_t firing = geometry.firing_column(row, column);
      cells[geometry.file_index(row, firing)] = {row * geometry.columns() + column, row, firing, 0};
    }
  }
  return cells;
}

std::vector<uint32_t> points_of_cells(std::span<const PointCell> cells, size_t cell_count) {
  std::vector<uint32_t> points(cell_count, kNoPoint);
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].cell != kOffGrid) points[cells[i].cell] = static_cast<uint32_t>(i);
  }
  return points;
}

Result<std::vector<PointCell>> cells_of_file(const Cloud& cloud, const OrganisedSweep& sweep, const PointsView& view,
                                             const OrganisedGeometry& geometry, double bound_m, OrganisedHead& head) {
  if (sweep.place.empty()) return cells_of_points(sweep, view, geometry, head);
  return cells_of_sorted(cloud, sweep, view, geometry, bound_m, head);
}

Status sort_points(const OrganisedHead& head, const OrganisedGeometry& geometry, const RangeGrid& grid, bool whole, uint64_t offset,
                   std::vector<PointCell>& cells, std::vector<Float3>& positions) {
  std::vector<uint32_t> point_of_cell = points_of_cells(cells, grid.range.size());
  DEW_ASSIGN(cells, cells_of(head.sorted, geometry, grid.range, whole, offset));
  std::vector<Float3> in_order(cells.size());
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].cell != kOffGrid) in_order[i] = positions[point_of_cell[cells[i].cell]];
  }
  SortedOrder loose = head.sorted;
  place_loose_ranges(geometry, head.model.rounding, loose);
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].cell == kOffGrid) in_order[i] = loose.loose[std::exchange(cells[i].range, 0)].position;
  }
  positions = std::move(in_order);
  return {};
}

}  // namespace dew
