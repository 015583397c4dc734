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

Status kernel::check_options(const RenderOptions& options, const Splats& splats, const Camera& camera) {
  if (options.colours != nullptr && options.colours->size() != 3 * splats.count()) {
    return Error{Code::invalid_argument, 0, "colours need three values a splat"};
  }
  if (options.residual == nullptr) return {};
  const Image* target = options.residual->target;
  if (target == nullptr || target->width != camera.width || target->height != camera.height ||
      target->pixels.size() != 3 * size_t{camera.width} * camera.height) {
    return Error{Code::invalid_argument, 0, "the target does not have the size of the picture"};
  }
  return {};
}

Result<Rendered> kernel::render_using(const TileKernels& kernels, const Splats& splats, const Camera& camera,
                                      const RenderOptions& options) {
  DEW_TRY(check_camera(camera));
  DEW_TRY(check_shape(splats));
  if (splats.count() > UINT32_MAX) return Error{Code::invalid_argument, 0, "a scene of more than 2^32 splats is not drawn"};
  DEW_TRY(kernel::check_options(options, splats, camera));
  const std::vector<Footprint> seen =
      footprints(splats, camera, options.threads, options.colours == nullptr ? nullptr : options.colours->data());
  std::vector<RowRange> ranges(seen.size());
  for (size_t i = 0; i < seen.size(); ++i) ranges[i] = {seen[i].first_row, seen[i].last_row};

  Rendered out = kernel::blank_picture(camera, options.depth_and_alpha);
  const Image* const target = options.residual == nullptr ? nullptr : options.residual->target;
  const Canvas canvas = {&camera, &out, kernels, options.sums != nullptr, target};
  const bool summed = canvas.sums || target != nullptr;
  const uint32_t rows = (camera.height + kTileSide - 1) / kTileSide;
  const std::vector<size_t> row_splats = splats_in_rows(ranges, rows);
  kernel::PictureSums totals(canvas.sums ? splats.count() : 0);
  kernel::PictureResiduals residuals(target == nullptr ? 0 : splats.count());
  for (uint32_t first = 0, last = 0; first < rows; first = last) {
    // Rows are drawn by whoever is free, and added up in their order.
    size_t held = 0;
    while (last < rows && (last == first || held + row_splats[last] <= kMostRowSplats || !summed)) held += row_splats[last++];
    std::vector<RowSums> sums(summed ? last - first : 0);
    std::atomic<uint32_t> next{first};
    parallel_for(std::clamp(options.threads, 1u, last - first), options.threads, [&](size_t) {
      RowScratch scratch;
      for (uint32_t row = next++; row < last; row = next++) {
        draw_tile_row(seen, ranges, row, canvas, scratch, sums.empty() ? nullptr : &sums[row - first]);
      }
    });
    for (const RowSums& row : sums) {
      totals.add(row);
      residuals.add(row);
    }
  }
  if (canvas.sums) totals.write(*options.sums);
  if (target != nullptr) residuals.write(*options.residual);
  return out;
}

Result<Rendered> render(const Splats& splats, const Camera& camera, const RenderOptions& options) {
  return kernel::render_using(kernel::best_tile_kernels(), splats, camera, options);
}

}  // namespace dew
