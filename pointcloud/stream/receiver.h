// SPDX-License-Identifier: Apache-2.0
/// The receiving end of a stream: datagrams in, frames out, each slice with what is known of it. No sockets and no clock.
///
///   StreamReceiver receiver(options);
///   receiver.add(datagram, now_us);
///   for (const ReceivedFrame& frame : receiver.frames(now_us)) use(frame.scan, frame.slices);
///   if (const std::optional<Bytes> report = receiver.report(now_us)) send(*report);           // if there is a way back
///
/// A frame comes as soon as it is whole, or when its last slices would be too late: an old thing is never shown as a new one. Trust:
/// datagrams may be hostile; see Assembler, and ReceiverOptions for memory and work.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "entropy/limits.h"
#include "pointcloud/cloud.h"
#include "pointcloud/stream/assembler.h"
#include "pointcloud/stream/cloud_parts.h"
#include "pointcloud/stream/report.h"
#include "pointcloud/stream/slice.h"

namespace dew {

enum class SliceState : uint8_t {
  fresh,      ///< decoded in time
  late,       ///< decoded, but later than the deadline
  missing,    ///< lost: its cells have no return
  concealed,  ///< lost: its cells are those of an earlier frame, `age_us` old
  left_out,   ///< given up by the sender to keep its rate; its cells have no return
};
const char* slice_state_name(SliceState state);

struct ReceivedSlice {
  uint32_t frame = 0;
  uint32_t first_column = 0;  ///< of a frame of points: the number of the part, and one column
  uint32_t columns = 0;
  SliceState state = SliceState::missing;
  int64_t age_us = 0;     ///< from its last column's time to when it was decoded; of concealed ones to when the frame was given out
  uint32_t bound_um = 0;  ///< largest error of its ranges
  uint32_t fine_bound_um = 0;
  uint32_t intensity_shift = 0;  ///< bits of intensities that were left out; 8: all
  uint64_t bytes = 0;            ///< coded
  bool repaired = false;
};

struct ReceivedFrame {
  uint32_t frame = 0;
  Scan scan;                          ///< empty for a frame of points
  std::optional<Cloud> cloud;         ///< a frame of points, those of parts that were lost left out; nothing where its head was lost
  std::vector<ReceivedSlice> slices;  ///< by column; they cover the scan
  uint32_t frames_missing = 0;        ///< directly before this one, of which nothing came
  bool whole = false;                 ///< all of it fresh or late
};

struct ReceiverOptions {
  uint64_t deadline_us = 200'000;  ///< from the last column of a slice to its decoding
  bool conceal = false;            ///< fill what is missing from earlier frames
  uint64_t conceal_us = 500'000;   ///< but from none older
  uint32_t receiver = 2;           ///< SSRC of reports
  uint64_t report_every_us = 50'000;
  bool ask_again = true;  ///< reports name what is missing
  AskOptions ask;
  uint64_t most_cells_a_second = 50'000'000;  ///< decoded; more is dropped and counted
  uint64_t most_frame_cells = uint64_t{1} << 22;
  uint64_t slice_memory_bytes = uint64_t{256} << 20;
};

struct ReceiverCounts {
  uint64_t slices = 0;  ///< decoded
  uint64_t slices_late = 0;
  uint64_t slices_undecodable = 0;        ///< of a sensor not described yet, broken, or beyond limits
  uint64_t slices_without_reference = 0;  ///< what they refer to did not come in time; not in slices_undecodable
  uint64_t slices_unneeded = 0;           ///< of frames given out already, or there twice
  uint64_t bytes = 0;                     ///< of datagrams
};

class StreamReceiver {
 public:
  explicit StreamReceiver(const ReceiverOptions& options);

  /// Decodes what the datagram completes.
  void add(ByteSpan datagram, uint64_t now_us);
  /// A whole message that came in another way than by datagrams.
  void add(MessageKind kind, ByteSpan message, uint64_t now_us);
  /// Slices decoded since the last call, for those who do not wait for frames.
  std::vector<DecodedSlice> take_slices();
  /// Frames that are whole or whose time has passed, in order. Call it when a datagram came, and every few milliseconds.
  std::vector<ReceivedFrame> frames(uint64_t now_us);
  /// All that is left, whole or not.
  std::vector<ReceivedFrame> finish(uint64_t now_us);

