// SPDX-License-Identifier: Apache-2.0
/// Inner loops of the renderer: a tile of 16 x 16 pixels, as 16 blocks of 4 x 4. Internal.
///
///   TilePixels pixels;                                   // transmittance 1, colours 0; see start_tile
///   kernels.draw(splats, pixels, &trace);                // front to back, may be called again with the splats that follow
///   kernels.add_up(splats, trace, pixels, sums);         // back to front
///
/// All kernels give the same bits: only single + - * / in the order written here, no fused operations.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dew::kernel {

inline constexpr uint32_t kTileSide = 16;
inline constexpr uint32_t kBlockSide = 4;
inline constexpr uint32_t kBlockPixels = kBlockSide * kBlockSide;
inline constexpr uint32_t kTileBlocks = 16;
inline constexpr uint32_t kTilePixels = kTileSide * kTileSide;

/// A splat as a tile sees it: alpha of the pixel x y of the tile is min(0.99, opacity 2^-(u^2 + v^2)) with u = u0 + ux x + uy y and
/// v = v0 + vy y.
struct TileSplat {
  float u0, v0, ux, uy, vy;
  float cut;  ///< u^2 + v^2 beyond which alpha is below 1/255; pixels just before it are tested by their alpha
  float opacity;
  float red, green, blue, depth;
  uint16_t blocks;  ///< those that it may touch, a bit each: bit 4 * row + column
  uint16_t drawn;   ///< out: those in the trace
};

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

/// What a splat does to a tile.
struct TileSums {
  float weight = 0, weight_squared = 0, weight_max = 0, pixels = 0, removal_error = 0;
};

struct TileKernels {
  /// Draws in order until no pixel goes on. `trace` may be null; else it gets the records of what was drawn.
  void (*draw)(std::span<TileSplat> splats, TilePixels& pixels, Trace* trace);
  /// From the last splat to the first, along the trace of all of them. The colours in `pixels` must be those of the background as it
  /// shines through; they become those of the picture. Sums go to the entry of each splat.
  void (*add_up)(std::span<const TileSplat> splats, const Trace& trace, TilePixels& pixels, std::span<TileSums> sums);
};

/// The definition, in plain loops, and the same with the best instructions that the machine has.
TileKernels plain_tile_kernels();
TileKernels best_tile_kernels();

// The polynomial of degree 5 nearest to 2^f for f in [-1/2, 1/2] (from its values at the Chebyshev points, the constant set to 1):
// relative error 2e-7. Taken as (c0 + c1 f) + f^2 ((c2 + c3 f) + f^2 (c4 + c5 f)), which waits less than Horner's scheme.
inline constexpr float kExp2[6] = {1.0f, 0.69314719f, 0.24022107f, 0.055503571f, 0.0096760319f, 0.0013390863f};
// Adding 1.5 * 2^23 rounds to a whole number, which then stands in the low bits.
inline constexpr float kRounding = 12582912.0f;
inline constexpr unsigned kMantissaBits = 23;
inline constexpr float kLargestAlphaF = 0.99f;
inline constexpr float kSmallestAlphaF = 1.0f / 255;
inline constexpr float kLastTransmittanceF = 1e-4f;

/// Room for the records of `count` splats more.
inline void reserve(Trace& trace, size_t count) {
  const size_t needed = trace.used + count * kTileBlocks * kTraceRecord;
  if (trace.values.size() < needed) trace.values.resize(needed + needed / 2);
}

}  // namespace dew::kernel
