// SPDX-License-Identifier: Apache-2.0
/// Which shot of an organised frame each point of a file is, where the file leaves no-returns out: any order, cheap where it is the
/// sensor's.
///
///   PointOrder order = find_point_order(cells_of_places, sweep.place, view, rows, columns);     // encoder
///   write_point_order(order, writer);     DEW_ASSIGN(order, read_point_order(reader, rows, columns, coded_bytes, budget));
///   DEW_ASSIGN(const std::vector<PointCell> cells, cells_of(order, geometry, offset));          // in file order
///
/// Bytes: pointcloud/FORMAT.md, "Point order".
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/coding/predicted_fields.h"
#include "pointcloud/sensor/laser_sorted.h"
#include "pointcloud/sensor/organised.h"

namespace dew {

struct PointOrder {
  uint64_t points = 0;
  std::vector<int64_t> row_shift;  ///< a row: columns from the time of a shot to where it points, in [0, columns)
  std::vector<int64_t> shots;      ///< of each point that is not loose: time (a column), row
  std::vector<LoosePoint> loose;
};

/// `cells_of_places`: of the complete cloud; `place`: of each point of the file, or kNoPlace.
PointOrder find_point_order(std::span<const PointCell> cells_of_places, std::span<const uint32_t> place, const PointsView& points,
                            uint32_t rows, uint32_t columns);

/// Cells in file order: loose points have kOffGrid. Firing columns are the times of shots, which is what fields follow.
/// Errors: corrupt for shots that are not there or taken twice.
Result<std::vector<PointCell>> cells_of(const PointOrder& order, const OrganisedGeometry& geometry, uint64_t offset);

void write_point_order(const PointOrder& order, ByteWriter& writer);
/// Errors: truncated, corrupt, limits. Hostile bytes are fine.
Result<PointOrder> read_point_order(ByteReader& reader, uint32_t rows, uint32_t columns, uint64_t coded_bytes, Budget& budget);

}  // namespace dew
