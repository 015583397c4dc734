// SPDX-License-Identifier: Apache-2.0
/// A stream (pointcloud/stream) as it comes in by UDP or from an MQTT broker, sealed or not, for looking at: a thread of its own receives
/// and decodes, drawing takes the newest frame and never waits.
///
///   DEW_ASSIGN(std::unique_ptr<LiveStream> live, LiveStream::open("udp://:5000", {}, key));
///   if (std::optional<LiveFrame> frame = live->take()) draw(frame->received.scan);
///   say(live_text(*frame));
///
/// All functions for one thread, that which draws. Trust: datagrams may be hostile; see StreamReceiver.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "apps/stream/broker.h"
#include "apps/stream/link.h"
#include "apps/stream/socket.h"
#include "pointcloud/stream/receiver.h"

namespace dew::app {

/// True for "udp://HOST:PORT" and "mqtt://HOST/TOPIC".
bool is_stream_address(const std::string& path);

struct LiveFrame {
  ReceivedFrame received;
  std::optional<SensorCalibration> calibration;  ///< where the sender said it
  double loss = 0;                               ///< share of datagrams, since the start
  uint64_t frames = 0;                           ///< that came so far, this one included
};

/// "frame 17: 14 of 16 sectors, 2 missing, oldest 43 ms; 1.2 % of datagrams lost".
std::string live_text(const LiveFrame& frame);
/// "columns 0 to 112: fresh, 12 ms, at most 20 mm".
std::string sector_text(const ReceivedSlice& slice);

class LiveStream {
 public:
  /// Listens at the address; reports go back to whoever sends by UDP, so that it can send again what was lost. With a key, only what is
  /// sealed under it is taken. A broker is asked in the background: see take_failure(). Errors: io, invalid_argument, unsupported_feature.
  static Result<std::unique_ptr<LiveStream>> open(const std::string& address, ReceiverOptions options,
                                                  const std::optional<StreamKey>& key = std::nullopt);
  LiveStream(const LiveStream&) = delete;
  LiveStream& operator=(const LiveStream&) = delete;

  /// The newest frame, once; nothing where none came since. Frames that came in between are gone.
  std::optional<LiveFrame> take();
  /// Waits until so many frames have come in all, at most so long. False where they have not.
  bool wait_for_frames(uint64_t frames, std::chrono::milliseconds limit);
  /// The sender has said goodbye.
  bool ended() const;
  /// Why nothing comes any more: a broker that cannot be reached, or is gone. Once; nothing where all is well.
  std::optional<Error> take_failure();
  /// 0: of a broker.
  uint16_t port() const { return port_; }

 private:
  LiveStream(std::optional<UdpSocket> socket, Url url, const ReceiverOptions& options, std::optional<ReceiverSeals> seals);
  void start() {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  void run(const std::stop_token& stop);
  Status pass(int milliseconds);
  void take_datagrams();
  void take_message(ByteSpan payload, uint64_t now);
  void keep(std::vector<ReceivedFrame> frames);

  // Of the thread alone.
  std::optional<UdpSocket> socket_;  ///< nothing: a broker
  std::unique_ptr<StreamBroker> broker_;
  Url url_;
  StreamReceiver receiver_;
  std::optional<ReceiverSeals> seals_;
  std::optional<Address> sender_;
  uint64_t heard_us_ = 0;

  uint16_t port_ = 0;
  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable changed_;
  std::optional<LiveFrame> newest_;
  uint64_t frames_ = 0;
  bool ended_ = false;
  std::optional<Error> failure_;
  std::jthread thread_;  ///< the last member: it ends before the others
};

}  // namespace dew::app
