// SPDX-License-Identifier: Apache-2.0
#include "viewer/gl/points.h"

#include "viewer/camera/moves.h"

namespace dew::viewer {
namespace {

const std::string kPointVertex = std::string("#version 330 core\n") + kColourOfValue + R"(
layout(location = 0) in vec3 place;
layout(location = 1) in float value;
layout(location = 2) in float normal_x;
layout(location = 3) in float normal_y;
layout(location = 4) in float normal_z;
uniform mat4 clip;
uniform bool normals;
uniform float point_px;       // least diameter
uniform float point_scale_px; // diameter at depth 1; parallel: everywhere
uniform bool parallel;
out vec3 colour;
flat out float size_px;
void main() {
  gl_Position = clip * vec4(place, 1.0);
  float near_px = parallel ? point_scale_px : point_scale_px / max(gl_Position.w, 1e-6);
  size_px = clamp(near_px, point_px, 64.0);
  gl_PointSize = size_px;
  colour = normals ? 0.5 + 0.5 * vec3(normal_x, normal_y, normal_z) : colour_of(value);
}
)";

constexpr const char* kPointFragment = R"(#version 330 core
in vec3 colour;
flat in float size_px;
out vec4 pixel;
void main() {
  vec2 off = 2.0 * gl_PointCoord - 1.0;
  if (size_px > 2.5 && dot(off, off) > 1.0) discard;
  pixel = vec4(colour, 1.0);
}
)";

/// The clip matrix for positions relative to `origin`.
Matrix4 clip_from(const Viewpoint& eye, PixelSize size, DepthRange depths, const Vec3& origin) {
  Viewpoint moved = eye;
  moved.position = eye.position - origin;
  return clip_matrix(moved, size, depths);
}

/// A vertex attribute from a buffer, or the same number everywhere.
void bind_attribute(const Buffer* buffer, GLuint place) {
  if (buffer != nullptr) {
    bind_floats(*buffer, place, 1);
  } else {
    glDisableVertexAttribArray(place);
    glVertexAttrib1f(place, 0);
  }
}

}  // namespace

Result<PointsOnCard> PointsOnCard::create(const PointLayer& layer) {
  PointsOnCard points;
  points.detail = make_level_of_detail(layer.xyz);
  points.origin = layer.origin;
  points.bounds = viewer::bounds(layer);
  std::vector<float> xyz;
  xyz.reserve(layer.xyz.size());
  for (const uint32_t i : points.detail.order) xyz.insert(xyz.end(), &layer.xyz[3 * size_t{i}], &layer.xyz[3 * size_t{i}] + 3);
  DEW_ASSIGN(points.xyz, filled_buffer<float>(xyz));
  for (const Attribute& attribute : layer.attributes) DEW_TRY(points.set(attribute));
  return points;
}

Status PointsOnCard::set(const Attribute& attribute) {
  if (attribute.values.size() != detail.order.size()) {
    return Error{Code::invalid_argument, 0, "attribute " + attribute.name + " has not one value a point"};
  }
  std::vector<float> values;
  values.reserve(detail.order.size());
  for (const uint32_t i : detail.order) values.push_back(attribute.values[i]);
  DEW_ASSIGN(attributes[attribute.name], filled_buffer<float>(values));
  return {};
}

const Buffer* PointsOnCard::find(std::string_view attribute) const {
  const auto found = attributes.find(attribute);
  return found == attributes.end() ? nullptr : &found->second;
}

Result<PointDrawer> PointDrawer::create() {
  PointDrawer drawer;
  DEW_ASSIGN(drawer.program_, Program::create({kPointVertex.c_str(), kPointFragment}));
  drawer.array_ = VertexArray::create();
  return drawer;
}

uint64_t PointDrawer::draw(const PointsOnCard& points, const DrawnView& view) const {
  if (points.detail.order.empty()) return 0;
  const bool parallel = view.eye.parallel_height > 0;
  const double height = view.size.height;
  const double scale_px = view.style.point_m * height * (parallel ? 1 / view.eye.parallel_height : view.eye.focal);
  const Buffer* value = points.find(view.colouring.attribute);
  const bool normals = view.colouring.attribute == kNormal && points.find(kNormalX) != nullptr;

  program_.use();
  const auto clip = clip_from(view.eye, view.size, depth_range(view.eye, points.bounds), points.origin).floats();
  glUniformMatrix4fv(program_.place("clip"), 1, GL_FALSE, clip.data());
  glUniform1i(program_.place("normals"), normals);
  glUniform1f(program_.place("point_px"), static_cast<float>(view.style.point_px));
  glUniform1f(program_.place("point_scale_px"), static_cast<float>(scale_px));
  glUniform1i(program_.place("parallel"), parallel);
  view.tables.set(program_, view.colouring, value != nullptr);
  glBindVertexArray(array_.name());
  bind_floats(points.xyz, 0, 3);
  bind_attribute(value, 1);
  bind_attribute(normals ? points.find(kNormalX) : nullptr, 2);
  bind_attribute(normals ? points.find("normal_y") : nullptr, 3);
  bind_attribute(normals ? points.find("normal_z") : nullptr, 4);

  const std::vector<DrawRange> ranges = choose_ranges(points.detail, points.origin, view.eye, view.size, view.style.point_budget);
  std::vector<GLint> firsts;
  std::vector<GLsizei> counts;
  uint64_t total = 0;
  for (const DrawRange& range : ranges) {
    firsts.push_back(static_cast<GLint>(range.first));
    counts.push_back(static_cast<GLsizei>(range.count));
    total += range.count;
  }
  glEnable(GL_PROGRAM_POINT_SIZE);
  glEnable(GL_DEPTH_TEST);
  glDisable(GL_BLEND);
  glMultiDrawArrays(GL_POINTS, firsts.data(), counts.data(), static_cast<GLsizei>(ranges.size()));
  return total;
}

}  // namespace dew::viewer
