// SPDX-License-Identifier: Apache-2.0
#include "apps/view/chosen.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "apps/files.h"
#include "apps/report.h"
#include "gaussians/io/cameras.h"
#include "gaussians/significance/views.h"
#include "viewer/camera/moves.h"
#include "viewer/camera/saved_views.h"
#include "viewer/colour/legend.h"

namespace dew::app {
namespace {

/// Differences of pictures that a map shows at its upper end, image values from 0 to 1.
constexpr double kLargestDifference = 0.1;

/// Frames are looked at in pictures of 4 to 3; narrower ones show as much from left to right.
constexpr double kFrameAspect = 4.0 / 3;

const viewer::Layer& first_layer(const OpenedPair& opened, size_t frame) { return opened.pair.original.frames[frame]; }

/// The last '#' parts a view's name from the file's; names of files may hold others.
std::pair<std::string, std::string> file_and_view(const std::string& camera) {
  const size_t mark = camera.rfind('#');
  if (mark == std::string::npos) return {camera, ""};
  return {camera.substr(0, mark), camera.substr(mark + 1)};
}

/// A camera's viewpoint in a pane: what the camera shows from left to right stays in it.
viewer::Viewpoint fitted_viewpoint(const Camera& camera, viewer::PixelSize pane) {
  const double whole = static_cast<double>(camera.width) / camera.height, aspect = static_cast<double>(pane.width) / pane.height;
  return viewer::fitted(viewer::viewpoint_of(camera), whole, aspect);
}

Result<std::vector<viewer::SavedView>> views_of_file(const std::string& path, viewer::PixelSize size) {
  DEW_ASSIGN(const Bytes bytes, read_file(path));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.find("\"dew_views\"") != std::string_view::npos) return viewer::read_saved_views(text);
  CameraDefaults defaults;
  defaults.width = size.width;
  defaults.height = size.height;
  DEW_ASSIGN(const std::vector<View> views, read_views(bytes, defaults, {}));
  std::vector<viewer::SavedView> saved;
  for (const View& view : views) saved.push_back({view.camera.name, fitted_viewpoint(view.camera, size)});
  return saved;
}

Result<viewer::Viewpoint> viewpoint_of_file(const std::string& camera, viewer::PixelSize size) {
  const auto [path, name] = file_and_view(camera);
  const auto views = views_of_file(path, size);
  if (!views.ok()) return Error{views.error().code, views.error().offset, "--camera " + path + ": " + views.error().message};
  for (size_t i = 0; i < views->size(); ++i) {
    if (name.empty() || (*views)[i].name == name || std::to_string(i) == name) return (*views)[i].eye;
  }
  return Error{Code::invalid_argument, 0, "--camera " + path + " has no view '" + name + "'"};
}

/// The cameras that lie beside a scene by their usual names; empty where there are none.
std::string cameras_beside(const std::string& scene) {
  for (const char* name : {"cameras.json", "transforms.json"}) {
    const std::filesystem::path path = std::filesystem::path(scene).parent_path() / name;
    std::error_code failed;
    if (std::filesystem::is_regular_file(path, failed)) return path.string();
  }
  return {};
}

/// The first camera of those beside the scene; else the first of the views that the encoder would make; else from outside.
Result<viewer::Viewpoint> automatic_splat_view(const OpenedPair& opened, const viewer::SplatLayer& layer, viewer::PixelSize pane,
                                               uint32_t threads) {
  if (const std::string cameras = cameras_beside(opened.original.path); !cameras.empty()) {
    // Another program's file may be no cameras at all.
    if (const auto views = views_of_file(cameras, pane); views.ok() && !views->empty()) return views->front().eye;
  }
  MadeViewsOptions options;
  options.count = 1;
  options.threads = threads;
  DEW_ASSIGN(const std::vector<Camera> views, made_views(layer.splats, options));
  if (!views.empty()) return fitted_viewpoint(views.front(), pane);
  const double aspect = static_cast<double>(pane.width) / pane.height;
  return viewer::overview(viewer::main_bounds(layer), {0, -1, 0}, {0, 0, 1}, aspect);
}

std::string point_error_text(const viewer::PointLayer& layer) {
  const viewer::Attribute* error = layer.find(viewer::kError);
  if (error == nullptr) return "error: order was not kept";
  double largest = 0, squares = 0, count = 0;
  for (const float value : error->values) {
    if (!std::isfinite(value)) continue;
    const double error_m = static_cast<double>(value);
    largest = std::max(largest, error_m);
    squares += error_m * error_m;
    ++count;
  }
  return "error: max " + viewer::length_text(largest) + ", rms " + viewer::length_text(count > 0 ? std::sqrt(squares / count) : 0);
}

}  // namespace

size_t chosen_frame(const ViewRequest& request, const OpenedPair& opened) {
  return std::min<size_t>(request.frame, std::max<size_t>(opened.pair.frame_count(), 1) - 1);
}

viewer::PixelSize chosen_size(const ViewRequest& request, viewer::Mode mode) {
  if (request.size) return *request.size;
  if (mode == viewer::Mode::three) return {1928, 480};
  if (mode == viewer::Mode::side) return {1604, 600};
  return {1280, 720};
}

