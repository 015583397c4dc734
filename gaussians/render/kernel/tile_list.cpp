// SPDX-License-Identifier: Apache-2.0
#include "gaussians/render/kernel/tile_list.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dew::kernel {
namespace {

constexpr uint32_t kBlocksAcross = kTileSide / kBlockSide;

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

}  // namespace

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

TileSplat in_tile(const Footprint& splat, uint32_t tile, uint32_t row, uint32_t blocks) {
  const double dx = tile * kTileSide + 0.5 - splat.mean_x;
  const double dy = row * kTileSide + 0.5 - splat.mean_y;
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

void list_row(std::span<const Footprint> seen, std::span<const RowRange> rows, uint32_t row, uint32_t width, RowList& list) {
  // Without a branch: nothing foretells who is in the row.
  list.ranks.resize(rows.size());
  size_t count = 0;
  for (uint32_t rank = 0; rank < rows.size(); ++rank) {
    list.ranks[count] = rank;
    count += static_cast<size_t>(rows[rank].first <= row) & static_cast<size_t>(row <= rows[rank].last);
  }
  const std::span<const uint32_t> ranks = std::span(list.ranks).first(count);
  list.splats.clear();
  constexpr size_t kAhead = 8;  // footprints lie far apart; memory is asked for them early
  for (size_t i = 0; i < ranks.size(); ++i) {
    const Footprint* const later = &seen[ranks[std::min(i + kAhead, ranks.size() - 1)]];
    __builtin_prefetch(later);
    __builtin_prefetch(reinterpret_cast<const char*>(later) + 64);
    const RowSplat placed = place_in_row(seen[ranks[i]], row, width);
    if (placed.first_tile <= placed.last_tile) list.splats.push_back(placed);
  }
}

void list_tiles(RowList& list, uint32_t first, uint32_t last) {
  std::vector<uint32_t>& ends = list.tile_ends;
  ends.assign(last - first + 1, 0);
  const auto each = [&](const RowSplat& splat, auto&& visit) {
    for (uint32_t tile = std::max<uint32_t>(first, splat.first_tile); tile < last && tile <= splat.last_tile; ++tile) visit(tile - first);
  };
  for (const RowSplat& splat : list.splats) each(splat, [&](uint32_t tile) { ++ends[tile + 1]; });
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  list.entries.resize(ends.back());
  for (uint32_t place = 0; place < list.splats.size(); ++place) {
    each(list.splats[place], [&](uint32_t tile) { list.entries[ends[tile]++] = place; });
  }
}

}  // namespace dew::kernel
