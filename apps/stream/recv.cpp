// SPDX-License-Identifier: Apache-2.0
#include <poll.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <random>

#include "apps/report.h"
#include "apps/stream/stream.h"
#include "apps/stream/broker.h"
#include "apps/stream/commands.h"
#include "apps/stream/frames.h"
#include "pointcloud/stream/receiver.h"

namespace dew::app {
namespace {

struct Settings {
  ReceiverOptions receiver;
  bool silent = false;
  bool json = false;
  uint64_t idle_us = 0;  ///< 0: never
  std::string directory;
  std::string extension;  ///< of files; empty: as the source
  Overwrite overwrite = Overwrite::no;
  std::optional<Address> from;
  double lose = 0;
};

/// `recv URL [DIR]`, or `recv --from URL [DIR]`.
bool url_in_option(const Arguments& arguments) { return arguments.text("--from").find("://") != std::string::npos; }
std::string url_of(const Arguments& arguments) {
  if (url_in_option(arguments)) return arguments.text("--from");
  return arguments.operands().size() > 1 ? arguments.operands()[1] : std::string();
}

Result<Settings> read_settings(const Arguments& arguments) {
  Settings settings;
  settings.json = arguments.has("--json");
  settings.silent = arguments.has("--silent");
  settings.overwrite = arguments.has("--force") ? Overwrite::yes : Overwrite::no;
  if (arguments.has("--format")) settings.extension = "." + arguments.text("--format");
  const size_t place = url_in_option(arguments) ? 1 : 2;
  if (arguments.operands().size() > place) settings.directory = arguments.operands()[place];
  settings.receiver.receiver = std::random_device()();
  settings.receiver.conceal = arguments.has("--conceal");
  DEW_ASSIGN(const uint32_t deadline_ms, arguments.number("--deadline", 200, 1, 60'000));
  settings.receiver.deadline_us = uint64_t{deadline_ms} * 1000;
  settings.receiver.ask.give_up_us = settings.receiver.deadline_us;
  DEW_ASSIGN(const uint32_t idle_s, arguments.number("--idle", 0, 1, 1'000'000));
  settings.idle_us = uint64_t{idle_s} * 1'000'000;
  DEW_ASSIGN(settings.lose, parse_share(arguments.text("--lose", "0")));
  if (arguments.has("--from") && !url_in_option(arguments)) {
    DEW_ASSIGN(settings.from, resolve(Url{"udp", arguments.text("--from"), "0", ""}));
  }
  return settings;
}

/// A line of JSON for a frame.
Json frame_json(const ReceivedFrame& frame, const StreamReceiver& receiver, double rate_bits, uint64_t now_us) {
  std::map<std::string, uint64_t> states;
  for (const ReceivedSlice& slice : frame.slices) ++states[slice_state_name(slice.state)];
  Json slices = Json::array();
  int64_t oldest_us = 0;
  uint64_t bytes = 0;
  for (const ReceivedSlice& slice : frame.slices) {
    oldest_us = std::max(oldest_us, slice.age_us);
    bytes += slice.bytes;
    slices.push_back({{"first_column", slice.first_column},
                      {"columns", slice.columns},
                      {"state", slice_state_name(slice.state)},
                      {"age_ms", static_cast<double>(slice.age_us) / 1000},
                      {"bound_mm", slice.bound_um / 1000.0},
                      {"fine_bound_mm", slice.fine_bound_um / 1000.0},
                      {"intensity_bits_left_out", slice.intensity_shift},
                      {"bytes", slice.bytes},
                      {"repaired", slice.repaired}});
  }
  return {{"frame", frame.frame},
          {"time_us", now_us},
          {"whole", frame.whole},
          {"fresh", states["fresh"]},
          {"late", states["late"]},
          {"missing", states["missing"]},
          {"concealed", states["concealed"]},
          {"left_out", states["left out"]},
          {"frames_missing", frame.frames_missing},
          {"columns", frame.scan.columns},
          {"points", frame.cloud ? frame.cloud->points : 0},
          {"bytes", bytes},
          {"oldest_ms", static_cast<double>(oldest_us) / 1000},
          {"loss", receiver.loss()},
          {"rate_bits", std::round(rate_bits)},
          {"slices", std::move(slices)}};
}

/// The loop of a receiver: datagrams in, frames and reports out.
class Receiving {
 public:
  explicit Receiving(const Settings& settings) : settings_(settings), receiver_(settings.receiver) {
    if (!settings.directory.empty()) files_.emplace(settings.directory, settings.extension, settings.overwrite);
  }

  /// Errors: io; invalid_argument for a scheme that is no link of ours.
  Status open(const Url& url) {
    if (url.scheme == "mqtt") {
      DEW_ASSIGN(broker_, StreamBroker::connect(url, [this](ByteSpan payload) { take_message(payload); }));
      return {};
    }
    if (url.scheme != "udp") return Error{Code::invalid_argument, 0, "recv takes udp://[HOST]:PORT or mqtt://HOST/TOPIC"};
    DEW_ASSIGN(socket_, UdpSocket::bound(url));
    return {};
  }
  uint16_t port() const { return socket_ ? socket_->port() : uint16_t{0}; }

  Status use_key(const StreamKey& key) {
    DEW_ASSIGN(seals_, ReceiverSeals::create(key, clock_us()));
    return {};
  }

  Status run() {
    last_us_ = clock_us();
    for (;;) {
      if (socket_) take_datagrams();
      const uint64_t now_us = clock_us();
      for (const ReceivedFrame& frame : receiver_.frames(now_us)) give(frame, now_us);
      (void)receiver_.take_slices();  // frames are enough here
      DEW_TRY(answer(now_us));
      if (receiver_.ended(now_us) || quit_ || (settings_.idle_us > 0 && now_us > last_us_ + settings_.idle_us)) break;
      DEW_TRY(wait());
    }
    const uint64_t now_us = clock_us();
    for (const ReceivedFrame& frame : receiver_.finish(now_us)) give(frame, now_us);
    if (files_) DEW_TRY(files_->finish());
    print_summary();
    return {};
  }

 private:
  void take_datagrams() {
    std::array<std::byte, 2048> buffer;
    for (int i = 0; i < 64; ++i) {
      const auto got = socket_->receive(buffer);
      if (!got) return;
      const uint64_t now_us = clock_us();
      if (!follow(got->from, now_us)) {
        ++strangers_;
        continue;
      }
      if (settings_.lose > 0 && std::uniform_real_distribution<>(0, 1)(fate_) < settings_.lose) continue;
      const uint64_t before = receiver_.datagram_counts().received;
      const ByteSpan bytes = std::span(buffer).first(got->bytes);
      const std::optional<Bytes> opened = seals_ ? seals_->opener.open(bytes) : std::nullopt;
      if (seals_ && !opened) continue;
      receiver_.add(opened ? ByteSpan(*opened) : bytes, now_us);
      // Whoever sends what is a stream's is the sender.
      if (receiver_.datagram_counts().received > before) {
        sender_ = got->from;
        last_us_ = now_us;
      }
    }
  }

  /// The first one that sends a stream is followed until it is silent for kSourceSilence_us.
  bool follow(const Address& from, uint64_t now_us) const {
    if (settings_.from && !settings_.from->same_host(from)) return false;
    return !sender_ || *sender_ == from || now_us > last_us_ + kSourceSilence_us;
  }

  Status answer(uint64_t now_us) {
    if (settings_.silent || !sender_) return {};
    if (const std::optional<Bytes> report = receiver_.report(now_us))
      DEW_TRY(socket_->send(seals_ ? seals_->sealer.seal(*report) : *report, *sender_));
    return {};
  }

  void give(const ReceivedFrame& frame, uint64_t now_us) {
    ++frames_;
    whole_ += frame.whole ? 1 : 0;
    for (const ReceivedSlice& slice : frame.slices) {
      if (slice.state == SliceState::fresh || slice.state == SliceState::late) ages_us_.push_back(slice.age_us);
      ++states_[slice_state_name(slice.state)];
    }
    if (files_ && frame.cloud) files_->add(frame.frame, Content(*frame.cloud), std::nullopt);
    if (files_ && frame.scan.columns > 0 && receiver_.sensor() != nullptr)
      files_->add(frame.frame, Content(frame.scan), receiver_.sensor()->calibration);
    const bool data_on_output = settings_.directory == "-";
    if (!settings_.json) return;
    print_line(json_text(frame_json(frame, receiver_, rate_bits(now_us), now_us)), data_on_output);
  }

  /// Bits a second that came lately: since some frame of a second ago or more.
  double rate_bits(uint64_t now_us) {
    constexpr uint64_t kWindow_us = 1'000'000;
    came_.push_back({now_us, receiver_.counts().bytes});
    while (came_.size() > 2 && came_[1].us + kWindow_us <= now_us) came_.pop_front();
    const uint64_t since_us = now_us - came_.front().us;
    return since_us == 0 ? 0 : 8e6 * static_cast<double>(came_.back().bytes - came_.front().bytes) / static_cast<double>(since_us);
  }

  void take_message(ByteSpan payload) {
    const std::optional<Bytes> opened = seals_ ? seals_->opener.open(payload) : std::nullopt;
    const auto message = seals_ && !opened ? std::nullopt : read_payload(opened ? ByteSpan(*opened) : payload);
    if (!message) {
      ++strangers_;
      return;
    }
    last_us_ = clock_us();
    receiver_.add(message->kind, message->bytes, last_us_);
  }

  Status wait() {
    if (broker_) DEW_TRY(broker_->pass(5));
    std::array<pollfd, 2> wait_for{pollfd{socket_ ? socket_->handle() : -1, POLLIN, 0}, pollfd{commands_.handle(), POLLIN, 0}};
    const timespec time{0, broker_ ? 0 : 5'000'000};
    ppoll(wait_for.data(), wait_for.size(), &time, nullptr);
    if (wait_for[1].revents == 0) return {};
    for (const StreamCommand& command : commands_.read()) {
      if (command.rate_bits) receiver_.wish_rate(*command.rate_bits);
      quit_ |= command.quit;
    }
    return {};
  }

  void print_summary() {
    const AssemblerCounts& datagrams = receiver_.datagram_counts();
    std::sort(ages_us_.begin(), ages_us_.end());
    const auto age_ms = [&](double share) {
      return ages_us_.empty() ? 0.0
                              : static_cast<double>(ages_us_[static_cast<size_t>(share * static_cast<double>(ages_us_.size() - 1))]) / 1000;
    };
    const Json report = {{"frames", frames_},
                         {"whole", whole_},
                         {"fresh", states_["fresh"]},
                         {"late", states_["late"]},
                         {"missing", states_["missing"]},
                         {"concealed", states_["concealed"]},
                         {"left_out", states_["left out"]},
                         {"age_ms_median", age_ms(0.5)},
                         {"age_ms_99", age_ms(0.99)},
                         {"loss", receiver_.loss()},
                         {"datagrams", datagrams.received},
                         {"repaired", datagrams.repaired},
                         {"duplicate", datagrams.duplicate},
                         {"old", datagrams.old},
                         {"malformed", datagrams.malformed},
                         {"strangers", strangers_ + datagrams.unknown_source},
                         {"refused", seals_ ? seals_->opener.refused() : 0},
                         {"frames_not_written", files_ ? files_->dropped() : 0}};
    const std::string text = std::to_string(frames_) + " frames, " + std::to_string(whole_) +
                             " whole; slices: " + std::to_string(states_["fresh"]) + " fresh, " + std::to_string(states_["late"]) +
                             " late, " + std::to_string(states_["missing"]) + " missing, " + std::to_string(states_["left out"]) +
                             " left out; " + fixed(100 * receiver_.loss(), 1) + " % of datagrams lost, " +
                             std::to_string(datagrams.repaired) + " repaired; age " + fixed(age_ms(0.5), 1) + " ms (median), " +
                             fixed(age_ms(0.99), 1) + " ms (99 %)";
    print_line(settings_.json ? json_text({{"summary", report}}) : text, settings_.directory == "-");
  }

  const Settings& settings_;
  std::optional<UdpSocket> socket_;
  std::unique_ptr<StreamBroker> broker_;
  StreamReceiver receiver_;
  StreamCommands commands_;
  std::optional<FrameFiles> files_;
  std::optional<ReceiverSeals> seals_;
  std::optional<Address> sender_;
  std::mt19937 fate_{1};
  struct Came {
    uint64_t us, bytes;
  };
  std::deque<Came> came_{{clock_us(), 0}};
  uint64_t last_us_ = 0;
  bool quit_ = false;
  uint64_t frames_ = 0, whole_ = 0, strangers_ = 0;
  std::map<std::string, uint64_t> states_;
  std::vector<int64_t> ages_us_;
};

}  // namespace

int stream_recv(const Arguments& arguments) {
  const Result<Settings> settings = read_settings(arguments);
  if (!settings.ok()) return refuse("stream", settings.error(), arguments.has("--json"));
  const std::string from = url_of(arguments);
  if (from.empty()) return usage_error("stream", "recv takes udp://[HOST]:PORT or mqtt://HOST/TOPIC");
  const Result<Url> url = parse_url(from);
  if (!url.ok()) return usage_error("stream", url.error().message);
  const auto key = key_in(arguments.text("--key"));
  if (!key.ok()) return fail(arguments.text("--key"), key.error(), settings->json);
  Receiving receiving(*settings);
  if (*key) {
    const Status usable = receiving.use_key(**key);
    if (!usable.ok()) return fail(arguments.text("--key"), usable.error(), settings->json);
  }
  const Status opened = receiving.open(*url);
  if (!opened.ok()) {
    return opened.error().code == Code::invalid_argument ? usage_error("stream", opened.error().message)
                                                         : fail(from, opened.error(), settings->json);
  }
  // Whoever started this knows now that it hears, and on which port if it did not say one.
  const bool data_on_output = settings->directory == "-";
  if (settings->json) {
    print_line(json_text({{"listening", receiving.port()}}), data_on_output);
  } else {
    std::fprintf(stderr, "dew: listening at %s, port %s\n", from.c_str(), std::to_string(receiving.port()).c_str());
  }
  const Status status = receiving.run();
  if (!status.ok()) return fail(from, status.error(), settings->json);
  return kDone;
}

}  // namespace dew::app
