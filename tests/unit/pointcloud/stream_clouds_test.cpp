// SPDX-License-Identifier: Apache-2.0
// Frames of points in a stream: what arrives is within the bound that is said; what is lost costs its own part; nothing hostile passes.
#include <gtest/gtest.h>

#include <random>

#include "pointcloud/stream/cloud_parts.h"
#include "pointcloud/stream/receiver.h"
#include "pointcloud/stream/sender.h"
#include "tests/support/codec_suite.h"
#include "tests/support/stream_world.h"

namespace dew::test {
namespace {

constexpr uint64_t kStart_us = 1'000'000'000;

Cloud street() { return crop(std::get<Cloud>(sample("kitti_raw.bin")), 0, 20'000); }

/// Frames, 100 ms apart, through a link that drops what `lost` says; all frames that came out.
std::vector<ReceivedFrame> sent(StreamSender& sender, const std::vector<Cloud>& clouds, const std::function<bool(size_t)>& lost = {}) {
  ReceiverOptions options;
  options.ask_again = false;
  StreamReceiver receiver(options);
  std::vector<ReceivedFrame> frames;
  uint64_t now_us = kStart_us;
  size_t datagrams = 0;
  const auto pass = [&](uint64_t until_us) {
    for (; now_us < until_us; now_us += 1000) {
      while (const std::optional<Bytes> datagram = sender.next(now_us)) {
        if (!lost || !lost(datagrams++)) receiver.add(*datagram, now_us);
      }
      for (ReceivedFrame& frame : receiver.frames(now_us)) frames.push_back(std::move(frame));
    }
  };
  for (const Cloud& cloud : clouds) {
    const Result<CodedCloud> coded = sender.code_cloud(cloud, Effort::fast, now_us);
    if (!coded.ok()) must(coded.error());
    must(sender.send_cloud(*coded, now_us));
    pass(now_us + 100'000);
  }
  must(sender.finish(now_us));
  pass(now_us + 500'000);
  for (ReceivedFrame& frame : receiver.finish(now_us)) frames.push_back(std::move(frame));
  return frames;
}

TEST(StreamClouds, ArriveWholeWithinTheBoundThatIsSaid) {
  for (const double bound_m : {0.0, 0.02}) {
    SenderOptions options;
    options.max_error_m = bound_m;
    StreamSender sender(options);
    const Cloud cloud = street();
    const std::vector<ReceivedFrame> frames = sent(sender, {cloud, cloud, cloud});
    ASSERT_EQ(frames.size(), 3u);
    for (const ReceivedFrame& frame : frames) {
      ASSERT_TRUE(frame.whole && frame.cloud);
      const Result<ContentError> error = content_error(Content(cloud), Content(*frame.cloud));
      ASSERT_TRUE(error.ok()) << error.error().message;
      EXPECT_TRUE(error->other_fields_equal);
      for (const ReceivedSlice& part : frame.slices) {
        EXPECT_EQ(part.state, SliceState::fresh);
        EXPECT_LE(error->max_error_m, part.bound_um * 1e-6);
        EXPECT_LE(part.bound_um, bound_m > 0 ? 20'000u : 500u);
      }
    }
  }
}

TEST(StreamClouds, ALossCostsItsOwnPart) {
  StreamSender sender({});
  const Cloud cloud = street();
  // Datagrams of the first frame's later parts.
  const std::vector<ReceivedFrame> frames = sent(sender, {cloud, cloud}, [](size_t datagram) { return datagram == 8 || datagram == 9; });
  ASSERT_EQ(frames.size(), 2u);
  const auto missing = std::count_if(frames[0].slices.begin(), frames[0].slices.end(),
                                     [](const ReceivedSlice& part) { return part.state == SliceState::missing; });
  EXPECT_GE(missing, 1);
  EXPECT_LE(missing, 2);
  EXPECT_FALSE(frames[0].whole);
  ASSERT_TRUE(frames[0].cloud);
  EXPECT_LT(frames[0].cloud->points, cloud.points);
  EXPECT_GT(frames[0].cloud->points, cloud.points * 3 / 4);
  EXPECT_TRUE(frames[1].whole);
}

TEST(StreamClouds, WithoutItsHeadAFrameIsMissingAndSaysSo) {
  StreamSender sender({});
  // The very first datagram is a report.
  const std::vector<ReceivedFrame> frames = sent(sender, {street(), street()}, [](size_t datagram) { return datagram == 1; });
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_FALSE(frames[0].cloud);
  for (const ReceivedSlice& part : frames[0].slices) EXPECT_EQ(part.state, SliceState::missing);
  EXPECT_TRUE(frames[1].whole);
}

TEST(StreamClouds, KeepsARateAndSaysWhatItCost) {
  SenderOptions options;
  options.rate_bits = 1'200'000;
  options.max_error_m = 0.2;
  StreamSender sender(options);
  const Cloud cloud = street();
  const std::vector<ReceivedFrame> frames = sent(sender, std::vector<Cloud>(10, cloud));
  ASSERT_GE(frames.size(), 9u);
  EXPECT_LE(static_cast<double>(sender.counts().wire_bytes) * 8, 1'200'000 * 1.4);
  for (const ReceivedFrame& frame : frames) {
    ASSERT_TRUE(frame.cloud);
    uint32_t bound_um = 0, left_out = 0;
    for (const ReceivedSlice& part : frame.slices) {
      bound_um = std::max(bound_um, part.bound_um);
      left_out += part.state == SliceState::left_out;
      EXPECT_NE(part.state, SliceState::missing);
    }
    EXPECT_GE(bound_um, 2000u);
    EXPECT_LE(bound_um, 200'000u);
    if (left_out == 0) {
      const Result<ContentError> error = content_error(Content(cloud), Content(*frame.cloud));
      ASSERT_TRUE(error.ok());
      EXPECT_LE(error->max_error_m, bound_um * 1e-6);
    }
  }
}

TEST(StreamClouds, PartsAreReadBackAndNothingElseIs) {
  const Bytes chunk = {std::byte{1}, std::byte{2}, std::byte{3}};
  const CloudPart part{.frame = 7, .time_us = 123, .parts = 9, .part = 4, .left_out = 2, .bound_um = 5000, .chunk = chunk};
  const Bytes message = write_cloud_part(part);
  const Result<CloudPart> same = read_cloud_part(message);
  ASSERT_TRUE(same.ok());
  EXPECT_EQ(same->frame, 7u);
  EXPECT_EQ(same->part, 4u);
  EXPECT_EQ(same->left_out, 2u);
  EXPECT_TRUE(std::equal(same->chunk.begin(), same->chunk.end(), chunk.begin(), chunk.end()));
  for (size_t size = 0; size + chunk.size() < message.size(); ++size) EXPECT_FALSE(read_cloud_part(ByteSpan(message).first(size)).ok());
  for (const CloudPart& wrong : {CloudPart{.parts = 0}, CloudPart{.parts = 4098}, CloudPart{.parts = 3, .part = 3},
                                 CloudPart{.parts = 3, .part = 2, .left_out = 1}, CloudPart{.parts = 3, .left_out = 3}})
    EXPECT_FALSE(read_cloud_part(write_cloud_part(wrong)).ok());
}

TEST(StreamClouds, HostileMessagesStayWithinTheLimits) {
  DecodeLimits limits;
  limits.memory_bytes = 1 << 20;
  CloudCollector collector(limits);
  std::mt19937 random(5);
  const Bytes chunk(1000, std::byte{77});
  for (int i = 0; i < 20'000; ++i) {
    const auto parts = static_cast<uint32_t>(1 + random() % kMostCloudParts);
    collector.add(write_cloud_part({.frame = static_cast<uint32_t>(random() % 50), .parts = parts, .part = 0, .chunk = chunk}), false,
                  kStart_us + static_cast<uint64_t>(i));
  }
  EXPECT_GT(collector.counts().over_limits + collector.counts().unneeded, 19'000u);
  const std::vector<CollectedCloud> left = collector.finish([](uint64_t) { return true; });
  EXPECT_LE(left.size(), 16u);
  for (const CollectedCloud& frame : left) EXPECT_FALSE(frame.cloud);
}

}  // namespace
}  // namespace dew::test
