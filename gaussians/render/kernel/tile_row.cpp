// SPDX-License-Identifier: Apache-2.0
#include "gaussians/render/kernel/tile_row.h"

#include <algorithm>
#include <cmath>

namespace dew::kernel {
namespace {

constexpr size_t kBatch = 128;                    // splats made ready for a tile before it is asked whether it is done
constexpr size_t kMostEntries = size_t{1} << 22;  // of tiles that are sorted together

/// Pixels beyond the picture have ended before they begin.
void start_tile(TilePixels& pixels, uint32_t columns, uint32_t rows) {
  pixels.red.fill(0);
  pixels.green.fill(0);
  pixels.blue.fill(0);
  pixels.depth.fill(0);
  pixels.live = 0;
  for (uint32_t at = 0; at < kTilePixels; ++at) {
    const uint32_t block = at / kBlockPixels;
    const bool inside = block % 4 * kBlockSide + at % 4 < columns && block / 4 * kBlockSide + at % kBlockPixels / 4 < rows;
    pixels.transmittance[at] = inside ? 1.0f : -1.0f;
    if (inside) pixels.live |= 1u << block;
  }
}

/// One tile after another; all that they share.
class TileRow {
 public:
  TileRow(uint32_t row, const Canvas& canvas, RowScratch& scratch, RowSums* sums)
      : row_(row), canvas_(canvas), scratch_(scratch), sums_(sums) {
    pixels_.with_depth = !canvas.out->depth.empty();
  }

  void draw_tile(uint32_t tile, std::span<const uint32_t> entries) {
    const Camera& camera = *canvas_.camera;
    columns_ = std::min(kTileSide, camera.width - tile * kTileSide);
    rows_ = std::min(kTileSide, camera.height - row_ * kTileSide);
    start_tile(pixels_, columns_, rows_);
    scratch_.tile.clear();
    scratch_.tile_places.clear();
    scratch_.trace.used = 0;
    size_t next = 0;
    while (next < entries.size() && pixels_.live != 0)
      next += draw_batch(tile, entries.subspan(next, std::min(kBatch, entries.size() - next)));
    write(tile);
    if (canvas_.sums) add_up();
    if (canvas_.target != nullptr) add_residuals(tile);
  }

 private:
  size_t draw_batch(uint32_t tile, std::span<const uint32_t> entries) {
    if (sums_ == nullptr) scratch_.tile.clear();
    const size_t before = scratch_.tile.size();
    for (const uint32_t place : entries) {
      const RowSplat& placed = scratch_.list.splats[place];
      const uint32_t blocks = blocks_in_tile(placed, tile) & pixels_.live;
      if (blocks == 0) continue;
      scratch_.tile.push_back(in_tile(placed.seen, tile, row_, blocks));
      if (sums_ != nullptr) scratch_.tile_places.push_back(place);
    }
    canvas_.kernels.draw(std::span(scratch_.tile).subspan(before), pixels_, sums_ == nullptr ? nullptr : &scratch_.trace);
    return entries.size();
  }

  void write(uint32_t tile) const {
    const Camera& camera = *canvas_.camera;
    Rendered& out = *canvas_.out;
    const float background[3] = {static_cast<float>(camera.background[0]), static_cast<float>(camera.background[1]),
                                 static_cast<float>(camera.background[2])};
    for (uint32_t y = 0; y < rows_; ++y) {
      for (uint32_t x = 0; x < columns_; ++x) {
        const size_t from = (y / 4 * 4 + x / 4) * kBlockPixels + y % 4 * 4 + x % 4;
        const size_t to = size_t{row_ * kTileSide + y} * camera.width + tile * kTileSide + x;
        const float transmittance = std::abs(pixels_.transmittance[from]);
        out.colour.pixels[3 * to] = pixels_.red[from] + transmittance * background[0];
        out.colour.pixels[3 * to + 1] = pixels_.green[from] + transmittance * background[1];
        out.colour.pixels[3 * to + 2] = pixels_.blue[from] + transmittance * background[2];
        if (out.alpha.empty()) continue;
        out.alpha[to] = 1 - transmittance;
        out.depth[to] = transmittance < 1 ? pixels_.depth[from] / (1 - transmittance) : 0;
      }
    }
  }

