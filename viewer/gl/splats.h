// SPDX-License-Identifier: Apache-2.0
/// Layers of splats on the card, drawn as gaussians/render draws them.
///
///   DEW_ASSIGN(SplatsOnCard splats, SplatsOnCard::create(layer));
///   drawer.project(splats, view);                           // where each splat falls, and its colour: once a viewpoint
///   drawer.blend(splats, front_to_back, view);              // into the bound framebuffer: colour times coverage, coverage
///
/// Two passes: the first runs once for each splat and writes its ellipse and colour (spherical harmonics evaluated) into a buffer, the
/// second draws a quad around each ellipse in the order of depth.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "viewer/gl/colour_tables.h"
#include "viewer/gl/splat_order.h"
#include "viewer/picture/style.h"

namespace dew::viewer {

struct SplatsOnCard {
  size_t count = 0;
  std::vector<float> position;  ///< kept for sorting
  Buffer shape;                 ///< position, opacity, three scaled axes: kShapeTexels of viewer/splats/splat_texels.h
  Buffer colour;                ///< coefficients by channel, in fours
  Texture colour_texels;
  GLint texels_a_channel = 1;
  std::map<std::string, Buffer, std::less<>> attributes;
  Buffer projected;  ///< 12 floats, as the first pass writes them
  Texture projected_texels;
  Buffer order;  ///< indices, front to back

  SplatOrder all;

  /// The `chosen` that matter most, for pictures that must be quick.
  std::vector<float> importance;  ///< opacity times mean size
  uint64_t chosen = 0;            ///< 0: none were chosen yet
  Buffer elements;                ///< their numbers, in file order
  SplatOrder few;                 ///< counts within them

  /// Chooses as many splats; nothing is done where that was done before. REQUIRES: below count. Errors: out_of_memory.
  Status choose(uint64_t wanted);

  /// Errors: out_of_memory, limit_exceeded where the driver's textures are too small, invalid_argument for arrays that do not fit together.
  static Result<SplatsOnCard> create(const SplatLayer& layer);
  Status set(const Attribute& attribute);
};

class SplatDrawer {
 public:
  static Result<SplatDrawer> create();

  struct View {
    const Viewpoint& eye;
    PixelSize size;  ///< of the viewport
    const Colouring& colouring;
    const ColourTables& tables;
  };
  /// All of them, or those that were chosen; blend() then counts within these.
  void project(const SplatsOnCard& splats, const View& view, bool chosen_only) const;
  /// Colour is premultiplied; alpha is 1 - transmittance. Returns the number of quads drawn.
  uint64_t blend(const SplatsOnCard& splats, std::span<const uint32_t> front_to_back, PixelSize size) const;

 private:
  Program project_, blend_;
  VertexArray project_array_, blend_array_;
};

}  // namespace dew::viewer
