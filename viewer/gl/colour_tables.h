// SPDX-License-Identifier: Apache-2.0
/// The colour maps as textures, and the part of the shaders that turns a number into a colour.
///
///   const ColourTables tables = ColourTables::create();
///   tables.set(program, colouring);                       // uniforms of kColourOfValue, texture unit 0
#pragma once

#include <array>

#include "viewer/colour/colour_map.h"
#include "viewer/gl/objects.h"

namespace dew::viewer {

/// GLSL: `vec3 colour_of(float value)` by the uniforms that ColourTables::set fills.
inline constexpr const char* kColourOfValue = R"(
uniform sampler2D table;
uniform vec2 ends;        // values at both ends of the map, or their logarithms
uniform bool logarithmic;
uniform bool has_value;
uniform vec3 constant_colour;
uniform vec3 no_value_colour;
vec3 colour_of(float value) {
  if (!has_value) return constant_colour;
  if (isnan(value)) return no_value_colour;
  float shown = logarithmic ? log(max(value, 1e-30)) : value;
  float t = ends.y > ends.x ? clamp((shown - ends.x) / (ends.y - ends.x), 0.0, 1.0) : (shown > ends.y ? 1.0 : 0.0);
  return texture(table, vec2((t * 255.0 + 0.5) / 256.0, 0.5)).rgb;
}
)";

class ColourTables {
 public:
  static ColourTables create();
  /// `program` is in use. `has_value`: whether the layer has the attribute.
  void set(const Program& program, const Colouring& colouring, bool has_value) const;

 private:
  std::array<Texture, 5> tables_;  ///< by ColourMap
};

}  // namespace dew::viewer
