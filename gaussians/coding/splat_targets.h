// SPDX-License-Identifier: Apache-2.0
/// From a scene and what its splats are worth to what the codec shall code: which splats, in which classes, in canonical form.
///
///   const SceneTargets targets = make_targets(scene, sensitivity, 2e-11);
///   for (const TargetGroup& group : targets.groups) encode_group(group.targets, group.box, targets.scene);
///
/// Encoder only: floating point.
#pragma once

#include <cstdint>
#include <vector>

#include "gaussians/coding/splat_group.h"
#include "gaussians/significance/sensitivity.h"

namespace dew {

struct TargetGroup {
  GroupTargets targets;
  GroupBox box;
  std::vector<uint32_t> splats;  ///< of the scene, one a target
};

struct SceneTargets {
  GroupScene scene;
  std::vector<TargetGroup> groups;  ///< those with the most significant splats first
};

/// Splats whose removal costs no more are left out.
double least_removal(double distortion);

/// `distortion`: mean squared error that one number of one splat may add. Everything follows from it by equal slopes: with lambda = 2 ln 2
/// distortion, a splat goes where its removal costs less than kBitsOfRemoval * lambda, and a number gets the step whose error is
/// `distortion`. REQUIRES: finite splats.
SceneTargets make_targets(const Splats& splats, const Sensitivity& sensitivity, double distortion);
/// The same with a basis of the caller's.
SceneTargets make_targets(const Splats& splats, const Sensitivity& sensitivity, double distortion, ShBasis basis);

/// Principal axes of the directional colours that stay, without those that no step would be fine enough for.
ShBasis basis_of(const Splats& splats, const Sensitivity& sensitivity, double distortion);

}  // namespace dew