  /// The colours of the background as it shines through, from which sums start.
  void gather_background() {
    const auto& background = canvas_.camera->background;
    for (uint32_t at = 0; at < kTilePixels; ++at) {
      const float transmittance = std::abs(pixels_.transmittance[at]);
      pixels_.red[at] = transmittance * static_cast<float>(background[0]);
      pixels_.green[at] = transmittance * static_cast<float>(background[1]);
      pixels_.blue[at] = transmittance * static_cast<float>(background[2]);
    }
  }

  /// Sums of the tile's splats onto those of the row.
  void add_up() {
    gather_background();
    scratch_.tile_sums.resize(scratch_.tile.size());
    canvas_.kernels.add_up(scratch_.tile, scratch_.trace, pixels_, scratch_.tile_sums);
    for (size_t i = 0; i < scratch_.tile.size(); ++i) {
      const TileSums& from = scratch_.tile_sums[i];
      TileSums& to = sums_->sums[scratch_.tile_places[i]];
      to.weight += from.weight;
      to.weight_squared += from.weight_squared;
      to.weight_max = std::max(to.weight_max, from.weight_max);
      to.pixels += from.pixels;
      to.removal_error += from.removal_error;
    }
  }

  /// What the tile should be minus what has been written.
  TileResidual residual(uint32_t tile) const {
    TileResidual out{};
    for (uint32_t y = 0; y < rows_; ++y) {
      for (uint32_t x = 0; x < columns_; ++x) {
        const size_t to = (y / 4 * 4 + x / 4) * kBlockPixels + y % 4 * 4 + x % 4;
        const size_t from = 3 * (size_t{row_ * kTileSide + y} * canvas_.camera->width + tile * kTileSide + x);
        const float* target = &canvas_.target->pixels[from];
        const float* drawn = &canvas_.out->colour.pixels[from];
        out.red[to] = target[0] - drawn[0];
        out.green[to] = target[1] - drawn[1];
        out.blue[to] = target[2] - drawn[2];
      }
    }
    return out;
  }

  void add_residuals(uint32_t tile) {
    gather_background();
    scratch_.tile_residuals.resize(scratch_.tile.size());
    canvas_.kernels.add_residuals(scratch_.tile, scratch_.trace, pixels_, residual(tile), scratch_.tile_residuals);
    for (size_t i = 0; i < scratch_.tile.size(); ++i) {
      const TileResidualSums& from = scratch_.tile_residuals[i];
      TileResidualSums& to = sums_->residuals[scratch_.tile_places[i]];
      to.red += from.red;
      to.green += from.green;
      to.blue += from.blue;
      to.removal += from.removal;
    }
  }

  uint32_t row_;
  const Canvas& canvas_;
  RowScratch& scratch_;
  RowSums* sums_;
  TilePixels pixels_;
  uint32_t columns_ = 0, rows_ = 0;  ///< of the tile that lie in the picture
};

}  // namespace

void draw_tile_row(std::span<const Footprint> seen, std::span<const RowRange> rows, uint32_t row, const Canvas& canvas, RowScratch& scratch,
                   RowSums* sums) {
  const uint32_t width = canvas.camera->width;
  const uint32_t tiles = (width + kTileSide - 1) / kTileSide;
  list_row(seen, rows, row, width, scratch.list);
  const std::vector<RowSplat>& splats = scratch.list.splats;
  if (sums != nullptr) {
    if (canvas.sums) sums->sums.assign(splats.size(), {});
    if (canvas.target != nullptr) sums->residuals.assign(splats.size(), {});
    sums->index.resize(splats.size());
    for (size_t i = 0; i < splats.size(); ++i) sums->index[i] = splats[i].seen.index;
  }
  TileRow tile_row(row, canvas, scratch, sums);
  const uint32_t step = static_cast<uint32_t>(std::clamp<size_t>(kMostEntries / (splats.size() + 1), 1, tiles));
  for (uint32_t first = 0; first < tiles; first += step) {
    const uint32_t last = std::min(tiles, first + step);
    list_tiles(scratch.list, first, last);
    for (uint32_t tile = first; tile < last; ++tile) tile_row.draw_tile(tile, scratch.list.of_tile(tile - first));
  }
}

}  // namespace dew::kernel
