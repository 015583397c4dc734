// SPDX-License-Identifier: Apache-2.0
/// From floating-point pictures of splats to what is shown: over a background, or the difference of two through a colour map.
///
///   composer.show(target, background);                       // into the bound framebuffer and viewport
///   composer.show_difference(a, b, background, colouring, tables);
#pragma once

#include "viewer/gl/colour_tables.h"

namespace dew::viewer {

class Composer {
 public:
  static Result<Composer> create();
  void show(const Target& picture, const Rgb& background) const;
  /// The mean over the channels of the absolute difference of both pictures, each cut to 0 to 1.
  void show_difference(const Target& a, const Target& b, const Rgb& background, const Colouring& colouring,
                       const ColourTables& tables) const;

 private:
  Program show_, difference_;
  VertexArray array_;
};

}  // namespace dew::viewer
