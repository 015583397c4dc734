// SPDX-License-Identifier: Apache-2.0
// Streams over simulated links. No sockets and no waiting: the clock is the program's.
//   stream-bench table FRAMES.lrf...       rate against bound against loss, 10 s a row
//   stream-bench latency CAPTURE.pcap      last packet of a sector to the decoded slice, an end on each of two cores
//   stream-bench hour FRAMES.lrf...        an hour over a bad link; fails if memory grows
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>

#include "apps/files.h"
#include "pointcloud/io/lrf.h"
#include "pointcloud/io/pcap.h"
#include "pointcloud/stream/packet_feed.h"
#include "tests/support/stream_world.h"

namespace dew::test {
namespace {

std::vector<Scan> read_frames(const std::vector<std::string>& paths) {
  std::vector<Scan> scans;
  for (const std::string& path : paths) {
    const auto bytes = app::read_file(path);
    if (!bytes.ok()) must(bytes.error());
    auto scan = read_lrf(*bytes, {});
    if (!scan.ok()) must(scan.error());
    scans.push_back(*std::move(scan));
  }
  return scans;
}

// ---- rate, bound, loss ----

struct Row {
  uint64_t rate_bits;
  double loss;
  double parity;
  bool back;
};

/// What came of a row over several links, which lose other datagrams each.
struct Outcome {
  std::vector<uint32_t> bounds_um;  ///< of fresh slices
  double shift = 0;                 ///< bits of intensity left out, added up
  std::map<SliceState, uint64_t> states;
  double bits = 0, overhead = 0;

