// SPDX-License-Identifier: Apache-2.0
/// What a tile of 16 x 16 pixels, of 16 blocks of 4 x 4, knows of a splat, and the numbers that every kernel computes with, in the C++17
/// that nvcc shares. Internal.
///
///   TileSplat splat = in_tile(footprint, tile, row, blocks);
#pragma once

#include <cstdint>

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

/// What a splat does to a tile.
struct TileSums {
  float weight = 0, weight_squared = 0, weight_max = 0, pixels = 0, removal_error = 0;
};

// The polynomial of degree 5 nearest to 2^f for f in [-1/2, 1/2] (from its values at the Chebyshev points, the constant set to 1):
// relative error 2e-7. Taken as (c0 + c1 f) + f^2 ((c2 + c3 f) + f^2 (c4 + c5 f)), which waits less than Horner's scheme.
inline constexpr float kExp2[6] = {1.0f, 0.69314719f, 0.24022107f, 0.055503571f, 0.0096760319f, 0.0013390863f};
// Adding 1.5 * 2^23 rounds to a whole number, which then stands in the low bits.
inline constexpr float kRounding = 12582912.0f;
inline constexpr unsigned kMantissaBits = 23;
inline constexpr float kLargestAlphaF = 0.99f;
inline constexpr float kSmallestAlphaF = 1.0f / 255;
inline constexpr float kLastTransmittanceF = 1e-4f;

}  // namespace dew::kernel
