// SPDX-License-Identifier: Apache-2.0
// What the page calls. Numbers go in and out as arguments; texts and arrays lie in the module's memory: dew_answer() and
// dew_answer_size() say where the last one is, until the next call. viewer/web/page/module.mjs wraps all of it.
#include <cmath>
#include <cstdlib>
#include <limits>

#include "gaussians/render/projection.h"
#include "viewer/camera/moves.h"
#include "viewer/picture/style.h"
#include "viewer/shaders/texts.h"
#include "viewer/splats/splat_texels.h"
#include "viewer/web/describe.h"
#include "viewer/web/session.h"

// Names of their own inside, as C libraries have an open() and a close() too.
#define DEW_EXPORT(name) __attribute__((export_name(#name)))

namespace dew::viewer {
namespace {

/// Splats that reach in from far aside are drawn, too: none is left out for where its centre lies.
constexpr double kSplatMargin = std::numeric_limits<double>::infinity();

/// The camera as the page sees it: numbers in a row.
struct PageCamera {
  Viewpoint eye;
  Vec3 pivot;
  Vec3 up{0, 0, 1};
};
static_assert(sizeof(PageCamera) == 23 * sizeof(double));

struct Module {
  Session session;
  PageCamera camera;
  std::string text;
  std::vector<float> floats;
  std::vector<uint32_t> numbers;
  const void* answer = nullptr;
  size_t answer_size = 0;  ///< bytes of a text, elements of an array
};

Module& module() {
  static Module instance;
  return instance;
}

void answer_text(std::string text) {
  module().text = std::move(text);
  module().answer = module().text.data();
  module().answer_size = module().text.size();
}
void answer_floats(std::vector<float> floats) {
  module().floats = std::move(floats);
  module().answer = module().floats.data();
  module().answer_size = module().floats.size();
}
void answer_numbers(std::vector<uint32_t> numbers) {
  module().numbers = std::move(numbers);
  module().answer = module().numbers.data();
  module().answer_size = module().numbers.size();
}

bool has_side(uint32_t side) { return side < 2 && module().session.has(side); }
const Attribute* attribute_at(uint32_t side, uint32_t index) {
  if (!has_side(side)) return nullptr;
  const std::span<const Attribute> all = attributes(module().session.layer(side));
  return index < all.size() ? &all[index] : nullptr;
}
const PointLayer* points_of(uint32_t side) { return has_side(side) ? std::get_if<PointLayer>(&module().session.layer(side)) : nullptr; }
const MeshLayer* mesh_of(uint32_t side) { return has_side(side) ? std::get_if<MeshLayer>(&module().session.layer(side)) : nullptr; }
/// What places of points and vertices are relative to.
std::optional<Vec3> origin_of(uint32_t side) {
  if (const PointLayer* points = points_of(side)) return points->origin;
  if (const MeshLayer* mesh = mesh_of(side)) return mesh->origin;
  return std::nullopt;
}
const SplatLayer* splats_of(uint32_t side) { return has_side(side) ? std::get_if<SplatLayer>(&module().session.layer(side)) : nullptr; }

}  // namespace

// Memory that the page fills; dew_open takes over what it is given.
DEW_EXPORT(dew_allocate) void* allocate(size_t bytes) { return std::malloc(bytes); }
DEW_EXPORT(dew_release) void release(void* memory) { std::free(memory); }
DEW_EXPORT(dew_answer) const void* answer() { return module().answer; }
DEW_EXPORT(dew_answer_size) size_t answer_size() { return module().answer_size; }

/// 1, or 0 and an error as JSON.
DEW_EXPORT(dew_open) int open(uint32_t side, const char* name, size_t name_bytes, std::byte* file, size_t file_bytes) {
  Bytes bytes(file, file + file_bytes);
  std::free(file);
  const Status status = module().session.open(side & 1, {name, name_bytes}, std::move(bytes));
  if (status.ok()) return 1;
  answer_text(describe(status.error()));
  return 0;
}
/// Forgets both sides.
DEW_EXPORT(dew_close) void close() { module().session = {}; }
/// 1 and what is shown as JSON, or 0 and an error.
DEW_EXPORT(dew_show_frame) int show_frame(uint32_t frame) {
  const Status status = module().session.show_frame(frame);
  answer_text(status.ok() ? describe(module().session) : describe(status.error()));
  return status.ok() ? 1 : 0;
}
/// Measures where the bytes of the decoded side go: 1 and what is shown as JSON, "bits" included, or 0 and an error.
DEW_EXPORT(dew_measure_bits) int measure_bits() {
  const Status status = module().session.measure_bits();
  answer_text(status.ok() ? describe(module().session) : describe(status.error()));
  return status.ok() ? 1 : 0;
}
/// Decodes a file and nothing more: 1 and the SHA-256 of its content as hex digits, or 0 and an error as JSON. Takes over `file`.
DEW_EXPORT(dew_decode) int decode_alone(std::byte* file, size_t file_bytes) {
  Bytes bytes(file, file + file_bytes);
  std::free(file);
  Result<std::string> sha256 = decoded_sha256(bytes);
  answer_text(sha256.ok() ? *std::move(sha256) : describe(sha256.error()));
  return sha256.ok() ? 1 : 0;
}

/// xyz of points in the order of their level of detail, relative to the origin that dew_clip_matrix takes care of.
DEW_EXPORT(dew_point_positions) void point_positions(uint32_t side) {
  std::vector<float> xyz;
  if (const PointLayer* points = points_of(side)) {
    xyz.reserve(points->xyz.size());
    for (const uint32_t i : module().session.side(side).detail.order) xyz.insert(xyz.end(), &points->xyz[3 * i], &points->xyz[3 * i] + 3);
  }
  answer_floats(std::move(xyz));
}
/// Values of an attribute: points in the order of their level of detail, splats in their own.
DEW_EXPORT(dew_attribute_values) void attribute_values(uint32_t side, uint32_t index) {
  std::vector<float> values;
  if (const Attribute* attribute = attribute_at(side, index)) {
    if (points_of(side) == nullptr) return answer_floats(attribute->values);
    values.reserve(attribute->values.size());
    for (const uint32_t i : module().session.side(side).detail.order) values.push_back(attribute->values[i]);
  }
  answer_floats(std::move(values));
}
/// `high` replaces the upper end unless it is NaN.
DEW_EXPORT(dew_colouring) void colouring(uint32_t side, const char* name, size_t name_bytes, double high) {
  if (!has_side(side)) return answer_text("null");
  Colouring chosen = default_colouring(module().session.layer(side), {name, name_bytes});
  if (std::isfinite(high)) chosen.high = high;
  answer_text(describe(chosen));
}
/// The colours of differences between pictures of splats, image values 0 to `high`.
DEW_EXPORT(dew_picture_difference_colouring) void picture_difference_colouring(double high) {
  Colouring chosen;
  chosen.attribute = "picture difference";
  chosen.map = ColourMap::heat;
  chosen.high = high;
  answer_text(describe(chosen));
}
/// GLSL that the page shares with the desktop.
DEW_EXPORT(dew_shader_text) void shader_text_of(const char* name, size_t name_bytes) {
  answer_text(std::string(shader_text({name, name_bytes})));
}
DEW_EXPORT(dew_histogram) void histogram(uint32_t side, uint32_t index, uint32_t bins) {
  const Attribute* attribute = attribute_at(side, index);
  answer_text(attribute == nullptr ? "null" : describe(make_histogram(attribute->values, bins), attribute->unit));
}
DEW_EXPORT(dew_colour_table) void colour_table_of(uint32_t map) {
  std::vector<float> out;
  for (const Rgb& colour : colour_table(static_cast<ColourMap>(map))) out.insert(out.end(), colour.begin(), colour.end());
  answer_floats(std::move(out));
}

/// 23 doubles: position, right, up, forward, focal, pixel_aspect, centre_x, centre_y, parallel_height; pivot; up of the scene.
DEW_EXPORT(dew_camera) PageCamera* camera() { return &module().camera; }
DEW_EXPORT(dew_orbit) void orbit(double yaw_rad, double pitch_rad) {
  PageCamera& c = module().camera;
  c.eye = orbited(c.eye, c.pivot, c.up, yaw_rad, pitch_rad);
}
DEW_EXPORT(dew_look_around) void look_around(double yaw_rad, double pitch_rad) {
  PageCamera& c = module().camera;
  c.eye = looked_around(c.eye, c.up, yaw_rad, pitch_rad);
}
DEW_EXPORT(dew_pan) void pan_by(uint32_t width, uint32_t height, double dx_px, double dy_px) {
  pan(module().camera.eye, module().camera.pivot, {width, height}, dx_px, dy_px);
}
DEW_EXPORT(dew_zoom) void zoom(double factor) { module().camera.eye = zoomed(module().camera.eye, module().camera.pivot, factor); }
DEW_EXPORT(dew_fly) void fly(double forward, double right, double up) {
  const Viewpoint before = module().camera.eye;
  module().camera.eye = flown(before, {forward, right, up});
  module().camera.pivot = module().camera.pivot + (module().camera.eye.position - before.position);
}
/// 0: overview, 1: from above, 2: the sensor's. The pivot comes to lie where the eye looks.
DEW_EXPORT(dew_standard_view) void standard_view(uint32_t which, double aspect) {
  if (!has_side(0)) return;
  PageCamera& c = module().camera;
  const Bounds box = main_bounds(module().session.layer(0));
  const Vec3 heading = std::abs(c.up.z) > 0.5 ? Vec3{0, 1, 0} : Vec3{0, 0, 1};
  c.eye = which == 1 ? top_down(box, c.up, heading, aspect) : which == 2 ? sensor_overview(box, {}) : overview(box, c.up, heading, aspect);
  c.pivot = which == 2 ? c.eye.position + length(c.eye.position - box.centre()) * c.eye.forward : box.centre();
}
/// A view chosen for pictures of `whole` keeps what it shows from left to right in those of `aspect`.
DEW_EXPORT(dew_fit) void fit(double whole, double aspect) { module().camera.eye = fitted(module().camera.eye, whole, aspect); }
/// 16 floats by columns.
DEW_EXPORT(dew_clip_matrix) void clip_matrix_of(uint32_t side, uint32_t width, uint32_t height) {
  const std::optional<Vec3> origin = origin_of(side);
  if (!origin) return answer_floats({});
  const Viewpoint& eye = module().camera.eye;
  const DepthRange depths = depth_range(eye, bounds(module().session.layer(side)));
  Viewpoint moved = eye;
  moved.position = eye.position - *origin;
  const auto floats = clip_matrix(moved, {width, height}, depths).floats();
  answer_floats({floats.begin(), floats.end()});
}
/// xyz of vertices, relative to the origin; then red green blue of each where the mesh has colours.
DEW_EXPORT(dew_mesh_positions) void mesh_positions(uint32_t side) {
  const MeshLayer* mesh = mesh_of(side);
  answer_floats(mesh == nullptr ? std::vector<float>() : mesh->xyz);
}
DEW_EXPORT(dew_mesh_colours) void mesh_colours(uint32_t side) {
  const MeshLayer* mesh = mesh_of(side);
  answer_floats(mesh == nullptr ? std::vector<float>() : mesh->colour);
}
/// Three vertices a triangle.
DEW_EXPORT(dew_mesh_triangles) void mesh_triangles(uint32_t side) {
  const MeshLayer* mesh = mesh_of(side);
  answer_numbers(mesh == nullptr ? std::vector<uint32_t>() : mesh->triangle);
}
/// Where light comes from: the eye relative to the origin, or, with 1 after it, the direction towards the eye of a parallel view.
DEW_EXPORT(dew_mesh_light) void mesh_light(uint32_t side) {
  const MeshLayer* mesh = mesh_of(side);
  if (mesh == nullptr) return answer_floats({});
  const Viewpoint& eye = module().camera.eye;
  const bool parallel = eye.parallel_height > 0;
  const Vec3 from = parallel ? -1.0 * eye.forward : eye.position - mesh->origin;
  answer_floats({static_cast<float>(from.x), static_cast<float>(from.y), static_cast<float>(from.z), parallel ? 1.0f : 0.0f});
}
/// First and count of each range of points to draw.
DEW_EXPORT(dew_point_ranges) void point_ranges(uint32_t side, uint32_t width, uint32_t height, double budget) {
  std::vector<uint32_t> out;
  if (const PointLayer* points = points_of(side)) {
    const LevelOfDetail& detail = module().session.side(side).detail;
    for (const DrawRange& range :
         choose_ranges(detail, points->origin, module().camera.eye, {width, height}, static_cast<uint64_t>(budget))) {
      out.push_back(range.first);
      out.push_back(range.count);
    }
  }
  answer_numbers(std::move(out));
}

DEW_EXPORT(dew_splat_shapes) void shapes(uint32_t side) {
  const SplatLayer* layer = splats_of(side);
  answer_floats(layer == nullptr ? std::vector<float>() : splat_shapes(layer->splats));
}
DEW_EXPORT(dew_splat_coefficients) void coefficients(uint32_t side) {
  const SplatLayer* layer = splats_of(side);
  answer_floats(layer == nullptr ? std::vector<float>() : splat_coefficients(layer->splats));
}
DEW_EXPORT(dew_splat_camera) void splat_camera_of(uint32_t width, uint32_t height) {
  const auto floats = splat_camera(module().camera.eye, {width, height});
  answer_floats({floats.begin(), floats.end()});
}
/// Indices, nearest first.
DEW_EXPORT(dew_splat_order) void splat_order(uint32_t side, uint32_t width, uint32_t height) {
  const SplatLayer* layer = splats_of(side);
  if (layer == nullptr) return answer_numbers({});
  const PixelSize size = {width, height};
  // A parallel projection becomes the pinhole that the shaders draw with.
  const Viewpoint eye = viewpoint_of(camera_of(module().camera.eye, size));
  const auto order = module().session.side(side).depth_order.sort(layer->splats.position, eye, size, kNearPlane, kSplatMargin);
  module().answer = order.data();
  module().answer_size = order.size();
}

/// Of each pane of a mode: what it shows, then x y width height of its viewport and of its clip (viewer/picture/style.h).
DEW_EXPORT(dew_panes)
void panes_of(uint32_t mode, double split, uint32_t blink_decoded, uint32_t width, uint32_t height) {
  Style style;
  style.mode = static_cast<Mode>(mode);
  style.split = split;
  style.blink_decoded = blink_decoded != 0;
  std::vector<uint32_t> out;
  for (const Pane& pane : panes(style, {width, height}, has_side(1))) {
    const PixelBox &v = pane.viewport, &c = pane.clip;
    out.insert(out.end(), {static_cast<uint32_t>(pane.shows), v.x, v.y, v.width, v.height, c.x, c.y, c.width, c.height});
  }
  answer_numbers(std::move(out));
}

/// What lies under a pixel, as JSON.
DEW_EXPORT(dew_pick) void pick(uint32_t side, uint32_t width, uint32_t height, double x, double y) {
  if (!has_side(side)) return answer_text("null");
  answer_text(describe(module().session.pick(side, module().camera.eye, {width, height}, x, y)));
}
/// What was picked last, with what is known of it by now.
DEW_EXPORT(dew_pick_again) void pick_again() { answer_text(describe(module().session.pick_again())); }
/// Where a point of the scene falls: three floats x y depth, none behind the eye.
DEW_EXPORT(dew_project) void project_point(uint32_t width, uint32_t height, double x, double y, double z) {
  const std::optional<Projected> place = project(module().camera.eye, {width, height}, {x, y, z});
  if (!place) return answer_floats({});
  answer_floats({static_cast<float>(place->x), static_cast<float>(place->y), static_cast<float>(place->depth)});
}

}  // namespace dew::viewer
