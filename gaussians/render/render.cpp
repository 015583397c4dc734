// SPDX-License-Identifier: Apache-2.0
#include "gaussians/render/render.h"

#include <algorithm>
#include <array>
#include <atomic>

#include "entropy/pool.h"
#include "gaussians/render/kernel/footprint.h"
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

Rendered blank_picture(const Camera& camera, bool depth_and_alpha) {
  const size_t pixels = size_t{camera.width} * camera.height;
  Rendered out;
  out.colour = {camera.width, camera.height, std::vector<float>(3 * pixels)};
  if (depth_and_alpha) {
    out.depth.resize(pixels);
    out.alpha.resize(pixels);
  }
  return out;
}

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

/// Sums over the whole picture, in double until the last row.
class PictureSums {
 public:
  explicit PictureSums(size_t count) : totals_(count) {}

  void add(const RowSums& row) {
    for (size_t i = 0; i < row.sums.size(); ++i) {
      Total& total = totals_[row.index[i]];
      const kernel::TileSums& sums = row.sums[i];
      total.weight += sums.weight;
      total.weight_squared += sums.weight_squared;
      total.removal_error += sums.removal_error;
      total.weight_max = std::max(total.weight_max, sums.weight_max);
      total.pixels += static_cast<uint32_t>(sums.pixels);
    }
  }

  void write(SplatSums& out) const {
    const size_t count = totals_.size();
    out.weight.resize(count);
    out.weight_squared.resize(count);
    out.weight_max.resize(count);
    out.pixels.resize(count);
    out.removal_error.resize(count);
    for (size_t i = 0; i < count; ++i) {
      out.weight[i] = static_cast<float>(totals_[i].weight);
      out.weight_squared[i] = static_cast<float>(totals_[i].weight_squared);
      out.weight_max[i] = totals_[i].weight_max;
      out.pixels[i] = totals_[i].pixels;
      out.removal_error[i] = static_cast<float>(totals_[i].removal_error);
    }
  }

 private:
  struct Total {
    double weight = 0, weight_squared = 0, removal_error = 0;
    float weight_max = 0;
    uint32_t pixels = 0;
  };
  std::vector<Total> totals_;
};

/// As PictureSums, for residuals.
class PictureResiduals {
 public:
  explicit PictureResiduals(size_t count) : totals_(count) {}

  void add(const RowSums& row) {
    for (size_t i = 0; i < row.residuals.size(); ++i) {
      std::array<double, 4>& total = totals_[row.index[i]];
      const kernel::TileResidualSums& sums = row.residuals[i];
      total[0] += sums.red;
      total[1] += sums.green;
      total[2] += sums.blue;
      total[3] += sums.removal;
    }
  }

  void write(ResidualSums& out) const {
    out.weighted.resize(3 * totals_.size());
    out.removal.resize(totals_.size());
    for (size_t i = 0; i < totals_.size(); ++i) {
      for (size_t channel = 0; channel < 3; ++channel) out.weighted[3 * i + channel] = static_cast<float>(totals_[i][channel]);
      out.removal[i] = static_cast<float>(totals_[i][3]);
    }
  }

 private:
  std::vector<std::array<double, 4>> totals_;
};

Status check_options(const RenderOptions& options, const Splats& splats, const Camera& camera) {
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

}  // namespace

Result<Rendered> kernel::render_using(const TileKernels& kernels, const Splats& splats, const Camera& camera,
                                      const RenderOptions& options) {
  DEW_TRY(check_camera(camera));
  DEW_TRY(check_shape(splats));
  if (splats.count() > UINT32_MAX) return Error{Code::invalid_argument, 0, "a scene of more than 2^32 splats is not drawn"};
  DEW_TRY(check_options(options, splats, camera));
  const std::vector<Footprint> seen =
      footprints(splats, camera, options.threads, options.colours == nullptr ? nullptr : options.colours->data());
  std::vector<RowRange> ranges(seen.size());
  for (size_t i = 0; i < seen.size(); ++i) ranges[i] = {seen[i].first_row, seen[i].last_row};

  Rendered out = blank_picture(camera, options.depth_and_alpha);
  const Image* const target = options.residual == nullptr ? nullptr : options.residual->target;
  const Canvas canvas = {&camera, &out, kernels, options.sums != nullptr, target};
  const bool summed = canvas.sums || target != nullptr;
  const uint32_t rows = (camera.height + kTileSide - 1) / kTileSide;
  const std::vector<size_t> row_splats = splats_in_rows(ranges, rows);
  PictureSums totals(canvas.sums ? splats.count() : 0);
  PictureResiduals residuals(target == nullptr ? 0 : splats.count());
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
