// SPDX-License-Identifier: Apache-2.0
/// The order of a file whose points a driver sorted by the time of their packet: it follows from where the returns are, and costs next to
/// nothing.
///
///   std::optional<SortedOrder> order = find_sorted_order(cloud, listed, cells, cells, columns, next_turn);   // encoder
///   write_sorted_order(*order, writer);
///   DEW_ASSIGN(order, read_sorted_order(reader, rows, columns, coded_bytes, budget));
///   DEW_ASSIGN(cells, cells_of(order, geometry, grid.range, whole, offset));            // in file order, once ranges are known
///
/// Bytes: pointcloud/FORMAT.md, "Sorted order".
#pragma once

#include <optional>
#include <vector>

#include "pointcloud/coding/point_order.h"
#include "pointcloud/coding/range_grid.h"

namespace dew {

struct SortedOrder {
  uint64_t points = 0;
  std::vector<LoosePoint> loose;        ///< an encoder's in file order; in the file by firing. A decoder learns indices from cells_of
  std::vector<int64_t> row_shift;       ///< a row: as PointOrder
  int64_t first_column = 0;             ///< time of the first shots
  bool columns_fall = false;            ///< times count down
  bool rows_fall = false;               ///< the last row's shot of a column comes first
  std::vector<int64_t> packet_columns;  ///< how many columns each packet has; those left over belong to the last
  std::vector<int64_t> loose_shots;     ///< of each loose point: columns since the first, row, range (0: none is near)
  std::vector<int64_t> loose_moved;     ///< under a rounding by offsets: steps of the rounding from there along x, y, z; else empty
  std::vector<int64_t> late;            ///< place among the shots less the one before, packets that the point is late: two each
  std::vector<int64_t> moved;           ///< place in the file less the one before, place after the sort less that: two each
};

/// `listed`: the same order, spelled out; `cells` its cells, `located` those of loose points, too, where they are known. Nothing where the
/// sort leaves more than one place in twenty wrong.
/// `next_turn`: points on the grid that were shot a turn later than their column's others, which must be loose for the order to be found.
std::optional<SortedOrder> find_sorted_order(const Cloud& cloud, const PointOrder& listed, std::span<const PointCell> cells,
                                             std::span<const PointCell> located, uint32_t columns, std::vector<uint32_t>& next_turn);

/// Cells in file order; loose points have kOffGrid, and for a range their number among those of `order`. Where the grid is not `whole`, the
/// cells that are there, in order of firing, and no loose points. Errors: corrupt.
Result<std::vector<PointCell>> cells_of(const SortedOrder& order, const OrganisedGeometry& geometry, std::span<const uint32_t> range,
                                        bool whole, uint64_t offset);

/// Loose points that a range of their laser reaches within the bound, or with steps of a rounding by offsets, are kept as that. Encoder.
void find_loose_ranges(const OrganisedGeometry& geometry, const CoordinateRounding& rounding, double bound_m, SortedOrder& order);
/// Positions of loose points that have ranges.
void place_loose_ranges(const OrganisedGeometry& geometry, const CoordinateRounding& rounding, SortedOrder& order);

/// Both with the model's rounding.
void write_sorted_order(const SortedOrder& order, const CoordinateRounding& rounding, ByteWriter& writer);
/// Errors: truncated, corrupt, limits.
Result<SortedOrder> read_sorted_order(ByteReader& reader, const CoordinateRounding& rounding, uint32_t rows, uint32_t columns,
                                      uint64_t coded_bytes, Budget& budget);

}  // namespace dew
