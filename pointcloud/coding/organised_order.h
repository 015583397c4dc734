// SPDX-License-Identifier: Apache-2.0
/// Which cell of the grid each point of an organised file is: all cells in the sensor's order, returns alone in a listed order, or in the
/// order that a sort by packets leaves (sorted_order.h).
///
///   DEW_ASSIGN(cells, cells_of_file(cloud, sweep, view, geometry, bound_m, head));               // encoder; completes the head
///   DEW_TRY(sort_points(head, geometry, grid, whole, offset, cells, positions));                 // decoder, of sorted files
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pointcloud/cloud.h"
#include "pointcloud/coding/organised_head.h"
#include "pointcloud/sensor/organised.h"

namespace dew {

/// Where every point of a file of all cells is on the grid.
std::vector<PointCell> cells_in_file_order(const OrganisedGeometry& geometry);

/// The point of each cell, kNoPoint where there is none.
std::vector<uint32_t> points_of_cells(std::span<const PointCell> cells, size_t cell_count);

/// Encoder: of each point of the file its cell, with the sensor's own range. A listed or sorted order is put into the head, and of a sorted
/// one the points that lie off the grid, each as a range where one is within the bound.
Result<std::vector<PointCell>> cells_of_file(const Cloud& cloud, const OrganisedSweep& sweep, const PointsView& view,
                                             const OrganisedGeometry& geometry, double bound_m, OrganisedHead& head);

/// Decoder of a sorted file: from a point a cell, as `cells` has them, to the points of the file in its order. Errors: corrupt.
Status sort_points(const OrganisedHead& head, const OrganisedGeometry& geometry, const RangeGrid& grid, bool whole, uint64_t offset,
                   std::vector<PointCell>& cells, std::vector<Float3>& positions);

}  // namespace dew
