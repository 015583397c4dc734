// SPDX-License-Identifier: Apache-2.0
#include "viewer/gl/meshes.h"

#include <algorithm>

#include "viewer/camera/moves.h"

namespace dew::viewer {
namespace {

constexpr size_t kMostCorners = size_t{1} << 31;

const std::string kVertex = std::string("#version 330 core\n") + kColourOfValue + R"(
layout(location = 0) in vec3 place;
layout(location = 1) in float value;
layout(location = 2) in vec3 own_colour;
uniform mat4 clip;
uniform bool own_colours;
uniform float point_px;
out vec3 colour;
out vec3 seen_place;
void main() {
  gl_Position = clip * vec4(place, 1.0);
  gl_PointSize = point_px;
  colour = own_colours ? own_colour : colour_of(value);
  seen_place = place;
}
)";

// Both sides of a triangle are lit alike, from the eye: a hole shows what lies behind, and nothing is black.
constexpr const char* kFragment = R"(#version 330 core
in vec3 colour;
in vec3 seen_place;
uniform vec3 eye;          // relative to the origin; parallel: the direction towards it
uniform bool parallel;
uniform bool triangles;
uniform bool normals;
uniform float shade;       // what light takes away at grazing angles
out vec4 pixel;
void main() {
  if (!triangles) {
    pixel = vec4(colour, 1.0);
    return;
  }
  vec3 normal = normalize(cross(dFdx(seen_place), dFdy(seen_place)));
  vec3 towards = parallel ? eye : normalize(eye - seen_place);
  float facing = dot(normal, towards);
  if (normals) {
    pixel = vec4(0.5 + 0.5 * (facing < 0.0 ? -normal : normal), 1.0);
    return;
  }
  pixel = vec4(colour * (1.0 - shade + shade * abs(facing)), 1.0);
}
)";

void bind_floats_or_none(const Buffer* buffer, GLuint place, GLint size) {
  if (buffer != nullptr && *buffer) {
    bind_floats(*buffer, place, size);
  } else {
    glDisableVertexAttribArray(place);
    glVertexAttrib4f(place, 0, 0, 0, 1);
  }
}

}  // namespace

Result<MeshOnCard> MeshOnCard::create(const MeshLayer& layer) {
  if (layer.triangle.size() >= kMostCorners) return Error{Code::limit_exceeded, 0, "a mesh is drawn up to 700 million triangles"};
  const size_t count = layer.count();
  const bool fits = layer.triangle.size() % 3 == 0 && (layer.colour.empty() || layer.colour.size() == 3 * count) &&
                    std::all_of(layer.triangle.begin(), layer.triangle.end(), [count](uint32_t vertex) { return vertex < count; });
  if (!fits) return Error{Code::invalid_argument, 0, "triangles and vertices of a mesh do not fit together"};
  MeshOnCard mesh;
  mesh.vertices = count;
  mesh.corners = layer.triangle.size();
  mesh.origin = layer.origin;
  mesh.bounds = viewer::bounds(layer);
  DEW_ASSIGN(mesh.xyz, filled_buffer<float>(layer.xyz));
  DEW_ASSIGN(mesh.triangle, filled_buffer<uint32_t>(layer.triangle));
  if (!layer.colour.empty()) {
    DEW_ASSIGN(mesh.colour, filled_buffer<float>(layer.colour));
  }
  for (const Attribute& attribute : layer.attributes) DEW_TRY(mesh.set(attribute));
  return mesh;
}

Status MeshOnCard::set(const Attribute& attribute) {
  if (attribute.values.size() != vertices) {
    return Error{Code::invalid_argument, 0, "attribute " + attribute.name + " has not one value a vertex"};
  }
  DEW_ASSIGN(attributes[attribute.name], filled_buffer<float>(attribute.values));
  return {};
}

Result<MeshDrawer> MeshDrawer::create() {
  MeshDrawer drawer;
  DEW_ASSIGN(drawer.program_, Program::create({kVertex.c_str(), kFragment}));
  drawer.array_ = VertexArray::create();
  return drawer;
}

uint64_t MeshDrawer::draw(const MeshOnCard& mesh, const View& view) const {
  if (mesh.vertices == 0) return 0;
  const auto found = mesh.attributes.find(view.colouring.attribute);
  const Buffer* value = found == mesh.attributes.end() ? nullptr : &found->second;
  const bool parallel = view.eye.parallel_height > 0;
  // Colours that stand for numbers are shaded less, so that the legend can be read.
  const float shade = value != nullptr ? 0.35f : 0.7f;
  Viewpoint moved = view.eye;
  moved.position = view.eye.position - mesh.origin;
  const Vec3 eye = parallel ? -1.0 * view.eye.forward : moved.position;

  program_.use();
  const auto clip = clip_matrix(moved, view.size, depth_range(view.eye, mesh.bounds)).floats();
  glUniformMatrix4fv(program_.place("clip"), 1, GL_FALSE, clip.data());
  glUniform3f(program_.place("eye"), static_cast<float>(eye.x), static_cast<float>(eye.y), static_cast<float>(eye.z));
  glUniform1i(program_.place("parallel"), parallel);
  glUniform1i(program_.place("triangles"), mesh.corners > 0);
  glUniform1i(program_.place("normals"), view.colouring.attribute == kNormal);
  glUniform1i(program_.place("own_colours"), view.colouring.own_colours && static_cast<bool>(mesh.colour));
  glUniform1f(program_.place("point_px"), static_cast<float>(view.style.point_px));
  glUniform1f(program_.place("shade"), shade);
  view.tables.set(program_, view.colouring, value != nullptr);
  glBindVertexArray(array_.name());
  bind_floats(mesh.xyz, 0, 3);
  bind_floats_or_none(value, 1, 1);
  bind_floats_or_none(&mesh.colour, 2, 3);
  glEnable(GL_PROGRAM_POINT_SIZE);
  glEnable(GL_DEPTH_TEST);
  glDisable(GL_BLEND);
  glDisable(GL_CULL_FACE);
  if (mesh.corners == 0) {
    glDrawArrays(GL_POINTS, 0, static_cast<GLsizei>(mesh.vertices));
    return mesh.vertices;
  }
  glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, mesh.triangle.name());
  glDrawElements(GL_TRIANGLES, static_cast<GLsizei>(mesh.corners), GL_UNSIGNED_INT, nullptr);
  return mesh.corners / 3;
}

}  // namespace dew::viewer