  /// What to tell the sender now, if anything.
  std::optional<Bytes> report(uint64_t now_us);
  /// Asks the sender for at most this rate; 0: no wish.
  void wish_rate(uint64_t rate_bits) { wished_rate_bits_ = rate_bits; }

  /// The sender has said goodbye, and all is there or the deadline has passed since.
  bool ended(uint64_t now_us) const;
  const SensorDescription* sensor() const { return sensor_ ? &*sensor_ : nullptr; }
  const ReceiverCounts& counts() const { return counts_; }
  const AssemblerCounts& datagram_counts() const { return assembler_.counts(); }
  /// Share of data datagrams that did not come by themselves, since the start.
  double loss() const;

 private:
  struct Piece {
    DecodedSlice slice;
    ReceivedSlice facts;
  };
  struct Pending {
    std::map<uint32_t, Piece> pieces;  ///< by first column
    uint32_t columns = 0;              ///< of the whole frame; 0: not known
    uint32_t left_out_at_end = 0;
    uint64_t last_us = 0;  ///< when its last piece so far came
    uint64_t cells = 0;
  };

  void take(const Message& message, uint64_t now_us);
  void take_cloud_part(const Message& message, uint64_t now_us);
  ReceivedFrame received(CollectedCloud cloud, uint64_t now_us);
  void follow_clock(uint64_t time_us, uint64_t now_us);
  void take_slice(const Message& message, uint64_t now_us);
  /// Decodes it, or keeps it until what it refers to has come. Whether it was decoded. `since_us`: when it came.
  bool try_slice(const Message& message, uint64_t since_us, uint64_t now_us);
  void retry_slices(uint64_t now_us);
  void drop_first_without_reference();
  void hold(uint32_t number);
  bool admits(const SliceHeader& header, uint64_t now_us);
  bool keep(DecodedSlice slice, const Message& message, uint64_t now_us);
  int64_t age_us(uint64_t time_us, uint64_t now_us) const;
  bool pay_for(uint64_t cells, uint64_t now_us);
  bool is_whole(const Pending& pending) const;
  bool is_settled(const Pending& pending) const;
  bool is_due(const Pending& pending, uint64_t now_us) const;
  ReceivedFrame build(uint32_t frame, Pending& pending, uint64_t now_us);
  void add_gap(uint32_t columns, SliceState state, const DecodedSlice* next, ReceivedFrame& out) const;
  void add_gaps(uint32_t columns, uint32_t left_out, const DecodedSlice* next, ReceivedFrame& out) const;
  void conceal(ReceivedFrame& out, uint64_t now_us);
  void give(std::vector<ReceivedFrame>& out, uint64_t now_us);

  ReceiverOptions options_;
  Assembler assembler_;
  std::optional<SensorDescription> sensor_;
  std::optional<uint32_t> source_;
  std::vector<Message> waiting_;  ///< slices of a sensor that was not described yet
  struct Waiting {
    Message message;
    uint64_t since_us = 0;
  };
  std::vector<Waiting> without_reference_;  ///< what these refer to may still come
  SliceStore store_;
  std::map<uint32_t, Pending> pending_;
  CloudCollector clouds_;
  std::optional<uint32_t> last_cloud_;
  uint32_t newest_ = 0;    ///< frame
  uint64_t slice_us_ = 0;  ///< when the last slice came
  std::optional<int64_t> least_transit_us_;
  int64_t last_transit_us_ = 0;
  double jitter_us_ = 0;
  std::vector<DecodedSlice> decoded_;
  std::optional<uint32_t> last_given_;
  Scan shown_;                           ///< the last frame, concealed parts included
  std::vector<uint64_t> shown_time_us_;  ///< when each of its columns was measured; 0: never
  double cells_left_ = 0;
  uint64_t cells_us_ = 0;
  uint64_t reported_us_ = 0;
  uint64_t expected_before_ = 0, arrived_before_ = 0;
  bool wants_description_ = false;
  uint64_t wished_rate_bits_ = 0;
  std::optional<uint32_t> held_newest_;
  uint64_t held_before_ = 0;
  std::optional<uint64_t> goodbye_us_;
  ReceiverCounts counts_;
};

}  // namespace dew
