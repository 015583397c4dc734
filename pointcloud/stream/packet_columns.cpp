// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/stream/packet_columns.h"

#include <algorithm>
#include <cstdlib>

namespace dew {
namespace {

constexpr uint64_t kMostKeptBytes = uint64_t{8} << 20;
/// Turns of this many units or fewer count measurements, and packets do not say how many there are.
constexpr uint32_t kLargestCountedTurn = 4096;

uint32_t smallest_turn_above(uint32_t largest_id) {
  uint32_t turn = 512;
  while (turn <= largest_id) turn *= 2;
  return turn;
}

}  // namespace

std::vector<ColumnBlock> PacketColumns::add(ByteSpan payload, uint64_t time_us) {
  std::vector<ColumnBlock> out;
  const KnownLayout* found = find_layout(payload);
  if (found == nullptr || found->layout.columns == 0 || (stated_ != nullptr && found != stated_)) {
    ++ignored_;
    return out;
  }
  if (stated_ == nullptr) {
    stated_ = known_ = found;
    layout_ = found->layout;
  }
  if (started_) {
    add_columns(payload, time_us, passes_zero(payload), out);
    return out;
  }
  kept_.push_back({Bytes(payload.begin(), payload.end()), time_us});
  kept_bytes_ += payload.size();
  if (is_enough(payload) || kept_bytes_ > kMostKeptBytes) start(out);
  return out;
}

bool PacketColumns::is_enough(ByteSpan payload) {
  if (layout_.azimuth_units_per_turn <= kLargestCountedTurn) {
    // The second passage ends the first whole turn.
    zeros_passed_ += passes_zero(payload) ? 1 : 0;
    return zeros_passed_ >= 2;
  }
  const uint32_t turn = layout_.azimuth_units_per_turn;
  for (uint32_t column = 0; column < layout_.columns; ++column) {
    const int32_t azimuth = column_azimuth(layout_, payload, column);
    const uint32_t step = static_cast<uint32_t>(std::abs(azimuth - previous_azimuth_)) % turn;
    if (azimuth_seen_) turned_ += std::min(step, turn - step);
    previous_azimuth_ = azimuth;
    azimuth_seen_ = true;
  }
  // Enough packets, too, to tell two sensors of one packet layout apart.
  return turned_ >= turn / 4 && kept_.size() >= 16;
}

std::vector<ColumnBlock> PacketColumns::finish() {
  std::vector<ColumnBlock> out;
  if (!started_ && !kept_.empty()) start(out);
  give_pending(0, false, out);
  return out;
}

void PacketColumns::start(std::vector<ColumnBlock>& out) {
  started_ = true;
  std::vector<ByteSpan> first;
  for (const Kept& kept : kept_) {
    if (first.size() < 32) first.push_back(kept.payload);
  }
  known_ = refine_velodyne_layout(stated_, first);
  layout_ = known_->layout;
  if (layout_.azimuth_units_per_turn <= kLargestCountedTurn) {
    uint32_t largest = 0;
    for (const Kept& kept : kept_) {
      for (uint32_t column = 0; column < layout_.columns; ++column) {
        const uint32_t id = column_azimuth(layout_, kept.payload, column);
        if (id < kLargestCountedTurn) largest = std::max(largest, id);
      }
    }
    layout_.azimuth_units_per_turn = smallest_turn_above(largest);
  }
  azimuth_seen_ = false;
  for (const Kept& kept : kept_) add_columns(kept.payload, kept.time_us, passes_zero(kept.payload), out);
  kept_ = {};
}

bool PacketColumns::passes_zero(ByteSpan payload) {
  bool passes = false;
  for (uint32_t column = 0; column < layout_.columns; ++column) {
    const int32_t azimuth = column_azimuth(layout_, payload, column);
    passes |= azimuth_seen_ && std::abs(azimuth - previous_azimuth_) > static_cast<int32_t>(layout_.azimuth_units_per_turn / 2);
    previous_azimuth_ = azimuth;
    azimuth_seen_ = true;
  }
  return passes;
}

void PacketColumns::add_columns(ByteSpan payload, uint64_t time_us, bool begins_frame, std::vector<ColumnBlock>& out) {
  begins_frame |= !frame_open_;
  give_pending(column_azimuth(layout_, payload, 0), !begins_frame, out);
  frame_open_ = true;

  std::vector<Scan> planes(layout_.planes);
  for (Scan& plane : planes) {
    plane.columns = layout_.columns;
    plane.lasers = layout_.lasers;
    plane.tick_um = layout_.tick_um;
    plane.azimuth_units_per_turn = layout_.azimuth_units_per_turn;
    plane.range_bytes = layout_.cell.range_bits > 16 ? 4 : 2;
    plane.range.resize(size_t{plane.columns} * plane.lasers);
    plane.intensity.resize(plane.range.size());
  }
  Bytes packet(payload.begin(), payload.end());
  take_cells(layout_, packet, 0, planes);
  ColumnBlock block{std::move(planes[0]), begins_frame, time_us};

  // As shape_planes does it: a time that goes back by less than half the wrap is kept at what was reached.
  const uint64_t wrap = wrap_ns(layout_);
  for (uint32_t column = 0; column < layout_.columns; ++column) {
    const uint64_t now_ns = column_time_ns(layout_, payload, column);
    uint64_t step_ns = now_ns - before_ns_;
    if (now_ns < before_ns_) step_ns = wrap != 0 && before_ns_ - now_ns > wrap / 2 && before_ns_ - now_ns <= wrap ? step_ns + wrap : 0;
    since_first_ns_ = begins_frame && column == 0 ? 0 : since_first_ns_ + step_ns;
    before_ns_ = now_ns;
    block.columns.azimuth.push_back(column_azimuth(layout_, payload, column));
    block.columns.time_us.push_back(static_cast<uint32_t>(since_first_ns_ / 1000));
  }
  if (begins_frame) halfway_step_ = 0;
  pending_ = std::move(block);
  if (!layout_.column_sources.back().halfway) give_pending(0, false, out);
}

/// Angles that lie halfway to the next column: the last one needs the packet that follows in the same frame.
void PacketColumns::give_pending(uint32_t next_azimuth, bool same_frame, std::vector<ColumnBlock>& out) {
  if (!pending_) return;
  Scan& plane = pending_->columns;
  const uint32_t turn = layout_.azimuth_units_per_turn;
  for (uint32_t c = 0; c < plane.columns; ++c) {
    if (!layout_.column_sources[c].halfway) continue;
    const bool last = c + 1 == plane.columns;
    const uint32_t next = last ? next_azimuth : plane.azimuth[c + 1];
    if (!last || same_frame) halfway_step_ = (next + turn - plane.azimuth[c] % turn) % turn / 2;
    plane.azimuth[c] = static_cast<uint16_t>((plane.azimuth[c] + halfway_step_) % turn);
  }
  out.push_back(std::move(*pending_));
  pending_.reset();
}

}  // namespace dew
