// SPDX-License-Identifier: Apache-2.0
/// A sender, a link, a receiver and a link back, all on one clock that the test moves: hours pass in seconds, and nothing sleeps.
///
///   StreamWorld world(scan, {.overhead = 0.7}, {}, {.loss = 0.2}, std::nullopt);       // no way back
///   world.run_turns(50);
///   world.finish();
///   EXPECT_EQ(world.states[SliceState::missing], 0);
#pragma once

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "pointcloud/stream/receiver.h"
#include "pointcloud/stream/sender.h"
#include "tests/support/lossy_link.h"

namespace dew::test {

/// For what cannot fail unless the test itself is wrong.
inline void must(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.error().message.c_str());
  std::abort();
}

class StreamWorld {
 public:
  /// `scans`: of one sensor, sent again and again.
  StreamWorld(std::vector<Scan> scans, const SenderOptions& sending, const ReceiverOptions& receiving, const LinkOptions& there,
              std::optional<LinkOptions> back, Effort effort = Effort::fast)
      : sender(sending), receiver(receiving), link(there), scans_(std::move(scans)) {
    if (back) link_back.emplace(*back);
    const auto sensor = describe_sensor(scans_[0], "", std::nullopt, effort);
    if (!sensor.ok()) must(sensor.error());
    must(sender.describe(*sensor, now_us));
  }

  /// Turns of 100 ms, the frame's columns spread over them; `each_ms` may change things.
  void run_turns(uint32_t turns, const std::function<void()>& each_ms = {}) {
    for (uint32_t turn = 0; turn < turns; ++turn) {
      must(sender.begin_frame(now_us));
      const Scan& scan = scans_[frames_sent++ % scans_.size()];
      uint32_t next = 0;
      for (uint32_t ms = 1; ms <= 100; ++ms) {
        const uint32_t end = scan.columns * ms / 100;
        must(sender.add(columns_of(scan, next, end), now_us));
        next = end;
        pass_a_millisecond();
        if (each_ms) each_ms();
      }
    }
  }

  void finish() {
    must(sender.finish(now_us));
    for (int ms = 0; ms < 1000 && !receiver.ended(now_us); ++ms) pass_a_millisecond();
    take(receiver.finish(now_us));
  }

  double share_in_time() const {
    const double all = static_cast<double>(sender.counts().slices);
    return all == 0 ? 0 : static_cast<double>(fresh) / all;
  }
  /// Bytes on the wire beyond the datagrams of the slices, each once: parity, what was sent again, descriptions and reports.
  double overhead() const {
    return static_cast<double>(sender.counts().wire_bytes) / static_cast<double>(sender.counts().slice_wire_bytes) - 1;
  }

  uint64_t now_us = 1'700'000'000'000'000;
  StreamSender sender;
  StreamReceiver receiver;
  LossyLink link;
  std::optional<LossyLink> link_back;
  std::function<void(const ReceivedFrame&)> on_frame;
  uint64_t frames_sent = 0, frames_given = 0, frames_whole = 0;
  uint64_t fresh = 0;
  std::map<SliceState, uint64_t> states;

 private:
  void pass_a_millisecond() {
    while (const auto datagram = sender.next(now_us)) link.add(*datagram, now_us);
    now_us += 1000;
    while (const auto datagram = sender.next(now_us)) link.add(*datagram, now_us);
    for (const Bytes& datagram : link.take(now_us)) receiver.add(datagram, now_us);
    (void)receiver.take_slices();
    take(receiver.frames(now_us));
    if (!link_back) return;
    if (const auto report = receiver.report(now_us)) link_back->add(*report, now_us);
    for (const Bytes& datagram : link_back->take(now_us)) sender.receive(datagram, now_us);
  }

  void take(const std::vector<ReceivedFrame>& frames) {
    for (const ReceivedFrame& frame : frames) {
      ++frames_given;
      frames_whole += frame.whole ? 1 : 0;
      for (const ReceivedSlice& slice : frame.slices) {
        ++states[slice.state];
        fresh += slice.state == SliceState::fresh ? 1 : 0;
      }
      if (on_frame) on_frame(frame);
    }
  }

  std::vector<Scan> scans_;
};

}  // namespace dew::test
