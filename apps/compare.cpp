// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>

#include "apps/compare_splats.h"
#include "apps/content.h"
#include "apps/difference.h"
#include "apps/files.h"
#include "apps/mesh_codec.h"
#include "apps/sequences.h"
#include "apps/splat_codec.h"
#include "apps/verbs.h"
#include "gaussians/significance/views.h"

namespace dew::app {
namespace {

constexpr const char* kForSplats[] = {"--cameras", "--auto-cameras", "--views", "--photos", "--size", "--background"};

std::string optional_length(const std::optional<double>& metres) { return metres ? length_text(*metres) : "unknown"; }

void print_text(const Difference& d) {
  std::printf("points       %llu and %llu, order %s\n", static_cast<unsigned long long>(d.points_a),
              static_cast<unsigned long long>(d.points_b), d.order_kept ? "kept" : "not kept");
  std::printf("error        at most %s, rms %s%s\n", optional_length(d.max_error_m).c_str(), optional_length(d.rms_error_m).c_str(),
              d.order_kept ? "" : " (to the nearest point)");
  for (const FieldDifference& field : d.fields) {
    const std::string how = field.equal ? "equal" : field.max_abs ? "differs by at most " + Json(*field.max_abs).dump() : "not comparable";
    std::printf("field        %s: %s\n", field.name.c_str(), how.c_str());
  }
  if (!d.surface) return;
  std::printf("D1           %s dB PSNR (point to point)\n", fixed(d.surface->point_to_point.psnr_db, 2).c_str());
  std::printf("D2           %s dB PSNR (point to plane)\n", fixed(d.surface->point_to_plane.psnr_db, 2).c_str());
  std::printf("peak         %s\n", length_text(d.surface->peak_m).c_str());
  std::printf("Chamfer      %s\n", length_text(d.surface->chamfer_m).c_str());
  std::printf("Hausdorff    %s\n", length_text(d.surface->hausdorff_m).c_str());
}

int compare_frames(const Arguments& arguments, std::vector<Bytes> files, uint32_t threads) {
  const bool as_json = arguments.has("--json");
  std::vector<Source> sources;
  for (size_t i = 0; i < files.size(); ++i) {
    const std::string& file = arguments.operands()[i];
    auto source = parse_source_or_dew(std::move(files[i]), arguments.text("--fields"), threads);
    if (!source.ok()) return fail(file, source.error(), as_json);
    print_note(file, *source);
    sources.push_back(*std::move(source));
  }
  CompareOptions options;
  options.always_surface = arguments.has("--surface");
  const auto compared = difference(sources[0].content, sources[1].content, options);
  if (!compared.ok()) return fail(arguments.operands()[1], compared.error(), as_json);
  if (as_json)
    print_json(difference_json(*compared));
  else
    print_text(*compared);
  return kDone;
}

/// Those of --cameras, or made from the original.
Result<std::vector<View>> comparison_views(const Arguments& arguments, const Splats& original, uint32_t threads) {
  DEW_ASSIGN(const CameraDefaults defaults, camera_defaults(arguments));
  std::vector<View> views;
  if (arguments.has("--cameras")) {
    DEW_ASSIGN(views, load_views(arguments.text("--cameras"), defaults));
  } else {
    MadeViewsOptions options;
    options.threads = threads;
    options.background = defaults.background;
    if (arguments.has("--size")) {
      options.width = defaults.width;
      options.height = defaults.height;
    }
    DEW_ASSIGN(const std::vector<Camera> made, made_views(original, options));
    for (const Camera& camera : made) views.emplace_back().camera = camera;
  }
  return choose_views(std::move(views), arguments.text("--views"));
}

Status check_splat_options(const Arguments& arguments) {
  if (arguments.has("--cameras") && arguments.has("--auto-cameras")) {
    return Error{Code::invalid_argument, 0, "--cameras and --auto-cameras exclude one another"};
  }
  if (arguments.has("--photos") && !arguments.has("--cameras")) {
    return Error{Code::invalid_argument, 0, "--photos needs the --cameras that they were taken with"};
  }
  DEW_ASSIGN(const CameraDefaults defaults, camera_defaults(arguments));
  if (arguments.has("--size") && (defaults.width == 0 || defaults.height == 0)) {
    return Error{Code::invalid_argument, 0, "--size takes two numbers of pixels, as in 800x600"};
  }
  return {};
}

int compare_scenes(const Arguments& arguments, const std::vector<Bytes>& files, uint32_t threads) {
  const bool as_json = arguments.has("--json");
  std::vector<SplatInput> scenes;
  for (size_t i = 0; i < files.size(); ++i) {
    const std::string& file = arguments.operands()[i];
    auto scene = load_splats(file, files[i], threads);
    if (!scene.ok()) return fail(file, scene.error(), as_json);
    if (!scene->note.empty()) std::fprintf(stderr, "dew: %s: %s\n", display_name(file).c_str(), scene->note.c_str());
    scenes.push_back(*std::move(scene));
  }
  const auto views = comparison_views(arguments, scenes[0].splats, threads);
  if (!views.ok()) return fail(arguments.text("--cameras", arguments.operands()[0]), views.error(), as_json);
  const auto compared =
      compare_splats(scenes[0].splats, scenes[1].splats, *views, {.photos_folder = arguments.text("--photos"), .threads = threads});
  if (!compared.ok()) return fail(arguments.operands()[1], compared.error(), as_json);
  if (as_json)
    print_json(splat_comparison_json(*compared));
  else
    std::fputs(splat_comparison_text(*compared).c_str(), stdout);
  return kDone;
}

int run_compare(const Arguments& arguments) {
  const auto threads = thread_count(arguments);
  if (!threads.ok()) return usage_error("compare", threads.error().message);
  if (const Status status = check_splat_options(arguments); !status.ok()) return usage_error("compare", status.error().message);
  if (std::any_of(arguments.operands().begin(), arguments.operands().end(), holds_many_frames))
    return compare_sequences(arguments, *threads);
  std::vector<Bytes> files;
  bool scenes = false, meshes = true;
  for (const std::string& file : arguments.operands()) {
    auto bytes = read_file(file);
    if (!bytes.ok()) return fail(file, bytes.error(), arguments.has("--json"));
    scenes = scenes || is_splat_scene(*bytes, file);
    meshes = meshes && (is_mesh_dew(*bytes) || is_mesh_file(*bytes, file));
    files.push_back(*std::move(bytes));
  }
  scenes = scenes && !arguments.has("--fields");
  if (scenes && arguments.has("--surface")) return usage_error("compare", "--surface is for frames, not for splats");
  for (const char* option : kForSplats) {
    if (!scenes && arguments.has(option)) return usage_error("compare", std::string(option) + " is for splats");
  }
  if (!scenes && meshes && !arguments.has("--fields")) return compare_meshes(arguments, files, *threads);
  return scenes ? compare_scenes(arguments, files, *threads) : compare_frames(arguments, std::move(files), *threads);
}

}  // namespace

Verb compare_verb() {
  return {
      "compare",
      "A B",
      "say how far two frames, splat scenes or meshes are apart",
      "Compares B with the original A; each may be a frame, a splat scene or a mesh in any format or a .dew file. Frames, where the points "
      "are the "
      "same ones in the same order: the largest and the rms distance, and the largest difference of every field; where counts or order "
      "differ: point to point (D1) and point to plane (D2) with PSNR, Chamfer and Hausdorff distance. For .lrf files a point is a cell and "
      "the error is that of the range. Splat scenes: PSNR and SSIM of B's renders against A's from the cameras of a file or from views "
      "made "
      "for A, PSNR of both against photographs where there are some, and differences of values where count and order agree. Meshes: the "
      "distances of 50,000 points on each surface, and of all "
      "vertices, to the other surface (rms, largest), the angle between normals, and how far vertices moved where the order is kept, in "
      "the unit of the files. Files that "
      "differ are no failure: the exit code is 0. Of two folders of frames, or files of many, frame is compared with frame, in order.",
      {{"--surface", "", "", "frames: measure D1, D2, Chamfer and Hausdorff even where the order is kept"},
       kFieldsOption,
       kCamerasOption,
       {"--auto-cameras", "", "", "splats: from views made for A (default where no cameras are given)"},
       kViewsOption,
       kPhotosOption,
       kSizeOption,
       kBackgroundOption,
       kThreadsOption,
       kJsonOption,
       kHelpOption},
      {{"dew compare scan.bin decoded.bin", "two frames"},
       {"dew compare --json scan.bin scan.dew | jq .max_error_m", "a frame and what a .dew file makes of it"},
       {"dew compare scene.ply scene.dew --cameras cameras.json --photos images", "a splat scene likewise"},
       {"dew compare --json model.obj model.dew | jq .rms_error_m", "a mesh"},
       {"dew compare --json scene.ply scene.spz | jq .psnr_mean", "what another format costs, from made views"}},
      2,
      2,
      run_compare};
}

}  // namespace dew::app
