// SPDX-License-Identifier: Apache-2.0
#include "gaussians/significance/prune.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>

#include "apps/content.h"
#include "apps/files.h"
#include "apps/report.h"
#include "apps/splat_codec.h"
#include "apps/splat_files.h"
#include "apps/verbs.h"
#include "apps/views.h"
#include "gaussians/io/write_splats.h"
#include "gaussians/metrics.h"
#include "gaussians/render/render.h"

namespace dew::app {
namespace {

constexpr double kUsualPhotoPsnr_db = 30;  // of a trained scene against photographs, where none are at hand

/// A number between the bounds. Errors: invalid_argument.
Result<double> real(const Arguments& arguments, std::string_view option, double fallback, double least, double most) {
  const std::string text = arguments.text(option);
  if (text.empty()) return fallback;
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size() || !(value >= least && value <= most)) {
    return Error{Code::invalid_argument, 0, std::string(option) + " takes a number from " + fixed(least, 2) + " to " + fixed(most, 0)};
  }
  return value;
}

struct PruneTask {
  std::vector<View> views;
  PruneOptions options;
  std::optional<double> drop_db;
  std::string photos;
};

Result<PruneTask> task_of(const Arguments& arguments) {
  PruneTask out;
  DEW_ASSIGN(out.options.threads, thread_count(arguments));
  DEW_ASSIGN(out.options.keep, real(arguments, "--keep", 1, 0, 1));
  DEW_ASSIGN(out.options.least_psnr_db, real(arguments, "--quality", 0, 1, 200));
  if (arguments.has("--max-psnr-drop")) {
    DEW_ASSIGN(const double drop_db, real(arguments, "--max-psnr-drop", 0, 1e-6, 50));
    out.drop_db = drop_db;
  }
  if (!arguments.has("--keep") && !arguments.has("--quality") && !out.drop_db) {
    return Error{Code::invalid_argument, 0, "one of --keep, --quality and --max-psnr-drop is needed"};
  }
  out.options.score = score_named(arguments.text("--score", score_name(Score::removal_error))).value_or(Score::removal_error);
  out.options.compensate = !arguments.has("--no-compensation");
  out.options.only_these_views = arguments.has("--only-these-views");
  out.photos = arguments.text("--photos");
  if (!arguments.has("--cameras")) return out;
  DEW_ASSIGN(const CameraDefaults defaults, camera_defaults(arguments));
  DEW_ASSIGN(std::vector<View> views, load_views(arguments.text("--cameras"), defaults));
  DEW_ASSIGN(out.views, choose_views(std::move(views), arguments.text("--views")));
  return out;
}

/// Mean PSNR of the renders against the photographs; nothing where there are none.
Result<std::optional<double>> photo_psnr(const Splats& splats, const PruneTask& task) {
  double sum = 0;
  size_t count = 0;
  for (const View& view : task.views) {
    if (task.photos.empty()) break;
    DEW_ASSIGN(const std::optional<Image> photo, load_photo(view, task.photos));
    if (!photo) continue;
    RenderOptions drawing;
    drawing.threads = task.options.threads;
    DEW_ASSIGN(const Rendered drawn, render(splats, view.camera, drawing));
    DEW_ASSIGN(const double psnr_db, image_psnr_db(drawn.colour, *photo));
    sum += psnr_db;
    ++count;
  }
  if (count == 0) return std::optional<double>();
  return std::optional<double>(sum / static_cast<double>(count));
}

Result<Pruned> pruned_scene(const Splats& splats, PruneTask& task) {
  if (task.drop_db) {
    DEW_ASSIGN(const std::optional<double> measured, photo_psnr(splats, task));
    const double psnr_db = psnr_for_drop(*task.drop_db, measured.value_or(kUsualPhotoPsnr_db));
    task.options.least_psnr_db = std::max(task.options.least_psnr_db, psnr_db);
  }
  std::vector<Camera> cameras;
  for (const View& view : task.views) cameras.push_back(view.camera);
  return prune(splats, cameras, task.options);
}

/// Infinity has no number in JSON.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

void report(const std::string& output, const PruneReport& report, double seconds, bool as_json) {
  if (as_json) {
    print_json(Json{{"file", output},
                    {"splats_before", report.before},
                    {"splats_after", report.after},
                    {"psnr_db", number(report.psnr_db)},
                    {"worst_psnr_db", number(report.worst_psnr_db)},
                    {"off_path_psnr_db", number(report.off_path_psnr_db)},
                    {"views", report.views},
                    {"off_path_views", report.off_path_views},
                    {"seconds", seconds}});
    return;
  }
  const double share = report.before == 0 ? 1 : static_cast<double>(report.after) / static_cast<double>(report.before);
  std::printf("%s  %zu of %zu splats (%s %%)  %s dB against the scene as it was (worst view %s, off the path %s)  %s s\n", output.c_str(),
              report.after, report.before, fixed(100 * share, 1).c_str(), fixed(report.psnr_db, 2).c_str(),
              fixed(report.worst_psnr_db, 2).c_str(), fixed(report.off_path_psnr_db, 2).c_str(), fixed(seconds, 1).c_str());
}

int run_prune(const Arguments& arguments) {
  const bool as_json = arguments.has("--json");
  const std::string& scene = arguments.operands()[0];
  const std::string& output = arguments.operands()[1];
  auto task = task_of(arguments);
  if (!task.ok()) return refuse("prune", task.error(), as_json);
  const auto target = splat_target(output);
  if (!target) return usage_error("prune", no_splat_target(output));
  const Overwrite overwrite = arguments.has("--force") ? Overwrite::yes : Overwrite::no;
  if (const Status status = check_output(output, overwrite); !status.ok()) return fail(output, status.error(), as_json);
  const auto bytes = read_file(scene);
  if (!bytes.ok()) return fail(scene, bytes.error(), as_json);
  const auto input = load_splats(scene, *bytes, task->options.threads);
  if (!input.ok()) return fail(scene, input.error(), as_json);

  const auto start = std::chrono::steady_clock::now();
  const auto pruned = pruned_scene(input->splats, *task);
  if (!pruned.ok()) return fail(scene, pruned.error(), as_json);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const auto file = write_splats(pruned->splats, target->format, target->options);
  if (!file.ok()) return fail(output, file.error(), as_json);
  for (const std::string& loss : file->losses) std::fprintf(stderr, "dew: %s: %s\n", output.c_str(), loss.c_str());
  if (const Status status = write_splat_file(output, *file, overwrite); !status.ok()) return fail(output, status.error(), as_json);
  report(output, pruned->report, took.count(), as_json);
  return kDone;
}

}  // namespace

