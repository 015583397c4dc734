// SPDX-License-Identifier: Apache-2.0
#include "apps/view/live.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <random>
#include <utility>

#include "apps/report.h"

namespace dew::app {
namespace {

constexpr int kWait_ms = 5;

}  // namespace

bool is_stream_address(const std::string& path) { return path.starts_with("udp://") || path.starts_with("mqtt://"); }

std::string live_text(const LiveFrame& frame) {
  size_t there = 0, late = 0;
  int64_t oldest_us = 0;
  for (const ReceivedSlice& slice : frame.received.slices) {
    if (slice.state != SliceState::fresh && slice.state != SliceState::late) continue;
    ++there;
    late += slice.state == SliceState::late ? 1 : 0;
    oldest_us = std::max(oldest_us, slice.age_us);
  }
  const size_t all = frame.received.slices.size();
  std::string text =
      "frame " + std::to_string(frame.received.frame) + ": " + std::to_string(there) + " of " + std::to_string(all) + " sectors";
  if (there < all) text += ", " + std::to_string(all - there) + " missing";
  if (late > 0) text += ", " + std::to_string(late) + " late";
  if (there > 0) text += ", oldest " + fixed(static_cast<double>(oldest_us) / 1000, 0) + " ms";
  if (frame.received.frames_missing > 0) text += "; " + std::to_string(frame.received.frames_missing) + " frames before it missing";
  return text + "; " + fixed(100 * frame.loss, 1) + " % of datagrams lost";
}

std::string sector_text(const ReceivedSlice& slice) {
  std::string text = "columns " + std::to_string(slice.first_column) + " to " +
                     std::to_string(slice.first_column + std::max(slice.columns, 1u) - 1) + ": " + slice_state_name(slice.state);
  if (slice.state != SliceState::fresh && slice.state != SliceState::late) return text;
  return text + ", " + fixed(static_cast<double>(slice.age_us) / 1000, 0) + " ms, " +
         (slice.bound_um == 0 ? std::string("exact") : "at most " + fixed(slice.bound_um / 1000.0, 1) + " mm");
}

Result<std::unique_ptr<LiveStream>> LiveStream::open(const std::string& address, ReceiverOptions options,
                                                     const std::optional<StreamKey>& key) {
  DEW_ASSIGN(Url url, parse_url(address));
  if (url.scheme != "udp" && url.scheme != "mqtt")
    return Error{Code::invalid_argument, 0, "a live stream is udp://[HOST]:PORT or mqtt://HOST/TOPIC"};
  if (url.scheme == "mqtt" && !has_broker())
    return Error{Code::unsupported_feature, 0, "this build is without libmosquitto, which mqtt:// needs"};
  if (url.scheme == "mqtt" && url.path.empty())
    return Error{Code::invalid_argument, 0, "an address of a broker names a topic: mqtt://HOST/TOPIC"};
  std::optional<UdpSocket> socket;
  if (url.scheme == "udp") {
    DEW_ASSIGN(socket, UdpSocket::bound(url));
  }
  std::optional<ReceiverSeals> seals;
  if (key) {
    DEW_ASSIGN(seals, ReceiverSeals::create(*key, clock_us()));
  }
  options.receiver = std::random_device()();
  options.ask.give_up_us = options.deadline_us;
  std::unique_ptr<LiveStream> stream(new LiveStream(std::move(socket), std::move(url), options, std::move(seals)));
  stream->start();
  return stream;
}

LiveStream::LiveStream(std::optional<UdpSocket> socket, Url url, const ReceiverOptions& options, std::optional<ReceiverSeals> seals)
    : socket_(std::move(socket)),
      url_(std::move(url)),
      receiver_(options),
      seals_(std::move(seals)),
      port_(socket_ ? socket_->port() : uint16_t{0}) {}

/// Waits a little, and takes what came.
Status LiveStream::pass(int milliseconds) {
  if (socket_) {
    take_datagrams();
    pollfd wait_for{socket_->handle(), POLLIN, 0};
    poll(&wait_for, 1, milliseconds);
    return {};
  }
  if (!broker_) {
    DEW_ASSIGN(broker_, StreamBroker::connect(url_, [this](ByteSpan payload) { take_message(payload, clock_us()); }));
  }
  return broker_->pass(milliseconds);
}

void LiveStream::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const Status status = pass(kWait_ms);
    const uint64_t now = clock_us();
    keep(receiver_.frames(now));
    (void)receiver_.take_slices();  // frames are enough here
    if (sender_) {
      // A report that cannot be sent is one that got lost.
      if (const std::optional<Bytes> report = receiver_.report(now))
        (void)socket_->send(seals_ ? seals_->sealer.seal(*report) : *report, *sender_);
    }
    if (!status.ok()) {
      const std::lock_guard lock(mutex_);
      failure_ = status.error();
      return;
    }
    if (receiver_.ended(now)) {
      keep(receiver_.finish(now));
      const std::lock_guard lock(mutex_);
      ended_ = true;
      changed_.notify_all();
      return;
    }
  }
}

void LiveStream::take_datagrams() {
  std::array<std::byte, 2048> buffer;
  for (int i = 0; i < 64; ++i) {
    const auto got = socket_->receive(buffer);
    if (!got) return;
    const uint64_t now = clock_us();
    if (sender_ && !(*sender_ == got->from) && now < heard_us_ + kSourceSilence_us) continue;
    const uint64_t before = receiver_.datagram_counts().received;
    const ByteSpan bytes = ByteSpan(buffer).first(got->bytes);
    const std::optional<Bytes> opened = seals_ ? seals_->opener.open(bytes) : std::nullopt;
    if (seals_ && !opened) continue;
    receiver_.add(opened ? ByteSpan(*opened) : bytes, now);
    // Whoever sends what is a stream's is the sender.
    if (receiver_.datagram_counts().received == before) continue;
    sender_ = got->from;
    heard_us_ = now;
  }
}

void LiveStream::take_message(ByteSpan payload, uint64_t now) {
  const std::optional<Bytes> opened = seals_ ? seals_->opener.open(payload) : std::nullopt;
  if (seals_ && !opened) return;
  if (const auto message = read_payload(opened ? ByteSpan(*opened) : payload)) receiver_.add(message->kind, message->bytes, now);
}

std::optional<Error> LiveStream::take_failure() {
  const std::lock_guard lock(mutex_);
  return std::exchange(failure_, std::nullopt);
}

void LiveStream::keep(std::vector<ReceivedFrame> frames) {
  if (frames.empty()) return;
  const std::lock_guard lock(mutex_);
  frames_ += frames.size();
  newest_.emplace(LiveFrame{std::move(frames.back()), std::nullopt, receiver_.loss(), frames_});
  if (const SensorDescription* sensor = receiver_.sensor()) newest_->calibration = sensor->calibration;
  changed_.notify_all();
}

std::optional<LiveFrame> LiveStream::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(newest_, std::nullopt);
}

bool LiveStream::wait_for_frames(uint64_t frames, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] { return frames_ >= frames; });
}

bool LiveStream::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

}  // namespace dew::app
