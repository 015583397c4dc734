// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/organised_head.h"

namespace dew {

void write_organised_head(const OrganisedHead& head, ByteWriter& writer) {
  writer.u8(head.flags);
  write_organised_model(head.model, writer);
  write_grid_head(head.grid, writer);
  writer.varint(head.no_returns.size());
  for (const Float3& value : head.no_returns) {
    for (const float axis : value) writer.f32(axis);
  }
  if (head.flags & OrganisedFlags::kListed) write_point_order(head.order, writer);
  if (head.flags & OrganisedFlags::kSorted) write_sorted_order(head.sorted, head.model.rounding, writer);
  write_loose_points(head.patches, writer);
  write_predicted_fields(head.predicted, writer);
  write_plans(head.plans, writer);
}

Result<OrganisedHead> read_organised_head(ByteReader& reader, uint64_t coded_bytes, Budget& budget) {
  OrganisedHead head;
  DEW_ASSIGN(head.flags, reader.u8());
  constexpr uint8_t kOrders = OrganisedFlags::kListed | OrganisedFlags::kSorted;
  if (head.flags > (OrganisedFlags::kResidues | OrganisedFlags::kAllCells | kOrders) || (head.flags & kOrders) == kOrders)
    return Error{Code::corrupt, reader.offset(), "unknown flag of an organised frame"};
  DEW_ASSIGN(head.model, read_organised_model(reader, coded_bytes, budget));
  DEW_ASSIGN(head.grid, read_grid_head(reader, coded_bytes, budget));
  if (head.grid.columns != head.model.columns || head.grid.rows != head.model.lasers())
    return Error{Code::corrupt, reader.offset(), "the grid is not the model's"};
  DEW_ASSIGN(const uint64_t no_returns, reader.varint());
  if (no_returns > kMostNoReturns) return Error{Code::corrupt, reader.offset(), "more than 64 kinds of no-returns"};
  head.no_returns.resize(no_returns);
  for (Float3& value : head.no_returns) {
    for (float& axis : value) {
      DEW_ASSIGN(axis, reader.f32());
    }
  }
  uint64_t points = uint64_t{head.grid.rows} * head.grid.columns;
  if (head.flags & OrganisedFlags::kListed) {
    DEW_ASSIGN(head.order, read_point_order(reader, head.grid.rows, head.grid.columns, coded_bytes, budget));
    points = head.order.points;
  }
  if (head.flags & OrganisedFlags::kSorted) {
    DEW_ASSIGN(head.sorted, read_sorted_order(reader, head.model.rounding, head.grid.rows, head.grid.columns, coded_bytes, budget));
    points = head.sorted.points;
  }
  DEW_ASSIGN(head.patches, read_loose_points(reader, points, budget));
  DEW_ASSIGN(head.predicted, read_predicted_fields(reader, head.grid.rows, head.grid.columns, budget));
  DEW_ASSIGN(head.plans, read_plans(reader, head.grid.rows, budget));
  return head;
}

}  // namespace dew
