// SPDX-License-Identifier: Apache-2.0
#include "apps/splat_codec.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "apps/content.h"
#include "apps/splat_files.h"
#include "apps/views.h"
#include "entropy/container.h"

namespace dew::app {
namespace {

using viewer::format_text;
using viewer::quality_text;

Result<double> parse_number(const std::string& text, const char* option) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  return Error{Code::invalid_argument, 0, std::string(option) + " takes a number, not '" + text + "'"};
}

Result<SplatEncodeOptions> splat_encode_options(const Arguments& arguments) {
  for (const char* option :
       {"--lattice", "--max-error", "--slices", "--reorder", "--slice-bytes", "--calibration", "--sensor", "--save-sensor", "--model"}) {
    if (arguments.has(option)) return Error{Code::invalid_argument, 0, std::string(option) + " is for frames, not for splats"};
  }
  if (arguments.has("--lossless") + arguments.has("--quality") + arguments.has("--budget") > 1) {
    return Error{Code::invalid_argument, 0, "--quality, --budget and --lossless exclude one another"};
  }
  SplatEncodeOptions options;
  if (arguments.has("--lossless")) options.mode = SplatMode::lossless;
  if (arguments.has("--quality")) {
    DEW_ASSIGN(options.quality_db, parse_number(arguments.text("--quality"), "--quality"));
    if (!(options.quality_db >= 20 && options.quality_db <= 80)) {
      return Error{Code::invalid_argument, 0, "--quality takes 20 to 80 dB"};
    }
  }
  if (arguments.has("--budget")) {
    options.mode = SplatMode::budget;
    DEW_ASSIGN(const double bytes, parse_number(arguments.text("--budget"), "--budget"));
    if (!(bytes >= 1 && bytes <= 1e15)) return Error{Code::invalid_argument, 0, "--budget takes a number of bytes"};
    options.budget_bytes = static_cast<uint64_t>(bytes);
  }
  const std::string effort = arguments.text("--effort", "normal");
  options.effort = effort == "fast" ? SplatEffort::fast : effort == "max" ? SplatEffort::max : SplatEffort::normal;
  options.only_these_views = arguments.has("--only-these-views");
  options.keep_order = arguments.has("--keep-order");
  DEW_ASSIGN(options.threads, thread_count(arguments));
  if (arguments.has("--cameras")) {
    DEW_ASSIGN(const CameraDefaults defaults, camera_defaults(arguments));
    DEW_ASSIGN(const std::vector<View> views, load_views(arguments.text("--cameras"), defaults));
    for (const View& view : views) options.cameras.push_back(view.camera);
  }
  return options;
}

}  // namespace

Result<std::array<double, 6>> parse_box(const std::string& text) {
  const std::vector<std::string> words = split(text, ',');
  if (words.size() != 6) return Error{Code::invalid_argument, 0, "--box takes six numbers: x,y,z of two corners"};
  std::array<double, 6> corners;
  for (size_t i = 0; i < 6; ++i) {
    DEW_ASSIGN(corners[i], parse_number(words[i], "--box"));
  }
  for (size_t axis = 0; axis < 3; ++axis) {
    if (corners[axis] > corners[axis + 3]) std::swap(corners[axis], corners[axis + 3]);
  }
  return corners;
}

namespace {

Json quality_json(const SplatQuality& quality) {
  return {{"psnr_db", quality.psnr_db}, {"psnr_min_db", quality.psnr_min_db}, {"views", quality.views}, {"made_views", quality.made_views}};
}

Result<SplatDecodeOptions> splat_decode_options(const Arguments& arguments) {
  for (const char* option : {"--slice", "--calibration"}) {
    if (arguments.has(option)) return Error{Code::invalid_argument, 0, std::string(option) + " is for frames, not for splats"};
  }
  SplatDecodeOptions options;
  options.salvage = arguments.has("--salvage");
  DEW_ASSIGN(options.threads, thread_count(arguments));
  if (arguments.has("--fraction")) {
    DEW_ASSIGN(options.fraction, parse_number(arguments.text("--fraction"), "--fraction"));
    if (!(options.fraction >= 0 && options.fraction <= 1)) return Error{Code::invalid_argument, 0, "--fraction takes 0 to 1"};
  }
  if (arguments.has("--box")) {
    DEW_ASSIGN(options.box, parse_box(arguments.text("--box")));
  }
  return options;
}

/// The extension of the format that a scene came from, where dew writes it.
std::string extension_of(SplatFormat format) {
  switch (format) {
    case SplatFormat::compressed_ply: return ".compressed.ply";
    case SplatFormat::splat: return ".splat";
    case SplatFormat::spz: return ".spz";
    case SplatFormat::sog: return ".sog";
    case SplatFormat::gltf: return ".glb";
    default: return ".ply";
  }
}

}  // namespace

