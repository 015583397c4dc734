// SPDX-License-Identifier: Apache-2.0
/// Inner loops of the renderer: a tile of 16 x 16 pixels, as 16 blocks of 4 x 4. Internal.
///
///   TilePixels pixels;                                   // transmittance 1, colours 0; see start_tile
///   kernels.draw(splats, pixels, &trace);                // front to back, may be called again with the splats that follow
///   kernels.add_up(splats, trace, pixels, sums);         // back to front
///   kernels.add_residuals(splats, trace, pixels, residual, residual_sums);   // back to front, for a picture that should be another
///
/// All kernels give the same bits: only single + - * / in the order written here, no fused operations.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "gaussians/render/kernel/tile_splat.h"

namespace dew::kernel {

/// The pixels of block b are at 16 b: four rows of four.
struct alignas(64) TilePixels {
  std::array<float, kTilePixels> transmittance;  ///< below zero, as its negative, where the pixel has ended
  std::array<float, kTilePixels> red, green, blue;
  std::array<float, kTilePixels> depth;  ///< sum of w depth
  uint32_t live;                         ///< blocks in which a pixel goes on, a bit each
  bool with_depth;                       ///< whether depth is summed
};

/// Records of 32 floats: w of the 16 pixels of a block, then their alpha; zeros where the splat is not drawn. In the order of drawing; a
/// record where nothing was drawn may be there.
struct Trace {
  std::vector<float> values;
  size_t used = 0;
};
inline constexpr size_t kTraceRecord = 2 * kBlockPixels;

/// What the tile should be minus what it is; pixels as in TilePixels, 0 beyond the picture.
struct alignas(64) TileResidual {
  std::array<float, kTilePixels> red, green, blue;
};

/// Sums over the tile of w times residual, and of what the splat adds to a pixel times residual.
struct TileResidualSums {
  float red = 0, green = 0, blue = 0, removal = 0;
};

struct TileKernels {
  /// Draws in order until no pixel goes on. `trace` may be null; else it gets the records of what was drawn.
  void (*draw)(std::span<TileSplat> splats, TilePixels& pixels, Trace* trace);
  /// From the last splat to the first, along the trace of all of them. The colours in `pixels` must be those of the background as it
  /// shines through; they become those of the picture. Sums go to the entry of each splat.
  void (*add_up)(std::span<const TileSplat> splats, const Trace& trace, TilePixels& pixels, std::span<TileSums> sums);
  /// In the same way, from the same start.
  void (*add_residuals)(std::span<const TileSplat> splats, const Trace& trace, TilePixels& pixels, const TileResidual& residual,
                        std::span<TileResidualSums> sums);
};

/// The definition, in plain loops, and the same with the best instructions that the machine has.
TileKernels plain_tile_kernels();
TileKernels best_tile_kernels();

/// Room for the records of `count` splats more.
inline void reserve(Trace& trace, size_t count) {
  const size_t needed = trace.used + count * kTileBlocks * kTraceRecord;
  if (trace.values.size() < needed) trace.values.resize(needed + needed / 2);
}

}  // namespace dew::kernel
