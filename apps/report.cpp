// SPDX-License-Identifier: Apache-2.0
#include "apps/report.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "apps/files.h"

namespace dew::app {
namespace {

/// Characters on screen: bytes of UTF-8 that begin one.
size_t display_width(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

Json frame_json(const FrameFacts& frame) {
  Json json = {{"bytes", frame.bytes}, {"points", frame.points}, {"returns", frame.returns},
               {"intra", frame.intra}, {"slices", frame.slices}, {"slices_that_refer", frame.slices_that_refer}};
  if (frame.time_ns) json["time_ns"] = *frame.time_ns;
  if (frame.has_pose) json["has_pose"] = true;
  if (!frame.name.empty()) json["name"] = frame.name;
  return json;
}

}  // namespace

Json info_json(const FileInfo& info) {
  Json bits = {{"total", bits_per(info.bytes, info.points)}};
  uint64_t geometry_bytes = 0;
  for (const PartBytes& part : info.parts) {
    bits[part.name] = bits_per(part.bytes, info.points);
    if (part.name == "geometry") geometry_bytes = part.bytes;
  }
  Json sensor = Json::object();
  for (const auto& [name, value] : info.sensor) sensor[name] = value;
  Json metadata = Json::object();
  for (const auto& [name, value] : info.metadata) metadata[name] = value;
  Json frames = Json::array();
  for (const FrameFacts& frame : info.frame_facts) frames.push_back(frame_json(frame));
  Json json = {{"kind", info.kind},
               {"points", info.points},
               {"bytes", info.bytes},
               {"mode", mode_text(info.mode)},
               {"effort", effort_text(info.effort)},
               {"max_error_m", info.max_error_m},
               {"returns", info.returns},
               {"frames", info.frames},
               {"slices", info.slices},
               {"bits_per_point", bits},
               {"bits_per_return", {{"geometry", bits_per(geometry_bytes, info.returns)}}},
               {"sensor", sensor},
               {"models", info.models},
               {"metadata", metadata}};
  if (!frames.empty()) json["frame_list"] = frames;
  return json;
}

std::string info_text(const std::vector<viewer::InfoLine>& lines) {
  std::string out;
  for (const auto& [name, value] : lines) out += "  " + name + std::string(name.size() < 14 ? 14 - name.size() : 1, ' ') + value + "\n";
  return out;
}

std::string json_text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

void print_line(const std::string& line, bool output_is_data) {
  std::FILE* out = output_is_data ? stderr : stdout;
  std::fprintf(out, "%s\n", line.c_str());
  std::fflush(out);
}

void print_json(const Json& value) { print_line(json_text(value)); }

int fail(const std::string& file, const Error& error, bool as_json) {
  complain(file, error);
  if (as_json) {
    print_json({{"file", file}, {"error", {{"code", code_name(error.code)}, {"offset", error.offset}, {"message", error.message}}}});
  }
  return kFailed;
}

void print_warnings(const std::string& file, const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) std::fprintf(stderr, "dew: %s: warning: %s\n", display_name(file).c_str(), warning.c_str());
}

int usage_error(const std::string& verb, const std::string& message) {
  std::fprintf(stderr, "dew: %s: %s; `dew %s --help` explains\n", verb.c_str(), message.c_str(), verb.c_str());
  return kUsage;
}

int refuse(const std::string& verb, const Error& error, bool as_json) {
  return error.code == Code::invalid_argument ? usage_error(verb, error.message) : fail(verb, error, as_json);
}

void Table::print() const {
  std::vector<size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - display_width(row[i]), ' ');
      line += (i == 0 ? "" : "  ") + (i < left_columns_ ? row[i] + padding : padding + row[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    std::puts(line.c_str());
  }
}

void Table::print_csv() const {
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) line += (i == 0 ? "" : ",") + csv_cell(row[i]);
    std::puts(line.c_str());
  }
}

Progress::Progress(size_t steps, bool ticks) : shown_(isatty(2) == 1), steps_(steps) {
  if (!shown_ || !ticks) return;
  ticker_ = std::jthread([this](std::stop_token stop) {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, stop, std::chrono::seconds(1), [&] { return stop.stop_requested(); })) {
      const auto lasted = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - since_);
      if (done_ > 0 && lasted.count() >= 2) show(lasted);
    }
  });
}

Progress::~Progress() {
  ticker_ = {};
  if (shown_) std::fputs("\033[K", stderr);
}

void Progress::step(const std::string& what) {
  const std::lock_guard lock(mutex_);
  ++done_;
  what_ = what;
  since_ = std::chrono::steady_clock::now();
  if (shown_) show({});
}

void Progress::show(std::chrono::seconds lasted) const {
  // The cursor goes back to the start, so that the next message takes this line's place.
  const std::string time = lasted.count() > 0 ? ", " + std::to_string(lasted.count()) + " s" : "";
  std::fprintf(stderr, "\033[K[%zu/%zu] %s%s\r", done_, steps_, what_.c_str(), time.c_str());
}

}  // namespace dew::app
