// SPDX-License-Identifier: Apache-2.0
// Streams over links that do their worst, on a clock of their own. Frames are samples of the project's simulator.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "pointcloud/io/lrf.h"
#include "pointcloud/io/pcap.h"
#include "pointcloud/sensor/packets_capture.h"
#include "pointcloud/stream/packet_feed.h"
#include "tests/support/stream_world.h"

namespace dew::test {
namespace {

Scan read_sample(const std::string& name) {
  std::ifstream file(DEW_SOURCE_DIR "/data/samples/" + name, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto scan = read_lrf(as_bytes(text), {});
  EXPECT_TRUE(scan.ok());
  return scan.ok() ? *scan : Scan();
}
/// A VLP-16's turn: slices of one datagram.
const Scan& sample() {
  static const Scan scan = read_sample("vlp16_indoor.lrf");
  return scan;
}
/// An OS1-128's: slices of several.
const Scan& large_sample() {
  static const Scan scan = read_sample("os1_128_street.lrf");
  return scan;
}

constexpr LinkOptions kCleanBack{.seed = 99, .delay_us = 5'000};

TEST(StreamLink, WithoutLossEveryFrameIsTheVeryScan) {
  StreamWorld world({sample()}, {}, {}, {.delay_us = 3'000}, std::nullopt, Effort::normal);
  world.on_frame = [&](const ReceivedFrame& frame) {
    EXPECT_TRUE(frame.whole);
    EXPECT_TRUE(frame.scan == sample());
  };
  world.run_turns(3);
  world.finish();
  EXPECT_EQ(world.frames_given, 3u);
  EXPECT_EQ(world.states[SliceState::fresh], world.sender.counts().slices);
}

TEST(StreamLink, PacketsOfACaptureBecomeTheFramesThatReadingTheCaptureGives) {
  for (const char* name :
       {"velodyne_hdl32e/hdl32e_rev01-06.pcap", "velodyne_vlp16/vlp16_20hz_rev12-19.pcap", "hesai_xt32/xt32_packets.pcap"}) {
    std::ifstream in(std::string(DEW_SHARED_DATA "/lidar/") + name, std::ios::binary);
    if (!in) GTEST_SKIP() << "needs ../shared/data";
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    const auto capture = read_capture(as_bytes(text), {}, {});
    const auto file = read_pcap(as_bytes(text), {});
    ASSERT_TRUE(capture.ok() && file.ok());
    std::vector<Scan> expected;
    for (const CaptureFrame& frame : capture->frames) {
      if (!frame.planes.empty() && frame.planes[0].columns > 0) expected.push_back(frame.planes[0]);
    }
    StreamSender sender({});
    StreamReceiver receiver({});
    PacketFeed feed({Effort::fast, std::nullopt});
    uint64_t now_us = 1'700'000'000'000'000;
    std::vector<ReceivedFrame> got;
    const auto pass = [&] {
      while (const auto datagram = sender.next(now_us)) receiver.add(*datagram, now_us);
      for (ReceivedFrame& frame : receiver.frames(now_us)) got.push_back(std::move(frame));
    };
    for (const PcapRecord& record : file->records) {
      const auto udp = locate_udp(file->format, record.captured);
      now_us += 1300;
      if (udp) must(feed.add(record.captured.subspan(udp->payload_offset, udp->payload_bytes), now_us, sender));
      pass();
    }
    must(feed.finish(now_us, sender));
    pass();
    for (ReceivedFrame& frame : receiver.finish(now_us)) got.push_back(std::move(frame));
    ASSERT_EQ(got.size(), expected.size()) << name;
    for (size_t i = 0; i < got.size(); ++i) EXPECT_TRUE(got[i].scan == expected[i]) << name << ", frame " << i;
  }
}

TEST(StreamLink, ParityAloneBringsNinetyNineOfHundredSlicesOverTwentyPercentLoss) {
  StreamWorld world({large_sample()}, {.overhead = 0.68}, {}, {.seed = 3, .loss = 0.2, .delay_us = 10'000}, std::nullopt);
  world.run_turns(120);
  world.finish();
  EXPECT_GE(world.share_in_time(), 0.99);
  EXPECT_LE(world.overhead(), 0.70);
}

TEST(StreamLink, AskingAgainBringsThemWithAThirdMore) {
  StreamWorld world({large_sample()}, {.overhead = 0}, {}, {.seed = 4, .loss = 0.2, .delay_us = 10'000},
                    LinkOptions{.seed = 5, .loss = 0.2, .delay_us = 10'000});
  world.run_turns(120);
  world.finish();
  EXPECT_GE(world.share_in_time(), 0.99);
  EXPECT_LE(world.overhead(), 0.35);
}

TEST(StreamLink, IsWholeAgainAfterABurst) {
  StreamWorld world({sample()}, {.overhead = 0.25}, {}, {.seed = 6, .delay_us = 5'000}, kCleanBack);
  const uint64_t begin_us = world.now_us;
  const uint64_t burst_us = begin_us + 730'000, end_us = burst_us + 200'000;
  world.link.break_between(burst_us, end_us);
  std::vector<uint64_t> broken_given_us, whole_given_us;
  world.on_frame = [&](const ReceivedFrame& frame) { (frame.whole ? whole_given_us : broken_given_us).push_back(world.now_us); };
  world.run_turns(20);
  world.finish();
  // The first whole frame after the burst, and none that is broken after it.
  const auto again = std::upper_bound(whole_given_us.begin(), whole_given_us.end(), end_us);
  ASSERT_NE(again, whole_given_us.end());
  EXPECT_LE(*again, end_us + 300'000);
  for (const uint64_t given_us : broken_given_us) EXPECT_LE(given_us, end_us + 300'000);
}

TEST(StreamLink, ReorderedDuplicatedAndDamagedDatagramsAreNeverShown) {
  const LinkOptions bad{.seed = 8, .loss = 0.05, .duplicate = 0.1, .corrupt = 0.02, .delay_us = 5'000, .jitter_us = 30'000};
  StreamWorld world({sample()}, {.overhead = 0.5}, {}, bad, LinkOptions{.seed = 9, .corrupt = 0.1, .delay_us = 5'000});
  world.on_frame = [&](const ReceivedFrame& frame) {
    for (const ReceivedSlice& slice : frame.slices) {
      if (slice.state == SliceState::missing) continue;
      const uint32_t end = slice.first_column + slice.columns;
      ASSERT_TRUE(columns_of(frame.scan, slice.first_column, end) == columns_of(sample(), slice.first_column, end));
    }
  };
  world.run_turns(60);
  world.finish();
  EXPECT_GT(world.receiver.datagram_counts().malformed, 0u);
  EXPECT_GT(world.receiver.datagram_counts().duplicate, 0u);
  EXPECT_GE(world.share_in_time(), 0.9);
}

TEST(StreamLink, TheLastDatagramsOfAStreamAreMissedToo) {
  StreamWorld world({sample()}, {.overhead = 0}, {}, {.seed = 12, .loss = 0.3, .delay_us = 5'000}, kCleanBack);
  world.run_turns(2);
  world.finish();
  EXPECT_EQ(world.states[SliceState::fresh], world.sender.counts().slices);
}

}  // namespace
}  // namespace dew::test
