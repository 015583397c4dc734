// SPDX-License-Identifier: Apache-2.0
/// Splat scenes drawn by a GPU: the bits of dew::render. Built with -DDEW_WITH_CUDA=ON (library dew::gaussians_cuda).
///
///   if (gpu::can_render()) {
///     SplatSums sums;
///     DEW_ASSIGN(const Rendered view, gpu::render(scene, camera, {.threads = 4, .sums = &sums}));
///   }
///
/// Projection, sorting and the lists of tiles are made by `threads` threads of the CPU, as in dew::render; the GPU blends. Threads: any.
#pragma once

#include "gaussians/render/render.h"

namespace dew::gpu {

/// Whether this machine has a device that the driver knows.
bool can_render();

/// As dew::render, without residuals. Errors: also unsupported_feature for residuals, without a device, or with what CUDA says;
/// limit_exceeded for more than 2^26 pairs of splat and tile. Memory on the device: some 50 bytes a pair, 70 with sums, and 20 bytes a
/// pixel.
Result<Rendered> render(const Splats& splats, const Camera& camera, const RenderOptions& options);

}  // namespace dew::gpu
