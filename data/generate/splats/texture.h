// SPDX-License-Identifier: Apache-2.0
/// What surfaces look like: a colour for every place on them, and how they shine.
///
///   const Texture floor{Pattern::planks, {0.55, 0.38, 0.22}, {0.35, 0.22, 0.12}, 0.14};
///   const Rgb colour = floor.at(u_m, v_m);          // metres along the surface
#pragma once

#include <cstdint>

#include "data/generate/vec.h"

namespace dew::sim {

/// Red, green and blue in x, y and z; 0 to 1, linear in nothing: as pictures store them.
using Rgb = Vec3;

inline Rgb blend(const Rgb& a, const Rgb& b, double share) { return (1 - share) * a + share * b; }
/// Largest difference of a channel.
double contrast(const Rgb& a, const Rgb& b);

enum class Pattern { plain, plaster, planks, checks, stripes, bricks, windows, print, leaf, ground, sky };

struct Texture {
  Pattern pattern = Pattern::plain;
  Rgb first{0.5, 0.5, 0.5};
  Rgb second{0.5, 0.5, 0.5};
  double period_m = 0.2;  ///< size of what repeats
  double shine = 0;       ///< 0 matt to 1 mirror: strength of highlights and reflections
  double roughness = 0.3;
  uint64_t seed = 1;
  bool bright = false;  ///< shines by itself: not lit

  Rgb at(double u_m, double v_m) const;
};

}  // namespace dew::sim
