// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "apps/files.h"
#include "apps/mesh_codec.h"
#include "apps/report.h"
#include "apps/splat_codec.h"
#include "apps/verbs.h"
#include "viewer/inspect/mesh_facts.h"

namespace dew::app {
namespace {

Status print_splat_info(const std::string& file, const Bytes& bytes, bool as_json) {
  DEW_ASSIGN(const SplatFileInfo info, inspect_splats(bytes, {}));
  if (as_json) {
    Json json = {{"file", file}};
    json.update(splat_info_json(info));
    print_json(json);
  } else {
    std::printf("%s\n%s", file.c_str(), info_text(viewer::info_lines(info)).c_str());
  }
  return {};
}

Status print_mesh_info(const std::string& file, const Bytes& bytes, bool as_json) {
  DEW_ASSIGN(const MeshFileInfo info, inspect_mesh(bytes, {}));
  if (as_json) {
    Json json = {{"file", file}};
    json.update(mesh_info_json(info));
    print_json(json);
  } else {
    std::printf("%s\n%s", file.c_str(), info_text(viewer::info_lines(info)).c_str());
  }
  return {};
}

Status print_info(const std::string& file, bool as_json) {
  DEW_ASSIGN(const Bytes bytes, read_file(file));
  if (is_splat_dew(bytes)) return print_splat_info(file, bytes, as_json);
  if (is_mesh_dew(bytes)) return print_mesh_info(file, bytes, as_json);
  DEW_ASSIGN(const FileInfo info, inspect(bytes, {}));
  if (as_json) {
    Json json = {{"file", file}};
    json.update(info_json(info));
    print_json(json);
  } else {
    std::printf("%s\n%s", file.c_str(), info_text(viewer::info_lines(info)).c_str());
  }
  return {};
}

int run_info(const Arguments& arguments) {
  int exit_code = kDone;
  for (const std::string& file : arguments.operands()) {
    const Status status = print_info(file, arguments.has("--json"));
    if (!status.ok()) exit_code = fail(file, status.error(), arguments.has("--json"));
  }
  return exit_code;
}

}  // namespace

Verb info_verb() {
  return {
      "info",
      "FILE.dew...",
      "say what is in a .dew file, without decoding its points",
      "Prints kind, points, mode, effort, the largest error the encoder measured, the sensor's numbers, the networks that are needed, and "
      "where the bits went. A point is a record of the input, for .lrf a cell; a return is one that is not a no-return. Geometry is "
      "everything but intensity and the other named fields: headers, order, flags, calibration, motion and models count as geometry.",
      {kJsonOption, kHelpOption},
      {{"dew info scan.dew", "for people"}, {"dew info --json *.dew | jq .bits_per_point.total", "one object a line, for programs"}},
      1,
      0,
      run_info};
}

}  // namespace dew::app
