// SPDX-License-Identifier: Apache-2.0
/// Where the columns of a stream come from: a sensor's packets as they arrive, a capture replayed in time, frames of any format at a rate.
///
///   DEW_ASSIGN(std::unique_ptr<StreamSource> source, open_source("drive.pcap", options));
///   while (!source->ended()) { wait until source->due_us() or source->handle() can be read;  DEW_TRY(source->step(clock_us(), sender)); }
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pointcloud/stream/packet_feed.h"

namespace dew::app {

struct SourceOptions {
  FeedOptions feed;
  double speed = 1;     ///< of a replay; 0: as fast as can be
  double rate_hz = 10;  ///< of frames
  uint32_t repeat = 1;  ///< times that a replay is played
  std::string fields;   ///< of .bin frames, as --fields takes them; empty: recognised
};

class StreamSource {
 public:
  virtual ~StreamSource() = default;
  /// When the next columns are due; nothing where they come by a socket or have ended.
  virtual std::optional<uint64_t> due_us() const = 0;
  /// A socket to wait for, or -1.
  virtual int handle() const { return -1; }
  /// Gives the sender what is due. Errors: those of the sender.
  virtual Status step(uint64_t now_us, StreamSender& sender) = 0;
  virtual bool ended() const = 0;
  /// What is still kept, at the end.
  virtual Status finish(uint64_t now_us, StreamSender& sender) = 0;
};

/// `names`: one udp:// address or .pcap, or frames of any format and folders of them. Replays begin at `now_us`. Errors: io, those of the
/// readers.
Result<std::unique_ptr<StreamSource>> open_source(const std::vector<std::string>& names, const SourceOptions& options, uint64_t now_us);

}  // namespace dew::app
