// SPDX-License-Identifier: Apache-2.0
/// A scene as splats with the statistics of trained ones. Nothing is trained: colours, sizes and spherical harmonics come from what the
/// surfaces are, with the noise that training leaves.
///
///   const Splats splats = sample_splats(make_captured_scene(CaptureKind::room, 7), {.splats = 80000, .seed = 7});
#pragma once

#include <cstdint>
#include <vector>

#include "data/generate/splats/scene.h"
#include "gaussians/splats.h"

namespace dew::sim {

struct SampleOptions {
  size_t splats = 50000;  ///< at least 1
  uint32_t sh_degree = 3;
  uint64_t seed = 1;
  uint32_t threads = 1;  ///< never changes a byte
};

/// Splats in the order of a trained file: a few generations, each loosely in order of place.
/// Cost: some 10 us a splat and thread. Memory: 500 bytes a splat.
Splats sample_splats(const CapturedScene& scene, const SampleOptions& options);

}  // namespace dew::sim