bool is_splat_dew(ByteSpan bytes) { return stated_kind(bytes) == Kind::splats; }

bool is_splat_scene(ByteSpan bytes, const std::string& path) { return is_splat_dew(bytes) || is_splat_file(bytes, path); }

int encode_splats_to(const Job& job, const Bytes& bytes, const Arguments& arguments) {
  const bool as_json = arguments.has("--json");
  const auto options = splat_encode_options(arguments);
  if (!options.ok()) return refuse("encode", options.error(), as_json);
  uint64_t bytes_in = 0;
  const auto input = read_splat_file(bytes, job.input, &bytes_in);
  if (!input.ok()) return fail(job.input, input.error(), as_json);
  if (!input->note.empty()) std::fprintf(stderr, "dew: %s: %s\n", display_name(job.input).c_str(), input->note.c_str());
  const auto encoded = encode_splats(input->splats, *options);
  if (!encoded.ok()) return fail(job.input, encoded.error(), as_json);
  const Status written = write_file(job.output, encoded->bytes, arguments.has("--force") ? Overwrite::yes : Overwrite::no);
  if (!written.ok()) return fail(job.output, written.error(), as_json);
  print_warnings(job.input, encoded->warnings);
  const uint64_t original = input->splats.count();
  const double ratio = static_cast<double>(bytes_in) / static_cast<double>(encoded->bytes.size());
  if (as_json) {
    const auto info = inspect_splats(encoded->bytes, {});
    if (!info.ok()) return fail(job.output, info.error(), as_json);
    Json json = {{"file", job.input}, {"out", job.output}, {"bytes_in", bytes_in}};
    json.update(splat_info_json(*info));
    json["ratio"] = ratio;
    json["score_ms"] = encoded->score_ms;
    json["encode_ms"] = encoded->encode_ms;
    json["warnings"] = encoded->warnings;
    print_line(json_text(json), job.output == "-");
    return kDone;
  }
  const std::string kept = encoded->splats == original ? "" : " (" + std::to_string(encoded->splats) + " kept)";
  print_line(display_name(job.input) + ": " + std::to_string(original) + " splats" + kept + ", " + std::to_string(bytes_in) + " to " +
                 std::to_string(encoded->bytes.size()) + " bytes (" + fixed(ratio, 2) + "x), " +
                 fixed(bits_per(encoded->bytes.size(), original), 2) + " bits a splat, " +
                 (encoded->quality ? quality_text(*encoded->quality) : "lossless") + ", " + fixed(encoded->score_ms, 0) + " + " +
                 fixed(encoded->encode_ms, 0) + " ms",
             job.output == "-");
  return kDone;
}

