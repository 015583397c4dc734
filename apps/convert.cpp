// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>

#include "apps/content.h"
#include "apps/files.h"
#include "apps/mesh_codec.h"
#include "apps/report.h"
#include "apps/splat_codec.h"
#include "apps/splat_files.h"
#include "apps/verbs.h"
#include "pointcloud/io/read_cloud.h"

namespace dew::app {
namespace {

struct ConvertTask {
  std::string input;
  std::string output;
  std::string fields;
  Overwrite overwrite = Overwrite::no;
  bool full_sh = false;
  bool json = false;
  uint32_t threads = 1;
};

void print_input_note(const ConvertTask& task, const std::string& note) {
  if (!note.empty()) std::fprintf(stderr, "dew: %s: %s\n", display_name(task.input).c_str(), note.c_str());
}

void print_report(const ConvertTask& task, Json report, const char* unit, uint64_t count, uint64_t bytes_out) {
  report["file"] = task.input;
  report["out"] = task.output;
  report[unit] = count;
  report["bytes_out"] = bytes_out;
  const std::string text = display_name(task.input) + ": " + std::to_string(count) + " " + unit + " to " + display_name(task.output) +
                           ", " + std::to_string(bytes_out) + " bytes";
  print_line(task.json ? json_text(report) : text, task.output == "-");
}

int convert_splats(const ConvertTask& task, const Bytes& bytes) {
  std::optional<SplatTarget> target = splat_target(task.output);
  if (!target) return fail(task.output, {Code::invalid_argument, 0, no_splat_target(task.output)}, task.json);
  const auto input = load_splats(task.input, bytes, task.threads);
  if (!input.ok()) return fail(task.input, input.error(), task.json);
  print_input_note(task, input->note);
  target->options.spz_full_sh = task.full_sh;
  const auto output = write_splats(input->splats, target->format, target->options);
  if (!output.ok()) return fail(task.output, output.error(), task.json);
  for (const std::string& loss : output->losses) {
    std::fprintf(stderr, "dew: %s: warning: %s\n", display_name(task.output).c_str(), loss.c_str());
  }
  const Status written = write_splat_file(task.output, *output, task.overwrite);
  if (!written.ok()) return fail(task.output, written.error(), task.json);
  uint64_t bytes_out = output->file.size();
  for (const NamedBytes& file : output->siblings) bytes_out += file.bytes.size();
  print_report(task, {{"sh_degree", input->splats.sh_degree}, {"note", input->note}, {"losses", output->losses}}, "splats",
               input->splats.count(), bytes_out);
  return kDone;
}

int convert_points(const ConvertTask& task, const Bytes& bytes) {
  const auto input = read_cloud(bytes, {task.fields}, {});
  if (!input.ok()) return fail(task.input, input.error(), task.json);
  print_input_note(task, input->note);
  const auto file = write_as(input->content, extension(task.output));
  if (!file.ok()) return fail(task.output, file.error(), task.json);
  const Status written = write_file(task.output, *file, task.overwrite);
  if (!written.ok()) return fail(task.output, written.error(), task.json);
  print_report(task, {{"note", input->note}}, "points", point_count(input->content), file->size());
  return kDone;
}

int run_convert(const Arguments& arguments) {
  ConvertTask task;
  task.input = arguments.operands()[0];
  task.output = arguments.operands()[1];
  task.fields = arguments.text("--fields");
  task.overwrite = arguments.has("--force") ? Overwrite::yes : Overwrite::no;
  task.full_sh = arguments.has("--full-sh");
  task.json = arguments.has("--json");
  const auto threads = thread_count(arguments);
  if (!threads.ok()) return usage_error("convert", threads.error().message);
  task.threads = *threads;
  if (extension(task.output) == ".dew") return usage_error("convert", no_splat_target(task.output));
  const Status allowed = check_output(task.output, task.overwrite);
  if (!allowed.ok()) return fail(task.output, allowed.error(), task.json);
  const auto bytes = read_file(task.input);
  if (!bytes.ok()) return fail(task.input, bytes.error(), task.json);
  if (task.fields.empty() && !is_splat_scene(*bytes, task.input) && (is_mesh_dew(*bytes) || is_mesh_file(*bytes, task.input))) {
    return convert_mesh_to({task.input, task.output}, *bytes, arguments);
  }
  return task.fields.empty() && is_splat_scene(*bytes, task.input) ? convert_splats(task, *bytes) : convert_points(task, *bytes);
}

}  // namespace

Verb convert_verb() {
  return {
      "convert",
      "IN OUT",
      "turn a splat scene, a mesh or a frame into another format of others",
      "Reads a splat scene (3DGS .ply, .compressed.ply, .splat, .spz, .sog or its meta.json, .glb or .gltf, .ksplat, .dew), a mesh (.ply "
      "with faces, .obj, .stl, .off, .glb, .gltf, .drc, .dew) or a frame of points "
      "and writes the format that the end of OUT names; meta.json stands for an unpacked .sog, whose pictures are written beside it. What "
      "the format cannot hold is said on standard error. Axes are turned to those of the format.",
      {{"--full-sh", "", "", ".spz: keep all 8 bits of each SH coefficient instead of 5 and 4; some twice the size"},
       kFieldsOption,
       kThreadsOption,
       kForceOption,
       kJsonOption,
       kHelpOption},
      {{"dew convert scene.ply scene.spz", "a trained scene for a viewer"},
       {"dew convert scene.dew scene.splat", "a scene that was encoded, in one step"},
       {"dew convert scene.sog scene.ply", "back to a file that every tool reads"},
       {"dew convert scene.ply web/meta.json", "an unpacked .sog"},
       {"dew convert part.stl part.obj", "meshes likewise"},
       {"dew convert scan.pcd scan.ply", "and points"}},
      2,
      2,
      run_convert};
}

}  // namespace dew::app
