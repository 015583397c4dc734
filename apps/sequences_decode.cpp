// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <set>

#include "apps/difference.h"
#include "apps/sequences.h"
#include "pointcloud/io/poses.h"

namespace dew::app {
namespace {

namespace fs = std::filesystem;

/// Room for the rounding of one comparison, in units of the bound.
constexpr double kRounding = 1 + 1e-12;

Result<uint64_t> parse_number(std::string_view text) {
  uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size())
    return Error{Code::invalid_argument, 0, "--frames takes FIRST:END, as in 10:20, or a number"};
  return number;
}

/// A decoded frame as the file it came from.
Result<Bytes> file_of(const SequenceFrame& frame, const std::string& name, const SensorCalibration* calibration) {
  return write_as(frame.content, extension(name), calibration);
}

/// What a promise of the file says of one frame and its source.
Status check_frame(const FileInfo& info, const SequenceFrame& frame, const Source& source, bool& same_files, double& largest_m) {
  DEW_ASSIGN(const Difference d, difference(source.content, frame.content, {}));
  const std::string which = "frame " + frame.name + " ";
  if (d.points_a != d.points_b || (!d.order_kept && d.points_a > 0))
    return Error{Code::corrupt, 0, which + "decodes to other points than the source has"};
  const Result<Bytes> file = write_as(frame.content, source_extension(frame.content));
  same_files &= file.ok() && *file == source.bytes;
  if (info.mode == Mode::lossless)
    return d.all_fields_equal() ? Status{} : Error{Code::corrupt, 0, which + "promises to be lossless, but differs from the source"};
  if (!d.other_fields_equal()) return Error{Code::corrupt, 0, which + "differs from the source in a field other than the coordinates"};
  if (d.max_error_m) largest_m = std::max(largest_m, *d.max_error_m);
  if (d.max_error_m && !(*d.max_error_m <= info.max_error_m * kRounding))
    return Error{Code::corrupt, 0,
                 which + "has a point " + length_text(*d.max_error_m) + " off, the file promises " + length_text(info.max_error_m)};
  return {};
}

}  // namespace

Result<FrameSpan> parse_frame_span(const std::string& text, uint64_t frames) {
  FrameSpan span{0, frames};
  const size_t colon = text.find(':');
  if (colon == std::string::npos) {
    DEW_ASSIGN(span.first, parse_number(text));
    span.end = span.first + 1;
  } else {
    if (colon > 0) {
      DEW_ASSIGN(span.first, parse_number(std::string_view(text).substr(0, colon)));
    }
    if (colon + 1 < text.size()) {
      DEW_ASSIGN(span.end, parse_number(std::string_view(text).substr(colon + 1)));
    }
  }
  if (span.first >= span.end || span.end > frames)
    return Error{Code::invalid_argument, 0,
                 "frames " + text + " are asked for; the file has " + std::to_string(frames) + ", counted from 0"};
  return span;
}

std::string frame_file_name(const std::string& name, uint64_t number, const Content& content) {
  const bool plain = !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
                     name.find('\\') == std::string::npos && name.find('\0') == std::string::npos && name.size() <= 255;
  if (plain && !extension(name).empty()) return name;
  char digits[16];
  std::snprintf(digits, sizeof digits, "%06llu", static_cast<unsigned long long>(number));
  return digits + source_extension(content);
}

