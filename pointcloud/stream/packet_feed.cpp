// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/stream/packet_feed.h"

#include <algorithm>
#include <utility>

namespace dew {
namespace {

/// The longest frame among the first blocks: a whole turn, or a part of one.
Scan longest_frame(const std::vector<ColumnBlock>& blocks) {
  Scan longest, open;
  for (const ColumnBlock& block : blocks) {
    if (block.begins_frame) open = Scan();
    append_columns(open, block.columns);
    if (open.columns > longest.columns) longest = open;
  }
  return longest;
}

/// Columns that a whole turn has, from a part of it.
uint32_t columns_per_turn(const Scan& part) {
  const uint32_t turn = part.azimuth_units_per_turn;
  uint64_t turned = 0;
  for (uint32_t c = 1; c < part.columns && turn > 0; ++c) {
    const uint32_t step = (part.azimuth[c] % turn + turn - part.azimuth[c - 1] % turn) % turn;
    turned += std::min(step, turn - step);
  }
  // A stand-still is no turn.
  return turned < turn / 64 ? part.columns : static_cast<uint32_t>((uint64_t{part.columns - 1} * turn + turned / 2) / turned);
}

}  // namespace

Status PacketFeed::add(ByteSpan payload, uint64_t time_us, StreamSender& sender) {
  return send(packets_.add(payload, time_us), time_us, sender);
}

Status PacketFeed::finish(uint64_t now_us, StreamSender& sender) {
  DEW_TRY(send(packets_.finish(), now_us, sender));
  return sender.finish(now_us);
}

Status PacketFeed::send(std::vector<ColumnBlock> blocks, uint64_t now_us, StreamSender& sender) {
  if (blocks.empty()) return {};
  if (!std::exchange(described_, true)) {
    const Scan part = longest_frame(blocks);
    DEW_ASSIGN(const SensorDescription sensor, describe_sensor(part, packets_.sensor(), options_.calibration, options_.effort,
                                                               packets_.planes_left_out(), columns_per_turn(part)));
    DEW_TRY(sender.describe(sensor, now_us));
  }
  for (const ColumnBlock& block : blocks) {
    if (block.begins_frame) DEW_TRY(sender.begin_frame(block.time_us));
    DEW_TRY(sender.add(block.columns, block.time_us));
  }
  return {};
}

}  // namespace dew
