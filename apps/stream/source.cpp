// SPDX-License-Identifier: Apache-2.0
#include "apps/stream/source.h"

#include <algorithm>
#include <array>

#include "apps/content.h"
#include "apps/files.h"
#include "apps/stream/link.h"
#include "apps/stream/socket.h"
#include "pointcloud/io/lrf.h"
#include "pointcloud/io/pcap.h"

namespace dew::app {
namespace {

/// Packets of a sensor that sends to this machine.
class LiveSource : public StreamSource {
 public:
  LiveSource(UdpSocket socket, FeedOptions options) : socket_(std::move(socket)), feed_(std::move(options)) {}
  std::optional<uint64_t> due_us() const override { return std::nullopt; }
  int handle() const override { return socket_.handle(); }
  bool ended() const override { return false; }
  Status step(uint64_t now_us, StreamSender& sender) override {
    std::array<std::byte, 65536> buffer;
    // Some at a time, so that datagrams leave in between.
    for (int i = 0; i < 16; ++i) {
      const auto got = socket_.receive(buffer);
      if (!got) break;
      DEW_TRY(feed_.add(std::span(buffer).first(got->bytes), now_us, sender));
    }
    return {};
  }
  Status finish(uint64_t now_us, StreamSender& sender) override { return feed_.finish(now_us, sender); }

 private:
  UdpSocket socket_;
  PacketFeed feed_;
};

/// Packets of a capture, at the pace of their times.
class ReplaySource : public StreamSource {
 public:
  static Result<std::unique_ptr<StreamSource>> open(const std::string& path, const SourceOptions& options, uint64_t now_us) {
    auto source = std::unique_ptr<ReplaySource>(new ReplaySource(options, now_us));
    DEW_ASSIGN(source->bytes_, read_file(path));
    DEW_ASSIGN(source->file_, read_pcap(source->bytes_, {}));
    if (source->file_.records.empty()) return Error{Code::invalid_argument, 0, "the capture holds no packets"};
    source->first_us_ = source->time_us(0);
    return std::unique_ptr<StreamSource>(std::move(source));
  }
  std::optional<uint64_t> due_us() const override {
    if (ended()) return std::nullopt;
    if (options_.speed == 0) return start_us_;
    return start_us_ + static_cast<uint64_t>(static_cast<double>(since_first_us(next_)) / options_.speed);
  }
  bool ended() const override { return next_ == file_.records.size(); }
  Status step(uint64_t now_us, StreamSender& sender) override {
    for (int i = 0; i < 16 && !ended() && *due_us() <= now_us; ++i) {
      const ByteSpan captured = file_.records[next_].captured;
      if (const auto udp = locate_udp(file_.format, captured))
        DEW_TRY(feed_.add(captured.subspan(udp->payload_offset, udp->payload_bytes), now_us, sender));
      ++next_;
      if (ended() && --rounds_ > 0) {
        // A millisecond between the last packet and the first.
        start_us_ = start_us_ +
                    static_cast<uint64_t>(options_.speed == 0 ? 0 : static_cast<double>(since_first_us(next_ - 1) + 1000) / options_.speed);
        next_ = 0;
      }
    }
    return {};
  }
  Status finish(uint64_t now_us, StreamSender& sender) override { return feed_.finish(now_us, sender); }

 private:
  ReplaySource(const SourceOptions& options, uint64_t now_us)
      : options_(options), start_us_(now_us), rounds_(options.repeat), feed_(options.feed) {}
  uint64_t time_us(size_t i) const {
    const PcapRecord& record = file_.records[i];
    return uint64_t{record.seconds} * 1'000'000 + record.fraction / (file_.format.nanoseconds ? 1000 : 1);
  }
  /// Captures may hold odd times.
  uint64_t since_first_us(size_t i) const { return time_us(i) > first_us_ ? time_us(i) - first_us_ : 0; }

