// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "apps/content.h"
#include "apps/files.h"
#include "apps/mesh_codec.h"
#include "apps/report.h"
#include "apps/sequences.h"
#include "apps/splat_codec.h"
#include "apps/verbs.h"
#include "entropy/container.h"

namespace dew::app {
namespace {

constexpr std::string_view kSuffix = ".dew";

/// "scan.bin.dew" to "scan.bin", "scan.dew" to "scan".
std::string name_without_suffix(const std::string& input) {
  const std::string name = base_name(input);
  return name.ends_with(kSuffix) ? name.substr(0, name.size() - kSuffix.size()) : name;
}

struct DecodeTask {
  DecodeOptions options;
  Overwrite overwrite = Overwrite::no;
  bool one_input = true;
  bool into_folder = false;  ///< names of outputs lack the extension where the input's name does not tell it
  bool json = false;
  std::optional<SensorCalibration> calibration;
};

/// The first returns of a frame; null where it has none.
const Scan* first_returns(const CaptureFrame& frame) {
  for (const Scan& plane : frame.planes) {
    if (!plane.range.empty()) return &plane;
  }
  return nullptr;
}

/// The first returns of each frame of a capture as files of their own, BASE_000000.lrf and so on (points with a calibration), the first one
/// with that number; returns BASE_*.
Result<std::string> write_frames(const Capture& capture, uint64_t first_number, const std::string& base, const DecodeTask& task) {
  const std::string extension_of_frames = task.calibration ? ".pcd" : ".lrf";
  char number[32];
  for (size_t i = 0; i < capture.frames.size(); ++i) {
    const Scan* scan = first_returns(capture.frames[i]);
    if (scan == nullptr) continue;
    std::snprintf(number, sizeof number, "_%06llu", static_cast<unsigned long long>(first_number + i));
    DEW_ASSIGN(const Bytes file, write_as(Content(*scan), extension_of_frames, task.calibration ? &*task.calibration : nullptr));
    DEW_TRY(write_file(base + number + extension_of_frames, file, task.overwrite));
  }
  return base + "_*" + extension_of_frames;
}

bool is_capture(const Bytes& bytes) { return stated_kind(bytes) == Kind::capture && !is_sequence(bytes); }

/// `--frames` of a capture, as options of decoding. Errors: invalid_argument for frames that are not there.
Result<DecodeOptions> some_frames_of(const Bytes& bytes, const std::string& text, DecodeOptions options) {
  DEW_ASSIGN(const FileInfo info, inspect(bytes, {}));
  DEW_ASSIGN(const FrameSpan span, parse_frame_span(text, info.frames));
  options.slice = static_cast<uint32_t>(span.first);
  options.frames = static_cast<uint32_t>(span.end - span.first);
  return options;
}

/// Frames of a capture that are asked for go into a folder, unless the output's name says that it is a file.
Status plan_frames(Job& job, DecodeTask& task) {
  if (task.into_folder || !extension(job.output).empty() || job.output == "-") return {};
  std::error_code failure;
  std::filesystem::create_directories(job.output, failure);
  if (failure) return Error{Code::io, 0, "cannot make the folder: " + failure.message()};
  job.output = (std::filesystem::path(job.output) / name_without_suffix(job.input)).string();
  task.into_folder = true;
  return {};
}

/// Whether a file of many frames becomes a folder of files: always, but for one frame into a file.
bool wants_folder_of_frames(const Bytes& bytes, const Job& job, const DecodeTask& task, const Arguments& arguments) {
  if (!is_sequence(bytes)) return false;
  const bool one_frame = task.options.slice || (arguments.has("--frames") && arguments.text("--frames").find(':') == std::string::npos);
  return task.into_folder || !one_frame || (job.output != "-" && extension(job.output).empty());
}

/// Decodes one file and says so. Returns an exit code.
int decode_file(Job job, DecodeTask task, const Arguments& arguments) {
  const Result<Bytes> bytes = read_file(job.input);
  if (!bytes.ok()) return fail(job.input, bytes.error(), task.json);
  if (wants_folder_of_frames(*bytes, job, task, arguments)) {
    const std::string folder = task.into_folder && task.one_input ? arguments.operands().back() : job.output;
    return decode_sequence(job.input, *bytes, folder, {task.options.threads, task.options.salvage},
                           task.calibration ? &*task.calibration : nullptr, arguments);
  }
  if (arguments.has("--frames") && is_capture(*bytes)) {
    const auto options = some_frames_of(*bytes, arguments.text("--frames"), task.options);
    if (!options.ok()) return refuse("decode", options.error(), task.json);
    task.options = *options;
    if (const Status planned = plan_frames(job, task); !planned.ok()) return fail(job.output, planned.error(), task.json);
  }
  Status written = task.into_folder ? Status{} : check_output(job.output, task.overwrite);
  if (!written.ok()) return fail(job.output, written.error(), task.json);
  if (is_mesh_dew(*bytes)) return decode_mesh_to(job, *bytes, task.into_folder, arguments);
  if (is_splat_dew(*bytes)) return decode_splats_to(job, *bytes, task.into_folder, arguments);
  for (const char* option : {"--fraction"}) {
    if (arguments.has(option)) return usage_error("decode", std::string(option) + " is for splats, which " + job.input + " holds none of");
  }
  DecodeOptions options = task.options;
  if (arguments.has("--box")) {
    const Result<std::array<double, 6>> corners = parse_box(arguments.text("--box"));
    if (!corners.ok()) return usage_error("decode", corners.error().message);
    const auto& c = *corners;
    options.box = Box{{c[0], c[1], c[2]}, {c[3], c[4], c[5]}};
  }
  const auto start = std::chrono::steady_clock::now();
  const Result<Decoded> decoded = decode(*bytes, options, {});
  const std::chrono::duration<double, std::milli> decode_ms = std::chrono::steady_clock::now() - start;
  if (!decoded.ok()) return fail(job.input, decoded.error(), task.json);
  for (const std::string& warning : decoded->warnings) {
    std::fprintf(stderr, "dew: %s: warning: %s\n", display_name(job.input).c_str(), warning.c_str());
  }

  const Capture* capture = std::get_if<Capture>(&decoded->content);
  if (capture != nullptr && task.into_folder && extension(job.output) != ".pcap") {
    const auto frames = write_frames(*capture, task.options.slice.value_or(0), job.output, task);
    if (!frames.ok()) return fail(job.output, frames.error(), task.json);
    const Json report = {{"file", job.input},
                         {"out", *frames},
                         {"frames", capture->frames.size()},
                         {"decode_ms", decode_ms.count()},
                         {"warnings", decoded->warnings}};
    print_line(
        task.json ? json_text(report) : display_name(job.input) + ": " + std::to_string(capture->frames.size()) + " frames to " + *frames,
        false);
    return kDone;
  }
  const std::string source = source_extension(decoded->content);
  if (task.into_folder && extension(job.output) != source) job.output += source;
  // One frame of a capture into a file of its own.
  const Scan* scan = capture != nullptr && capture->frames.size() == 1 && task.options.slice ? first_returns(capture->frames[0]) : nullptr;
  const bool as_scan = scan != nullptr && job.output != "-" && extension(job.output) != ".pcap";
  const Result<Bytes> file = write_as(as_scan ? Content(*scan) : decoded->content, job.output == "-" ? source : extension(job.output),
                                      task.calibration ? &*task.calibration : nullptr);
  if (!file.ok()) return fail(job.output, file.error(), task.json);
  written = write_file(job.output, *file, task.overwrite);
  if (!written.ok()) return fail(job.output, written.error(), task.json);
  const uint64_t points = point_count(decoded->content);
  const Json report = {{"file", job.input},
                       {"out", job.output},
                       {"points", points},
                       {"bytes_out", file->size()},
                       {"decode_ms", decode_ms.count()},
                       {"warnings", decoded->warnings}};
  const std::string text = display_name(job.input) + ": " + std::to_string(points) + " points to " + display_name(job.output) + ", " +
                           fixed(decode_ms.count(), 0) + " ms";
  print_line(task.json ? json_text(report) : text, job.output == "-");
  return kDone;
}

int run_decode(const Arguments& arguments) {
  DecodeTask task;
  task.json = arguments.has("--json");
  task.overwrite = arguments.has("--force") ? Overwrite::yes : Overwrite::no;
  task.options.salvage = arguments.has("--salvage");
  const auto threads = thread_count(arguments);
  if (!threads.ok()) return usage_error("decode", threads.error().message);
  task.options.threads = *threads;
  const auto slice = arguments.number("--slice", 0, 0, UINT32_MAX);
  if (!slice.ok()) return usage_error("decode", slice.error().message);
  if (arguments.has("--slice")) task.options.slice = *slice;
  if (arguments.has("--slice") && arguments.has("--frames")) return usage_error("decode", "--slice and --frames exclude one another");
  if (arguments.has("--frames") && arguments.text("--frames").find(':') == std::string::npos) {
    const auto frame = arguments.number("--frames", 0, 0, UINT32_MAX);
    if (!frame.ok()) return usage_error("decode", frame.error().message);
    task.options.slice = *frame;
  }

  if (arguments.has("--calibration")) {
    auto calibration = load_calibration(arguments.text("--calibration"));
    if (!calibration.ok()) return fail(arguments.text("--calibration"), calibration.error(), task.json);
    task.calibration = *std::move(calibration);
  }

  const auto jobs = plan_jobs(arguments.operands(), name_without_suffix);
  if (!jobs.ok()) return refuse("decode", jobs.error(), task.json);
  task.into_folder = jobs->size() > 1 || jobs->front().output != arguments.operands().back();
  task.one_input = jobs->size() == 1;
  int exit_code = kDone;
  Progress progress(jobs->size());
  for (const Job& job : *jobs) {
    progress.step(job.input);
    exit_code = std::max(exit_code, decode_file(job, task, arguments));
  }
  return exit_code;
}

}  // namespace

Verb decode_verb() {
  return {
      "decode",
      "FILE.dew... OUT",
      "turn .dew files back into frames and scenes",
      "Decodes .dew files. The extension of OUT names the format (.bin, .pcd, .ply, .lrf; for meshes .ply, .obj, .stl, .off, .glb); where "
      "it is "
      "that of the source, header and "
      "layout of the source come back too, and after `encode --lossless` the very file. Splat scenes are written as `dew convert` writes "
      "them. For several inputs, or one that is to keep its "
      "name, OUT is a folder. A capture becomes a .pcap again, or in a folder a file a frame. A file of many frames becomes a folder OUT "
      "of "
      "the files that they were, and poses.txt where it keeps poses.",
      {{"--frames", "A:B", "",
        "of many frames those from A to before B only, counted from 0; N alone: that one. Of a capture: as a .pcap of these alone, or "
        "first "
        "returns as a file a frame into the folder OUT"},
       {"--slice", "K", "",
        "decode slice K only, counted from 0; of a capture frame K. Points that a frame keeps in its head (off the sensor's grid, or "
        "corrected) are left out: their places in the file depend on the other slices"},
       {"--calibration", "FILE", "",
        "turn the ranges of an .lrf into points, for .bin, .pcd and .ply: channel angles as csv, yaml or Ouster's json, or the name of a "
        "known sensor (HDL-32E, VLP-16, VLP-32C, VLS-128, PandarXT-32, PandarQT-128)"},
       kFractionOption,
       kBoxOption,
       {"--salvage", "", "", "leave damaged slices out instead of failing, and say which"},
       kThreadsOption,
       kForceOption,
       kJsonOption,
       kHelpOption},
      {{"dew decode scan.dew scan.bin", "one frame"},
       {"dew decode small/*.dew frames/", "many, each in the format it came from"},
       {"dew decode --frames 10:20 drive.dew frames/", "ten frames of many"},
       {"dew decode --frames 10:20 capture.dew part.pcap", "of a capture, as packets"},
       {"dew decode --box 10,0,-2,30,20,5 site.dew part.pcd", "of a large cloud the points between two corners"},
       {"dew decode scan.dew - | viewer", "in a pipe, in the format of the source"},
       {"dew decode --calibration VLP-16 sweep.dew sweep.pcd", "ranges as points in metres"},
       {"dew decode --salvage damaged.dew rest.ply", "what is left of a damaged file"}},
      2,
      0,
      run_decode};
}

}  // namespace dew::app
