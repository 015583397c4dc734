// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "apps/content.h"
#include "apps/difference.h"
#include "apps/files.h"
#include "apps/verbs.h"

namespace dew::app {
namespace {

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

int run(const Arguments& arguments) {
  const bool as_json = arguments.has("--json");
  const auto threads = thread_count(arguments);
  if (!threads.ok()) return usage_error("compare", threads.error().message);
  std::vector<Source> sources;
  for (const std::string& file : arguments.operands()) {
    auto source = read_source_or_dew(file, arguments.text("--fields"), *threads);
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

}  // namespace

Verb compare_verb() {
  return {
      "compare",
      "A B",
      "say how far two frames are apart",
      "Compares B with the original A; each may be a frame in any format or a .dew file. Where the points are the same ones in the same "
      "order: the largest and the rms distance, and the largest difference of every field. Where counts or order differ: point to point "
      "(D1) and point to plane (D2) with PSNR, Chamfer and Hausdorff distance. For .lrf files a point is a cell and the error is that of "
      "the range. Frames that differ are no failure: the exit code is 0.",
      {{"--surface", "", "", "measure D1, D2, Chamfer and Hausdorff even where the order is kept"},
       kFieldsOption,
       kThreadsOption,
       kJsonOption,
       kHelpOption},
      {{"dew compare scan.bin decoded.bin", "two frames"},
       {"dew compare --json scan.bin scan.dew | jq .max_error_m", "a frame and what a .dew file makes of it"}},
      2,
      2,
      run};
}

}  // namespace dew::app
