// SPDX-License-Identifier: Apache-2.0
#include "data/generate/materials.h"

#include <algorithm>
#include <array>

#include "data/generate/random.h"

namespace dew::sim {

namespace {
// Albedos: order of magnitude of published near-infrared tables; textures and bumps chosen by comparison with captures.
//                             albedo spread patch gloss retro transm bump   size
constexpr std::array<MaterialTraits, static_cast<size_t>(Material::count)> kTraits = {{
    /* asphalt      */ {0.13, 0.35, 0.50, 0.00, 0.0, 0.00, 0.0040, 0.06},
    /* wet_asphalt  */ {0.04, 0.40, 0.50, 0.60, 0.0, 0.00, 0.0010, 0.05},
    /* lane_paint   */ {0.45, 0.25, 0.20, 0.00, 0.3, 0.00, 0.0010, 0.05},
    /* concrete     */ {0.28, 0.25, 0.60, 0.00, 0.0, 0.00, 0.0025, 0.08},
    /* kerb         */ {0.30, 0.20, 0.50, 0.00, 0.0, 0.00, 0.0020, 0.05},
    /* grass        */ {0.38, 0.45, 0.25, 0.00, 0.0, 0.00, 0.0800, 0.12},
    /* soil         */ {0.22, 0.40, 0.60, 0.00, 0.0, 0.00, 0.0400, 0.15},
    /* brick        */ {0.30, 0.35, 0.22, 0.00, 0.0, 0.00, 0.0060, 0.07},
    /* plaster      */ {0.58, 0.15, 1.20, 0.00, 0.0, 0.00, 0.0020, 0.10},
    /* wood         */ {0.40, 0.25, 0.15, 0.02, 0.0, 0.00, 0.0020, 0.12},
    /* metal        */ {0.25, 0.15, 0.40, 0.60, 0.0, 0.00, 0.0003, 0.20},
    /* dark_metal   */ {0.08, 0.20, 0.40, 0.30, 0.0, 0.00, 0.0003, 0.20},
    /* car_paint    */ {0.22, 0.10, 0.80, 0.90, 0.0, 0.00, 0.0002, 0.30},
    /* dark_paint   */ {0.02, 0.10, 0.80, 0.90, 0.0, 0.00, 0.0002, 0.30},
    /* rubber       */ {0.04, 0.20, 0.20, 0.00, 0.0, 0.00, 0.0020, 0.05},
    /* glass        */ {0.01, 0.10, 1.00, 1.00, 0.0, 0.55, 0.0000, 1.00},
    /* window_pane  */ {0.02, 0.30, 1.00, 1.50, 0.0, 0.60, 0.0000, 1.00},
    /* cloth        */ {0.45, 0.25, 0.20, 0.00, 0.0, 0.00, 0.0060, 0.08},
    /* dark_cloth   */ {0.12, 0.30, 0.20, 0.00, 0.0, 0.00, 0.0060, 0.08},
    /* skin         */ {0.50, 0.10, 0.20, 0.00, 0.0, 0.00, 0.0030, 0.05},
    /* bark         */ {0.30, 0.40, 0.10, 0.00, 0.0, 0.00, 0.0120, 0.06},
    /* leaf         */ {0.45, 0.40, 0.15, 0.02, 0.0, 0.00, 0.0200, 0.04},
    /* retro_sheet  */ {0.50, 0.20, 0.10, 0.00, 9.0, 0.00, 0.0000, 1.00},
    /* sign_face    */ {0.40, 0.50, 0.15, 0.10, 4.0, 0.00, 0.0000, 1.00},
    /* carpet       */ {0.25, 0.20, 0.30, 0.00, 0.0, 0.00, 0.0030, 0.04},
    /* tile_floor   */ {0.35, 0.25, 0.45, 0.50, 0.0, 0.00, 0.0003, 0.30},
    /* paper        */ {0.65, 0.40, 0.06, 0.00, 0.0, 0.00, 0.0060, 0.04},
    /* curtain      */ {0.45, 0.15, 0.30, 0.00, 0.0, 0.00, 0.0250, 0.12},
    /* stone        */ {0.28, 0.35, 0.35, 0.00, 0.0, 0.00, 0.0200, 0.15},
    /* black_gloss  */ {0.0015, 0.50, 0.10, 0.90, 0.0, 0.00, 0.0001, 0.30},
}};

struct SurfacePlace {
  double u, v;
};

// A wall is indexed by height and by the way along it, everything flatter by x and y.
SurfacePlace along_surface(Vec3 place, Vec3 normal) {
  if (std::abs(normal.z) > 0.7) return {place.x, place.y};
  const double horizontal = std::hypot(normal.x, normal.y) + 1e-9;
  return {(place.y * normal.x - place.x * normal.y) / horizontal, place.z};
}
}  // namespace

const MaterialTraits& material_traits(Material material) { return kTraits[static_cast<size_t>(material)]; }

double albedo_texture(Material material, Vec3 place, Vec3 normal) {
  const MaterialTraits& traits = material_traits(material);
  const SurfacePlace at = along_surface(place, normal);
  const uint64_t seed = 1000 + static_cast<uint64_t>(material) * 16;
  double factor = 1 + 0.6 * traits.albedo_spread * fractal_noise(at.u / traits.texture_size_m, at.v / traits.texture_size_m, seed);
  if (material == Material::brick) {  // courses of 7.5 cm with lighter mortar
    const double course = at.v / 0.075 - std::floor(at.v / 0.075);
    if (course < 0.15) factor *= 1.4;
  }
  return std::max(0.1, factor);
}

double surface_bump_m(Material material, Vec3 place, Vec3 normal) {
  const MaterialTraits& traits = material_traits(material);
  if (traits.bump_m < 1e-4) return 0;
  const SurfacePlace at = along_surface(place, normal);
  const uint64_t seed = 5000 + static_cast<uint64_t>(material) * 16;
  return traits.bump_m * fractal_noise(at.u / traits.bump_size_m, at.v / traits.bump_size_m, seed);
}

}  // namespace dew::sim
