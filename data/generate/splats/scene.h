// SPDX-License-Identifier: Apache-2.0
/// What is to be captured: surfaces, lights, where cameras stand, and how the scene lies in its coordinates.
///
///   const CapturedScene scene = make_captured_scene(CaptureKind::room, 7);
///   const Splats splats = sample_splats(scene, {.splats = 80000, .seed = 7});      // sample.h
#pragma once

#include <vector>

#include "data/generate/splats/shading.h"
#include "data/generate/splats/surface.h"
#include "gaussians/camera.h"

namespace dew::sim {

enum class CaptureKind { room, object, street };

/// From metres with z up to the file's coordinates, which are those of structure from motion: y about down, any scale and origin.
struct Placement {
  Pose pose;
  double scale = 1;
  Vec3 apply(const Vec3& metres) const { return scale * rotate(pose.rotation, metres) + pose.position; }
};

struct CapturedScene {
  std::vector<Surface> surfaces;
  Lighting lighting;
  Placement placement;
  std::vector<Camera> cameras;  ///< in the file's coordinates
  Vec3 middle;                  ///< metres
  double size_m = 1;            ///< of what is captured: half its width
};

/// A seed fixes everything.
CapturedScene make_captured_scene(CaptureKind kind, uint64_t seed);

/// A camera at `eye_m` that looks at `target_m`, both in metres; 60 degrees from left to right.
Camera camera_towards(const Placement& placement, const Vec3& eye_m, const Vec3& target_m, uint32_t width, uint32_t height);

}  // namespace dew::sim
