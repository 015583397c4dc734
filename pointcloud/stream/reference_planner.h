// SPDX-License-Identifier: Apache-2.0
/// What the next slice refers to: slices that the receiver says it holds, or, where it says nothing, slices that stand alone themselves.
///
///   ReferencePlanner planner(500'000);
///   header.refers_to = planner.choose(sector, place, sensor, turn_us, now_us); // empty: the slice stands alone
///   planner.sent(header, packetiser_message_number, coded, now_us);
///   planner.reported(report, now_us);                                          // when the receiver said what it holds
///
/// Without a way back a slice that is lost costs those that refer to it, until `refresh_us` after it was sent: then nothing refers to it any
/// more. Slices that stand alone come in turn, a few in each frame, so that no frame is much larger than the others. One object a thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "pointcloud/stream/report.h"
#include "pointcloud/stream/sector.h"
#include "pointcloud/stream/slice.h"
#include "pointcloud/stream/slice_store.h"

namespace dew {

class ReferencePlanner {
 public:
  /// `refresh_us`: how long a slice may be referred to where there is no way back, and so how long its loss is felt; 0: nothing ever is.
  explicit ReferencePlanner(uint64_t refresh_us) : refresh_us_(refresh_us) {}

  /// `place`: which part of the turn, from 0. `turn_us`: how long a turn takes.
  std::vector<SliceName> choose(const Sector& sector, uint32_t place, const SensorDescription& sensor, double turn_us, uint64_t now_us) const;
  void sent(const SliceHeader& header, uint32_t message, EncodedSlice coded, uint64_t now_us);
  void reported(const ReceiverReport& report, uint64_t now_us);
  /// The sensor is another: nothing sent before can be referred to.
  void clear();

  const SliceStore& store() const { return store_; }

 private:
  struct Sent {
    SliceName name;
    uint32_t message = 0;
    uint64_t time_us = 0;
    bool alone = false;
    bool held = false;  ///< as the last report says
  };
  bool has_way_back(uint64_t now_us) const;
  bool may_refer(const Sent& slice, uint32_t frame, uint64_t now_us) const;

  uint64_t refresh_us_;
  uint64_t reported_us_ = 0;
  std::deque<Sent> sent_;  ///< the newest last
  SliceStore store_;
};

}  // namespace dew
