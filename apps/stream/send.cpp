// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>

#include "apps/content.h"
#include "apps/report.h"
#include "apps/stream/stream.h"
#include "apps/stream/broker.h"
#include "apps/stream/commands.h"
#include "apps/stream/source.h"

namespace dew::app {
namespace {

/// Boxes, and the word `moving`.
Status parse_regions(const std::string& text, SenderOptions& options) {
  for (const std::string& word : split(text, ';')) {
    if (word == "moving") {
      options.moving = true;
      continue;
    }
    std::vector<double> numbers;
    for (const std::string& number : split(word, ',')) numbers.push_back(std::atof(number.c_str()));
    if (numbers.size() != 6)
      return Error{Code::invalid_argument, 0, "a region is 'moving' or a box, six numbers in metres: x0,y0,z0,x1,y1,z1"};
    RegionOfInterest box;
    box.least = {std::min(numbers[0], numbers[3]), std::min(numbers[1], numbers[4]), std::min(numbers[2], numbers[5])};
    box.most = {std::max(numbers[0], numbers[3]), std::max(numbers[1], numbers[4]), std::max(numbers[2], numbers[5])};
    options.regions.push_back(box);
  }
  return {};
}

Result<double> length_or(const Arguments& arguments, const char* option, double otherwise) {
  if (!arguments.has(option)) return otherwise;
  return parse_length_m(arguments.text(option));
}

Result<SenderOptions> sender_options(const Arguments& arguments) {
  SenderOptions options;
  options.source = std::random_device()();
  DEW_ASSIGN(options.sectors, arguments.number("--sectors", 16, 1, 256));
  DEW_ASSIGN(options.slice_bytes, arguments.number("--slice-bytes", 0, 200, 100'000));
  DEW_ASSIGN(options.max_error_m, length_or(arguments, "--max-error", 0));
  DEW_ASSIGN(options.least_error_m, length_or(arguments, "--min-error", 0));
  DEW_ASSIGN(options.near_m, length_or(arguments, "--near", 0));
  DEW_ASSIGN(options.fine_error_m, length_or(arguments, "--fine-error", 0));
  DEW_TRY(parse_regions(arguments.text("--roi"), options));
  options.sealed_bytes = arguments.has("--key") ? kSealBytes : 0;
  DEW_ASSIGN(const uint32_t refresh_ms, arguments.number("--refresh", 500, 0, 1'000));
  options.refresh_us = uint64_t{refresh_ms} * 1000;
  DEW_ASSIGN(options.overhead, parse_share(arguments.text("--fec", "25%")));
  options.adaptive_overhead = arguments.has("--adaptive-fec");
  options.keep_intensity = arguments.has("--keep-intensity");
  if (arguments.has("--rate")) {
    DEW_ASSIGN(options.rate_bits, parse_rate_bits(arguments.text("--rate")));
  }
  return options;
}

Result<SourceOptions> source_options(const Arguments& arguments) {
  SourceOptions options;
  const std::string effort = arguments.text("--effort", "normal");
  options.feed.effort = effort == "fast" ? Effort::fast : effort == "max" ? Effort::max : Effort::normal;
  if (arguments.has("--calibration")) {
    DEW_ASSIGN(options.feed.calibration, load_calibration(arguments.text("--calibration")));
  }
  options.speed = std::atof(arguments.text("--speed", "1").c_str());
  options.rate_hz = std::atof(arguments.text("--rate-hz", "10").c_str());
  if (!(options.speed >= 0 && options.speed <= 1e6)) return Error{Code::invalid_argument, 0, "--speed takes a number from 0 to 1000000"};
  if (!(options.rate_hz > 0 && options.rate_hz <= 1000)) return Error{Code::invalid_argument, 0, "--rate-hz takes a number up to 1000"};
  options.fields = arguments.text("--fields");
  DEW_ASSIGN(options.repeat, arguments.number("--repeat", 1, 1, 1'000'000));
  return options;
}

std::vector<std::string> names_of(const Arguments& arguments) { return {arguments.operands().begin() + 1, arguments.operands().end()}; }

/// The loop of a sender: columns as they are due, datagrams as they may leave, reports as they come.
class Sending {
 public:
  Sending(StreamSender sender, UdpSocket socket, Address to, StreamSource& source)
      : sender_(std::move(sender)), socket_(std::move(socket)), to_(to), source_(source) {}
  /// By way of a broker.
  Sending(StreamSender sender, std::unique_ptr<StreamBroker> broker, StreamSource& source)
      : sender_(std::move(sender)), broker_(std::move(broker)), source_(source) {
    sender_.give_messages_to(
        [this](MessageKind kind, uint32_t place, bool refers, ByteSpan message) { publish(kind, place, refers, message); });
  }

  Status use_key(const StreamKey& key) {
    DEW_ASSIGN(sealer_, Sealer::create(key, Direction::to_receiver, clock_us(), std::random_device()()));
    DEW_ASSIGN(opener_, Opener::create(key, Direction::to_sender, clock_us()));
    return {};
  }

  Status run() {
    bool finished = false;
    while (!sender_.done()) {
      uint64_t now_us = clock_us();
      DEW_TRY(take_reports(now_us));
      const auto due_us = source_.due_us();
      if (!finished && (source_.handle() >= 0 || (due_us && *due_us <= now_us))) DEW_TRY(source_.step(now_us, sender_));
      if (const auto next_us = source_.due_us(); next_us && !finished) DEW_TRY(sender_.expect(*next_us, now_us));
      if (!finished && (source_.ended() || quit_)) {
        DEW_TRY(source_.finish(clock_us(), sender_));
        finished = true;
      }
      now_us = clock_us();
      while (const std::optional<Bytes> datagram = sender_.next(now_us)) {
        if (socket_) DEW_TRY(socket_->send(sealer_ ? sealer_->seal(*datagram) : *datagram, to_));
        now_us = clock_us();
      }
      DEW_TRY(published_);
      if (broker_) DEW_TRY(broker_->pass(0));
      if (!sender_.done()) wait(finished, now_us);
    }
    return broker_ ? broker_->finish() : Status();
  }
  const StreamSender& sender() const { return sender_; }

 private:
  Status take_reports(uint64_t now_us) {
    std::array<std::byte, 2048> buffer;
    while (const auto got = socket_ ? socket_->receive(buffer) : std::nullopt) {
      if (!(got->from == to_)) continue;
      const ByteSpan bytes = std::span(buffer).first(got->bytes);
      if (!opener_) sender_.receive(bytes, now_us);
      if (opener_) {
        if (const auto opened = opener_->open(bytes)) sender_.receive(*opened, now_us);
      }
    }
    return {};
  }

  void publish(MessageKind kind, uint32_t place, bool refers, ByteSpan message) {
    Bytes payload(1, static_cast<std::byte>(kind));
    payload.insert(payload.end(), message.begin(), message.end());
    if (sealer_) payload = sealer_->seal(payload);
    if (published_.ok()) published_ = broker_->publish(kind, place, refers, payload);
  }

  void wait(bool finished, uint64_t now_us) {
    // The broker's own socket is looked at that often.
    uint64_t until_us = now_us + (broker_ ? 5'000 : 100'000);
    if (const auto due_us = source_.due_us(); due_us && !finished) until_us = std::min(until_us, *due_us);
    if (const auto next_us = sender_.next_time_us(now_us)) until_us = std::min(until_us, *next_us);
    std::array<pollfd, 3> wait_for{pollfd{socket_ ? socket_->handle() : -1, POLLIN, 0}, pollfd{finished ? -1 : source_.handle(), POLLIN, 0},
                                   pollfd{commands_.handle(), POLLIN, 0}};
    const uint64_t left_us = until_us > now_us ? until_us - now_us : 0;
    const timespec time{static_cast<time_t>(left_us / 1'000'000), static_cast<long>(left_us % 1'000'000 * 1000)};
    ppoll(wait_for.data(), wait_for.size(), &time, nullptr);
    // A live sensor says nothing of when it goes on.
    if (source_.handle() >= 0 && wait_for[1].revents == 0 && !finished) published_ = sender_.expect(clock_us(), clock_us());
    if (wait_for[2].revents == 0) return;
    for (const StreamCommand& command : commands_.read()) {
      if (command.rate_bits) sender_.set_rate(*command.rate_bits, clock_us());
      quit_ |= command.quit;
    }
  }

  StreamSender sender_;
  std::optional<UdpSocket> socket_;
  Address to_;
  std::unique_ptr<StreamBroker> broker_;
  Status published_;
  StreamSource& source_;
  StreamCommands commands_;
  std::optional<Sealer> sealer_;
  std::optional<Opener> opener_;
  bool quit_ = false;
};

/// Errors: invalid_argument for a scheme that is no link of ours.
Result<std::unique_ptr<Sending>> open_link(const Url& url, StreamSender sender, StreamSource& source) {
  if (url.scheme == "mqtt") {
    DEW_ASSIGN(std::unique_ptr<StreamBroker> broker, StreamBroker::connect(url, {}));
    return std::make_unique<Sending>(std::move(sender), std::move(broker), source);
  }
  if (url.scheme != "udp") return Error{Code::invalid_argument, 0, "--to takes udp://HOST:PORT or mqtt://HOST/TOPIC"};
  DEW_ASSIGN(const Address to, resolve(url));
  DEW_ASSIGN(UdpSocket socket, UdpSocket::for_sending(to));
  return std::make_unique<Sending>(std::move(sender), std::move(socket), to, source);
}

int refuse_link(const std::string& target, const Error& error, bool json) {
  return error.code == Code::invalid_argument ? usage_error("stream", error.message) : fail(target, error, json);
}

void print_summary(const StreamSender& sender, bool json) {
  const SenderCounts& counts = sender.counts();
  const double overhead =
      counts.slice_wire_bytes > 0 ? static_cast<double>(counts.wire_bytes) / static_cast<double>(counts.slice_wire_bytes) - 1 : 0;
  const Json report = {{"slices", counts.slices},
                       {"slices_that_refer", counts.slices_that_refer},
                       {"slice_bytes", counts.slice_bytes},
                       {"columns_left_out", counts.columns_left_out},
                       {"parts_left_out", counts.parts_left_out},
                       {"datagrams", counts.datagrams},
                       {"wire_bytes", counts.wire_bytes},
                       {"overhead", overhead},
                       {"parity_datagrams", counts.parity_datagrams},
                       {"sent_again", counts.sent_again},
                       {"dropped", counts.dropped}};
  print_line(
      json ? json_text(report)
           : std::to_string(counts.slices) + " slices of " + std::to_string(counts.slice_bytes) + " bytes in " +
                 std::to_string(counts.datagrams) + " datagrams (" + fixed(100 * overhead, 1) + " % more bytes than the slices' own), " +
                 std::to_string(counts.sent_again) + " sent again, " + std::to_string(counts.columns_left_out) + " columns" +
                 (counts.parts_left_out > 0 ? " and " + std::to_string(counts.parts_left_out) + " parts" : std::string()) + " left out",
      false);
}

}  // namespace

int stream_send(const Arguments& arguments) {
  const bool json = arguments.has("--json");
  const Result<SenderOptions> options = sender_options(arguments);
  if (!options.ok()) return refuse("stream", options.error(), json);
  const Result<SourceOptions> from = source_options(arguments);
  if (!from.ok()) return refuse("stream", from.error(), json);
  if (names_of(arguments).empty())
    return usage_error("stream", "send needs a source: udp://[HOST]:PORT, a .pcap, or frames and folders of them");
  if (!arguments.has("--to")) return usage_error("stream", "send needs --to udp://HOST:PORT or mqtt://HOST/TOPIC");
  const std::string target = arguments.text("--to");
  const Result<Url> url = parse_url(target);
  if (!url.ok()) return usage_error("stream", url.error().message);
  const std::vector<std::string> names = names_of(arguments);
  const Result<std::unique_ptr<StreamSource>> source = open_source(names, *from, clock_us());
  if (!source.ok()) return fail(names[0], source.error(), json);
  const auto key = key_in(arguments.text("--key"));
  if (!key.ok()) return fail(arguments.text("--key"), key.error(), json);
  Result<std::unique_ptr<Sending>> sending = open_link(*url, StreamSender(*options), **source);
  if (!sending.ok()) return refuse_link(target, sending.error(), json);
  if (*key) {
    const Status usable = (*sending)->use_key(**key);
    if (!usable.ok()) return fail(arguments.text("--key"), usable.error(), json);
  }
  const Status status = (*sending)->run();
  if (!status.ok()) return fail(names[0], status.error(), json);
  print_summary((*sending)->sender(), json);
  return kDone;
}

}  // namespace dew::app
