// SPDX-License-Identifier: Apache-2.0
/// From sensor packets to a sender: columns are found, the sensor described once enough of it was seen, frames begun.
///
///   PacketFeed feed({.effort = Effort::normal});
///   DEW_TRY(feed.add(udp_payload, now_us, sender));
///   DEW_TRY(feed.finish(now_us, sender));
#pragma once

#include <optional>

#include "pointcloud/stream/packet_columns.h"
#include "pointcloud/stream/sender.h"

namespace dew {

struct FeedOptions {
  Effort effort = Effort::normal;
  std::optional<SensorCalibration> calibration;  ///< nothing: from the table of known sensors
};

class PacketFeed {
 public:
  explicit PacketFeed(FeedOptions options) : options_(std::move(options)) {}

  /// Errors: those of the sender. Trust: payloads may be hostile.
  Status add(ByteSpan payload, uint64_t time_us, StreamSender& sender);
  /// Ends the stream.
  Status finish(uint64_t now_us, StreamSender& sender);

  const PacketColumns& packets() const { return packets_; }

 private:
  Status send(std::vector<ColumnBlock> blocks, uint64_t now_us, StreamSender& sender);

  FeedOptions options_;
  PacketColumns packets_;
  bool described_ = false;
};

}  // namespace dew
