// SPDX-License-Identifier: Apache-2.0
#include "gaussians/render/render.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "apps/content.h"
#include "apps/files.h"
#include "apps/pictures.h"
#include "apps/report.h"
#include "apps/splat_codec.h"
#include "apps/verbs.h"
#include "apps/views.h"

namespace dew::app {
namespace {

/// The camera's name, or with its number in front where another camera has the same name.
std::string picture_name(const std::vector<View>& views, size_t index) {
  const std::string& name = views[index].camera.name;
  const auto count = std::count_if(views.begin(), views.end(), [&](const View& view) { return view.camera.name == name; });
  return (count > 1 ? std::to_string(index) + "_" : "") + name + picture_extension();
}

struct Drawing {
  std::string folder;
  uint32_t threads;
  Overwrite overwrite;
  bool as_json;
};

Status draw(const Splats& splats, const View& view, const std::string& name, const Drawing& drawing) {
  const std::string path = (std::filesystem::path(drawing.folder) / name).string();
  DEW_TRY(check_output(path, drawing.overwrite));
  const auto start = std::chrono::steady_clock::now();
  RenderOptions options;
  options.threads = drawing.threads;
  DEW_ASSIGN(const Rendered rendered, render(splats, view.camera, options));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  DEW_ASSIGN(const Bytes file, encode_picture(rendered.colour));
  DEW_TRY(write_file(path, file, drawing.overwrite));
  if (drawing.as_json) {
    print_json(Json{{"view", view.camera.name},
                    {"file", path},
                    {"width", view.camera.width},
                    {"height", view.camera.height},
                    {"seconds", took.count()}});
  } else {
    std::printf("%s  %u x %u  %s ms\n", path.c_str(), view.camera.width, view.camera.height, fixed(took.count() * 1e3, 1).c_str());
  }
  return {};
}

Result<std::vector<View>> wanted_views(const Arguments& arguments, const CameraDefaults& defaults) {
  DEW_ASSIGN(std::vector<View> views, load_views(arguments.text("--cameras"), defaults));
  return choose_views(std::move(views), arguments.text("--views"));
}

int run_render(const Arguments& arguments) {
  const bool as_json = arguments.has("--json");
  if (!arguments.has("--cameras") || !arguments.has("--out")) return usage_error("render", "--cameras and --out are needed");
  const auto threads = thread_count(arguments);
  if (!threads.ok()) return usage_error("render", threads.error().message);
  const auto defaults = camera_defaults(arguments);
  if (!defaults.ok()) return usage_error("render", defaults.error().message);
  const auto views = wanted_views(arguments, *defaults);
  if (!views.ok()) return fail(arguments.text("--cameras"), views.error(), as_json);
  const std::string& scene = arguments.operands()[0];
  const auto bytes = read_file(scene);
  if (!bytes.ok()) return fail(scene, bytes.error(), as_json);
  const auto input = load_splats(scene, *bytes, *threads);
  if (!input.ok()) return fail(scene, input.error(), as_json);

  const Drawing drawing = {arguments.text("--out"), *threads, arguments.has("--force") ? Overwrite::yes : Overwrite::no, as_json};
  std::error_code failed;
  std::filesystem::create_directories(drawing.folder, failed);
  if (failed) return fail(drawing.folder, {Code::io, 0, failed.message()}, as_json);
  int exit_code = kDone;
  for (size_t i = 0; i < views->size(); ++i) {
    const std::string name = picture_name(*views, i);
    const Status status = draw(input->splats, (*views)[i], name, drawing);
    if (!status.ok()) exit_code = fail(drawing.folder + "/" + name, status.error(), as_json);
  }
  return exit_code;
}

}  // namespace

Verb render_verb() {
  return {"render",
          "SCENE",
          "draw a splat scene from given cameras",
          "Draws the scene, of any format or a .dew file, from each camera and writes a picture for each (PNG; PPM in a build without "
          "libpng), named after the camera. As the "
          "reference rasteriser of 3D Gaussian Splatting draws; the same bits whatever the machine and the threads.",
          {kCamerasOption,
           {"--out", "DIR", "", "folder for the pictures; made where it is missing"},
           kViewsOption,
           kSizeOption,
           kBackgroundOption,
           kThreadsOption,
           kForceOption,
           kJsonOption,
           kHelpOption},
          {{"dew render scene.ply --cameras cameras.json --out views", "a picture for each camera"},
           {"dew render scene.ply --cameras transforms.json --views held-out --out views", "those that training did not see"}},
          1,
          1,
          run_render};
}

}  // namespace dew::app
