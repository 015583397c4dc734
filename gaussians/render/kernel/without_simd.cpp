// SPDX-License-Identifier: Apache-2.0
// What stands in for the SIMD kernels in a build without Highway.
#include "gaussians/render/kernel/tile.h"

namespace dew::kernel {

TileKernels best_tile_kernels() { return plain_tile_kernels(); }

}  // namespace dew::kernel
