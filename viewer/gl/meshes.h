// SPDX-License-Identifier: Apache-2.0
/// Meshes on the card: triangles lit from the eye, coloured by an attribute, their own colours or their normals.
///
///   DEW_ASSIGN(MeshOnCard mesh, MeshOnCard::create(layer));
///   const uint64_t drawn = drawer.draw(mesh, {eye, size, style, colouring, tables});   // into the bound framebuffer and viewport
#pragma once

#include <map>
#include <string>

#include "viewer/gl/drawn_view.h"

namespace dew::viewer {

struct MeshOnCard {
  size_t vertices = 0;
  size_t corners = 0;  ///< three a triangle
  Vec3 origin;
  Bounds bounds;
  Buffer xyz;
  Buffer triangle;
  Buffer colour;  ///< none where the layer has none
  std::map<std::string, Buffer, std::less<>> attributes;

  /// Errors: out_of_memory, limit_exceeded beyond 2^31 corners, invalid_argument for a triangle of vertices that there are not.
  static Result<MeshOnCard> create(const MeshLayer& layer);
  /// Errors: out_of_memory, invalid_argument unless there is one value a vertex.
  Status set(const Attribute& attribute);
};

class MeshDrawer {
 public:
  static Result<MeshDrawer> create();
  /// Returns the number of triangles drawn, or of vertices where there is no triangle.
  uint64_t draw(const MeshOnCard& mesh, const DrawnView& view) const;

 private:
  Program program_;
  VertexArray array_;
};

}  // namespace dew::viewer
