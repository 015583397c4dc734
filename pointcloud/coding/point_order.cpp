// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/point_order.h"

#include <algorithm>
#include <cmath>

#include "pointcloud/coding/attributes.h"
#include "pointcloud/coding/cell_attributes.h"
#include "pointcloud/coding/frame.h"
#include "pointcloud/coding/point_lists.h"

namespace dew {
namespace {

/// Columns from a to b, within half a turn either way.
int64_t apart(int64_t a, int64_t b, int64_t turn) { return ((b - a + turn + turn / 2) % turn + turn) % turn - turn / 2; }

/// By how many columns each row is ahead of the row with the most points, at the same place of the file. Files mix the columns of a packet,
/// so it is a mean over the reference's points before and behind, of all that are near the median.
std::vector<int64_t> find_row_shifts(std::span<const PointCell> cells, uint32_t rows, uint32_t columns) {
  constexpr int64_t kNear = 16;
  std::vector<size_t> counts(rows, 0);
  for (const PointCell& cell : cells) counts[cell.row] += cell.cell != kOffGrid;
  const uint32_t reference = static_cast<uint32_t>(std::max_element(counts.begin(), counts.end()) - counts.begin());
  const int64_t turn = columns;
  std::vector<int64_t> before(cells.size(), -1), behind(cells.size(), -1);
  int64_t last = -1;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].cell != kOffGrid && cells[i].row == reference) last = cells[i].firing_column;
    before[i] = last;
  }
  last = -1;
  for (size_t i = cells.size(); i-- > 0;) {
    if (cells[i].cell != kOffGrid && cells[i].row == reference) last = cells[i].firing_column;
    behind[i] = last;
  }
  std::vector<std::vector<int64_t>> twice_ahead(rows);
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].cell == kOffGrid || before[i] < 0 || behind[i] < 0) continue;
    twice_ahead[cells[i].row].push_back(apart(before[i], cells[i].firing_column, turn) + apart(behind[i], cells[i].firing_column, turn));
  }
  std::vector<int64_t> shifts;
  for (std::vector<int64_t>& of_row : twice_ahead) {
    if (of_row.empty()) of_row.push_back(0);
    const auto middle = of_row.begin() + static_cast<ptrdiff_t>(of_row.size() / 2);
    std::nth_element(of_row.begin(), middle, of_row.end());
    const int64_t centre = *middle;
    double sum = 0, count = 0;
    for (const int64_t ahead : of_row) {
      if (ahead - centre > kNear || centre - ahead > kNear) continue;
      sum += static_cast<double>(ahead);
      count += 2;
    }
    shifts.push_back(((std::llround(sum / count) % turn) + turn) % turn);
  }
  return shifts;
}

}  // namespace

PointOrder find_point_order(std::span<const PointCell> cells_of_places, std::span<const uint32_t> place, const PointsView& points,
                            uint32_t rows, uint32_t columns) {
  std::vector<PointCell> cells;
  for (const uint32_t at : place) cells.push_back(at == kNoPlace ? PointCell{kOffGrid, 0, 0, 0} : cells_of_places[at]);
  PointOrder order;
  order.points = place.size();
  order.row_shift = find_row_shifts(cells, rows, columns);
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].cell == kOffGrid) {
      order.loose.push_back({static_cast<uint32_t>(i), {points.x[i], points.y[i], points.z[i]}});
      continue;
    }
    order.shots.push_back((int64_t{cells[i].firing_column} + columns - order.row_shift[cells[i].row]) % columns);
    order.shots.push_back(cells[i].row);
  }
  return order;
}

Result<std::vector<PointCell>> cells_of(const PointOrder& order, const OrganisedGeometry& geometry, uint64_t offset) {
  const int64_t rows = geometry.rows(), columns = geometry.columns();
  std::vector<PointCell> cells(order.points, PointCell{kOffGrid, 0, 0, 0});
  std::vector<bool> taken(static_cast<size_t>(rows * columns), false);
  size_t next_loose = 0;
  const int64_t* shot = order.shots.data();
  for (uint64_t i = 0; i < order.points; ++i) {
    if (next_loose < order.loose.size() && order.loose[next_loose].index == i) {
      ++next_loose;
      continue;
    }
    const int64_t time = *shot++, row = *shot++;
    if (time < 0 || time >= columns || row < 0 || row >= rows) return Error{Code::corrupt, offset, "a point is no shot of the frame"};
    const uint32_t firing = static_cast<uint32_t>((time + order.row_shift[static_cast<size_t>(row)]) % columns);
    const uint32_t cell = static_cast<uint32_t>(row * columns) + geometry.grid_column(static_cast<uint32_t>(row), firing);
    if (taken[cell]) return Error{Code::corrupt, offset, "two points are one shot"};
    taken[cell] = true;
    cells[i] = {cell, static_cast<uint32_t>(row), static_cast<uint32_t>(time), 0};
  }
  return cells;
}

void write_point_order(const PointOrder& order, ByteWriter& writer) {
  writer.varint(order.points);
  write_loose_points(order.loose, writer);
  writer.sized_bytes(encode_sequence(order.row_shift, 1));
  writer.sized_bytes(encode_sequence(order.shots, 2));
}

Result<PointOrder> read_point_order(ByteReader& reader, uint32_t rows, uint32_t columns, uint64_t coded_bytes, Budget& budget) {
  PointOrder order;
  DEW_ASSIGN(order.points, reader.varint());
  if (order.points > max_cells(coded_bytes) || order.points > 0xFFFFFFF0)
    return Error{Code::corrupt, reader.offset(), "more points than the file's bytes can hold"};
  DEW_TRY(budget.take_elements(order.points, reader.offset()));
  DEW_TRY(budget.take_memory(order.points * sizeof(PointCell), reader.offset()));
  DEW_ASSIGN(order.loose, read_loose_points(reader, order.points, budget));
  const uint64_t on_grid = order.points - order.loose.size();
  if (on_grid > uint64_t{rows} * columns) return Error{Code::corrupt, reader.offset(), "more points than cells"};
  DEW_ASSIGN(const ByteSpan shifts, reader.sized_bytes());
  DEW_ASSIGN(order.row_shift, decode_sequence(shifts, rows, 1, budget, reader.offset()));
  for (const int64_t shift : order.row_shift) {
    if (shift < 0 || shift >= columns) return Error{Code::corrupt, reader.offset(), "a row's shift is out of range"};
  }
  DEW_ASSIGN(const ByteSpan shots, reader.sized_bytes());
  DEW_ASSIGN(order.shots, decode_sequence(shots, on_grid, 2, budget, reader.offset()));
  return order;
}

}  // namespace dew
