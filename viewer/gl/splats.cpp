// SPDX-License-Identifier: Apache-2.0
#include "viewer/gl/splats.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "gaussians/render/projection.h"

namespace dew::viewer {
namespace {

constexpr GLsizei kShapeFloats = 13;
constexpr GLsizei kProjectedFloats = 12;

/// One run for each splat. The same steps as Projector::project and sh_basis, in floats.
const std::string kProjectVertex = std::string("#version 330 core\n") + kColourOfValue + R"(
layout(location = 0) in vec4 place;    // position, opacity
layout(location = 1) in vec3 own_x;    // standard deviations along own axes, scene axes
layout(location = 2) in vec3 own_y;
layout(location = 3) in vec3 own_z;
layout(location = 4) in float value;
uniform samplerBuffer coefficients;
uniform int texels;                    // a channel
uniform bool own_colours;
uniform mat3 to_camera;
uniform vec3 centre;
uniform vec2 focal_px;
uniform vec2 principal_px;
uniform vec2 slope_limit;
out vec4 ellipse;   // centre, long half axis: pixels
out vec4 shape;     // short half axis, opacity, reach
out vec4 shade;     // colour

void basis_of(vec3 d, out vec4 b[4]) {
  float x = d.x, y = d.y, z = d.z, xx = x * x, yy = y * y, zz = z * z;
  b[0] = vec4(0.28209479177, -0.48860251190 * y, 0.48860251190 * z, -0.48860251190 * x);
  b[1] = vec4(1.09254843059 * x * y, -1.09254843059 * y * z, 0.31539156525 * (2.0 * zz - xx - yy), -1.09254843059 * x * z);
  b[2] = vec4(0.54627421530 * (xx - yy), -0.59004358993 * y * (3.0 * xx - yy), 2.89061144264 * x * y * z,
              -0.45704579946 * y * (4.0 * zz - xx - yy));
  b[3] = vec4(0.37317633259 * z * (2.0 * zz - 3.0 * xx - 3.0 * yy), -0.45704579946 * x * (4.0 * zz - xx - yy),
              1.44530572132 * z * (xx - yy), -0.59004358993 * x * (xx - 3.0 * yy));
}

vec3 seen_colour() {
  if (!own_colours) return colour_of(value);
  vec3 offset = place.xyz - centre;
  float distance = length(offset);
  vec4 b[4];
  basis_of(distance > 0.0 ? offset / distance : vec3(0.0, 0.0, 1.0), b);
  vec3 sum = vec3(0.5);
  for (int channel = 0; channel < 3; ++channel) {
    int first = (3 * gl_VertexID + channel) * texels;
    for (int j = 0; j < texels; ++j) sum[channel] += dot(texelFetch(coefficients, first + j), b[j]);
  }
  return sum;
}

void main() {
  gl_Position = vec4(0.0);
  ellipse = shape = shade = vec4(0.0);
  vec3 at = to_camera * (place.xyz - centre);
  float opacity = place.w;
  if (!(at.z > 0.2) || !(opacity >= 1.0 / 255.0)) return;
  vec2 slope = at.xy / at.z;
  vec2 leaning = clamp(slope, -slope_limit, slope_limit);
  vec3 rx = vec3(to_camera[0][0], to_camera[1][0], to_camera[2][0]);
  vec3 ry = vec3(to_camera[0][1], to_camera[1][1], to_camera[2][1]);
  vec3 rz = vec3(to_camera[0][2], to_camera[1][2], to_camera[2][2]);
  vec3 row_x = focal_px.x / at.z * (rx - leaning.x * rz);
  vec3 row_y = focal_px.y / at.z * (ry - leaning.y * rz);
  vec2 a = vec2(dot(row_x, own_x), dot(row_y, own_x));
  vec2 b = vec2(dot(row_x, own_y), dot(row_y, own_y));
  vec2 c = vec2(dot(row_x, own_z), dot(row_y, own_z));
  float xx = 0.3 + a.x * a.x + b.x * b.x + c.x * c.x;
  float yy = 0.3 + a.y * a.y + b.y * b.y + c.y * c.y;
  float xy = a.x * a.y + b.x * b.y + c.x * c.y;
  float ab = a.x * b.y - a.y * b.x, ac = a.x * c.y - a.y * c.x, bc = b.x * c.y - b.y * c.x;
  // xx yy - xy^2 as a sum of squares: a long thin ellipse would lose all digits in the difference.
  float determinant = 0.09 + 0.3 * (xx + yy - 0.6) + ab * ab + ac * ac + bc * bc;
  float half_difference = 0.5 * (xx - yy);
  float radius = sqrt(half_difference * half_difference + xy * xy);
  float longer = 0.5 * (xx + yy) + radius;
  float shorter = determinant / longer;
  vec2 axis = half_difference >= 0.0 ? vec2(half_difference + radius, xy) : vec2(xy, radius - half_difference);
  axis = dot(axis, axis) > 0.0 ? normalize(axis) : vec2(1.0, 0.0);
  float reach = 2.0 * log(255.0 * opacity);
  vec3 colour = seen_colour();
  // Not cut at zero yet: max() may turn what is no number into one.
  float finite = longer + shorter + dot(colour, vec3(1.0));
  if (isnan(finite) || isinf(finite)) return;
  ellipse = vec4(focal_px * slope + principal_px, sqrt(reach * longer) * axis);
  shape = vec4(sqrt(reach * shorter) * vec2(-axis.y, axis.x), opacity, reach);
  shade = vec4(max(colour, 0.0), 1.0);
}
)";

constexpr const char* kBlendVertex = R"(#version 330 core
layout(location = 0) in uint splat;
uniform samplerBuffer projected;
uniform vec2 size_px;
out vec2 off;            // 1 at the rim, where alpha is 1/255
flat out vec4 tint;      // colour, opacity
flat out float half_reach;
void main() {
  int first = 3 * int(splat);
  vec4 ellipse = texelFetch(projected, first);
  vec4 shape = texelFetch(projected, first + 1);
  vec4 shade = texelFetch(projected, first + 2);
  off = vec2((gl_VertexID & 1) * 2 - 1, (gl_VertexID & 2) - 1);
  vec2 at = ellipse.xy + off.x * ellipse.zw + off.y * shape.xy;
  tint = vec4(shade.rgb, shape.z);
  half_reach = 0.5 * shape.w;
  vec2 place = vec2(2.0, -2.0) * at / size_px + vec2(-1.0, 1.0);
  gl_Position = shade.a > 0.0 ? vec4(place, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
}
)";

constexpr const char* kBlendFragment = R"(#version 330 core
in vec2 off;
flat in vec4 tint;
flat in float half_reach;
out vec4 pixel;
void main() {
  float square = dot(off, off);
  if (square > 1.0) discard;
  float alpha = min(0.99, tint.a * exp(-half_reach * square));
  pixel = vec4(alpha * tint.rgb, alpha);
}
)";

