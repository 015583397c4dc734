// SPDX-License-Identifier: Apache-2.0
/// One splat at a time, of each kind that trained scenes have. Internal to sample.cpp.
///
///   SplatMaker maker(scene, seed);
///   store_splat(maker.on_surface(surface, splats_on_it, random), i, splats);
#pragma once

#include "data/generate/splats/scene.h"
#include "gaussians/splats.h"

namespace dew::sim {

/// In the file's coordinates.
struct MadeSplat {
  Vec3 place;
  std::array<Vec3, 3> axes;  ///< right-handed
  Vec3 log_scales;
  double opacity_logit = 0;
  std::array<double, 4> rotation{1, 0, 0, 0};
  ShColour sh{};
};

class SplatMaker {
 public:
  SplatMaker(const CapturedScene& scene, uint64_t seed) : scene_(scene), seed_(seed) {}

  /// One of `count` splats that share a surface.
  MadeSplat on_surface(const Surface& surface, size_t count, Random& random);
  /// Large and transparent, somewhere in the air.
  MadeSplat fog(Random& random);
  /// What training leaves before the cameras.
  MadeSplat floater(Random& random);
  /// Far away, hardly visible.
  MadeSplat outlier(Random& random);

 private:
  MadeSplat in_the_air(const Vec3& place_m, double log_scale_m, Random& random);
  void add_noise(MadeSplat& splat, double amplitude, Random& random) const;
  void set_rotation(MadeSplat& splat, Random& random) const;

  const CapturedScene& scene_;
  uint64_t seed_;
  ShFit fit_;
};

/// Converts to floats, as splat i of `out`.
void store_splat(const MadeSplat& splat, size_t i, Splats& out);

}  // namespace dew::sim
