// SPDX-License-Identifier: Apache-2.0
/// Targets of the group codec of every kind: as an encoder would choose them, and as none would.
///
///   Random random(1);
///   const GroupScene scene = any_group_scene(random);
///   const GroupTargets targets = any_targets(random, 100, scene);
///   const CodedGroup coded = encode_group(targets, box_around(targets.splats), scene);
#pragma once

#include "gaussians/coding/splat_group.h"
#include "gaussians/render/projection.h"
#include "tests/support/any_splats.h"

namespace dew::test {

inline GroupScene any_group_scene(Random& random) {
  constexpr double kVariances[] = {1e-4, 1, 1e-300, 1e300, 1e-12};
  GroupScene scene;
  scene.screen_variance = kVariances[random() % 5];
  scene.one_context = chance(random, 0.3);
  const uint32_t degree = static_cast<uint32_t>(random() % (kMaxShDegree + 1));
  if (degree == 0) return scene;
  const Splats splats = random_splats(random, {.count = 60, .sh_degree = degree});
  scene.basis = fit_sh_basis(splats, std::vector<double>(60, 1.0), 0.02);
  return scene;
}

inline SplatTarget any_target(Random& random, double extent) {
  SplatTarget target;
  const bool plausible = chance(random, 0.8);
  target.alpha_class = static_cast<int>(plausible ? 4 + random() % 8 : random() % kClasses);
  target.colour_class = static_cast<int>(plausible ? 3 + random() % 8 : random() % kClasses);
  target.log_opacity = plausible ? -between(random, 0.01, 3) : between(random, kLeastLogOpacity, kLargestLogOpacity);
  for (double& spread : target.spread) spread = plausible ? between(random, -7, -2) : between(random, kLeastSpread, kLargestSpread);
  if (plausible) std::sort(target.spread.begin(), target.spread.end(), std::greater<>());
  target.frame = rotation_matrix(about_normal(random), about_normal(random), about_normal(random), about_normal(random));
  for (double& x : target.position) x = static_cast<double>(static_cast<float>(extent * about_normal(random)));
  for (double& colour : target.colour) colour = (plausible ? 1 : 1e5) * about_normal(random);
  return target;
}

/// `count` splats, some of them at the place of another.
inline GroupTargets any_targets(Random& random, size_t count, const GroupScene& scene) {
  constexpr double kExtents[] = {1, 1, 1e-30, 1e30, 0};
  const double extent = kExtents[random() % 5];
  GroupTargets targets;
  for (size_t i = 0; i < count; ++i) {
    targets.splats.push_back(any_target(random, extent));
    if (chance(random, 0.1)) targets.splats.back().position = targets.splats[random() % (i + 1)].position;
  }
  for (size_t i = 0; i < count * scene.basis.components(); ++i) {
    const int64_t size = int64_t{1} << random() % (chance(random, 0.01) ? 31 : 4);
    targets.sh_steps.push_back(chance(random, 0.6) ? 0 : static_cast<int32_t>(chance(random, 0.5) ? size - 1 : 1 - size));
  }
  return targets;
}

inline bool same_splat(const CodedSplat& a, const CodedSplat& b) {
  return a.alpha_class == b.alpha_class && a.colour_class == b.colour_class && a.log_opacity == b.log_opacity && a.spread == b.spread &&
         a.levels.direction == b.levels.direction && a.levels.spin == b.levels.spin && a.rotation == b.rotation &&
         a.position == b.position && a.colour == b.colour;
}

inline bool same_group(const DecodedGroup& a, const DecodedGroup& b) {
  return a.sh_steps == b.sh_steps && std::equal(a.splats.begin(), a.splats.end(), b.splats.begin(), b.splats.end(), same_splat);
}

}  // namespace dew::test