float opacity_of(float logit) { return 1 / (1 + std::exp(-logit)); }

/// Position, opacity and the three scaled axes of each splat. What is not finite gets opacity 0, so that it is not drawn.
std::vector<float> shapes_of(const Splats& splats) {
  std::vector<float> shapes;
  shapes.reserve(splats.count() * static_cast<size_t>(kShapeFloats));
  for (size_t i = 0; i < splats.count(); ++i) {
    const float* q = &splats.rotation[4 * i];
    const std::array<double, 9> rotation = rotation_matrix(q[0], q[1], q[2], q[3]);
    std::array<float, kShapeFloats> shape = {splats.position[3 * i], splats.position[3 * i + 1], splats.position[3 * i + 2],
                                             opacity_of(splats.opacity_logit[i])};
    float sum = shape[0] + shape[1] + shape[2] + shape[3];
    for (size_t axis = 0; axis < 3; ++axis) {
      const double scale = std::exp(static_cast<double>(splats.log_scale[3 * i + axis]));
      for (size_t k = 0; k < 3; ++k) {
        shape[4 + 3 * axis + k] = static_cast<float>(rotation[3 * k + axis] * scale);
        sum += shape[4 + 3 * axis + k];
      }
    }
    if (!std::isfinite(sum)) shape = {};
    shapes.insert(shapes.end(), shape.begin(), shape.end());
  }
  return shapes;
}

/// Red, then green, then blue coefficients of each splat, each filled up to fours with zeros.
std::vector<float> coefficients_of(const Splats& splats, size_t texels) {
  const size_t directional = sh_coefficients(splats.sh_degree);
  std::vector<float> all(splats.count() * 3 * texels * 4);
  for (size_t i = 0; i < splats.count(); ++i) {
    for (size_t channel = 0; channel < 3; ++channel) {
      float* out = &all[(3 * i + channel) * texels * 4];
      out[0] = splats.dc[3 * i + channel];
      const float* sh = splats.sh.data() + i * splats.sh_stride() + channel * directional;
      std::copy_n(sh, directional, out + 1);
    }
  }
  return all;
}

