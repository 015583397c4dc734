// SPDX-License-Identifier: Apache-2.0
// `dew bench` on splat scenes: the plan, the rows, the table.
#include "apps/bench/splats.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "apps/command_line.h"
#include "apps/files.h"
#include "apps/verbs.h"
#include "apps/views.h"

namespace dew::app {
namespace {

/// Where rate and distortion are drawn: from a preview to what no eye tells apart.
const std::vector<double> kCurve_db = {30, 33, 36, 38, 40, 42, 44, 46, 48, 50, 52.5, 55};

struct Plan {
  SplatBenchOptions options;
  std::string plot;  ///< path of the SVG; empty: none
  bool dew = true;
};

Result<std::vector<double>> parse_qualities(const std::string& text) {
  std::vector<double> qualities_db;
  for (const std::string& word : split(text, ',')) {
    char* end = nullptr;
    const double quality_db = std::strtod(word.c_str(), &end);
    if (*end != 0 || !(quality_db > 0) || !(quality_db < 200))
      return Error{Code::invalid_argument, 0, "--qualities takes decibels, as in 36,42, not '" + word + "'"};
    qualities_db.push_back(quality_db);
  }
  return qualities_db;
}

Result<Plan> make_plan(const Arguments& arguments) {
  Plan plan;
  SplatBenchOptions& options = plan.options;
  plan.plot = arguments.text("--plot");
  if (!plan.plot.empty()) options.qualities_db = kCurve_db;
  if (arguments.has("--qualities")) {
    DEW_ASSIGN(options.qualities_db, parse_qualities(arguments.text("--qualities")));
  }
  DEW_ASSIGN(options.views, arguments.number("--max-views", 8, 1, 100000));
  DEW_ASSIGN(const uint32_t limit_s, arguments.number("--peer-limit", 300, 1, 1000000));
  options.limit_s = limit_s;
  options.peers = arguments.has("--peers");
  options.encode_options = split(arguments.text("--encode-options"), ' ');
  // The codecs run by themselves on one thread; drawing never changes a bit with threads.
  options.threads = std::max(1u, std::thread::hardware_concurrency());
  plan.dew = !arguments.has("--peers-only");
  options.peers = options.peers || !plan.dew;
  return plan;
}

/// The scene's own cameras as options of dew encode, on the background of the measured views; empty where it has none. These are the
/// cameras of its photographs, never those that are measured on.
std::string own_cameras(const SplatScene& scene) {
  if (scene.photo_cameras.empty() || scene.photo_cameras == scene.cameras) return {};
  const Result<std::vector<View>> views = load_views(scene.cameras, {});
  if (!views.ok() || views->empty()) return {};
  const std::array<double, 3>& background = views->front().camera.background;
  return " --cameras '" + std::filesystem::absolute(scene.photo_cameras).string() + "' --background " + fixed(background[0], 3) + "," +
         fixed(background[1], 3) + "," + fixed(background[2], 3);
}

std::vector<SplatCodec> dew_codecs(const SplatBenchOptions& options, const SplatScene& scene) {
  std::string more;
  for (const std::string& word : options.encode_options) more += " " + word;
  const std::string cameras = own_cameras(scene);
  std::vector<SplatCodec> codecs;
  for (const double quality_db : options.qualities_db) {
    char number[32];
    std::snprintf(number, sizeof number, "%g", quality_db);
    const std::string quality = std::string("--quality ") + number;
    codecs.push_back(dew_splat_codec("dew " + quality, quality + more));
    if (!cameras.empty()) codecs.push_back(dew_splat_codec("dew " + quality + ", own cameras", quality + more + cameras));
  }
  if (options.lossless) codecs.push_back(dew_splat_codec("dew --lossless", "--lossless" + more));
  return codecs;
}

std::string number_text(const Json& row, const char* key, int digits, double scale = 1) {
  if (!row.contains(key)) return "";
  return row[key].is_number() ? fixed(scale * row[key].get<double>(), digits) : "same";
}

/// Decibels, or what came back whole.
std::string psnr_text(const Json& row, const char* key) {
  if (row.value("file_identical", false)) return "file";
  return row.value("splats_identical", false) ? "splats" : number_text(row, key, 2);
}

std::vector<std::string> splat_cells(const Json& row) {
  std::vector<std::string> out = {row.value("scene", ""), row.value("codec", "")};
  if (row.contains("error")) {
    out.push_back("error: " + row["error"].get<std::string>());
    return out;
  }
  for (const std::string& cell :
       {number_text(row, "splats", 0), number_text(row, "bytes", 0), number_text(row, "bits_per_splat", 1), psnr_text(row, "psnr_db"),
        psnr_text(row, "psnr_worst_db"), number_text(row, "ssim", 4), number_text(row, "photo_psnr_db", 2),
        number_text(row, "photo_psnr_change_db", 2), number_text(row, "encode_cpu_ms", 2, 1e-3), number_text(row, "decode_cpu_ms", 2, 1e-3),
        number_text(row, "encode_mb", 0), number_text(row, "decode_mb", 0)}) {
    out.push_back(cell);
  }
  return out;
}

void print_rows(const std::vector<Json>& rows, const std::vector<std::string>& absent, const Arguments& arguments) {
  if (arguments.has("--json")) {
    print_json({{"machine", {{"dew", DEW_VERSION}}}, {"rows", rows}, {"absent", absent}});
    return;
  }
  Table table({"scene", "codec", "splats", "bytes", "bits/splat", "PSNR", "worst", "SSIM", "photo PSNR", "change", "encode CPU s",
               "decode CPU s", "encode MB", "decode MB"},
              2);
  for (const Json& row : rows) table.add(splat_cells(row));
  if (arguments.has("--csv"))
    table.print_csv();
  else
    table.print();
  std::FILE* notes = arguments.has("--csv") ? stderr : stdout;
  std::fprintf(
      notes,
      "dew %s. PSNR, worst view and SSIM: drawing of the decoded scene against that of the original; photo PSNR: against photographs, "
      "held-out views. CPU seconds and peak memory: whole processes, files included, one run; --json has wall time too.\n",
      DEW_VERSION);
  for (const std::string& line : absent) std::fprintf(notes, "absent: %s\n", line.c_str());
}

std::vector<Json> measure_scene(const SplatScene& scene, const std::vector<SplatCodec>& codecs, const Plan& plan,
                                const CommandRunner& runner, Progress& progress) {
  progress.step(scene.name);
  const Result<SplatJudge> judge = SplatJudge::create(scene, plan.options);
  if (!judge.ok()) return {{{"scene", scene.name}, {"codec", ""}, {"error", judge.error().message}}};
  std::vector<Json> rows = {judge->original_row(scene)};
  for (const SplatCodec& codec : codecs) {
    progress.step(scene.name + ": " + codec.name);
    rows.push_back(measure_splat_codec(scene, *judge, codec, runner));
  }
  return rows;
}

}  // namespace

std::vector<Option> splat_bench_options() {
  return {{"--qualities", "LIST", "", "of splat scenes: decibels to encode at (default: 36,42; with --plot 12 of them from 30 to 55)"},
          {"--plot", "FILE", "", "of splat scenes: draw rate and distortion as an SVG"},
          {"--encode-options", "TEXT", "", "of splat scenes: further options of dew encode, separated by blanks"},
          {"--photos", "DIR", "", "of splat scenes: photographs of the cameras, in DIR/SCENE/images, DIR/SCENE, DIR/images or DIR"},
          {"--max-views", "N", "", "of splat scenes without bench_cameras.json: look from N of the cameras (default: 8)"},
          {"--peer-limit", "N", "", "of splat scenes: end a peer's encoder or decoder after N seconds (default: 300)"},
          {"--peers-only", "", "", "of splat scenes: leave dew out"}};
}

std::string first_given(const Arguments& arguments, const std::vector<std::string>& names) {
  const auto given = std::find_if(names.begin(), names.end(), [&](const std::string& name) { return arguments.has(name); });
  return given == names.end() ? "" : *given;
}

int run_splat_bench(const Arguments& arguments) {
  const std::string wrong = first_given(arguments, {"--modes", "--efforts", "--runs", "--threads", "--elsewhere", "--fields"});
  if (!wrong.empty()) return usage_error("bench", wrong + " is for point clouds, and these are splats");
  const Result<Plan> plan = make_plan(arguments);
  if (!plan.ok()) return usage_error("bench", plan.error().message);
  if (arguments.has("--json") && arguments.has("--csv")) return usage_error("bench", "--json and --csv exclude one another");
  auto scenes = find_splat_scenes(arguments.operands());
  if (!scenes.ok()) return fail("bench", scenes.error(), arguments.has("--json"));
  if (arguments.has("--photos")) add_photos_of(arguments.text("--photos"), *scenes);

  const CommandRunner runner;  // before anything large is read
  std::vector<std::string> absent;
  std::vector<SplatCodec> peers;
  if (plan->options.peers) peers = splat_peers(plan->options, absent);
  std::vector<Json> rows;
  {
    std::vector<std::vector<SplatCodec>> codecs;
    size_t steps = 0;
    for (const SplatScene& scene : *scenes) {
      codecs.push_back(plan->dew ? dew_codecs(plan->options, scene) : std::vector<SplatCodec>());
      codecs.back().insert(codecs.back().end(), peers.begin(), peers.end());
      steps += 1 + codecs.back().size();
    }
    Progress progress(steps, false);
    for (size_t i = 0; i < scenes->size(); ++i)
      for (Json& row : measure_scene((*scenes)[i], codecs[i], *plan, runner, progress)) rows.push_back(std::move(row));
  }
  print_rows(rows, absent, arguments);
  if (!plan->plot.empty()) {
    const Status written = write_file(plan->plot, as_bytes(rate_distortion_svg(rows)), Overwrite::yes);
    if (!written.ok()) return fail(plan->plot, written.error(), arguments.has("--json"));
  }
  const bool failed = std::any_of(rows.begin(), rows.end(), [](const Json& row) { return row.contains("error"); });
  return failed ? kFailed : kDone;
}

}  // namespace dew::app
