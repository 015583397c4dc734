// SPDX-License-Identifier: Apache-2.0
#include "apps/view/chosen.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>

#include "apps/files.h"
#include "apps/report.h"
#include "gaussians/io/cameras.h"
#include "gaussians/significance/views.h"
#include "viewer/camera/moves.h"
#include "viewer/camera/saved_views.h"
#include "viewer/colour/legend.h"
#include "viewer/scene/up.h"

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

/// The axis nearest to the upward directions of the cameras beside a scene; nothing without such cameras.
std::optional<Vec3> up_of_cameras(const std::string& scene) {
  const std::string path = cameras_beside(scene);
  if (path.empty()) return std::nullopt;
  const auto views = views_of_file(path, {1280, 720});
  if (!views.ok() || views->empty()) return std::nullopt;
  Vec3 sum;
  for (const viewer::SavedView& view : *views) sum = viewer::operator+(sum, view.eye.up);
  const std::array<double, 3> parts = {sum.x, sum.y, sum.z};
  const auto largest = std::max_element(parts.begin(), parts.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
  std::array<double, 3> up{};
  up[static_cast<size_t>(largest - parts.begin())] = std::copysign(1.0, *largest);
  return Vec3{up[0], up[1], up[2]};
}

/// Which way is up where nobody says it: z of points; of meshes y, as most programs that make them have it; of splats as the cameras beside
/// them say, else as their own flattest axis and its denser end do (viewer/scene/up.h).
Vec3 usual_up(const OpenedPair& opened, const viewer::Layer& layer) {
  if (std::holds_alternative<viewer::PointLayer>(layer)) return {0, 0, 1};
  if (std::holds_alternative<viewer::MeshLayer>(layer)) return {0, 1, 0};
  if (const std::optional<Vec3> up = up_of_cameras(opened.original.path)) return *up;
  return viewer::estimated_up(std::get<viewer::SplatLayer>(layer).splats);
}

/// Where an overview looks to: along x for frames, into the depth of a picture where y is vertical.
Vec3 usual_heading(const Vec3& up) { return up.y != 0 ? Vec3{0, 0, up.y < 0 ? 1.0 : -1.0} : up.x != 0 ? Vec3{0, 1, 0} : Vec3{1, 0, 0}; }

/// The first camera of those beside the scene; else the first of the views that the encoder would make, turned so that `up` is; else from
/// outside.
Result<viewer::Viewpoint> automatic_splat_view(const ViewRequest& request, const OpenedPair& opened, const viewer::SplatLayer& layer,
                                               const Vec3& up, viewer::PixelSize pane) {
  if (const std::string cameras = cameras_beside(opened.original.path); !cameras.empty()) {
    // Another program's file may be no cameras at all.
    if (const auto views = views_of_file(cameras, pane); views.ok() && !views->empty()) return views->front().eye;
  }
  MadeViewsOptions options;
  options.count = 1;
  options.threads = request.threads;
  DEW_ASSIGN(const std::vector<Camera> views, made_views(layer.splats, options));
  if (!views.empty()) {
    viewer::Viewpoint eye = fitted_viewpoint(views.front(), pane);
    const viewer::Viewpoint level = viewer::look_at(eye.position, viewer::operator+(eye.position, eye.forward), up);
    // The picture's own axes, turned about its middle.
    eye.right = level.right;
    eye.up = level.up;
    return eye;
  }
  const double aspect = static_cast<double>(pane.width) / pane.height;
  return viewer::overview(viewer::main_bounds(layer), up, usual_heading(up), aspect);
}

std::string error_text(const viewer::Layer& layer) {
  const viewer::Attribute* error = viewer::find_attribute(layer, viewer::kError);
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

Vec3 up_of(const ViewRequest& request, const OpenedPair& opened, const viewer::Viewpoint& eye) {
  if (request.up) return *request.up;
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
  if (!std::holds_alternative<viewer::SplatLayer>(decoded)) {
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
  const auto* points = std::get_if<viewer::PointLayer>(&layer);
  const double aspect = static_cast<double>(pane.width) / std::max(1u, pane.height);
  const Vec3 up = request.up.value_or(usual_up(opened, layer));
  const Vec3 heading = usual_heading(up);
  const viewer::Bounds bounds = viewer::main_bounds(layer);
  if (request.camera == "top") return viewer::top_down(bounds, up, heading, aspect);
  if (request.camera == "overview") return viewer::overview(bounds, up, heading, aspect);
  if (request.camera != "auto" && request.camera != "sensor") return viewpoint_of_file(request.camera, pane);
  if (splats != nullptr) return automatic_splat_view(request, opened, *splats, up, pane);
  // A frame has its sensor at zero; a cloud far from there has none.
  const bool has_sensor = points != nullptr && viewer::length(points->origin) == 0 && viewer::length(bounds.centre()) < bounds.radius();
  if (points != nullptr && !request.up && (has_sensor || request.camera == "sensor"))
    return viewer::fitted(viewer::sensor_overview(bounds, {}), kFrameAspect, aspect);
  return viewer::overview(bounds, up, heading, aspect);
}

std::string pane_label(const OpenedPair& opened, viewer::Shows shows, size_t frame, std::optional<double> psnr_db) {
  constexpr std::array<const char*, 3> kMany = {"points", "splats", "vertices"}, kBits = {"bits/point", "bits/splat", "bits/vertex"};
  const size_t kind = first_layer(opened, frame).index();
  if (shows == viewer::Shows::difference) {
    if (!std::holds_alternative<viewer::SplatLayer>(first_layer(opened, frame))) return error_text(opened.pair.decoded->frames[frame]);
    return psnr_db ? "difference: " + (std::isfinite(*psnr_db) ? fixed(*psnr_db, 1) + " dB" : std::string("none")) : "difference";
  }
  const bool original = shows == viewer::Shows::original;
  const OpenedFile& file = original ? opened.original : *opened.decoded;
  const viewer::Side& side = original ? opened.pair.original : *opened.pair.decoded;
  const size_t count = viewer::count(side.frames[frame]);
  std::string text = base_name(file.path) + "  " + std::to_string(count) + " " + kMany[kind];
  if (!file.is_dew || side.frames.size() != 1) return text;
  // Bits are counted for what was coded, which may be more than what was kept.
  const size_t coded = viewer::count(first_layer(opened, frame));
  text += "  " + fixed(bits_per(file.bytes.size(), coded), 1) + " " + kBits[kind];
  return text;
}

}  // namespace dew::app
