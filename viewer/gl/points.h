// SPDX-License-Identifier: Apache-2.0
/// Layers of points on the card.
///
///   DEW_ASSIGN(PointsOnCard points, PointsOnCard::create(layer));
///   const uint64_t drawn = drawer.draw(points, {eye, size, style, colouring});   // into the bound framebuffer and viewport
#pragma once

#include <map>
#include <string>

#include "viewer/gl/drawn_view.h"
#include "viewer/scene/level_of_detail.h"

namespace dew::viewer {

/// Positions and attributes in the order of their level of detail.
struct PointsOnCard {
  LevelOfDetail detail;
  Vec3 origin;
  Bounds bounds;
  Buffer xyz;
  std::map<std::string, Buffer, std::less<>> attributes;

  /// Errors: out_of_memory.
  static Result<PointsOnCard> create(const PointLayer& layer);
  /// Errors: out_of_memory, invalid_argument unless there is one value a point.
  Status set(const Attribute& attribute);
  const Buffer* find(std::string_view attribute) const;
};

class PointDrawer {
 public:
  static Result<PointDrawer> create();
  /// Returns the number of points drawn.
  uint64_t draw(const PointsOnCard& points, const DrawnView& view) const;

 private:
  Program program_;
  VertexArray array_;
};

}  // namespace dew::viewer
