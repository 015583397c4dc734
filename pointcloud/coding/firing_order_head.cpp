// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/firing_order_head.h"

#include "pointcloud/coding/column_numbers.h"

namespace dew {
namespace {

void write_column_numbers(const std::vector<int32_t>& numbers, ByteWriter& writer) {
  writer.sized_bytes(encode_column_numbers(std::vector<int64_t>(numbers.begin(), numbers.end())));
}

Status read_column_numbers(ByteReader& reader, uint32_t columns, std::vector<int32_t>& out, Budget& budget) {
  DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
  DEW_ASSIGN(const std::vector<int64_t> values, decode_column_numbers(coded, columns, budget, reader.offset()));
  for (const int64_t value : values) {
    // Not wrapped, so any number of turns; the step is a difference of two.
    if (value < -(int64_t{1} << 30) || value > (int64_t{1} << 30))
      return Error{Code::corrupt, reader.offset(), "a column's azimuth is out of range"};
    out.push_back(static_cast<int32_t>(value));
  }
  return {};
}

}  // namespace

void write_firing_order_head(const FiringOrderHead& head, ByteWriter& writer) {
  writer.u8(head.flags);
  write_firing_order(head.sweep.model, writer);
  write_grid_head(head.grid, writer);
  write_column_numbers(head.sweep.column_azimuth, writer);
  write_column_numbers(head.sweep.column_step, writer);
  write_loose_points(head.patches, writer);
  write_plans(head.plans, writer);
}

Result<FiringOrderHead> read_firing_order_head(ByteReader& reader, uint64_t coded_bytes, Budget& budget) {
  FiringOrderHead head;
  DEW_ASSIGN(head.flags, reader.u8());
  if (head.flags > 7) return Error{Code::corrupt, reader.offset(), "unknown flag of a firing-order frame"};
  DEW_ASSIGN(head.sweep.model, read_firing_order(reader));
  DEW_ASSIGN(head.grid, read_grid_head(reader, coded_bytes, budget));
  DEW_TRY(check_firing_order(head.sweep.model));
  if (head.grid.columns != head.sweep.model.columns || head.grid.rows != head.sweep.lasers())
    return Error{Code::corrupt, reader.offset(), "the grid is not the model's"};
  head.sweep.range_step = head.grid.range_step;
  for (const uint16_t position : head.sweep.model.sensor.rule.firing_position) {
    if (position > 4 * head.sweep.model.sensor.rule.divisor)
      return Error{Code::corrupt, reader.offset(), "a laser fires more than four columns late"};
  }
  DEW_TRY(read_column_numbers(reader, head.grid.columns, head.sweep.column_azimuth, budget));
  DEW_TRY(read_column_numbers(reader, head.grid.columns, head.sweep.column_step, budget));
  for (const int32_t step : head.sweep.column_step) {
    if (step <= -(1 << 18) || step >= (1 << 18)) return Error{Code::corrupt, reader.offset(), "a column's step is out of range"};
  }
  const uint64_t points = uint64_t{head.grid.rows} * head.grid.columns;
  DEW_ASSIGN(head.patches, read_loose_points(reader, points, budget));
  DEW_ASSIGN(head.plans, read_plans(reader, head.grid.rows, budget));
  return head;
}

}  // namespace dew
