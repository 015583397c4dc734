// SPDX-License-Identifier: Apache-2.0
/// Nearest hits of rays with triangles (Embree), standing or moving during the sweep.
///
///   RayCaster caster(mesh);                       // or RayCaster(at_begin, at_end)
///   Hit hit = caster.cast(origin, direction, 0.01, 200, 0);
///   if (hit.found) use(hit.distance_m);
#pragma once

#include <memory>

#include "data/generate/mesh.h"

namespace dew::sim {

struct Hit {
  bool found = false;
  double distance_m = 0;
  Vec3 normal;  ///< unit; either side
  Material material = Material::asphalt;
};

/// Thread-safe for cast(). Owns its copy of the triangles.
class RayCaster {
 public:
  explicit RayCaster(const TriangleMesh& mesh) : RayCaster(mesh, mesh) {}
  /// Meshes of the same triangles, at times 0 and 1; in between vertices move in straight lines.
  RayCaster(const TriangleMesh& at_begin, const TriangleMesh& at_end);
  ~RayCaster();
  RayCaster(RayCaster&&) noexcept;
  RayCaster& operator=(RayCaster&&) noexcept;

  /// `direction` is a unit vector; looks between `near_m` and `far_m`.
  Hit cast(Vec3 origin, Vec3 direction, double near_m, double far_m, float time) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dew::sim
