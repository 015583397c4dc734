// SPDX-License-Identifier: Apache-2.0
// Frames from the slices that came: when one is given out, what is missing in it, and how that is concealed.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "pointcloud/stream/receiver.h"
#include "pointcloud/stream/sector.h"

namespace dew {
namespace {

constexpr size_t kMostPending = 16;

}  // namespace

bool StreamReceiver::is_whole(const Pending& pending) const {
  if (pending.columns == 0) return false;
  uint32_t next = 0;
  for (const auto& [first, piece] : pending.pieces) {
    if (first != next) return false;
    next = first + piece.slice.columns.columns;
  }
  return next == pending.columns;
}

/// Nothing more can come: what is not there was left out by the sender.
bool StreamReceiver::is_settled(const Pending& pending) const {
  if (pending.columns == 0) return false;
  uint32_t next = 0;
  for (const auto& [first, piece] : pending.pieces) {
    if (first - next > piece.slice.header.columns_left_out) return false;
    next = first + piece.slice.columns.columns;
  }
  return pending.columns - next <= pending.left_out_at_end;
}

bool StreamReceiver::is_due(const Pending& pending, uint64_t now_us) const {
  return is_settled(pending) || pending_.size() > kMostPending || now_us >= pending.last_us + options_.deadline_us;
}

std::vector<ReceivedFrame> StreamReceiver::frames(uint64_t now_us) {
  while (!without_reference_.empty() && now_us >= without_reference_[0].since_us + options_.deadline_us) drop_first_without_reference();
  std::vector<ReceivedFrame> out;
  // In order: one that is not due holds up those after it.
  while (!pending_.empty() && is_due(pending_.begin()->second, now_us)) give(out, now_us);
  const auto afford = [&](uint64_t points) { return pay_for(points, now_us); };
  for (CollectedCloud& cloud : clouds_.due(now_us, options_.deadline_us, afford)) out.push_back(received(std::move(cloud), now_us));
  return out;
}

std::vector<ReceivedFrame> StreamReceiver::finish(uint64_t now_us) {
  std::vector<ReceivedFrame> out;
  while (!pending_.empty()) give(out, now_us);
  const auto afford = [&](uint64_t points) { return pay_for(points, now_us); };
  for (CollectedCloud& cloud : clouds_.finish(afford)) out.push_back(received(std::move(cloud), now_us));
  return out;
}

void StreamReceiver::give(std::vector<ReceivedFrame>& out, uint64_t now_us) {
  const auto first = pending_.begin();
  if (!first->second.pieces.empty()) {
    out.push_back(build(first->first, first->second, now_us));
    last_given_ = first->first;
  }
  pending_.erase(first);
}

ReceivedFrame StreamReceiver::build(uint32_t frame, Pending& pending, uint64_t now_us) {
  ReceivedFrame out;
  out.frame = frame;
  out.frames_missing = last_given_ ? frame - *last_given_ - 1 : 0;
  out.whole = is_whole(pending);
  out.scan.lasers = sensor_->lasers;
  out.scan.tick_um = sensor_->tick_um;
  out.scan.azimuth_units_per_turn = sensor_->azimuth_units_per_turn;
  out.scan.range_bytes = sensor_->range_bytes;
  std::vector<uint64_t> times;
  for (auto& [first, piece] : pending.pieces) {
    if (first > out.scan.columns) add_gaps(first - out.scan.columns, piece.slice.header.columns_left_out, &piece.slice, out);
    append_columns(out.scan, piece.slice.columns);
    times.resize(first, 0);
    times.resize(out.scan.columns, piece.slice.header.time_us);
    out.slices.push_back(piece.facts);
  }
  if (pending.columns > out.scan.columns) add_gaps(pending.columns - out.scan.columns, pending.left_out_at_end, nullptr, out);
  times.resize(out.scan.columns, 0);
  if (options_.conceal) {
    shown_time_us_.resize(out.scan.columns, 0);
    for (size_t c = 0; c < times.size(); ++c) {
      if (times[c] != 0) shown_time_us_[c] = times[c];
    }
    conceal(out, now_us);
    shown_ = out.scan;
  }
  return out;
}

/// Columns before `next` that did not come: those that the sender says it left out, and those that were lost.
void StreamReceiver::add_gaps(uint32_t columns, uint32_t left_out, const DecodedSlice* next, ReceivedFrame& out) const {
  left_out = std::min(columns, left_out);
  if (columns > left_out) add_gap(columns - left_out, SliceState::missing, next, out);
  if (left_out > 0) add_gap(left_out, SliceState::left_out, next, out);
}

/// Angles and times go on evenly from the columns before, or back from those behind.
void StreamReceiver::add_gap(uint32_t columns, SliceState state, const DecodedSlice* next, ReceivedFrame& out) const {
  Scan& scan = out.scan;
  ReceivedSlice facts;
  facts.frame = out.frame;
  facts.first_column = scan.columns;
  facts.columns = columns;
  facts.state = state;
  out.slices.push_back(facts);
  const int64_t turn = scan.azimuth_units_per_turn;
  const int64_t per_turn = std::max<int64_t>(1, sensor_->columns_per_turn);
  const bool from_before = scan.columns > 0;
  const int64_t anchor = from_before ? scan.azimuth.back() : next != nullptr ? next->columns.azimuth[0] : 0;
  const uint32_t time_us = from_before ? scan.time_us.back() : 0;
  for (uint32_t i = 0; i < columns; ++i) {
    const int64_t steps = from_before ? int64_t{i} + 1 : int64_t{i} - columns;
    const int64_t azimuth = anchor + steps * turn / per_turn;
    scan.azimuth.push_back(static_cast<uint16_t>((azimuth % turn + turn) % turn));
    scan.time_us.push_back(time_us);
  }
  scan.columns += columns;
  scan.range.resize(size_t{scan.columns} * scan.lasers, 0);
  scan.intensity.resize(scan.range.size(), 0);
}

void StreamReceiver::conceal(ReceivedFrame& out, uint64_t now_us) {
  for (ReceivedSlice& slice : out.slices) {
    if (slice.state != SliceState::missing && slice.state != SliceState::left_out) continue;
    const uint32_t end = slice.first_column + slice.columns;
    if (shown_.lasers != out.scan.lasers || end > shown_.columns) continue;
    int64_t age = 0;
    for (uint32_t c = slice.first_column; c < end; ++c)
      age = shown_time_us_[c] == 0 ? INT64_MAX : std::max(age, age_us(shown_time_us_[c], now_us));
    if (age > static_cast<int64_t>(options_.conceal_us)) continue;
    const ptrdiff_t first = ptrdiff_t{slice.first_column} * out.scan.lasers, last = ptrdiff_t{end} * out.scan.lasers;
    std::copy(shown_.range.begin() + first, shown_.range.begin() + last, out.scan.range.begin() + first);
    std::copy(shown_.intensity.begin() + first, shown_.intensity.begin() + last, out.scan.intensity.begin() + first);
    slice.state = SliceState::concealed;
    slice.age_us = age;
  }
}

}  // namespace dew
