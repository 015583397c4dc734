// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "apps/content.h"
#include "apps/files.h"
#include "apps/manifest.h"
#include "apps/mesh_codec.h"
#include "apps/report.h"
#include "apps/sequences.h"
#include "apps/splat_codec.h"
#include "apps/splat_files.h"
#include "apps/verbs.h"
#include "apps/views.h"
#include "pointcloud/coding/kept_sensor.h"

namespace dew::app {
namespace {

/// What encoding one file gave.
struct Made {
  uint64_t bytes_in;
  Encoded encoded;
  FileInfo info;
};

/// The same as --json prints it.
Json report_json(const Job& job, const Made& made) {
  Json json = {{"file", job.input}, {"out", job.output}, {"bytes_in", made.bytes_in}};
  json.update(info_json(made.info));
  json["ratio"] = static_cast<double>(made.bytes_in) / static_cast<double>(made.info.bytes);
  json["fit_ms"] = made.encoded.fit_ms;
  json["encode_ms"] = made.encoded.encode_ms;
  return json;
}

std::string report_text(const Job& job, const Made& made) {
  const FileInfo& info = made.info;
  std::string parts;
  for (const PartBytes& part : info.parts) {
    if (part.bytes == 0) continue;
    parts += (parts.empty() ? "" : ", ") + part.name + " " + fixed(bits_per(part.bytes, info.points), 2);
  }
  return display_name(job.input) + ": " + std::to_string(info.points) + " points, " + std::to_string(made.bytes_in) + " to " +
         std::to_string(info.bytes) + " bytes (" + fixed(static_cast<double>(made.bytes_in) / static_cast<double>(info.bytes), 2) + "x), " +
         fixed(bits_per(info.bytes, info.points), 2) + " bits a point (" + parts + "), error at most " + length_text(info.max_error_m) +
         ", " + fixed(made.encoded.fit_ms + made.encoded.encode_ms, 0) + " ms";
}

Result<EncodeOptions> encode_options(const Arguments& arguments) {
  EncodeOptions options;
  if (arguments.has("--lattice") + arguments.has("--lossless") + arguments.has("--max-error") > 1) {
    return Error{Code::invalid_argument, 0, "--lattice, --max-error and --lossless exclude one another"};
  }
  if (arguments.has("--lossless")) options.mode = Mode::lossless;
  if (arguments.has("--max-error")) {
    options.mode = Mode::max_error;
    // A number alone is for meshes, which encode_file tells.
    DEW_ASSIGN(options.max_error_m, parse_mesh_length(arguments.text("--max-error")));
  }
  const std::string effort = arguments.text("--effort", "normal");
  options.effort = effort == "fast" ? Effort::fast : effort == "max" ? Effort::max : Effort::normal;
  if (arguments.has("--slices")) {
    DEW_ASSIGN(options.slice_count, arguments.number("--slices", 8, 1, 4096));
  }
  DEW_ASSIGN(options.slice_bytes, arguments.number("--slice-bytes", 0, 1, UINT32_MAX));
  if (arguments.has("--slices") && arguments.has("--slice-bytes")) {
    return Error{Code::invalid_argument, 0, "--slices and --slice-bytes exclude one another"};
  }
  DEW_ASSIGN(options.threads, thread_count(arguments));
  options.may_reorder = arguments.has("--reorder");
  DEW_ASSIGN(options.intensity_error, arguments.number("--intensity-error", 0, 0, 1'000'000));
  if (options.intensity_error > 0 && options.mode == Mode::lossless) {
    return Error{Code::invalid_argument, 0, "--intensity-error and --lossless exclude one another"};
  }
  options.model = arguments.text("--model");
  options.embed_models = arguments.has("--embed-models");
  return options;
}

Result<Made> encode_input(const std::string& input, Bytes bytes, const std::string& fields, EncodeOptions options,
                          const SensorCalibration* calibration) {
  DEW_ASSIGN(const Source source, parse_source(std::move(bytes), fields));
  print_note(input, source);
  Bytes sensor;
  if (calibration != nullptr) {
    const Scan* scan = std::get_if<Scan>(&source.content);
    if (scan == nullptr || scan->lasers != calibration->lasers.size()) {
      return Error{Code::invalid_argument, 0, "--calibration is for .lrf files with as many lasers as it lists"};
    }
    KeptSensor kept;
    kept.layout = layout_of(*calibration, *scan);
    sensor = write_sensor(kept);
    options.sensor = sensor;
  }
  DEW_ASSIGN(Encoded encoded, encode(source.content, options));
  DEW_ASSIGN(FileInfo info, inspect(encoded.bytes, {}));
  return Made{source.bytes.size(), std::move(encoded), std::move(info)};
}

/// Encodes one file and prints what came of it. Returns an exit code.
int encode_file(const Job& job, const EncodeOptions& options, const SensorCalibration* calibration, const Arguments& arguments) {
  const bool as_json = arguments.has("--json");
  const Overwrite overwrite = arguments.has("--force") ? Overwrite::yes : Overwrite::no;
  const std::string sensor_file = arguments.text("--save-sensor");
  Status written = check_output(job.output, overwrite);
  if (!written.ok()) return fail(job.output, written.error(), as_json);
  auto bytes = read_file(job.input);
  if (!bytes.ok()) return fail(job.input, bytes.error(), as_json);
  if (!arguments.has("--fields") && is_splat_file(*bytes, job.input)) return encode_splats_to(job, *bytes, arguments);
  if (!arguments.has("--fields") && is_mesh_file(*bytes, job.input)) return encode_mesh_to(job, *bytes, arguments);
  if (arguments.has("--max-error")) {
    if (const auto length = parse_length_m(arguments.text("--max-error")); !length.ok())
      return usage_error("encode", length.error().message);
  }
  for (const char* option : {"--vertex-error", "--rms-error", "--implicit"}) {
    if (arguments.has(option)) return usage_error("encode", std::string(option) + " is for meshes, which " + job.input + " is none of");
  }
  for (const char* option : {"--quality", "--budget", "--cameras", "--size", "--background", "--only-these-views", "--keep-order"}) {
    if (arguments.has(option)) return usage_error("encode", std::string(option) + " is for splats, which " + job.input + " holds none of");
  }
  const Result<Made> made = encode_input(job.input, *std::move(bytes), arguments.text("--fields"), options, calibration);
  if (!made.ok()) return fail(job.input, made.error(), as_json);
  written = write_file(job.output, made->encoded.bytes, overwrite);
  if (!written.ok()) return fail(job.output, written.error(), as_json);
  if (!sensor_file.empty()) written = write_file(sensor_file, made->encoded.sensor, overwrite);
  if (!written.ok()) return fail(sensor_file, written.error(), as_json);
  print_line(as_json ? json_text(report_json(job, *made)) : report_text(job, *made), job.output == "-");
  return kDone;
}

/// Many frames into one file.
int run_sequence(const std::vector<std::string>& inputs, EncodeOptions options, const Arguments& arguments) {
  Bytes sensor;
  if (arguments.has("--sensor")) {
    auto read = read_file(arguments.text("--sensor"));
    if (!read.ok()) return fail(arguments.text("--sensor"), read.error(), arguments.has("--json"));
    sensor = *std::move(read);
    options.sensor = sensor;
  }
  for (const char* option : {"--calibration", "--intensity-error"}) {
    if (arguments.has(option)) return usage_error("encode", std::string(option) + " is for single frames");
  }
  const Result<SequenceOptions> sequence = sequence_options(arguments, options);
  if (!sequence.ok()) return usage_error("encode", sequence.error().message);
  return encode_sequence(inputs, arguments.operands().back(), *sequence, arguments);
}

int run_encode(const Arguments& arguments) {
  if (arguments.has("--manifest")) return run_manifest(arguments, encode_verb());
  if (arguments.has("--shard")) return usage_error("encode", "--shard is for --manifest");
  if (arguments.operands().size() < 2) return usage_error("encode", "IN... OUT, or --manifest FILE");
  Result<EncodeOptions> options = encode_options(arguments);
  if (!options.ok()) return usage_error("encode", options.error().message);
  if (const auto inputs = sequence_inputs(arguments.operands()); !inputs.ok()) {
    return fail(arguments.operands().front(), inputs.error(), arguments.has("--json"));
  } else if (!inputs->empty()) {
    return run_sequence(*inputs, *options, arguments);
  }
  // Captures hold many frames; other files do not look at these.
  const Result<SequenceOptions> sequence = sequence_options(arguments, *options);
  if (sequence.ok()) options->intra_every = sequence->intra_every;
  for (const char* option : {"--poses", "--rate-hz"}) {
    if (arguments.has(option)) return usage_error("encode", std::string(option) + " is for many frames in one file");
  }
  const auto jobs = plan_jobs(arguments.operands(), [](const std::string& input) { return base_name(input) + ".dew"; });
  if (!jobs.ok()) return refuse("encode", jobs.error(), arguments.has("--json"));
  if (arguments.has("--save-sensor") && jobs->size() > 1) return usage_error("encode", "--save-sensor takes one input");
  Bytes sensor;
  if (arguments.has("--sensor")) {
    auto read = read_file(arguments.text("--sensor"));
    if (!read.ok()) return fail(arguments.text("--sensor"), read.error(), arguments.has("--json"));
    sensor = *std::move(read);
    options->sensor = sensor;
  }
  std::optional<SensorCalibration> calibration;
  if (arguments.has("--calibration")) {
    auto loaded = load_calibration(arguments.text("--calibration"));
    if (!loaded.ok()) return fail(arguments.text("--calibration"), loaded.error(), arguments.has("--json"));
    calibration = *std::move(loaded);
  }
  int exit_code = kDone;
  Progress progress(jobs->size());
  for (const Job& job : *jobs) {
    progress.step(job.input);
    exit_code = std::max(exit_code, encode_file(job, *options, calibration ? &*calibration : nullptr, arguments));
  }
  return exit_code;
}

}  // namespace

Verb encode_verb() {
  return {
      "encode",
      "IN... OUT",
      "make .dew files",
      "Encodes LiDAR frames (.bin, .pcd, .ply, .las, .lrf; `-` for a pipe), captures of sensor packets (.pcap) and Gaussian-splat scenes "
      "(3DGS "
      ".ply, .compressed.ply, .splat, .spz, .sog, .glb, .ksplat) and triangle meshes (.ply with faces, .obj, .stl, .off, .glb, .gltf, "
      ".drc) to .dew files. "
      "OUT is a "
      "file, or for several inputs a folder that "
      "takes IN.dew for each. Where OUT names a .dew file, several inputs, or those in a folder, become one file of many frames, each "
      "coded "
      "with a look at the one before. Frames: intensity, ring, time and all other fields are exact in every mode, and points keep their "
      "order. "
      "Splats: "
      "the file is as small as it gets at 42 dB PSNR against the renders of the scene itself, from views that are given or made. Meshes: "
      "the surfaces lie at most 1/4096 of the diagonal apart, and vertices and faces come in another order; lengths are in the unit of the "
      "file; of glTF in that of each of its meshes, before nodes scale it.",
      {{"--lattice", "", "", "find the sensor's own ticks and keep them; error below 0.5 mm, checked (default)"},
       {"--max-error", "LENGTH", "",
        "move no point further than LENGTH: 0.01mm, 1mm, 1cm, 5cm, ...; meshes: keep the surfaces that close, a number alone being in the "
        "mesh's unit"},
       {"--lossless", "", "", "keep every bit of every field; decode gives back the very file"},
       kVertexErrorOption,
       kRmsErrorOption,
       kImplicitOption,
       kQualityOption,
       kBudgetOption,
       kCamerasOption,
       kSizeOption,
       kBackgroundOption,
       kOnlyTheseViewsOption,
       kKeepOrderOption,
       {"--effort", "LEVEL", "fast normal max", "time spent on size (default: normal)"},
       {"--intensity-error", "N", "", "intensities may be off by N of their steps (default: 0, exact)"},
       kManifestOption,
       kShardOption,
       {"--slices", "N", "",
        "cut a frame into N parts that decode independently (default: one for each 32,768 points, at effort max for each 262,144, at most "
        "8)"},
       {"--reorder", "", "",
        "another order may come back where the file is smaller: of clouds without a sensor's model, of meshes with --lossless"},
       {"--slice-bytes", "N", "",
        "cut it into parts of N bytes on average instead, as nearly as whole columns allow (at least four columns each); takes up to "
        "four times as long"},
       {"--calibration", "FILE", "",
        "order and angles of an .lrf's lasers from a calibration (csv, yaml, json, or a known sensor's name) instead of from the data"},
       {"--sensor", "FILE", "", "use the scan model kept in FILE instead of finding one"},
       {"--save-sensor", "FILE", "", "keep the scan model that was used in FILE"},
       {"--model", "NAME", "", "use the network of this name or content hash (default: the best that is compiled in)"},
       {"--embed-models", "", "", "put the networks into the file, so that it needs none of ours to be read"},
       kIntraEveryOption,
       kReferencesOption,
       kPosesOption,
       kRateOption,
       kFieldsOption,
       kThreadsOption,
       kForceOption,
       kJsonOption,
       kHelpOption},
      {{"dew encode scan.bin scan.dew", "the defaults are the answer for most people"},
       {"dew encode --max-error 1cm --effort fast *.pcd small/", "many frames into a folder, each point within a centimetre"},
       {"dew encode drive/*.bin drive.dew", "many frames in one file, smaller than one by one"},
       {"dew encode --quality 36 --cameras cameras.json scene.ply scene.dew", "a splat scene, small"},
       {"dew encode --lossless --fields x:f16,y:f16,z:f16,intensity:u8,laser:u8,offset_ns:i32 in.bin out.dew",
        "records of any layout, every bit kept"},
       {"dew encode --max-error 0.1 part.stl part.dew", "a mesh, in its own unit"},
       {"dew encode --manifest jobs.jsonl --shard 3/16", "the fourth of sixteen shares of many files, to be started again at will"},
       {"cat scan.bin | dew encode - - | ssh archive 'cat > scan.dew'", "in a pipe"}},
      0,
      0,
      run_encode};
}

}  // namespace dew::app