/// What a splat adds to pictures, roughly: its opacity times its mean size. Splats that are not drawn have none.
std::vector<float> importance_of(const Splats& splats) {
  std::vector<float> all;
  all.reserve(splats.count());
  for (size_t i = 0; i < splats.count(); ++i) {
    const float size = std::exp((splats.log_scale[3 * i] + splats.log_scale[3 * i + 1] + splats.log_scale[3 * i + 2]) / 3);
    const float value = opacity_of(splats.opacity_logit[i]) * size;
    all.push_back(std::isfinite(value) ? value : 0);
  }
  return all;
}

void bind_texels(const Program& program, const char* name, const Texture& texture, GLenum unit) {
  glActiveTexture(GL_TEXTURE0 + unit);
  glBindTexture(GL_TEXTURE_BUFFER, texture.name());
  glUniform1i(program.place(name), static_cast<GLint>(unit));
}

}  // namespace

Result<SplatsOnCard> SplatsOnCard::create(const SplatLayer& layer) {
  DEW_TRY(check_shape(layer.splats));
  SplatsOnCard card;
  card.count = layer.count();
  card.position = layer.splats.position;
  card.all = SplatOrder(card.position);
  card.importance = importance_of(layer.splats);
  const size_t texels = (size_t{sh_coefficients(layer.splats.sh_degree)} + 1 + 3) / 4;
  card.texels_a_channel = static_cast<GLint>(texels);
  GLint most_texels = 0;
  glGetIntegerv(GL_MAX_TEXTURE_BUFFER_SIZE, &most_texels);
  if (card.count * 3 * std::max<size_t>(texels, 1) > static_cast<size_t>(most_texels)) {
    return Error{Code::limit_exceeded, 0, std::to_string(card.count) + " splats are more than this OpenGL driver takes"};
  }
  DEW_ASSIGN(card.shape, filled_buffer<float>(shapes_of(layer.splats)));
  DEW_ASSIGN(card.colour, filled_buffer<float>(coefficients_of(layer.splats, texels)));
  card.colour_texels = texture_of(card.colour, GL_RGBA32F);
  DEW_ASSIGN(card.projected, filled_buffer(nullptr, card.count * kProjectedFloats * sizeof(float)));
  card.projected_texels = texture_of(card.projected, GL_RGBA32F);
  DEW_ASSIGN(card.order, filled_buffer(nullptr, card.count * sizeof(uint32_t)));
  for (const Attribute& attribute : layer.attributes) DEW_TRY(card.set(attribute));
  return card;
}

Status SplatsOnCard::set(const Attribute& attribute) {
  if (attribute.values.size() != count) {
    return Error{Code::invalid_argument, 0, "attribute " + attribute.name + " has not one value a splat"};
  }
  DEW_ASSIGN(attributes[attribute.name], filled_buffer<float>(attribute.values));
  return {};
}

Status SplatsOnCard::choose(uint64_t wanted) {
  if (chosen == wanted) return {};
  std::vector<uint32_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0u);
  const auto end = numbers.begin() + static_cast<std::ptrdiff_t>(wanted);
  std::nth_element(numbers.begin(), end, numbers.end(),
                   [&](uint32_t a, uint32_t b) { return importance[a] != importance[b] ? importance[a] > importance[b] : a < b; });
  numbers.erase(end, numbers.end());
  std::sort(numbers.begin(), numbers.end());
  DEW_ASSIGN(elements, filled_buffer<uint32_t>(numbers));
  std::vector<float> xyz;
  xyz.reserve(3 * numbers.size());
  for (const uint32_t i : numbers) xyz.insert(xyz.end(), &position[3 * size_t{i}], &position[3 * size_t{i}] + 3);
  few = SplatOrder(std::move(xyz));
  chosen = wanted;
  return {};
}

Result<SplatDrawer> SplatDrawer::create() {
  SplatDrawer drawer;
  DEW_ASSIGN(drawer.project_, Program::create({kProjectVertex.c_str(), nullptr, {"ellipse", "shape", "shade"}}));
  DEW_ASSIGN(drawer.blend_, Program::create({kBlendVertex, kBlendFragment, {}}));
  drawer.project_array_ = VertexArray::create();
  drawer.blend_array_ = VertexArray::create();
  return drawer;
}

