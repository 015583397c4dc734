// SPDX-License-Identifier: Apache-2.0
/// Sensor packets in, columns out, as they come. The columns of a turn are those that read_capture gives for a capture of the same packets.
///
///   PacketColumns packets;
///   for each UDP payload: for (ColumnBlock& block : *packets.add(payload, now_us)) use(block.columns, block.begins_frame);
///   for (ColumnBlock& block : packets.finish()) ...                   // the last columns
///
/// The first quarter of a turn is kept until it is whole, as what the sensor is and how its lasers lie is found from it; a whole turn where
/// packets count measurements and do not say how many there are in one. From then on columns come with the packet that holds them, or with
/// the next one where an angle lies between two packets.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "entropy/bytes.h"
#include "pointcloud/scan.h"
#include "pointcloud/sensor/packets.h"

namespace dew {

/// Columns of one packet; their times count from the frame's first column.
struct ColumnBlock {
  Scan columns;
  bool begins_frame = false;
  uint64_t time_us = 0;  ///< when the packet came, as given to add()
};

class PacketColumns {
 public:
  /// `time_us`: when the packet came, since 1970. Gives what is complete, oldest first; payloads of no known sensor, or of another one than
  /// the first, are counted and left aside. Trust: payloads may be hostile. Memory: 8 MiB at the start.
  std::vector<ColumnBlock> add(ByteSpan payload, uint64_t time_us);
  /// What is still kept, at the end of the stream.
  std::vector<ColumnBlock> finish();

  /// Name of the sensor; empty until its first packet was seen.
  std::string sensor() const { return known_ != nullptr ? known_->sensor : std::string(); }
  /// Returns of a cell beyond the first one, which are not given out.
  uint32_t planes_left_out() const { return known_ != nullptr ? known_->layout.planes - 1 : 0; }
  uint64_t ignored() const { return ignored_; }

 private:
  struct Kept {
    Bytes payload;
    uint64_t time_us;
  };

  void start(std::vector<ColumnBlock>& out);
  bool is_enough(ByteSpan payload);
  bool passes_zero(ByteSpan payload);
  void add_columns(ByteSpan payload, uint64_t time_us, bool begins_frame, std::vector<ColumnBlock>& out);
  void give_pending(uint32_t next_azimuth, bool same_frame, std::vector<ColumnBlock>& out);

  const KnownLayout* stated_ = nullptr;  ///< as the packets say
  const KnownLayout* known_ = nullptr;   ///< as it turned out
  PacketLayout layout_;
  std::vector<Kept> kept_;
  uint64_t kept_bytes_ = 0;
  bool started_ = false;
  uint64_t ignored_ = 0;

  bool azimuth_seen_ = false;
  int32_t previous_azimuth_ = 0;
  uint32_t turned_ = 0;  ///< azimuth units, until the start
  uint32_t zeros_passed_ = 0;

  bool frame_open_ = false;
  uint64_t before_ns_ = 0;
  uint64_t since_first_ns_ = 0;
  uint32_t halfway_step_ = 0;
  std::optional<ColumnBlock> pending_;
};

}  // namespace dew
