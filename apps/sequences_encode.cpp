// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "apps/sequences.h"
#include "apps/splat_files.h"
#include "apps/verbs.h"
#include "pointcloud/io/poses.h"

namespace dew::app {
namespace {

const std::vector<std::string> kFrameExtensions = {".bin", ".pcd", ".ply", ".lrf"};

/// The number in a name, if it has one: the digits before the extension.
std::optional<int64_t> number_of(const std::string& path) {
  const std::string stem = std::filesystem::path(base_name(path)).stem().string();
  const size_t last = stem.find_last_not_of("0123456789");
  const std::string digits = last == std::string::npos ? stem : stem.substr(last + 1);
  int64_t number = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || parsed.ec != std::errc{}) return std::nullopt;
  return number;
}

/// A pose for each input: by time where the files are named by it, one for each, or by number in the name.
Result<std::vector<TimedPose>> poses_of(const std::string& file, const std::vector<std::string>& inputs) {
  DEW_ASSIGN(const Bytes text, read_file(file));
  DEW_ASSIGN(const std::vector<TimedPose> all, read_poses(text, {}));
  std::vector<TimedPose> poses;
  for (const std::string& input : inputs) {
    const std::optional<int64_t> number = number_of(input);
    const auto same_time =
        std::find_if(all.begin(), all.end(), [&](const TimedPose& pose) { return pose.time_ns && pose.time_ns == number; });
    if (same_time != all.end()) poses.push_back(*same_time);
  }
  if (poses.size() == inputs.size()) return poses;
  if (all.size() == inputs.size()) return all;
  poses.clear();
  for (const std::string& input : inputs) {
    const std::optional<int64_t> number = number_of(input);
    if (!number || *number < 0 || *number >= static_cast<int64_t>(all.size()))
      return Error{Code::invalid_argument, 0,
                   "has " + std::to_string(all.size()) + " poses for " + std::to_string(inputs.size()) +
                       " frames, and the frames are not named by time or number"};
    poses.push_back(all[static_cast<size_t>(*number)]);
  }
  return poses;
}

/// When a cloud was measured, where a field says so in seconds since 1970: its first instant.
std::optional<int64_t> time_in(const Content& content) {
  const Cloud* cloud = std::get_if<Cloud>(&content);
  if (cloud == nullptr) return std::nullopt;
  for (const Field& field : cloud->fields) {
    if ((field.name != "timestamp" && field.name != "time") || field.type != FieldType::f64 || field.count != 1) continue;
    const auto values = field.values<double>();
    if (values.empty()) return std::nullopt;
    const double first = *std::min_element(values.begin(), values.end());
    constexpr double kLeast = 1e8, kMost = 9e9;
    if (first >= kLeast && first <= kMost) return static_cast<int64_t>(std::llround(first * 1e9));
  }
  return std::nullopt;
}

struct Totals {
  uint64_t bytes_in = 0;
  uint64_t inter_frames = 0, inter_bytes = 0, inter_returns = 0;
  uint64_t intra_frames = 0, intra_bytes = 0, intra_returns = 0;
};

std::string report_text(const std::string& output, const FileInfo& info, const Encoded& encoded, const Totals& totals) {
  std::string text = display_name(output) + ": " + std::to_string(info.frames) + " frames, " + std::to_string(info.points) + " points, " +
                     std::to_string(totals.bytes_in) + " to " + std::to_string(info.bytes) + " bytes (" +
                     fixed(static_cast<double>(totals.bytes_in) / static_cast<double>(std::max<uint64_t>(1, info.bytes)), 2) + "x), " +
                     fixed(bits_per(info.bytes, info.points), 2) + " bits a point; bits a return: ";
  text += std::to_string(totals.intra_frames) + " intra " + fixed(bits_per(totals.intra_bytes, totals.intra_returns), 2);
  if (totals.inter_frames > 0)
    text += ", " + std::to_string(totals.inter_frames) + " that refer " + fixed(bits_per(totals.inter_bytes, totals.inter_returns), 2);
  return text + "; error at most " + length_text(info.max_error_m) + ", " + fixed(encoded.fit_ms + encoded.encode_ms, 0) + " ms";
}

Json report_json(const std::string& output, const FileInfo& info, const Encoded& encoded, const Totals& totals) {
  Json json = {{"out", output}, {"bytes_in", totals.bytes_in}};
  json.update(info_json(info));
  json["ratio"] = static_cast<double>(totals.bytes_in) / static_cast<double>(std::max<uint64_t>(1, info.bytes));
  json["intra"] = {{"frames", totals.intra_frames}, {"bits_per_return", bits_per(totals.intra_bytes, totals.intra_returns)}};
  json["inter"] = {{"frames", totals.inter_frames}, {"bits_per_return", bits_per(totals.inter_bytes, totals.inter_returns)}};
  json["fit_ms"] = encoded.fit_ms;
  json["encode_ms"] = encoded.encode_ms;
  return json;
}

/// One input as a frame of the sequence.
Result<SequenceFrame> read_frame(const std::string& input, const std::string& fields, uint64_t& bytes_in) {
  DEW_ASSIGN(Bytes bytes, read_file(input));
  if (fields.empty() && is_splat_file(bytes, input)) return Error{Code::invalid_argument, 0, "is a splat scene: sequences are of frames"};
  DEW_ASSIGN(Source source, parse_source(std::move(bytes), fields));
  print_note(input, source);
  bytes_in += source.bytes.size();
  SequenceFrame frame;
  frame.time_ns = time_in(source.content);
  frame.content = std::move(source.content);
  frame.name = base_name(input);
  return frame;
}

}  // namespace

