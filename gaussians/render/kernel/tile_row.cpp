// SPDX-License-Identifier: Apache-2.0
#include "gaussians/render/kernel/tile_row.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dew::kernel {
namespace {

constexpr uint32_t kBlocksAcross = kTileSide / kBlockSide;
constexpr size_t kBatch = 128;                    // splats made ready for a tile before it is asked whether it is done
constexpr size_t kMostEntries = size_t{1} << 22;  // of tiles that are sorted together

/// The ellipse u^2 + v^2 <= cut in the form that strips across it ask for.
class Ellipse {
 public:
  explicit Ellipse(const Footprint& splat)
      : splat_(splat),
        radius_(std::sqrt(splat.cut)),
        shear_(splat.root_xy / splat.root_yy),
        turning_(shear_ * radius_ / std::sqrt(1 + shear_ * shear_)),
        width_(1 / splat.root_xx) {}

  struct Interval {
    double low, high;  ///< low above high: none
  };
  /// All x of the ellipse that have a y from `top` to `bottom`.
  Interval across(double top, double bottom) const {
    const double low_v = std::max(-radius_, splat_.root_yy * (top - splat_.mean_y));
    const double high_v = std::min(radius_, splat_.root_yy * (bottom - splat_.mean_y));
    if (low_v > high_v) return {1, 0};
    const double left_v = std::clamp(turning_, low_v, high_v);
    const double right_v = std::clamp(-turning_, low_v, high_v);
    return {splat_.mean_x + width_ * (-half_chord(left_v) - shear_ * left_v),
            splat_.mean_x + width_ * (half_chord(right_v) - shear_ * right_v)};
  }

 private:
  double half_chord(double v) const { return std::sqrt(std::max(0.0, splat_.cut - v * v)); }

