// SPDX-License-Identifier: Apache-2.0
/// The sending end of a stream: columns in, datagrams out. No sockets and no clock: time is a number of microseconds since 1970.
///
///   StreamSender sender(options);
///   DEW_TRY(sender.describe(sensor));                                        // once the first turn is there
///   DEW_TRY(sender.begin_frame(now_us));  DEW_TRY(sender.add(columns, now_us));
///   while (const std::optional<Bytes> datagram = sender.next(now_us)) send(*datagram);
///   sender.receive(report_datagram, now_us);                                 // what the other end says, if there is a way back
///
/// A sector is coded in the call that completes it and may leave at once; with a rate it leaves as the pacer allows, and its bound is
/// chosen so that it can. Threads: one at a time.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "pointcloud/cloud.h"
#include "pointcloud/stream/cloud_parts.h"
#include "pointcloud/stream/moving_cells.h"
#include "pointcloud/stream/pacer.h"
#include "pointcloud/stream/packetiser.h"
#include "pointcloud/stream/rate_control.h"
#include "pointcloud/stream/reference_planner.h"
#include "pointcloud/stream/report.h"
#include "pointcloud/stream/sector.h"
#include "pointcloud/stream/sensor_description.h"

namespace dew {

/// Where a stream stays finer. Metres, sensor frame.
struct RegionOfInterest {
  Vec3 least, most;  ///< a box
};

struct SenderOptions {
  uint32_t source = 1;             ///< SSRC; a random number
  uint32_t sectors = 16;           ///< of a turn
  uint32_t slice_bytes = 0;        ///< 0: sectors as above; else sectors of columns that come to about so many bytes
  double max_error_m = 0;          ///< largest error of a range; 0: exact. With a rate: the most that it may cost
  double least_error_m = 0;        ///< with a rate: not finer than this
  bool keep_intensity = false;     ///< with a rate: intensities are not coarsened
  uint64_t rate_bits = 0;          ///< bits a second on the wire, never above it in any 200 ms; 0: no limit
  uint32_t sealed_bytes = 0;       ///< what encryption will add to each datagram, which counts for size and rate
  double overhead = 0;             ///< parity datagrams for each of data, 0 to 1
  bool adaptive_overhead = false;  ///< follow the loss that the receiver reports, up to `overhead`
  uint32_t group_datagrams = 32;   ///< data datagrams under one parity, at least; fewer where a turn has fewer
  /// Slices refer to earlier ones: to what the receiver says it holds, or to such as stand alone, for so long that their loss is felt no
  /// longer. 0, or without a way back and with less parity than a tenth: each stands alone.
  uint64_t refresh_us = 500'000;
  uint64_t describe_every_us = 1'000'000;
  uint64_t report_every_us = 100'000;
  std::vector<RegionOfInterest> regions{};  ///< at most 16 with near_m; need a calibration
  double near_m = 0;                        ///< ranges below are coded finer
  bool moving = false;                      ///< cells that contradict what a standing sensor has seen so far are coded finer
  double fine_error_m = 0;                  ///< largest error there
};

struct SenderCounts {
  uint64_t slices = 0;  ///< and parts of frames of points
  uint64_t slices_that_refer = 0;
  uint64_t slice_bytes = 0;       ///< of their messages
  uint64_t slice_wire_bytes = 0;  ///< of their datagrams, each once, with IPv4 and UDP: all else is overhead
  uint64_t columns_left_out = 0;  ///< given up to keep the rate
  uint64_t parts_left_out = 0;    ///< of frames of points, likewise
  uint64_t datagrams = 0;
  uint64_t wire_bytes = 0;  ///< of all datagrams, with IPv4 and UDP
  uint64_t parity_datagrams = 0;
  uint64_t sent_again = 0;
  uint64_t dropped = 0;  ///< datagrams that became too old or too long to leave
};

class StreamSender {
 public:
  explicit StreamSender(const SenderOptions& options);

  /// Must come before columns; may come again when the sensor changes.
  Status describe(const SensorDescription& sensor, uint64_t now_us);
  Status begin_frame(uint64_t now_us);
  /// Errors: invalid_argument before describe() or for columns of another sensor; limit_exceeded.
  Status add(const Scan& columns, uint64_t now_us);
  /// Says when the next columns will come. Where that is a pause (a sensor that looks one way only), what it saw does not wait for them.
  Status expect(uint64_t next_columns_us, uint64_t now_us);
  /// A whole frame of points, for sources that are no native ticks; needs no description. With a rate its bound is chosen so that it leaves
  /// before the next one, within 100 ms. `time_us`: of the frame; `effort` is that of the first call. Coding takes its time: send_cloud is
  /// told when it was done. Errors: invalid_argument with regions; those of encode().
  Result<CodedCloud> code_cloud(const Cloud& cloud, Effort effort, uint64_t time_us);
  Status send_cloud(const CodedCloud& coded, uint64_t now_us);
  /// Codes what is left and says goodbye, three times over some 20 ms.
  Status finish(uint64_t now_us);

