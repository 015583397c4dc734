// SPDX-License-Identifier: Apache-2.0
/// What surfaces do to a laser pulse at 905 nm.
///
///   const MaterialTraits& traits = material_traits(Material::asphalt);
///   double albedo = traits.albedo * albedo_texture(Material::asphalt, hit_point, normal);
#pragma once

#include <cstdint>

#include "data/generate/vec.h"

namespace dew::sim {

enum class Material : uint8_t {
  asphalt,
  wet_asphalt,
  lane_paint,
  concrete,
  kerb,
  grass,
  soil,
  brick,
  plaster,
  wood,
  metal,
  dark_metal,
  car_paint,
  dark_paint,
  rubber,
  glass,
  window_pane,
  cloth,
  dark_cloth,
  skin,
  bark,
  leaf,
  retro_sheet,
  sign_face,
  carpet,
  tile_floor,
  paper,
  curtain,
  stone,
  black_gloss,
  count
};

struct MaterialTraits {
  double albedo;          ///< diffuse reflectivity, 0..1
  double albedo_spread;   ///< relative strength of its texture
  double texture_size_m;  ///< size of the patches of that texture
  double gloss;           ///< energy in the mirror lobe, seen when looking along the normal
  double retro;           ///< energy sent straight back (signs, plates, lamps), in units of a white diffuser
  double transmission;    ///< part of the pulse that goes on behind (glass); the rest of it is mirrored away
  double bump_m;          ///< depth of the unevenness that a pulse averages over
  double bump_size_m;     ///< its size along the surface
};

const MaterialTraits& material_traits(Material material);

/// Factor on the albedo at a place on a surface: patches, grain, bricks. Mean about 1.
double albedo_texture(Material material, Vec3 place, Vec3 normal);

/// Height of the surface above its triangle, metres, at a place; zero mean.
double surface_bump_m(Material material, Vec3 place, Vec3 normal);

}  // namespace dew::sim