  double share(SliceState state) {
    uint64_t all = 0;
    for (const auto& [_, count] : states) all += count;
    return 100.0 * static_cast<double>(states[state]) / static_cast<double>(all);
  }
  double bound_mm(double share_below) const {
    return bounds_um.empty() ? 0.0 : bounds_um[static_cast<size_t>(share_below * static_cast<double>(bounds_um.size() - 1))] / 1000.0;
  }
};

constexpr uint64_t kLinks = 3;
constexpr uint32_t kTurns = 100;

void run(const std::vector<Scan>& scans, const Row& row, uint64_t seed, Outcome& outcome) {
  SenderOptions sending;
  sending.rate_bits = row.rate_bits;
  sending.max_error_m = row.rate_bits == 0 ? 0 : 0.5;
  sending.overhead = row.parity;
  const LinkOptions link{.seed = seed, .loss = row.loss, .delay_us = 10'000, .remember = false};
  StreamWorld world(scans, sending, {}, link, row.back ? std::optional<LinkOptions>(link) : std::nullopt, Effort::normal);
  world.on_frame = [&](const ReceivedFrame& frame) {
    for (const ReceivedSlice& slice : frame.slices) {
      if (slice.state != SliceState::fresh) continue;
      outcome.bounds_um.push_back(slice.bound_um);
      outcome.shift += slice.intensity_shift;
    }
  };
  world.run_turns(kTurns);
  world.finish();
  for (const SliceState state : {SliceState::fresh, SliceState::late, SliceState::missing, SliceState::left_out})
    outcome.states[state] += world.states[state];
  outcome.bits += static_cast<double>(world.link.bytes()) * 8;
  outcome.overhead += world.overhead();
}

void print_row(const std::vector<Scan>& scans, const Row& row) {
  Outcome outcome;
  for (uint64_t link = 0; link < kLinks; ++link) run(scans, row, 11 + link, outcome);
  std::sort(outcome.bounds_um.begin(), outcome.bounds_um.end());
  const std::string rate = row.rate_bits == 0 ? "none" : std::to_string(row.rate_bits / 1'000'000) + " Mbit/s";
  const double fresh = static_cast<double>(std::max<size_t>(1, outcome.bounds_um.size()));
  std::printf("| %s | %.0f %% | %.0f %%%s | %.2f | %.1f %% | %.1f %% | %.0f | %.0f | %.1f | %.0f %% |\n", rate.c_str(), 100 * row.loss,
              100 * row.parity, row.back ? " + asking" : "", outcome.bits / (kLinks * kTurns * 0.1) / 1e6, outcome.share(SliceState::fresh),
              outcome.share(SliceState::left_out), outcome.bound_mm(0.5), outcome.bound_mm(1.0), 8 - outcome.shift / fresh,
              100 * outcome.overhead / kLinks);
  std::fflush(stdout);
}

int table(const std::vector<std::string>& paths) {
  const std::vector<Scan> scans = read_frames(paths);
  std::printf(
      "| rate | loss | parity | used, Mbit/s | slices in time | left out | bound, mm (median) | (largest) | intensity, bits of 8 | "
      "overhead "
      "|\n");
  std::printf("|---|--:|---|--:|--:|--:|--:|--:|--:|--:|\n");
  for (const uint64_t rate : {uint64_t{0}, uint64_t{4'000'000}, uint64_t{2'000'000}, uint64_t{1'000'000}}) {
    for (const Row& row : {Row{rate, 0, 0, true}, Row{rate, 0.05, 0.3, false}, Row{rate, 0.2, 0.68, false}, Row{rate, 0.2, 0, true}})
      print_row(scans, row);
  }
  return 0;
}

// ---- latency ----

/// Processor time of this thread: what an end takes on a core of its own, whatever else this machine does.
double seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

int latency(const std::string& path, Effort effort) {
  const auto bytes = app::read_file(path);
  if (!bytes.ok()) must(bytes.error());
  const auto file = read_pcap(*bytes, {});
  if (!file.ok()) must(file.error());
  std::vector<double> all_ms;
  for (int round = 0; round < 10; ++round) {
    StreamSender sender({.overhead = 0.25});
    StreamReceiver receiver({});
    PacketFeed feed({.effort = effort, .calibration = std::nullopt});
    double sender_free_us = 0, receiver_free_us = 0;
    for (const PcapRecord& record : file->records) {
      const auto udp = locate_udp(file->format, record.captured);
      if (!udp) continue;
      const uint64_t packet_us = uint64_t{record.seconds} * 1'000'000 + record.fraction;
      const double began = seconds();
      must(feed.add(record.captured.subspan(udp->payload_offset, udp->payload_bytes), packet_us, sender));
      std::vector<Bytes> datagrams;
      while (auto datagram = sender.next(packet_us)) datagrams.push_back(*std::move(datagram));
      // Each end is busy with what came before until it is free.
      sender_free_us = std::max(sender_free_us, static_cast<double>(packet_us)) + (seconds() - began) * 1e6;
      for (const Bytes& datagram : datagrams) {
        const double start = seconds();
        receiver.add(datagram, packet_us);
        receiver_free_us = std::max(receiver_free_us, sender_free_us) + (seconds() - start) * 1e6;
        for (const DecodedSlice& slice : receiver.take_slices()) {
          // What was kept until the sensor was known comes at once, and what follows waits for it.
          if (slice.header.frame >= 2) all_ms.push_back((receiver_free_us - static_cast<double>(slice.header.time_us)) / 1000);
        }
      }
    }
  }
  if (all_ms.empty()) {
    std::fprintf(stderr, "the capture has no fourth turn\n");
    return 1;
  }
  std::sort(all_ms.begin(), all_ms.end());
  const auto at = [&](double share) { return all_ms[static_cast<size_t>(share * static_cast<double>(all_ms.size() - 1))]; };
  std::printf("%zu slices: median %.1f ms, 99th percentile %.1f ms, largest %.1f ms\n", all_ms.size(), at(0.5), at(0.99), at(1));
  return 0;
}

// ---- an hour ----

uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  uint64_t size = 0, resident = 0;
  file >> size >> resident;
  return resident * 4096;
}

int hour(const std::vector<std::string>& paths) {
  const LinkOptions link{
      .seed = 5, .loss = 0.05, .duplicate = 0.02, .corrupt = 0.01, .delay_us = 10'000, .jitter_us = 20'000, .remember = false};
  SenderOptions sending;
  sending.rate_bits = 2'000'000;
  sending.max_error_m = 0.1;
  sending.overhead = 0.3;
  ReceiverOptions receiving;
  receiving.conceal = true;
  StreamWorld world(read_frames(paths), sending, receiving, link, link, Effort::fast);
  uint64_t early = 0;
  for (int minute = 1; minute <= 60; ++minute) {
    world.run_turns(600);
    if (minute == 5) early = resident_bytes();
    if (minute % 10 == 0) {
      std::printf("%d min: %llu frames, %.2f %% of slices in time, %.1f MiB resident\n", minute,
                  static_cast<unsigned long long>(world.frames_given), 100 * world.share_in_time(),
                  static_cast<double>(resident_bytes()) / (1 << 20));
      std::fflush(stdout);
    }
  }
  world.finish();
  const uint64_t growth = resident_bytes() > early ? resident_bytes() - early : 0;
  std::printf("growth since the fifth minute: %.1f MiB\n", static_cast<double>(growth) / (1 << 20));
  return growth < (uint64_t{4} << 20) ? 0 : 1;
}

}  // namespace
}  // namespace dew::test

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() >= 2) {
    const std::vector<std::string> rest(words.begin() + 1, words.end());
    if (words[0] == "table") return dew::test::table(rest);
    if (words[0] == "hour") return dew::test::hour(rest);
    if (words[0] == "latency")
      return dew::test::latency(rest[0], rest.size() > 1 && rest[1] == "fast" ? dew::Effort::fast : dew::Effort::normal);
  }
  std::fprintf(stderr, "stream-bench table|hour FRAMES.lrf..., stream-bench latency CAPTURE.pcap [fast]\n");
  return 2;
}
