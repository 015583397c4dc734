// SPDX-License-Identifier: Apache-2.0
/// Blending of tiles on a GPU, in the C++17 that nvcc and this program share. Internal to render_gpu.cpp.
#pragma once

#include <cstdint>

#include "gaussians/render/kernel/tile_splat.h"

namespace dew::gpu {

/// Tiles count row by row. All pointers are to the host's memory.
struct TileJob {
  uint32_t width, height;  ///< pixels
  float background[3];
  const kernel::TileSplat* splats;  ///< tile by tile, front to back
  const uint32_t* starts;           ///< of each tile in `splats`, and the end of the last
};

struct TileOutput {
  float* colour;  ///< three floats a pixel
  float* depth;   ///< a float a pixel; null with `alpha`
  float* alpha;
  kernel::TileSums* sums;  ///< one a splat of the job; may be null
};

/// Whether there is a device; asks the driver once a call, some ms at first.
bool render_device_present();

/// Fills `output`. Null, or what CUDA says went wrong.
const char* draw_tiles(const TileJob& job, const TileOutput& output);

}  // namespace dew::gpu
