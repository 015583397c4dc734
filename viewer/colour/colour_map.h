// SPDX-License-Identifier: Apache-2.0
/// Numbers as colours.
///
///   const Rgb colour = map_colour(ColourMap::viridis, 0.25);
///   Colouring colouring = default_colouring(layer, kIntensity);       // attribute, map and range
///   const double t = place_in(colouring, value);                      // 0 to 1; then map_colour(colouring.map, t)
///
/// viridis: S. van der Walt and N. Smith, 2015 (CC0), its polynomial approximation by M. Zucker (public domain); luminance grows evenly,
/// readable by the colour blind. Diverging: K. Moreland, "Diverging Color Maps for Scientific Visualization", 2009.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "viewer/scene/layer.h"

namespace dew::viewer {

/// Red green blue, 0 to 1, as pictures store it (sRGB).
using Rgb = std::array<float, 3>;

enum class ColourMap : uint8_t {
  viridis,    ///< dark blue over green to yellow: amounts
  heat,       ///< near black over red to pale yellow: errors, zero fades into the background
  grey,       ///< dark to bright: intensity
  diverging,  ///< blue over grey to red: signed differences
  cyclic,     ///< once around the hues: angles and alternating rings
};

/// `t` is cut to 0 to 1; NaN is mid grey.
Rgb map_colour(ColourMap map, double t);
/// 256 entries from 0 to 1, for a texture.
std::vector<Rgb> colour_table(ColourMap map);
inline constexpr Rgb kNoValueColour = {0.45f, 0.45f, 0.45f};

/// Names for `--colour` and panels.
const char* map_name(ColourMap map);

/// How a layer is coloured.
struct Colouring {
  std::string attribute;  ///< empty: `constant`; kNormal: unit vectors as colours
  ColourMap map = ColourMap::viridis;
  double low = 0;  ///< value at the lower end of the map
  double high = 1;
  bool logarithmic = false;              ///< low above 0
  std::string unit;                      ///< of the attribute, for the legend
  Rgb constant = {0.82f, 0.86f, 0.92f};  ///< where there is no such attribute
  bool own_colours = false;              ///< splats, coloured meshes: their own, which `attribute` does not replace
};
inline constexpr const char* kNormal = "normal";

/// 0 to 1 across the range; values beyond are cut, NaN stays NaN.
double place_in(const Colouring& colouring, double value);

/// What a shader divides by: the ends of the range, or their natural logarithms where that is asked for and they have some.
struct MapEnds {
  double low = 0;
  double high = 1;
  bool logarithmic = false;
};
MapEnds map_ends(const Colouring& colouring);

/// The map and range that suit an attribute of `layer`: intensity from 0 to its 98th percentile in viridis, heights and times from the 2nd
/// to the 98th, rings from first to last, errors from 0 in heat. An empty name, or one that the layer lacks: constant (splats, and meshes
/// that have some: their own colours).
Colouring default_colouring(const Layer& layer, std::string_view attribute);

/// The attribute that a layer is first shown by: intensity, else height; empty for splats and meshes.
std::string first_attribute(const Layer& layer);

/// The values below which the shares `low` and `high` (0 to 1) of the finite values lie; 0 and 1 where there are none. Looks at 100,000
/// values at most, evenly spread.
std::array<double, 2> percentiles(std::span<const float> values, double low, double high);

}  // namespace dew::viewer
