// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/packet_stream_model.h"

namespace dew {
namespace {

uint64_t magnitude(int64_t value) { return value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value); }

/// Steps beyond this are kept out of averages, so that no sum overflows.
constexpr int64_t kLargestStep = int64_t{1} << 48;

/// Marks the bytes [offset, offset + count) as coded by something else.
void mark(std::vector<bool>& taken, uint32_t offset, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) taken[offset + i] = true;
}

/// Lists the bytes of all cells, byte by byte of the cell, last byte first (high bytes tell about low ones).
void plan_cells(const PacketLayout& layout, std::vector<bool>& taken, KindState& state) {
  const CellFormat& cell = layout.cell;
  for (uint32_t k = cell.bytes; k-- > 0;) {
    const bool whole_range = k >= cell.range_offset && k < cell.range_offset + cell.range_bits / 8;
    if (whole_range || k == cell.intensity_offset) continue;
    std::vector<CellByte> places;
    for (const CellRun& run : layout.runs) {
      for (uint32_t i = 0; i < run.lasers; ++i) {
        const uint32_t offset = run.offset + i * cell.bytes + k;
        if (taken[offset]) continue;
        places.push_back({offset, run.plane * layout.lasers + run.first_laser + i, i == 0});
      }
    }
    for (const CellByte& place : places) taken[place.offset] = true;
    state.cells.push_back(std::move(places));
    state.last_column.emplace_back(size_t{layout.planes} * layout.lasers, uint8_t{0});
  }
  for (const CellRun& run : layout.runs) mark(taken, run.offset, run.lasers * cell.bytes);
}

KindState plan_kind(const PacketLayout& layout) {
  KindState state;
  std::vector<bool> taken(layout.packet_bytes, false);
  uint32_t series = 0;
  for (const PacketField& field : layout.fields) {
    mark(taken, field.offset, field.bytes);
    series = std::max(series, field.series + 1);
  }
  for (const PacketChecksum& checksum : layout.checksums) {
    mark(taken, checksum.offset, checksum.type == ChecksumType::crc32_mpeg2 ? 4 : 2);
  }
  plan_cells(layout, taken, state);
  for (uint32_t i = 0; i < layout.packet_bytes; ++i) {
    if (!taken[i]) state.plain.push_back(i);
  }
  state.series.resize(series);
  state.steps.resize(layout.fields.size());
  state.field_residuals.resize(layout.fields.size());
  state.before.resize(layout.packet_bytes);
  return state;
}

}  // namespace

void add_cost(uint32_t& cost, int64_t residual) {
  const uint32_t now = static_cast<uint32_t>(std::bit_width(magnitude(residual))) * 64;
  cost = cost - cost / 8 + now / 8;
}

void StepPredictor::learn(int64_t step) {
  step = std::clamp(step, -kLargestStep, kLargestStep);
  add_cost(usual_cost_, step - usual_);
  add_cost(average_cost_, step - average_ / kOne);
  if (step == usual_) {
    votes_ = std::min<uint32_t>(votes_ + 1, 12);
  } else if (votes_ > 0) {
    --votes_;
  } else {
    usual_ = step;
  }
  if (!started_) {
    started_ = true;
    average_ = step * kOne;
    return;
  }
  // A jump (an angle through zero, a pause) moves the average no more than the usual scatter would.
  const int64_t error = step * kOne - average_;
  const int64_t most = spread_ * 4 + kOne;
  average_ += std::clamp(error, -most, most) / 8;
  spread_ += (static_cast<int64_t>(std::min<uint64_t>(magnitude(error), static_cast<uint64_t>(most) * 4)) - spread_) / 16;
}

PacketModel::PacketModel(const std::vector<PacketKind>& all_kinds) {
  for (const PacketKind& kind : all_kinds) kinds.push_back(plan_kind(kind.layout));
}

}  // namespace dew