int decode_splats_to(Job job, const Bytes& bytes, bool into_folder, const Arguments& arguments) {
  const bool as_json = arguments.has("--json");
  const auto options = splat_decode_options(arguments);
  if (!options.ok()) return refuse("decode", options.error(), as_json);
  const auto start = std::chrono::steady_clock::now();
  const auto decoded = decode_splats(bytes, *options, {});
  const std::chrono::duration<double, std::milli> decode_ms = std::chrono::steady_clock::now() - start;
  if (!decoded.ok()) return fail(job.input, decoded.error(), as_json);
  print_warnings(job.input, decoded->warnings);
  const std::string source = extension_of(decoded->splats.source.format);
  if (into_folder && !job.output.ends_with(source)) job.output += source;
  const auto target = splat_target(job.output == "-" ? source : job.output);
  if (!target) return fail(job.output, {Code::invalid_argument, 0, no_splat_target(job.output)}, as_json);
  const auto file = write_splats(decoded->splats, target->format, target->options);
  if (!file.ok()) return fail(job.output, file.error(), as_json);
  print_warnings(job.output, file->losses);
  const Status written = write_splat_file(job.output, *file, arguments.has("--force") ? Overwrite::yes : Overwrite::no);
  if (!written.ok()) return fail(job.output, written.error(), as_json);
  const Json report = {{"file", job.input},
                       {"out", job.output},
                       {"splats", decoded->splats.count()},
                       {"bytes_out", file->file.size()},
                       {"decode_ms", decode_ms.count()},
                       {"warnings", decoded->warnings}};
  const std::string text = display_name(job.input) + ": " + std::to_string(decoded->splats.count()) + " splats to " +
                           display_name(job.output) + ", " + fixed(decode_ms.count(), 0) + " ms";
  print_line(as_json ? json_text(report) : text, job.output == "-");
  return kDone;
}

Result<SplatInput> load_splats(const std::string& path, const Bytes& bytes, uint32_t threads) {
  if (!is_splat_dew(bytes)) return read_splat_file(bytes, path);
  SplatDecodeOptions options;
  options.threads = threads;
  DEW_ASSIGN(SplatDecoded decoded, decode_splats(bytes, options, {}));
  return SplatInput{std::move(decoded.splats), {}};
}

Json splat_info_json(const SplatFileInfo& info) {
  const auto bits = [&](double bytes) { return info.splats_original == 0 ? 0.0 : 8 * bytes / static_cast<double>(info.splats_original); };
  const SplatPartBytes& parts = info.parts;
  Json json = {{"kind", "splats"},
               {"mode", mode_text(info.mode)},
               {"splats", info.splats},
               {"splats_original", info.splats_original},
               {"bytes", info.bytes},
               {"psnr_db", info.quality ? Json(info.quality->psnr_db) : Json(nullptr)},
               {"bits_per_splat",
                {{"total", bits(static_cast<double>(info.bytes))},
                 {"position", bits(parts.position)},
                 {"colour", bits(parts.colour)},
                 {"sh", bits(parts.sh)},
                 {"opacity", bits(parts.opacity)},
                 {"scale", bits(parts.scale)},
                 {"rotation", bits(parts.rotation)},
                 {"side", bits(parts.side)}}},
               {"sh_degree", info.sh_degree},
               {"groups", info.groups},
               {"keeps_order", info.keeps_order},
               {"source_format", format_text(info.source_format)},
               {"extra_properties", info.extra_properties}};
  if (info.quality) json["quality"] = quality_json(*info.quality);
  return json;
}

Status verify_splats(const Bytes& bytes, const std::optional<std::string>& source, uint32_t threads, Json& report) {
  DEW_ASSIGN(const SplatFileInfo info, inspect_splats(bytes, {}));
  SplatDecodeOptions options;
  options.threads = threads;
  // decode refuses every wrong checksum, and content that does not have the SHA-256 that the file carries.
  DEW_ASSIGN(const SplatDecoded decoded, decode_splats(bytes, options, {}));
  report["ok"] = true;
  report["splats"] = info.splats;
  report["mode"] = mode_text(info.mode);
  if (!source) return {};
  DEW_ASSIGN(const Bytes original, read_file(*source));
  DEW_ASSIGN(const SplatInput input, load_splats(*source, original, threads));
  if (input.splats.count() != info.splats_original) {
    return Error{
        Code::corrupt, 0,
        "was made from " + std::to_string(info.splats_original) + " splats, the source has " + std::to_string(input.splats.count())};
  }
  if (info.mode != SplatMode::lossless) return {};
  const auto file = write_splats(decoded.splats, info.source_format);
  report["same_file"] = file.ok() && file->file == original;
  DEW_ASSIGN(const SplatOutput ours, write_splats(decoded.splats, SplatFormat::ply));
  DEW_ASSIGN(const SplatOutput theirs, write_splats(input.splats, SplatFormat::ply));
  if (ours.file != theirs.file) return Error{Code::corrupt, 0, "promises to be lossless, but differs from the source"};
  return {};
}

}  // namespace dew::app