  /// The next datagram that may leave now.
  std::optional<Bytes> next(uint64_t now_us);
  /// When next() may have one if it has none now; nothing while the queue is empty.
  std::optional<uint64_t> next_time_us(uint64_t now_us);
  bool done() const { return finished_ && queue_.empty() && goodbyes_ == 0; }

  /// Gives messages to `take` instead of cutting them into datagrams: for links that lose nothing, as a broker's. `place`: which of
  /// `sectors` parts of the turn a slice begins in; of a part of a frame of points its number. `refers`: needs earlier slices, which all
  /// stand alone.
  using TakeMessage = std::function<void(MessageKind kind, uint32_t place, bool refers, ByteSpan message)>;
  void give_messages_to(TakeMessage take) { take_message_ = std::move(take); }

  /// A datagram from the other end. Trust: may be hostile; what is no report of a receiver is counted in vain and dropped.
  void receive(ByteSpan datagram, uint64_t now_us);
  void set_rate(uint64_t rate_bits, uint64_t now_us);
  uint64_t rate_bits() const { return pacer_.rate_bits(); }
  const SenderCounts& counts() const { return counts_; }
  /// Share of datagrams lost before repair, as the receiver said last.
  double reported_loss() const { return reported_loss_; }
  double overhead() const { return overhead_; }

 private:
  struct Queued {
    Bytes bytes;
    uint64_t since_us = 0;
    PayloadType type = PayloadType::data;
    bool again = false;
  };

  bool has_regions() const { return options_.near_m > 0 || !options_.regions.empty() || options_.moving; }
  void follow_turn(uint64_t now_us);
  Status send_message(MessageKind kind, uint32_t place, bool refers, const Bytes& message, uint64_t time_us, uint64_t now_us);
  Status send_sectors(const std::vector<Sector>& sectors, uint64_t now_us);
  Status send_sector(const Sector& sector, uint64_t now_us);
  Result<std::optional<EncodedSlice>> code_within_rate(SliceHeader& header, const Sector& sector);
  Result<EncodedSlice> code(SliceHeader& header, const Sector& sector, SliceCoding coding);
  Result<EncodedSlice> code_smaller(SliceHeader& header, const Sector& sector, const SliceCoding& coding);
  uint32_t place_of(const Sector& sector) const;
  std::vector<FineRegion> fine_regions(const Sector& sector) const;
  struct Budget {
    double turn_bytes, slice_bytes;
  };
  Budget budget() const;
  void enqueue(std::vector<Bytes> datagrams, uint64_t now_us, bool first);
  void send_description(uint64_t now_us);
  Queued take_first();
  void drop_old(uint64_t now_us);
  Bytes report(uint64_t now_us);
  void follow_loss(const ReceiverReport& report);
  uint64_t queued_bytes() const;

  SenderOptions options_;
  TakeMessage take_message_;
  Packetiser packetiser_;
  Pacer pacer_;
  std::optional<SensorDescription> sensor_;
  std::optional<SectorCutter> cutter_;
  std::optional<RateControl> control_;
  MovingCells moving_;
  std::optional<CloudCoder> clouds_;
  uint32_t cloud_frame_ = 0;
  ReferencePlanner planner_;
  /// Whether slices of a part of the turn gain by references, and how many are coded that way before both ways are tried again.
  struct Gain {
    bool refers = true;
    uint32_t untried = 0;
  };
  std::vector<Gain> gains_;
  std::deque<Queued> queue_;
  uint64_t described_us_ = 0;
  uint64_t columns_us_ = 0;  ///< when the last ones came
  uint64_t reported_us_ = 0;
  uint64_t sector_us_ = 0;    ///< when the last sector was coded
  double turn_us_ = 100'000;  ///< followed
  uint64_t frame_us_ = 0;
  uint32_t left_out_ = 0;        ///< columns, since the last slice
  bool has_sent_ = false;        ///< anything was queued
  uint32_t data_datagrams_ = 0;  ///< that have left, or were dropped: what still waits is not missed
  uint32_t data_bytes_ = 0;
  std::vector<std::pair<uint16_t, uint64_t>> sent_again_us_;
  double reported_loss_ = 0;
  double overhead_ = 0;
  bool finished_ = false;
  uint32_t goodbyes_ = 0;
  uint64_t goodbye_us_ = 0;
  SenderCounts counts_;
};

}  // namespace dew