  SourceOptions options_;
  uint64_t start_us_;
  uint32_t rounds_;
  PacketFeed feed_;
  Bytes bytes_;
  PcapFile file_;
  uint64_t first_us_ = 0;
  size_t next_ = 0;
};

/// Frames of native ticks, each spread over its turn, or of points, each at once.
class FrameSource : public StreamSource {
 public:
  FrameSource(std::vector<std::string> paths, const SourceOptions& options, uint64_t now_us)
      : paths_(std::move(paths)), options_(options), start_us_(now_us), rounds_(options.repeat) {}
  std::optional<uint64_t> due_us() const override {
    if (ended()) return std::nullopt;
    if (options_.speed == 0) return start_us_;
    const double turn_us = 1e6 / options_.rate_hz / options_.speed;
    const double part = frame_.columns == 0 ? 0 : static_cast<double>(next_) / frame_.columns;
    return start_us_ + static_cast<uint64_t>((static_cast<double>(frames_) + part) * turn_us);
  }
  bool ended() const override { return path_ == paths_.size(); }
  Status step(uint64_t now_us, StreamSender& sender) override {
    constexpr uint32_t kAtOnce = 8;
    for (int i = 0; i < 16 && !ended() && *due_us() <= now_us; ++i) {
      if (next_ == 0) DEW_TRY(begin(now_us, sender));
      if (frame_.columns == 0) {
        // It was points, which have been sent whole; their datagrams leave before the next ones are read.
        end_frame();
        return {};
      }
      const uint32_t end = std::min(next_ + kAtOnce, frame_.columns);
      DEW_TRY(sender.add(columns_of(frame_, next_, end), now_us));
      next_ = end;
      if (next_ < frame_.columns) continue;
      end_frame();
    }
    return {};
  }
  Status finish(uint64_t now_us, StreamSender& sender) override { return sender.finish(now_us); }

 private:
  void end_frame() {
    next_ = 0;
    frame_ = Scan();
    ++frames_;
    if (++path_ == paths_.size() && --rounds_ > 0) path_ = 0;
  }

  Status begin(uint64_t now_us, StreamSender& sender) {
    DEW_ASSIGN(Bytes bytes, read_file(paths_[path_]));
    DEW_ASSIGN(Source source, parse_source_or_dew(std::move(bytes), options_.fields, 1));
    if (const Cloud* cloud = std::get_if<Cloud>(&source.content)) {
      DEW_ASSIGN(const CodedCloud coded, sender.code_cloud(*cloud, options_.feed.effort, now_us));
      return sender.send_cloud(coded, clock_us());
    }
    Scan* scan = std::get_if<Scan>(&source.content);
    if (scan == nullptr || scan->columns == 0)
      return Error{Code::invalid_argument, 0, paths_[path_] + " holds no frame; a capture is sent by itself"};
    frame_ = std::move(*scan);
    if (lasers_ != frame_.lasers) {
      lasers_ = frame_.lasers;
      DEW_ASSIGN(const SensorDescription sensor, describe_sensor(frame_, options_.feed.calibration ? options_.feed.calibration->sensor : "",
                                                                 options_.feed.calibration, options_.feed.effort));
      DEW_TRY(sender.describe(sensor, now_us));
    }
    return sender.begin_frame(now_us);
  }

  std::vector<std::string> paths_;
  SourceOptions options_;
  uint64_t start_us_;
  uint32_t rounds_;
  size_t path_ = 0;
  uint64_t frames_ = 0;
  Scan frame_;
  uint32_t next_ = 0;
  uint32_t lasers_ = 0;
};

}  // namespace

Result<std::unique_ptr<StreamSource>> open_source(const std::vector<std::string>& names, const SourceOptions& options, uint64_t now_us) {
  if (names.size() == 1 && names[0].find("://") != std::string::npos) {
    DEW_ASSIGN(const Url url, parse_url(names[0]));
    if (url.scheme != "udp") return Error{Code::invalid_argument, 0, "packets of a sensor come from udp://[HOST]:PORT"};
    DEW_ASSIGN(UdpSocket socket, UdpSocket::bound(url));
    return std::unique_ptr<StreamSource>(new LiveSource(std::move(socket), options.feed));
  }
  if (names.size() == 1 && extension(names[0]) == ".pcap") return ReplaySource::open(names[0], options, now_us);
  DEW_ASSIGN(std::vector<std::string> paths, expand_folders(names, {".lrf", ".bin", ".pcd", ".ply", ".las", ".dew"}));
  if (paths.empty()) return Error{Code::invalid_argument, 0, "there are no frames (.lrf, .bin, .pcd, .ply, .las, .dew) to send"};
  return std::unique_ptr<StreamSource>(new FrameSource(std::move(paths), options, now_us));
}

}  // namespace dew::app