Verb prune_verb() {
  return {
      "prune",
      "SCENE OUT",
      "take away the splats that pictures miss least",
      "Takes splats out of a scene of any format or a .dew file, those first whose absence changes the views least, in rounds, and refits "
      "opacities and colours of "
      "those "
      "that stay to renders of the scene as it was. Without cameras, views are made: around an object, inside a place. With cameras, views "
      "off their path count too, and may lose 2 dB more than was asked for; --only-these-views looks at those of the file alone.",
      {{"--keep", "SHARE", "", "share of the splats that stays, 0 to 1; with a quality: at least this share"},
       {"--quality", "DB", "", "as few splats as give this PSNR against renders of the scene as it was, mean over the views"},
       {"--max-psnr-drop", "DB", "",
        "as few splats as cost this much PSNR against photographs: those of --photos, else as if the scene were 30 dB from them"},
       kCamerasOption,
       kViewsOption,
       {"--photos", "DIR", "", "folder with the photographs of the views"},
       {"--only-these-views", "", "", "nothing but the given views counts"},
       {"--score", "NAME", "removal-error weight max-weight light-gaussian opacity opacity-area", "what decides who goes [removal-error]"},
       {"--no-compensation", "", "", "leave opacities and colours as they are"},
       kSizeOption,
       kBackgroundOption,
       kThreadsOption,
       kForceOption,
       kJsonOption,
       kHelpOption},
      {{"dew prune scene.ply small.ply --keep 0.7 --cameras cameras.json", "seven splats of ten"},
       {"dew prune scene.ply small.ply --max-psnr-drop 0.1", "as few as a tenth of a decibel allows, from views of its own making"}},
      2,
      2,
      run_prune};
}

}  // namespace dew::app