void SplatDrawer::project(const SplatsOnCard& splats, const View& view, bool chosen_only) const {
  if (splats.count == 0) return;
  const Camera camera = camera_of(view.eye, view.size);
  // Camera to scene row by row is scene to camera column by column.
  std::array<float, 9> to_camera;
  std::transform(camera.rotation.begin(), camera.rotation.end(), to_camera.begin(), [](double part) { return static_cast<float>(part); });
  const auto f = [](double number) { return static_cast<float>(number); };
  project_.use();
  glUniformMatrix3fv(project_.place("to_camera"), 1, GL_FALSE, to_camera.data());
  glUniform3f(project_.place("centre"), f(camera.position[0]), f(camera.position[1]), f(camera.position[2]));
  glUniform2f(project_.place("focal_px"), f(camera.fx), f(camera.fy));
  glUniform2f(project_.place("principal_px"), f(camera.cx), f(camera.cy));
  glUniform2f(project_.place("slope_limit"), f(kJacobianReach * camera.width / (2 * camera.fx)),
              f(kJacobianReach * camera.height / (2 * camera.fy)));
  const auto value = splats.attributes.find(view.colouring.attribute);
  const bool has_value = value != splats.attributes.end();
  glUniform1i(project_.place("own_colours"), view.colouring.own_colours);
  glUniform1i(project_.place("texels"), splats.texels_a_channel);
  view.tables.set(project_, view.colouring, has_value);
  bind_texels(project_, "coefficients", splats.colour_texels, 1);

  glBindVertexArray(project_array_.name());
  const GLsizei stride = kShapeFloats * static_cast<GLsizei>(sizeof(float));
  bind_floats(splats.shape, 0, 4, stride);
  for (GLuint axis = 0; axis < 3; ++axis) bind_floats(splats.shape, 1 + axis, 3, stride, (4 + 3 * axis) * sizeof(float));
  if (has_value) {
    bind_floats(value->second, 4, 1);
  } else {
    glDisableVertexAttribArray(4);
  }
  glEnable(GL_RASTERIZER_DISCARD);
  glBindBufferBase(GL_TRANSFORM_FEEDBACK_BUFFER, 0, splats.projected.name());
  glBeginTransformFeedback(GL_POINTS);
  if (chosen_only) {
    glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, splats.elements.name());
    glDrawElements(GL_POINTS, static_cast<GLsizei>(splats.chosen), GL_UNSIGNED_INT, nullptr);
  } else {
    glDrawArrays(GL_POINTS, 0, static_cast<GLsizei>(splats.count));
  }
  glEndTransformFeedback();
  glBindBufferBase(GL_TRANSFORM_FEEDBACK_BUFFER, 0, 0);
  glDisable(GL_RASTERIZER_DISCARD);
}

uint64_t SplatDrawer::blend(const SplatsOnCard& splats, std::span<const uint32_t> front_to_back, PixelSize size) const {
  const size_t count = std::min(front_to_back.size(), splats.count);
  if (count == 0) return 0;
  glBindVertexArray(blend_array_.name());
  glBindBuffer(GL_ARRAY_BUFFER, splats.order.name());
  // A new store each time: the driver need not wait for the last picture.
  glBufferData(GL_ARRAY_BUFFER, static_cast<GLsizeiptr>(splats.count * sizeof(uint32_t)), nullptr, GL_STREAM_DRAW);
  glBufferSubData(GL_ARRAY_BUFFER, 0, static_cast<GLsizeiptr>(count * sizeof(uint32_t)), front_to_back.data());
  glEnableVertexAttribArray(0);
  glVertexAttribIPointer(0, 1, GL_UNSIGNED_INT, 0, nullptr);
  glVertexAttribDivisor(0, 1);
  blend_.use();
  glUniform2f(blend_.place("size_px"), static_cast<float>(size.width), static_cast<float>(size.height));
  bind_texels(blend_, "projected", splats.projected_texels, 1);
  glDisable(GL_DEPTH_TEST);
  glEnable(GL_BLEND);
  // Nearest first: what comes later shows as much as is still transparent.
  glBlendFunc(GL_ONE_MINUS_DST_ALPHA, GL_ONE);
  glDrawArraysInstanced(GL_TRIANGLE_STRIP, 0, 4, static_cast<GLsizei>(count));
  glDisable(GL_BLEND);
  return count;
}

}  // namespace dew::viewer