Result<std::vector<std::string>> sequence_inputs(const std::vector<std::string>& operands) {
  const std::string& last = operands.back();
  std::error_code ignored;
  if (extension(last) != ".dew" || last.ends_with('/') || std::filesystem::is_directory(last, ignored)) return std::vector<std::string>{};
  const std::vector<std::string> inputs(operands.begin(), operands.end() - 1);
  if (inputs.size() == 1 && !std::filesystem::is_directory(inputs[0], ignored)) return std::vector<std::string>{};
  DEW_ASSIGN(std::vector<std::string> frames, expand_folders(inputs, kFrameExtensions));
  if (frames.empty()) return Error{Code::io, 0, "holds no .bin, .pcd, .ply or .lrf files"};
  return frames;
}

Result<SequenceOptions> sequence_options(const Arguments& arguments, const EncodeOptions& frame) {
  SequenceOptions options;
  options.frame = frame;
  DEW_ASSIGN(options.intra_every, arguments.number("--intra-every", 50, 1, UINT32_MAX));
  const std::string references = arguments.text("--references", "all");
  if (references == "none") options.intra_every = 1;
  options.use_motion = references == "moved" || references == "all";
  options.use_background = references == "all";
  if (frame.may_reorder) return Error{Code::invalid_argument, 0, "--reorder is for single frames"};
  if (frame.slice_bytes > 0) return Error{Code::invalid_argument, 0, "--slice-bytes is for single frames; --slices holds for many"};
  return options;
}

int encode_sequence(const std::vector<std::string>& inputs, const std::string& output, const SequenceOptions& options,
                    const Arguments& arguments) {
  const bool as_json = arguments.has("--json");
  const Overwrite overwrite = arguments.has("--force") ? Overwrite::yes : Overwrite::no;
  if (const Status free = check_output(output, overwrite); !free.ok()) return fail(output, free.error(), as_json);
  std::vector<TimedPose> poses;
  if (arguments.has("--poses")) {
    auto read = poses_of(arguments.text("--poses"), inputs);
    if (!read.ok()) return fail(arguments.text("--poses"), read.error(), as_json);
    poses = *std::move(read);
  }
  double rate_hz = 0;
  if (arguments.has("--rate-hz")) {
    const std::string text = arguments.text("--rate-hz");
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), rate_hz);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || !(rate_hz > 1e-6 && rate_hz < 1e6))
      return usage_error("encode", "--rate-hz takes a number above 0");
  }
  SequenceEncoder encoder(options);
  Totals totals;
  Progress progress(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    progress.step(inputs[i]);
    Result<SequenceFrame> frame = read_frame(inputs[i], arguments.text("--fields"), totals.bytes_in);
    if (!frame.ok()) return fail(inputs[i], frame.error(), as_json);
    if (!poses.empty()) {
      frame->pose = poses[i].pose;
      if (poses[i].time_ns) frame->time_ns = poses[i].time_ns;
    }
    if (!frame->time_ns && rate_hz > 0) frame->time_ns = static_cast<int64_t>(std::llround(static_cast<double>(i) * 1e9 / rate_hz));
    const Result<PushedFrame> pushed = encoder.push(*frame);
    if (!pushed.ok()) return fail(inputs[i], pushed.error(), as_json);
    const bool refers = pushed->slices_that_refer > 0;
    (refers ? totals.inter_frames : totals.intra_frames) += 1;
    (refers ? totals.inter_bytes : totals.intra_bytes) += pushed->bytes;
    (refers ? totals.inter_returns : totals.intra_returns) += pushed->returns;
  }
  const Result<Encoded> encoded = encoder.finish();
  if (!encoded.ok()) return fail(output, encoded.error(), as_json);
  const Result<FileInfo> info = inspect(encoded->bytes, {});
  if (!info.ok()) return fail(output, info.error(), as_json);
  Status written = write_file(output, encoded->bytes, overwrite);
  if (!written.ok()) return fail(output, written.error(), as_json);
  if (arguments.has("--save-sensor")) {
    written = write_file(arguments.text("--save-sensor"), encoded->sensor, overwrite);
    if (!written.ok()) return fail(arguments.text("--save-sensor"), written.error(), as_json);
  }
  print_line(as_json ? json_text(report_json(output, *info, *encoded, totals)) : report_text(output, *info, *encoded, totals), false);
  return kDone;
}

}  // namespace dew::app
