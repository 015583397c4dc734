// SPDX-License-Identifier: Apache-2.0
/// The first chunk of an organised frame: everything but ranges, coordinates and fields.
#pragma once

#include <cstdint>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/coding/attributes.h"
#include "pointcloud/coding/grid_frame.h"
#include "pointcloud/coding/organised_model.h"
#include "pointcloud/coding/organised_points.h"
#include "pointcloud/coding/point_lists.h"
#include "pointcloud/coding/point_order.h"
#include "pointcloud/coding/predicted_fields.h"
#include "pointcloud/coding/sorted_order.h"

namespace dew {

/// What is coded beside ranges, and of which cells. Part of the format.
struct OrganisedFlags {
  static constexpr uint8_t kResidues = 1, kAllCells = 2, kListed = 4, kSorted = 8;
};

struct OrganisedHead {
  uint8_t flags = 0;
  OrganisedModel model;
  GridHead grid;
  std::vector<Float3> no_returns;
  PointOrder order;    ///< of a file that leaves no-returns out
  SortedOrder sorted;  ///< of one that was sorted by packets, too
  std::vector<LoosePoint> patches;
  std::vector<PredictedField> predicted;
  std::vector<AttributePlan> plans;
  const std::vector<LoosePoint>& loose() const { return (flags & OrganisedFlags::kSorted) != 0 ? sorted.loose : order.loose; }
};

void write_organised_head(const OrganisedHead& head, ByteWriter& writer);
/// Errors: truncated, corrupt, limits; limit_exceeded where `coded_bytes` does not pay for the grid.
Result<OrganisedHead> read_organised_head(ByteReader& reader, uint64_t coded_bytes, Budget& budget);

}  // namespace dew
