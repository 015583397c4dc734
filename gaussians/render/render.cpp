// SPDX-License-Identifier: Apache-2.0
#include "gaussians/render/render.h"

#include <algorithm>
#include <atomic>

#include "entropy/pool.h"
#include "gaussians/render/kernel/footprint.h"
#include "gaussians/render/kernel/picture_sums.h"
#include "gaussians/render/kernel/render_using.h"
#include "gaussians/render/kernel/tile_row.h"
#include "gaussians/render/projection.h"

namespace dew {
namespace {

using kernel::Footprint;
using kernel::kTileSide;
using kernel::RowRange;
using kernel::RowSums;

constexpr size_t kMostRowSplats = size_t{1} << 23;  // whose sums wait to be added; bounds memory

/// How many splats reach each row of tiles.
std::vector<size_t> splats_in_rows(std::span<const RowRange> ranges, uint32_t rows) {
  std::vector<size_t> change(rows + 1);
  for (const RowRange& range : ranges) {
    ++change[range.first];
    --change[range.last + 1];  // wraps, and wraps back in the sum
  }
  size_t sum = 0;
  for (size_t& count : change) count = sum += count;
  change.pop_back();
  return change;
}

}  // namespace

Result<Rendered> kernel::render_using(const TileKernels& kernels, const Splats& splats, const Camera& camera,
                                      const RenderOptions& options) {
  DEW_TRY(check_camera(camera));
  DEW_TRY(check_shape(splats));
  if (splats.count() > UINT32_MAX) return Error{Code::invalid_argument, 0, "a scene of more than 2^32 splats is not drawn"};
  const std::vector<Footprint> seen = footprints(splats, camera, options.threads);
  std::vector<RowRange> ranges(seen.size());
  for (size_t i = 0; i < seen.size(); ++i) ranges[i] = {seen[i].first_row, seen[i].last_row};

  Rendered out = kernel::blank_picture(camera, options.depth_and_alpha);
  const Canvas canvas = {&camera, &out, kernels};
  const uint32_t rows = (camera.height + kTileSide - 1) / kTileSide;
  const std::vector<size_t> row_splats = splats_in_rows(ranges, rows);
  kernel::PictureSums totals(options.sums == nullptr ? 0 : splats.count());
  for (uint32_t first = 0, last = 0; first < rows; first = last) {
    // Rows are drawn by whoever is free, and added up in their order.
    size_t held = 0;
    while (last < rows && (last == first || held + row_splats[last] <= kMostRowSplats || options.sums == nullptr))
      held += row_splats[last++];
    std::vector<RowSums> sums(options.sums == nullptr ? 0 : last - first);
    std::atomic<uint32_t> next{first};
    parallel_for(std::clamp(options.threads, 1u, last - first), options.threads, [&](size_t) {
      RowScratch scratch;
      for (uint32_t row = next++; row < last; row = next++) {
        draw_tile_row(seen, ranges, row, canvas, scratch, sums.empty() ? nullptr : &sums[row - first]);
      }
    });
    for (const RowSums& row : sums) totals.add(row);
  }
  if (options.sums != nullptr) totals.write(*options.sums);
  return out;
}

Result<Rendered> render(const Splats& splats, const Camera& camera, const RenderOptions& options) {
  return kernel::render_using(kernel::best_tile_kernels(), splats, camera, options);
}

}  // namespace dew
