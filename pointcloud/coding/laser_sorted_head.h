// SPDX-License-Identifier: Apache-2.0
/// The first chunk of a laser-sorted frame: everything but ranges, residues and fields.
#pragma once

#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/coding/attributes.h"
#include "pointcloud/coding/grid_frame.h"
#include "pointcloud/coding/point_lists.h"
#include "pointcloud/sensor/laser_sorted.h"

namespace dew {

/// What is coded beside ranges and fields. Part of the format.
struct LaserSortedFlags {
  static constexpr uint32_t kMotion = 1, kResidue = 2, kUlps = 4;
};

struct LaserSortedHead {
  LaserSortedSweep sweep;
  GridHead grid;
  uint32_t flags = 0;
  std::vector<LoosePoint> patches;
  std::vector<AttributePlan> plans;
};

void write_laser_sorted_head(const LaserSortedSweep& sweep, const GridHead& grid_head, uint32_t flags,
                             const std::vector<LoosePoint>& patches, const std::vector<AttributePlan>& plans, ByteWriter& head);
/// Errors: truncated, corrupt, limits; limit_exceeded where `coded_bytes` does not pay for the grid.
Result<LaserSortedHead> read_laser_sorted_head(ByteReader& reader, uint64_t coded_bytes, Budget& budget);

}  // namespace dew