Vec3 up_of(const OpenedPair& opened, const viewer::Viewpoint& eye) {
  if (std::holds_alternative<viewer::PointLayer>(first_layer(opened, 0))) return {0, 0, 1};
  const Vec3 sizes = {std::abs(eye.up.x), std::abs(eye.up.y), std::abs(eye.up.z)};
  if (sizes.x > sizes.y && sizes.x > sizes.z) return {std::copysign(1.0, eye.up.x), 0, 0};
  if (sizes.y > sizes.z) return {0, std::copysign(1.0, eye.up.y), 0};
  return {0, 0, std::copysign(1.0, eye.up.z)};
}

viewer::Style chosen_style(const ViewRequest& request, const OpenedPair& opened, viewer::Mode mode) {
  viewer::Style style;
  const size_t frame = chosen_frame(request, opened);
  const viewer::Layer& original = first_layer(opened, frame);
  style.mode = opened.pair.decoded ? mode : viewer::Mode::original;
  if (request.point_px > 0) style.point_px = request.point_px;
  const std::string attribute = request.colour.empty() ? viewer::first_attribute(original) : request.colour;
  // Both sides by one scale, so that equal numbers are equal colours.
  style.colouring[0] = style.colouring[1] = viewer::default_colouring(original, attribute);
  if (!opened.pair.decoded) return style;
  const viewer::Layer& decoded = opened.pair.decoded->frames[frame];
  if (style.colouring[0].attribute.empty() && viewer::find_attribute(decoded, attribute) != nullptr) {
    style.colouring[1] = viewer::default_colouring(decoded, attribute);
  }
  if (std::holds_alternative<viewer::PointLayer>(decoded)) {
    style.colouring[2] = viewer::default_colouring(decoded, viewer::kError);
    if (request.error_limit_m) style.colouring[2].high = *request.error_limit_m;
    if (style.colouring[1].attribute == viewer::kError) style.colouring[1] = style.colouring[2];
  } else {
    style.colouring[2].attribute = "difference";
    style.colouring[2].map = viewer::ColourMap::heat;
    style.colouring[2].high = kLargestDifference;
  }
  return style;
}

Result<viewer::Viewpoint> chosen_viewpoint(const ViewRequest& request, const OpenedPair& opened, viewer::PixelSize pane) {
  const viewer::Layer& layer = first_layer(opened, chosen_frame(request, opened));
  const auto* splats = std::get_if<viewer::SplatLayer>(&layer);
  const double aspect = static_cast<double>(pane.width) / std::max(1u, pane.height);
  // Most trained scenes have y about down, frames z up.
  const Vec3 heading = splats != nullptr ? Vec3{0, 0, 1} : Vec3{1, 0, 0};
  const Vec3 up = splats != nullptr ? Vec3{0, -1, 0} : Vec3{0, 0, 1};
  const viewer::Bounds bounds = viewer::main_bounds(layer);
  if (request.camera == "top") return viewer::top_down(bounds, up, heading, aspect);
  if (request.camera == "overview") return viewer::overview(bounds, up, heading, aspect);
  if (request.camera != "auto" && request.camera != "sensor") return viewpoint_of_file(request.camera, pane);
  if (splats != nullptr) return automatic_splat_view(opened, *splats, pane, request.threads);
  // A frame has its sensor at zero; a cloud far from there has none.
  const bool has_sensor =
      viewer::length(std::get<viewer::PointLayer>(layer).origin) == 0 && viewer::length(bounds.centre()) < bounds.radius();
  if (has_sensor || request.camera == "sensor") return viewer::fitted(viewer::sensor_overview(bounds, {}), kFrameAspect, aspect);
  return viewer::overview(bounds, up, heading, aspect);
}

std::string pane_label(const OpenedPair& opened, viewer::Shows shows, size_t frame, std::optional<double> psnr_db) {
  const bool points = std::holds_alternative<viewer::PointLayer>(first_layer(opened, frame));
  if (shows == viewer::Shows::difference) {
    if (points) return point_error_text(std::get<viewer::PointLayer>(opened.pair.decoded->frames[frame]));
    return psnr_db ? "difference: " + (std::isfinite(*psnr_db) ? fixed(*psnr_db, 1) + " dB" : std::string("none")) : "difference";
  }
  const bool original = shows == viewer::Shows::original;
  const OpenedFile& file = original ? opened.original : *opened.decoded;
  const viewer::Side& side = original ? opened.pair.original : *opened.pair.decoded;
  const size_t count = viewer::count(side.frames[frame]);
  std::string text = base_name(file.path) + "  " + std::to_string(count) + (points ? " points" : " splats");
  if (!file.is_dew || side.frames.size() != 1) return text;
  // Bits are counted for what was coded, which may be more than what was kept.
  const size_t coded = viewer::count(first_layer(opened, frame));
  text += "  " + fixed(bits_per(file.bytes.size(), coded), 1) + (points ? " bits/point" : " bits/splat");
  return text;
}

}  // namespace dew::app
