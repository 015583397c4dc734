// SPDX-License-Identifier: Apache-2.0
/// What a sensor makes of one shot: echoes of a beam that is not a line, detection, range noise and intensity.
///
///   Return r = measure(scene_rays, beam, unit, laser, random);
///   scan.range[cell] = r.range_ticks;    // 0: nothing came back
#pragma once

#include <array>
#include <cstdint>

#include "data/generate/ray_caster.h"
#include "data/generate/sensors.h"

namespace dew::sim {

/// The world as rays see it during one sweep.
struct SceneRays {
  const RayCaster* standing = nullptr;
  const RayCaster* moving = nullptr;
  Vec3 texture_origin;  ///< added to hit points, so that textures stay in place when the anchor of the meshes moves
  std::array<double, static_cast<size_t>(Material::count)> albedo_factor;  ///< this world's paints and stones against the tables
  Hit nearest(Vec3 origin, Vec3 direction, double near_m, double far_m, float time) const;
};

struct Beam {
  Vec3 origin, direction;  ///< in the meshes' frame
  Vec3 across, up;         ///< unit vectors of the footprint
  float time = 0;          ///< 0..1 within the sweep
};

struct Return {
  uint32_t range_ticks = 0;
  uint8_t intensity = 0;
};

/// Draws from `random` as often as it needs; the same arguments give the same return.
Return measure(const SceneRays& scene, const Beam& beam, const SensorUnit& unit, size_t laser, Random& random);

}  // namespace dew::sim
