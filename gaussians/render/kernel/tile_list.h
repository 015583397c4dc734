// SPDX-License-Identifier: Apache-2.0
/// Which splats reach which tiles of a row, and with which blocks. Internal.
///
///   RowList list;                                              // used again for each row
///   list_row(seen, rows, 3, camera.width, list);               // pixel rows 48 to 63
///   list_tiles(list, 0, tiles);
///   for (const uint32_t place : list.of_tile(7)) { ... blocks_in_tile(list.splats[place], 7) ... }
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gaussians/render/kernel/footprint.h"
#include "gaussians/render/kernel/tile.h"

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

struct RowList {
  std::vector<uint32_t> ranks;   ///< scratch: of the splats that may be in the row
  std::vector<RowSplat> splats;  ///< of the row, in order of depth
  std::vector<uint32_t> tile_ends;
  std::vector<uint32_t> entries;  ///< places in `splats`, tile by tile

  /// Places in `splats`, in order of depth; tiles count from the first that was listed.
  std::span<const uint32_t> of_tile(uint32_t tile) const {
    const size_t start = tile == 0 ? 0 : tile_ends[tile - 1];
    return std::span(entries).subspan(start, tile_ends[tile] - start);
  }
};

/// Fills splats. `seen` and `rows` are in order of depth; `width` is the picture's, in pixels.
void list_row(std::span<const Footprint> seen, std::span<const RowRange> rows, uint32_t row, uint32_t width, RowList& list);

/// Fills entries and tile_ends for the tiles [first, last) of the row that was listed.
void list_tiles(RowList& list, uint32_t first, uint32_t last);

/// The blocks of a tile that the splat may touch, as in TileSplat.
uint32_t blocks_in_tile(const RowSplat& splat, uint32_t tile);

/// The splat as a tile sees it.
TileSplat in_tile(const Footprint& splat, uint32_t tile, uint32_t row, uint32_t blocks);

}  // namespace dew::kernel