int decode_sequence(const std::string& input, const Bytes& file, const std::string& folder, const SequenceDecodeOptions& options,
                    const SensorCalibration* calibration, const Arguments& arguments) {
  const bool as_json = arguments.has("--json");
  const Overwrite overwrite = arguments.has("--force") ? Overwrite::yes : Overwrite::no;
  auto decoder = SequenceDecoder::open(file, options, {});
  if (!decoder.ok()) return fail(input, decoder.error(), as_json);
  FrameSpan span{0, decoder->frames()};
  if (arguments.has("--frames")) {
    const auto asked = parse_frame_span(arguments.text("--frames"), decoder->frames());
    if (!asked.ok()) return refuse("decode", asked.error(), as_json);
    span = *asked;
  }
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure) return fail(folder, Error{Code::io, 0, "cannot make the folder: " + failure.message()}, as_json);
  const auto start = std::chrono::steady_clock::now();
  Progress progress(span.end - span.first);
  std::vector<Pose> poses;
  std::set<std::string> names;
  uint64_t written = 0, points = 0;
  for (uint64_t i = span.first; i < span.end; ++i) {
    progress.step("frame " + std::to_string(i));
    const Result<SequenceFrame> frame = decoder->decode(i);
    if (!frame.ok() && options.salvage) continue;
    if (!frame.ok()) return fail(input, frame.error(), as_json);
    std::string name = frame_file_name(frame->name, i, frame->content);
    if (calibration != nullptr) name = fs::path(name).stem().string() + ".pcd";
    // Frames of several folders may have had one name.
    if (!names.insert(name).second) name = frame_file_name("", i, frame->content);
    const Result<Bytes> bytes = file_of(*frame, name, calibration);
    if (!bytes.ok()) return fail(name, bytes.error(), as_json);
    const std::string path = (fs::path(folder) / name).string();
    if (const Status done = write_file(path, *bytes, overwrite); !done.ok()) return fail(path, done.error(), as_json);
    if (frame->pose) poses.push_back(*frame->pose);
    points += point_count(frame->content);
    ++written;
  }
  if (!arguments.has("--frames") && !options.salvage) {
    if (const Status status = decoder->check_content(); !status.ok()) return fail(input, status.error(), as_json);
  }
  if (!poses.empty()) {
    const std::string path = (fs::path(folder) / "poses.txt").string(), text = write_poses(poses);
    const Status done = write_file(path, std::as_bytes(std::span(text)), overwrite);
    if (!done.ok()) return fail(path, done.error(), as_json);
  }
  print_warnings(input, decoder->warnings());
  if (written == 0) return fail(input, Error{Code::corrupt, 0, "no frame of it could be saved"}, as_json);
  const std::chrono::duration<double, std::milli> decode_ms = std::chrono::steady_clock::now() - start;
  const Json report = {{"file", input},
                       {"out", folder},
                       {"frames", written},
                       {"first_frame", span.first},
                       {"points", points},
                       {"decode_ms", decode_ms.count()},
                       {"warnings", decoder->warnings()}};
  print_line(
      as_json ? json_text(report)
              : display_name(input) + ": " + std::to_string(written) + " frames to " + folder + ", " + fixed(decode_ms.count(), 0) + " ms",
      false);
  return kDone;
}

Status verify_sequence(const std::string& path, const Bytes& file, const std::optional<std::string>& sources, const Arguments& arguments,
                       uint32_t threads, Json& report) {
  DEW_ASSIGN(const FileInfo info, inspect(file, {}));
  DEW_ASSIGN(SequenceDecoder decoder, SequenceDecoder::open(file, {threads, false}, {}));
  bool same_files = true;
  double largest_m = 0;
  for (uint64_t i = 0; i < decoder.frames(); ++i) {
    DEW_ASSIGN(const SequenceFrame frame, decoder.decode(i));
    if (!sources) continue;
    const std::string name = frame_file_name(frame.name, i, frame.content);
    DEW_ASSIGN(const Source source, read_source((fs::path(*sources) / name).string(), arguments.text("--fields")));
    DEW_TRY(check_frame(info, frame, source, same_files, largest_m));
  }
  DEW_TRY(decoder.check_content());
  report = {{"file", path}, {"ok", true}, {"frames", info.frames}, {"points", info.points}, {"mode", mode_text(info.mode)}};
  if (!sources) return {};
  report["max_error_m"] = largest_m;
  report["bound_m"] = info.max_error_m;
  if (info.mode == Mode::lossless) report["same_file"] = same_files;
  return {};
}

}  // namespace dew::app
