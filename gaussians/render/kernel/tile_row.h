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
#include "gaussians/render/kernel/tile_list.h"
#include "gaussians/render/render.h"

namespace dew::kernel {

struct RowSums {
  std::vector<uint32_t> index;  ///< of the splat in the scene
  std::vector<TileSums> sums;   ///< empty unless asked for, as the next
  std::vector<TileResidualSums> residuals;
};

struct RowScratch {
  RowList list;
  std::vector<TileSplat> tile;        ///< what a tile has drawn
  std::vector<uint32_t> tile_places;  ///< places in list.splats
  std::vector<TileSums> tile_sums;
  std::vector<TileResidualSums> tile_residuals;
  Trace trace;
};

/// What is drawn on, and with what.
struct Canvas {
  const Camera* camera;
  Rendered* out;  ///< arrays of the right size; depth and alpha may be empty
  TileKernels kernels;
  bool sums = false;              ///< whether RowSums gets them
  const Image* target = nullptr;  ///< of the size of the picture; where not null, RowSums gets residuals
};

/// Writes the pixels of tile row `row`. `sums` may be null.
void draw_tile_row(std::span<const Footprint> seen, std::span<const RowRange> rows, uint32_t row, const Canvas& canvas, RowScratch& scratch,
                   RowSums* sums);

}  // namespace dew::kernel
