// SPDX-License-Identifier: Apache-2.0
/// From where, how large and in which colours a layer is drawn: what drawers of points and of meshes ask for.
///
///   points.draw(points_on_card, {eye, size, style, colouring, tables});
#pragma once

#include "viewer/gl/colour_tables.h"
#include "viewer/picture/style.h"

namespace dew::viewer {

/// Does not own what it refers to; lives for one call.
struct DrawnView {
  const Viewpoint& eye;
  PixelSize size;  ///< of the viewport
  const Style& style;
  const Colouring& colouring;
  const ColourTables& tables;
};

}  // namespace dew::viewer