  const Footprint& splat_;
  double radius_;
  double shear_;
  double turning_;  ///< |v| where the ellipse is furthest left and right
  double width_;
};

/// Where the splat lies in the row of tiles; first_tile above last_tile if nowhere.
RowSplat place_in_row(const Footprint& splat, uint32_t row, uint32_t width) {
  constexpr double kSlack = 1e-3;  // pixels
  const Ellipse ellipse(splat);
  RowSplat placed;
  placed.seen = splat;
  uint32_t first = UINT16_MAX, last = 0;
  for (uint32_t b = 0; b < 4; ++b) {
    const double top = row * kTileSide + b * kBlockSide + 0.5;
    const auto [low, high] = ellipse.across(top, top + kBlockSide - 1);
    placed.first_block[b] = 1;
    placed.last_block[b] = 0;
    if (!(low <= high) || high + kSlack < 0.5 || low - kSlack > width - 0.5) continue;
    const double left = std::max(std::ceil(low - 0.5 - kSlack), 0.0);
    const double right = std::min(std::floor(high - 0.5 + kSlack), static_cast<double>(width - 1));
    if (left > right) continue;
    placed.first_block[b] = static_cast<uint16_t>(left / kBlockSide);
    placed.last_block[b] = static_cast<uint16_t>(right / kBlockSide);
    first = std::min<uint32_t>(first, placed.first_block[b]);
    last = std::max<uint32_t>(last, placed.last_block[b]);
  }
  placed.first_tile = first == UINT16_MAX ? 1 : static_cast<uint16_t>(first / kBlocksAcross);
  placed.last_tile = first == UINT16_MAX ? 0 : static_cast<uint16_t>(last / kBlocksAcross);
  return placed;
}

/// The blocks of a tile that the splat may touch.
uint32_t blocks_in_tile(const RowSplat& splat, uint32_t tile) {
  uint32_t blocks = 0;
  const int start = static_cast<int>(tile * kBlocksAcross);
  for (int b = 0; b < 4; ++b) {
    const int low = std::max(0, splat.first_block[b] - start);
    const int high = std::min(static_cast<int>(kBlocksAcross) - 1, splat.last_block[b] - start);
    if (low <= high) blocks |= ((2u << high) - (1u << low)) << (4 * b);
  }
  return blocks;
}

TileSplat in_tile(const Footprint& splat, double left, double top, uint32_t blocks) {
  const double dx = left - splat.mean_x;
  const double dy = top - splat.mean_y;
  TileSplat out;
  out.u0 = static_cast<float>(splat.root_xx * dx + splat.root_xy * dy);
  out.v0 = static_cast<float>(splat.root_yy * dy);
  out.ux = static_cast<float>(splat.root_xx);
  out.uy = static_cast<float>(splat.root_xy);
  out.vy = static_cast<float>(splat.root_yy);
  out.cut = static_cast<float>(splat.cut);
  out.opacity = splat.opacity;
  out.red = splat.red;
  out.green = splat.green;
  out.blue = splat.blue;
  out.depth = splat.depth;
  out.blocks = static_cast<uint16_t>(blocks);
  out.drawn = 0;
  return out;
}

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
    if (sums_ != nullptr) add_up();
  }

 private:
  size_t draw_batch(uint32_t tile, std::span<const uint32_t> entries) {
    if (sums_ == nullptr) scratch_.tile.clear();
    const size_t before = scratch_.tile.size();
    for (const uint32_t place : entries) {
      const RowSplat& placed = scratch_.splats[place];
      const uint32_t blocks = blocks_in_tile(placed, tile) & pixels_.live;
      if (blocks == 0) continue;
      scratch_.tile.push_back(in_tile(placed.seen, tile * kTileSide + 0.5, row_ * kTileSide + 0.5, blocks));
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

  /// Sums of the tile's splats onto those of the row.
  void add_up() {
    const auto& background = canvas_.camera->background;
    for (uint32_t at = 0; at < kTilePixels; ++at) {
      const float transmittance = std::abs(pixels_.transmittance[at]);
      pixels_.red[at] = transmittance * static_cast<float>(background[0]);
      pixels_.green[at] = transmittance * static_cast<float>(background[1]);
      pixels_.blue[at] = transmittance * static_cast<float>(background[2]);
    }
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

  uint32_t row_;
  const Canvas& canvas_;
  RowScratch& scratch_;
  RowSums* sums_;
  TilePixels pixels_;
  uint32_t columns_ = 0, rows_ = 0;  ///< of the tile that lie in the picture
};

/// Places in `scratch.splats` for each of the tiles [first, last), in order of depth: scratch.entries, cut at scratch.tile_ends.
void sort_into_tiles(RowScratch& scratch, uint32_t first, uint32_t last) {
  std::vector<uint32_t>& ends = scratch.tile_ends;
  ends.assign(last - first + 1, 0);
  const auto each = [&](const RowSplat& splat, auto&& visit) {
    for (uint32_t tile = std::max<uint32_t>(first, splat.first_tile); tile < last && tile <= splat.last_tile; ++tile) visit(tile - first);
  };
  for (const RowSplat& splat : scratch.splats) each(splat, [&](uint32_t tile) { ++ends[tile + 1]; });
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  scratch.entries.resize(ends.back());
  for (uint32_t place = 0; place < scratch.splats.size(); ++place) {
    each(scratch.splats[place], [&](uint32_t tile) { scratch.entries[ends[tile]++] = place; });
  }
}

/// The splats of the row, in order of depth: scratch.splats.
void find_splats(std::span<const Footprint> seen, std::span<const RowRange> rows, uint32_t row, uint32_t width, RowScratch& scratch) {
  scratch.ranks.clear();
  for (uint32_t rank = 0; rank < rows.size(); ++rank) {
    if (rows[rank].first <= row && row <= rows[rank].last) scratch.ranks.push_back(rank);
  }
  scratch.splats.clear();
  constexpr size_t kAhead = 8;  // footprints lie far apart; memory is asked for them early
  for (size_t i = 0; i < scratch.ranks.size(); ++i) {
    const Footprint* const later = &seen[scratch.ranks[std::min(i + kAhead, scratch.ranks.size() - 1)]];
    __builtin_prefetch(later);
    __builtin_prefetch(reinterpret_cast<const char*>(later) + 64);
    const RowSplat placed = place_in_row(seen[scratch.ranks[i]], row, width);
    if (placed.first_tile <= placed.last_tile) scratch.splats.push_back(placed);
  }
}

}  // namespace

void draw_tile_row(std::span<const Footprint> seen, std::span<const RowRange> rows, uint32_t row, const Canvas& canvas, RowScratch& scratch,
                   RowSums* sums) {
  const uint32_t width = canvas.camera->width;
  const uint32_t tiles = (width + kTileSide - 1) / kTileSide;
  find_splats(seen, rows, row, width, scratch);
  if (sums != nullptr) {
    sums->sums.assign(scratch.splats.size(), {});
    sums->index.resize(scratch.splats.size());
    for (size_t i = 0; i < scratch.splats.size(); ++i) sums->index[i] = scratch.splats[i].seen.index;
  }
  TileRow tile_row(row, canvas, scratch, sums);
  const uint32_t step = static_cast<uint32_t>(std::clamp<size_t>(kMostEntries / (scratch.splats.size() + 1), 1, tiles));
  for (uint32_t first = 0; first < tiles; first += step) {
    const uint32_t last = std::min(tiles, first + step);
    sort_into_tiles(scratch, first, last);
    // sort_into_tiles has moved each start to the start of the next tile.
    for (uint32_t tile = first; tile < last; ++tile) {
      const size_t start = tile == first ? 0 : scratch.tile_ends[tile - first - 1];
      tile_row.draw_tile(tile, std::span(scratch.entries).subspan(start, scratch.tile_ends[tile - first] - start));
    }
  }
}

}  // namespace dew::kernel
