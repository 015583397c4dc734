// SPDX-License-Identifier: Apache-2.0
#include "viewer/gl/splats.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "viewer/shaders/texts.h"
#include "viewer/splats/splat_texels.h"

namespace dew::viewer {
namespace {

constexpr GLsizei kShapeFloats = 4 * kShapeTexels;
constexpr GLsizei kProjectedFloats = 12;

/// One run for each splat.
const std::string kProjectVertex = std::string("#version 330 core\n") + kColourOfValue + R"(
layout(location = 0) in vec4 place;    // position, opacity
layout(location = 1) in vec3 own_x;    // standard deviations along own axes, scene axes
layout(location = 2) in vec3 own_y;
layout(location = 3) in vec3 own_z;
layout(location = 4) in float value;
uniform samplerBuffer coefficients;
out vec4 ellipse;
out vec4 shape;
out vec4 shade;
vec4 coefficients_at(int texel) { return texelFetch(coefficients, texel); }
float value_at(int splat) { return value; }
)" + kSplatProjection + R"(
void main() {
  gl_Position = vec4(0.0);
  project_splat(gl_VertexID, place, own_x, own_y, own_z);
}
)";

const std::string kBlendVertex = std::string(R"(#version 330 core
uniform samplerBuffer projected;
vec4 projected_at(int splat, int part) { return texelFetch(projected, 3 * splat + part); }
)") + kSplatQuadVertex;
const std::string kBlendFragment = std::string("#version 330 core\n") + kSplatQuadFragment;

float opacity_of(float logit) { return 1 / (1 + std::exp(-logit)); }

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
  const size_t texels = coefficient_texels(layer.splats.sh_degree);
  card.texels_a_channel = static_cast<GLint>(texels);
  GLint most_texels = 0;
  glGetIntegerv(GL_MAX_TEXTURE_BUFFER_SIZE, &most_texels);
  if (card.count * 3 * std::max<size_t>(texels, 1) > static_cast<size_t>(most_texels)) {
    return Error{Code::limit_exceeded, 0, std::to_string(card.count) + " splats are more than this OpenGL driver takes"};
  }
  DEW_ASSIGN(card.shape, filled_buffer<float>(splat_shapes(layer.splats)));
  DEW_ASSIGN(card.colour, filled_buffer<float>(splat_coefficients(layer.splats)));
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
  DEW_ASSIGN(drawer.blend_, Program::create({kBlendVertex.c_str(), kBlendFragment.c_str(), {}}));
  drawer.project_array_ = VertexArray::create();
  drawer.blend_array_ = VertexArray::create();
  return drawer;
}

void SplatDrawer::project(const SplatsOnCard& splats, const View& view, bool chosen_only) const {
  if (splats.count == 0) return;
  const std::array<float, 18> camera = splat_camera(view.eye, view.size);
  project_.use();
  const char* const vectors[] = {"row_x", "row_y", "row_z", "centre"};
  for (size_t i = 0; i < 4; ++i) glUniform3fv(project_.place(vectors[i]), 1, &camera[3 * i]);
  const char* const pairs[] = {"focal_px", "principal_px", "slope_limit"};
  for (size_t i = 0; i < 3; ++i) glUniform2fv(project_.place(pairs[i]), 1, &camera[12 + 2 * i]);
  const auto value = splats.attributes.find(view.colouring.attribute);
  const bool has_value = value != splats.attributes.end();
  glUniform1i(project_.place("own_colours"), view.colouring.own_colours);
  glUniform1i(project_.place("texels"), splats.texels_a_channel);
  view.tables.set(project_, view.colouring, has_value);
  bind_texels(project_, "coefficients", splats.colour_texels, 1);

  glBindVertexArray(project_array_.name());
  const GLsizei stride = kShapeFloats * static_cast<GLsizei>(sizeof(float));
  bind_floats(splats.shape, 0, 4, stride);
  for (GLuint axis = 0; axis < 3; ++axis) bind_floats(splats.shape, 1 + axis, 3, stride, (4 + 4 * axis) * sizeof(float));
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
