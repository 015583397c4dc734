// SPDX-License-Identifier: Apache-2.0
/// Draws one row of tiles of a picture. Internal.
///
///   RowScratch scratch;                                      // one a thread, used again for each row
///   RowSums sums;
///   draw_tile_row(seen, rows, 3, canvas, scratch, &sums);    // pixel rows 48 to 63
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gaussians/render/kernel/footprint.h"
#include "gaussians/render/kernel/tile.h"
#include "gaussians/render/render.h"

namespace dew::kernel {

/// Rows of tiles that a splat reaches, in order of depth; kept apart from the footprints, as each row looks at all of them.
struct RowRange {
  uint16_t first, last;
};

/// A splat in a row of tiles: for each of the four rows of blocks the first and the last block, counted over the whole row of tiles.
struct RowSplat {
  Footprint seen;  ///< a copy: the row's splats lie together in memory
  uint16_t first_tile, last_tile;
  uint16_t first_block[4], last_block[4];  ///< first above last: none
};

struct RowSums {
  std::vector<uint32_t> index;  ///< of the splat in the scene
  std::vector<TileSums> sums;
};

struct RowScratch {
  std::vector<uint32_t> ranks;  ///< of the splats that may be in the row
  std::vector<RowSplat> splats;
  std::vector<uint32_t> tile_ends;
  std::vector<uint32_t> entries;      ///< places in `splats`, tile by tile
  std::vector<TileSplat> tile;        ///< what a tile has drawn
  std::vector<uint32_t> tile_places;  ///< places in `splats`
  std::vector<TileSums> tile_sums;
  Trace trace;
};

/// What is drawn on, and with what.
struct Canvas {
  const Camera* camera;
  Rendered* out;  ///< arrays of the right size; depth and alpha may be empty
  TileKernels kernels;
};

/// Writes the pixels of tile row `row`. `sums` may be null.
void draw_tile_row(std::span<const Footprint> seen, std::span<const RowRange> rows, uint32_t row, const Canvas& canvas, RowScratch& scratch,
                   RowSums* sums);

}  // namespace dew::kernel
