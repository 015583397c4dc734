// SPDX-License-Identifier: Apache-2.0
#include "apps/stream/stream.h"

#include <cmath>
#include <cstdlib>

#include "apps/report.h"
#include "apps/stream/frames.h"
#include "apps/verbs.h"

namespace dew::app {
namespace {

/// The number at the start of a text, and what follows it.
std::optional<std::pair<double, std::string_view>> leading_number(std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  if (end == copy.c_str() || !std::isfinite(value)) return std::nullopt;
  return std::pair{value, text.substr(static_cast<size_t>(end - copy.c_str()))};
}

int run_stream(const Arguments& arguments) {
  const std::string& what = arguments.operands()[0];
  if (what == "send") return stream_send(arguments);
  if (what == "recv") return stream_recv(arguments);
  return usage_error("stream", "'" + what + "' is neither send nor recv");
}

}  // namespace

Result<uint64_t> parse_rate_bits(std::string_view text) {
  const auto number = leading_number(text);
  double scale = 0;
  if (number) {
    const std::string_view unit = number->second;
    if (unit.empty() || unit == "bit/s") scale = 1;
    if (unit == "kbit/s" || unit == "k") scale = 1e3;
    if (unit == "Mbit/s" || unit == "M") scale = 1e6;
  }
  if (scale == 0 || number->first * scale < 64e3 || number->first * scale > 1e10)
    return Error{Code::invalid_argument, 0, "'" + std::string(text) + "' is no rate from 64kbit/s to 10000Mbit/s; write it as 2Mbit/s"};
  return static_cast<uint64_t>(number->first * scale);
}

Result<double> parse_share(std::string_view text) {
  const auto number = leading_number(text);
  double share = -1;
  if (number && number->second.empty()) share = number->first;
  if (number && number->second == "%") share = number->first / 100;
  if (!(share >= 0 && share <= 1)) return Error{Code::invalid_argument, 0, "'" + std::string(text) + "' is no share from 0% to 100%"};
  return share;
}

Verb stream_verb() {
  return {"stream",
          "send SOURCE... | recv URL [DIR]",
          "send what a sensor sees over a network that loses packets, and receive it",
          "`send` takes a sensor's packets as they come (udp://[HOST]:PORT), a capture (.pcap) at the pace of its times, or frames at "
          "--rate-hz, which is also their time: of native ticks (.lrf) or of points (.bin, .pcd, .ply, .las, .dew), or folders of them. "
          "A part of a turn is coded as soon as the sensor has turned so far, and leaves at once in datagrams of "
          "at most 1,200 bytes; a frame of points has no turn, and leaves in parts as soon as it is due. `recv` writes frames into DIR (- "
          ": one after the other on standard output) as soon as they are whole or "
          "overdue; with "
          "--json it prints a line for each frame: what of it is fresh, late, missing, concealed or left out, and how old and how exact "
          "each part is. "
          "Losses are repaired by parity (--fec) and, where the receiver can answer, by asking again. With --rate the sender stays below "
          "it in any 200 ms "
          "and coarsens what does not fit, up to --max-error. A line `rate 1Mbit/s` on the standard input of either end changes the rate, "
          "`quit` ends it.",
          {{"--to", "URL", "", "send: where to: udp://HOST:PORT, or mqtt://HOST[:PORT]/TOPIC for any number of receivers"},
           {"--speed", "X", "", "send: replay X times as fast as recorded; 0: as fast as can be (default: 1)"},
           {"--rate-hz", "X", "", "send: frames a second, for sources that do not tell (default: 10)"},
           kFieldsOption,
           {"--repeat", "N", "", "send: play the source N times (default: 1)"},
           {"--sectors", "N", "", "send: cut a turn into N slices (default: 16)"},
           {"--slice-bytes", "N", "", "send: cut a turn into slices of about N bytes instead"},
           {"--max-error", "LENGTH", "",
            "send: largest error of a range, or of a point (default: none, the sensor's own ticks); with --rate the most that it may cost"},
           {"--min-error", "LENGTH", "", "send: with --rate, never finer than this (default: the sensor's own ticks)"},
           {"--keep-intensity", "", "", "send: with --rate, coarsen only ranges"},
           {"--rate", "RATE", "", "send: never more than this in any 200 ms, as 2Mbit/s; recv: ask the sender for it (default: no limit)"},
           {"--near", "LENGTH", "", "send: ranges below this stay as fine as --fine-error says"},
           {"--roi", "REGION", "",
            "send: what stays as fine too: a box, x0,y0,z0,x1,y1,z1 in metres, or `moving`, what contradicts that which a standing sensor "
            "has seen "
            "so far; several are separated by ;"},
           {"--fine-error", "LENGTH", "", "send: largest error of a range in such regions (default: the sensor's own ticks)"},
           {"--refresh", "MS", "",
            "send: slices refer to earlier ones; without a way back to such as stand alone, for so long, so that a loss is felt no longer; "
            "0, or without a way back and with less than 10% of parity: each stands alone (default: 500)"},
           {"--fec", "SHARE", "", "send: bytes of parity for each of data, as 70% (default: 25%)"},
           {"--adaptive-fec", "", "", "send: as much parity as the reported loss needs, --fec at most"},
           {"--calibration", "FILE", "",
            "send: channel angles as csv, yaml or json, or a known sensor's name (default: known from the packets)"},
           {"--effort", "LEVEL", "fast normal max", "send: time spent on size (default: normal)"},
           {"--from", "HOST|URL", "", "recv: take datagrams of this host only (default: of the first one heard); or the URL itself"},
           {"--format", "EXT", kFrameFormats, "recv: files to write (default: as the frames sent were; lrf for native ticks)"},
           {"--deadline", "MS", "", "recv: a slice is late, and a frame given out without it, after so many milliseconds (default: 200)"},
           {"--conceal", "", "", "recv: fill what is missing from earlier frames, at most half a second old, and say so"},
           {"--silent", "", "", "recv: send nothing back, neither reports nor questions"},
           {"--lose", "SHARE", "", "recv: drop so many of the datagrams that come, as 20%, to see what a bad link does"},
           {"--idle", "SECONDS", "", "recv: end after so long without a datagram (default: never)"},
           {"--key", "FILE", "",
            "both: encrypt and authenticate under the 64 hexadecimal digits of FILE (`openssl rand -hex 32` makes some); what is not "
            "sealed under it is "
            "refused"},
           kForceOption,
           kJsonOption,
           kHelpOption},
          {{"dew stream send udp://:2368 --to udp://roadside.example:5000 --rate 2Mbit/s --max-error 10cm", "a live sensor over a radio"},
           {"dew stream send drive.pcap --to udp://localhost:5000 --fec 70%", "a capture at true speed, against heavy loss"},
           {"dew stream send drive/ --rate-hz 10 --to udp://localhost:5000 --max-error 2cm", "a folder of frames, in any format"},
           {"dew stream recv udp://:5000 frames --format pcd --json", "frames as points, and what is known of them"},
           {"dew stream recv mqtt://broker.example/roadside/7 frames", "one of many receivers, by way of an MQTT 5 broker"}},
          1,
          0,
          run_stream};
}

}  // namespace dew::app
