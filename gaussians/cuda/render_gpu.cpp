// SPDX-License-Identifier: Apache-2.0
#include "gaussians/cuda/render_gpu.h"

#include <algorithm>
#include <string>

#include "entropy/pool.h"
#include "gaussians/cuda/render_kernel.h"
#include "gaussians/render/kernel/footprint.h"
#include "gaussians/render/kernel/picture_sums.h"
#include "gaussians/render/kernel/render_using.h"
#include "gaussians/render/kernel/tile_list.h"
#include "gaussians/render/projection.h"

namespace dew::gpu {
namespace {

using namespace dew::kernel;

constexpr size_t kMostEntries = size_t{1} << 26;

/// The splats of one row of tiles, ready for the device.
struct RowEntries {
  std::vector<uint32_t> index;    ///< in the scene, of each splat of the row
  std::vector<TileSplat> splats;  ///< tile by tile
  std::vector<uint32_t> places;   ///< of each of them in `index`
  std::vector<uint32_t> tile_counts;
  size_t pairs = 0;  ///< of splat and tile; above kMostEntries nothing else is filled
};

RowEntries row_entries(std::span<const Footprint> seen, std::span<const RowRange> ranges, uint32_t row, uint32_t width) {
  const uint32_t tiles = (width + kTileSide - 1) / kTileSide;
  RowList list;
  list_row(seen, ranges, row, width, list);
  RowEntries out;
  for (const RowSplat& splat : list.splats) out.pairs += size_t{1} + splat.last_tile - splat.first_tile;
  if (out.pairs > kMostEntries) return out;
  list_tiles(list, 0, tiles);
  for (const RowSplat& splat : list.splats) out.index.push_back(splat.seen.index);
  for (uint32_t tile = 0; tile < tiles; ++tile) {
    const size_t before = out.splats.size();
    for (const uint32_t place : list.of_tile(tile)) {
      const uint32_t blocks = blocks_in_tile(list.splats[place], tile);
      if (blocks == 0) continue;
      out.splats.push_back(in_tile(list.splats[place].seen, tile, row, blocks));
      out.places.push_back(place);
    }
    out.tile_counts.push_back(static_cast<uint32_t>(out.splats.size() - before));
  }
  return out;
}

/// All rows, one after the other.
struct Entries {
  std::vector<TileSplat> splats;
  std::vector<uint32_t> starts{0};
};

Result<Entries> join(const std::vector<RowEntries>& rows) {
  size_t count = 0;
  for (const RowEntries& row : rows) count += row.pairs;
  if (count > kMostEntries) return Error{Code::limit_exceeded, 0, "more than 2^26 pairs of splat and tile do not go to the GPU"};
  Entries out;
  out.splats.reserve(count);
  for (const RowEntries& row : rows) {
    out.splats.insert(out.splats.end(), row.splats.begin(), row.splats.end());
    for (const uint32_t tile : row.tile_counts) out.starts.push_back(out.starts.back() + tile);
  }
  return out;
}

/// Sums of tiles to sums of splats, in the order in which the CPU adds.
void add_up(const std::vector<RowEntries>& rows, const std::vector<TileSums>& sums, PictureSums& totals) {
  size_t next = 0;
  for (const RowEntries& row : rows) {
    RowSums row_sums{row.index, std::vector<TileSums>(row.index.size()), {}};
    for (const uint32_t place : row.places) {
      const TileSums& from = sums[next++];
      TileSums& to = row_sums.sums[place];
      to.weight += from.weight;
      to.weight_squared += from.weight_squared;
      to.weight_max = std::max(to.weight_max, from.weight_max);
      to.pixels += from.pixels;
      to.removal_error += from.removal_error;
    }
    totals.add(row_sums);
  }
}

}  // namespace

bool can_render() { return render_device_present(); }

Result<Rendered> render(const Splats& splats, const Camera& camera, const RenderOptions& options) {
  DEW_TRY(check_camera(camera));
  DEW_TRY(check_shape(splats));
  if (splats.count() > UINT32_MAX) return Error{Code::invalid_argument, 0, "a scene of more than 2^32 splats is not drawn"};
  DEW_TRY(check_options(options, splats, camera));
  if (options.residual != nullptr) return Error{Code::unsupported_feature, 0, "the GPU adds up no residuals"};
  if (!can_render()) return Error{Code::unsupported_feature, 0, "there is no GPU"};
  const std::vector<Footprint> seen =
      footprints(splats, camera, options.threads, options.colours == nullptr ? nullptr : options.colours->data());
  std::vector<RowRange> ranges(seen.size());
  for (size_t i = 0; i < seen.size(); ++i) ranges[i] = {seen[i].first_row, seen[i].last_row};
  std::vector<RowEntries> rows((camera.height + kTileSide - 1) / kTileSide);
  parallel_for(rows.size(), options.threads,
               [&](size_t row) { rows[row] = row_entries(seen, ranges, static_cast<uint32_t>(row), camera.width); });
  DEW_ASSIGN(const Entries entries, join(rows));

  Rendered out = blank_picture(camera, options.depth_and_alpha);
  std::vector<TileSums> sums(options.sums == nullptr ? 0 : entries.splats.size());
  TileJob job{camera.width, camera.height, {}, entries.splats.data(), entries.starts.data()};
  for (size_t c = 0; c < 3; ++c) job.background[c] = static_cast<float>(camera.background[c]);
  const TileOutput output = {out.colour.pixels.data(), options.depth_and_alpha ? out.depth.data() : nullptr,
                             options.depth_and_alpha ? out.alpha.data() : nullptr, options.sums == nullptr ? nullptr : sums.data()};
  if (const char* message = draw_tiles(job, output)) return Error{Code::unsupported_feature, 0, std::string("GPU: ") + message};
  if (options.sums != nullptr) {
    PictureSums totals(splats.count());
    add_up(rows, sums, totals);
    totals.write(*options.sums);
  }
  return out;
}

}  // namespace dew::gpu
