// SPDX-License-Identifier: Apache-2.0
// A stream that comes in while one looks: by real datagrams to a port of this machine that is free, and by a link that loses some.
#include "apps/view/live.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>

#include "apps/content.h"
#include "apps/files.h"
#include "apps/view/commands.h"
#include "tests/support/stream_world.h"
#include "tests/support/temporary_folder.h"

namespace dew::app {
namespace {

constexpr std::chrono::minutes kLongest{1};

uint64_t clock_now_us() {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

/// No frame is given out before it is whole, however slow the machine.
ReceiverOptions patient() {
  ReceiverOptions options;
  options.deadline_us = std::chrono::microseconds(kLongest).count();
  return options;
}

Scan sample_scan() {
  const auto bytes = read_file(std::string(DEW_SOURCE_DIR) + "/data/samples/vlp16_indoor.lrf");
  EXPECT_TRUE(bytes.ok());
  auto source = parse_source_or_dew(*bytes, "", 1);
  EXPECT_TRUE(source.ok());
  return std::get<Scan>(source->content);
}

/// Sends whole turns to a port, at once.
class Sending {
 public:
  explicit Sending(uint16_t port, const StreamKey* key = nullptr)
      : to_(*resolve(Url{"udp", "127.0.0.1", std::to_string(port), ""})), socket_(*UdpSocket::for_sending(to_)) {
    if (key != nullptr) {
      auto sealer = Sealer::create(*key, Direction::to_receiver, clock_now_us(), 1);
      auto opener = Opener::create(*key, Direction::to_sender);
      test::must(sealer.ok() && opener.ok() ? Status{} : Error{Code::internal, 0, "no seal"});
      sealer_ = *std::move(sealer);
      opener_ = *std::move(opener);
    }
    const auto sensor = describe_sensor(scan_, "", std::nullopt, Effort::fast);
    test::must(sensor.ok() ? Status{} : sensor.error());
    test::must(sender_.describe(*sensor, clock_now_us()));
  }
  void turn() {
    test::must(sender_.begin_frame(clock_now_us()));
    test::must(sender_.add(scan_, clock_now_us()));
    send();
  }
  void finish() {
    test::must(sender_.finish(clock_now_us()));
    send();
  }
  /// Sends again what got lost, until so many frames have come.
  bool frames_come(LiveStream& live, uint64_t frames) {
    const auto last = std::chrono::steady_clock::now() + kLongest;
    while (!live.wait_for_frames(frames, std::chrono::milliseconds(5))) {
      if (std::chrono::steady_clock::now() > last) return false;
      std::array<std::byte, 2048> buffer;
      while (const auto got = socket_.receive(buffer)) {
        const ByteSpan bytes = ByteSpan(buffer).first(got->bytes);
        const std::optional<Bytes> opened = opener_ ? opener_->open(bytes) : std::nullopt;
        if (!opener_ || opened) sender_.receive(opened ? ByteSpan(*opened) : bytes, clock_now_us());
      }
      send();
    }
    return true;
  }
  const Scan& scan() const { return scan_; }
  const Address& to() const { return to_; }

 private:
  void send() {
    while (const auto datagram = sender_.next(clock_now_us()))
      test::must(socket_.send(sealer_ ? sealer_->seal(*datagram) : *datagram, to_));
  }
  std::optional<Sealer> sealer_;
  std::optional<Opener> opener_;
  Scan scan_ = sample_scan();
  Address to_;
  UdpSocket socket_;
  StreamSender sender_{SenderOptions{}};
};

class LiveTest : public testing::Test {
 protected:
  ViewRequest request = [] {
    ViewRequest made;
    made.camera = "auto";
    return made;
  }();
  Session session{request};
  Commands commands{
      session, [](viewer::PixelSize size) { return Result<viewer::Picture>(viewer::Picture(size.width, size.height)); }, {640, 480}};
};

TEST_F(LiveTest, FramesAreShownAsTheyComeAndTheViewStays) {
  ASSERT_TRUE(session.open_live("udp://127.0.0.1:0", patient()).ok());
  ASSERT_NE(session.live(), nullptr);
  session.advance(0.01);
  EXPECT_EQ(session.opened(), nullptr) << "nothing came yet";
  EXPECT_EQ(*commands.run("live"), "live: no frame\n");

  Sending sending(session.live()->port());
  sending.turn();
  sending.turn();  // says that the first has ended
  ASSERT_TRUE(sending.frames_come(*session.live(), 1));
  session.advance(0.01);
  ASSERT_NE(session.opened(), nullptr);
  ASSERT_TRUE(session.live_frame());
  EXPECT_EQ(session.live_frame()->received.scan.range, sending.scan().range) << "exact, and whole";
  EXPECT_GT(viewer::count(session.original_layer()), 1000u);
  EXPECT_NE(commands.run("live")->find("16 of 16 sectors"), std::string::npos) << *commands.run("live");

  ASSERT_TRUE(commands.run("orbit 30 5").ok());
  const viewer::Viewpoint eye = session.eye;
  const uint64_t revision = session.revision();
  sending.turn();
  ASSERT_TRUE(sending.frames_come(*session.live(), 2));
  session.advance(0.01);
  EXPECT_GT(session.revision(), revision) << "another frame";
  EXPECT_TRUE(session.eye == eye);
  const uint64_t same = session.revision();
  session.advance(0.01);
  EXPECT_EQ(session.revision(), same) << "no frame came";
}

TEST_F(LiveTest, AFrameIsHeldWhileItIsEncodedAndCompared) {
  ASSERT_TRUE(session.open_live("udp://127.0.0.1:0", patient()).ok());
  Sending sending(session.live()->port());
  sending.turn();
  sending.turn();
  ASSERT_TRUE(sending.frames_come(*session.live(), 1));
  session.advance(0.01);
  const uint32_t held = session.live_frame()->received.frame;
  ASSERT_TRUE(commands.run("encode 2cm fast").ok());
  sending.turn();
  ASSERT_TRUE(sending.frames_come(*session.live(), 2));
  ASSERT_TRUE(commands.run("wait").ok());
  session.advance(0.01);
  EXPECT_TRUE(session.has_decoded());
  EXPECT_EQ(session.live_frame()->received.frame, held);
  EXPECT_TRUE(session.live_paused());
  ASSERT_TRUE(commands.run("play").ok());
  session.advance(0.01);
  EXPECT_FALSE(session.has_decoded());
  EXPECT_GT(session.live_frame()->received.frame, held);
  ASSERT_TRUE(commands.run("play").ok());
  EXPECT_TRUE(session.live_paused());
}

TEST_F(LiveTest, TheEndOfAStreamGivesWhatIsLeftAndAFileTakesItsPlace) {
  ASSERT_TRUE(session.open_live("udp://127.0.0.1:0", patient()).ok());
  Sending sending(session.live()->port());
  sending.turn();
  sending.finish();
  ASSERT_TRUE(sending.frames_come(*session.live(), 1));
  session.advance(0.01);
  EXPECT_NE(session.opened(), nullptr);
  ASSERT_TRUE(session.open({std::string(DEW_SOURCE_DIR) + "/data/samples/nuscenes.bin"}).ok());
  EXPECT_EQ(session.live(), nullptr);
  EXPECT_FALSE(session.live_frame());
}

TEST_F(LiveTest, WhatIsNoStreamIsNoFrame) {
  ASSERT_TRUE(session.open_live("udp://127.0.0.1:0", patient()).ok());
  Sending sending(session.live()->port());
  // From another address than the stream comes from, as a stranger would.
  auto stranger = UdpSocket::for_sending(sending.to());
  ASSERT_TRUE(stranger.ok());
  for (const size_t bytes : {size_t{1}, size_t{12}, size_t{100}, size_t{1400}}) {
    test::must(stranger->send(Bytes(bytes, std::byte{0xa5}), sending.to()));
  }
  sending.turn();
  sending.turn();
  ASSERT_TRUE(sending.frames_come(*session.live(), 1));
  session.advance(0.01);
  EXPECT_EQ(session.live_frame()->received.scan.range, sending.scan().range);
}

TEST_F(LiveTest, ASealedStreamIsShownUnderItsKeyAndNothingElseIs) {
  if (!can_seal()) GTEST_SKIP() << "built without libsodium";
  const test::TemporaryFolder folder;
  const StreamKey key = *read_stream_key(as_bytes(std::string(64, 'a')));
  ASSERT_TRUE(write_file(folder.path("key"), as_bytes(std::string(64, 'a')), Overwrite::no).ok());
  request.stream_key = folder.path("key");
  Session sealed(request);
  ASSERT_TRUE(sealed.open_live("udp://127.0.0.1:0", patient()).ok());
  Sending plain(sealed.live()->port());
  plain.turn();
  Sending sending(sealed.live()->port(), &key);
  sending.turn();
  sending.turn();
  ASSERT_TRUE(sending.frames_come(*sealed.live(), 1));
  sealed.advance(0.01);
  ASSERT_TRUE(sealed.live_frame());
  EXPECT_EQ(sealed.live_frame()->received.scan.range, sending.scan().range);
  // Who has no key sees nothing, and a file that is no key is a sentence.
  request.stream_key = folder.path("missing");
  Session without(request);
  EXPECT_FALSE(without.open({"udp://127.0.0.1:0"}).ok());
}

TEST_F(LiveTest, AddressesThatCannotBeListenedAtAreSentences) {
  ASSERT_TRUE(commands.run("open udp://127.0.0.1:0").ok());
  ASSERT_NE(session.live(), nullptr);
  ASSERT_TRUE(session.open({std::string(DEW_SOURCE_DIR) + "/data/samples/nuscenes.bin"}).ok());
  for (const char* address : {"udp://", "udp://127.0.0.1", "udp://127.0.0.1:notaport", "mqtt://127.0.0.1"}) {
    const Status status = session.open({address});
    ASSERT_FALSE(status.ok()) << address;
    EXPECT_FALSE(status.error().message.empty());
    EXPECT_EQ(session.live(), nullptr);
  }
  EXPECT_FALSE(session.open({"udp://127.0.0.1:0", std::string(DEW_SOURCE_DIR) + "/data/samples/nuscenes.bin"}).ok());
}

TEST(LiveText, CountsWhatIsMissingAndLate) {
  // A link that loses a fifth, no parity and no way back: some sectors are missing.
  test::StreamWorld world({sample_scan()}, {}, {}, {.seed = 3, .loss = 0.2}, std::nullopt);
  uint64_t missing = 0, told = 0;
  world.on_frame = [&](const ReceivedFrame& frame) {
    const std::string text = live_text({frame, std::nullopt, 0.2, 1});
    EXPECT_NE(text.find("20.0 % of datagrams lost"), std::string::npos) << text;
    uint64_t gone = 0;
    for (const ReceivedSlice& slice : frame.slices) {
      const bool there = slice.state == SliceState::fresh || slice.state == SliceState::late;
      gone += there ? 0 : 1;
      EXPECT_NE(sector_text(slice).find(slice_state_name(slice.state)), std::string::npos);
      EXPECT_EQ(sector_text(slice).find(" ms") != std::string::npos, there);
    }
    missing += gone;
    told += text.find(", " + std::to_string(gone) + " missing") != std::string::npos ? gone : 0;
  };
  world.run_turns(40);
  world.finish();
  EXPECT_GT(missing, 0u);
  EXPECT_EQ(told, missing);
}

}  // namespace
}  // namespace dew::app
