// SPDX-License-Identifier: Apache-2.0
#include "viewer/gl/meshes.h"

#include <algorithm>

#include "viewer/camera/moves.h"

namespace dew::viewer {
namespace {

constexpr size_t kMostCorners = size_t{1} << 31;

const std::string kVertex = std::string("#version 330 core\n") + kColourOfValue + kMeshVertex;
const std::string kFragment = std::string("#version 330 core\n") + kMeshFragment;

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
  DEW_ASSIGN(drawer.program_, Program::create({kVertex.c_str(), kFragment.c_str()}));
  drawer.array_ = VertexArray::create();
  return drawer;
}

uint64_t MeshDrawer::draw(const MeshOnCard& mesh, const DrawnView& view) const {
  if (mesh.vertices == 0) return 0;
  const auto found = mesh.attributes.find(view.colouring.attribute);
  const Buffer* value = found == mesh.attributes.end() ? nullptr : &found->second;
  const bool parallel = view.eye.parallel_height > 0;
  const float shade = value != nullptr ? kNumberShade : kPlainShade;
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
