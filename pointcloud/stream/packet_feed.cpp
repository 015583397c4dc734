// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/stream/packet_feed.h"

#include <utility>

namespace dew {
namespace {

/// The longest frame among the first blocks: a whole turn, if there is one.
Scan longest_frame(const std::vector<ColumnBlock>& blocks) {
  Scan longest, open;
  for (const ColumnBlock& block : blocks) {
    if (block.begins_frame) open = Scan();
    append_columns(open, block.columns);
    if (open.columns > longest.columns) longest = open;
  }
  return longest;
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
    DEW_ASSIGN(const SensorDescription sensor, describe_sensor(longest_frame(blocks), packets_.sensor(), options_.calibration,
                                                               options_.effort, packets_.planes_left_out()));
    DEW_TRY(sender.describe(sensor, now_us));
  }
  for (const ColumnBlock& block : blocks) {
    if (block.begins_frame) DEW_TRY(sender.begin_frame(block.time_us));
    DEW_TRY(sender.add(block.columns, block.time_us));
  }
  return {};
}

}  // namespace dew
