// SPDX-License-Identifier: Apache-2.0
/// The colour maps as textures for kColourOfValue (viewer/shaders/texts.h).
///
///   const ColourTables tables = ColourTables::create();
///   tables.set(program, colouring);                       // its uniforms, texture unit 0
#pragma once

#include <array>

#include "viewer/colour/colour_map.h"
#include "viewer/gl/objects.h"
#include "viewer/shaders/texts.h"

namespace dew::viewer {

class ColourTables {
 public:
  static ColourTables create();
  /// `program` is in use. `has_value`: whether the layer has the attribute.
  void set(const Program& program, const Colouring& colouring, bool has_value) const;

 private:
  std::array<Texture, 5> tables_;  ///< by ColourMap
};

}  // namespace dew::viewer
