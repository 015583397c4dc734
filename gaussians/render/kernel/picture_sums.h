// SPDX-License-Identifier: Apache-2.0
/// What all kinds of renderer end with: an empty picture, and sums of rows put together. Internal.
///
///   PictureSums totals(scene.count());
///   for (const RowSums& row : rows) totals.add(row);
///   totals.write(sums);
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "gaussians/render/kernel/tile_row.h"
#include "gaussians/render/render.h"

namespace dew::kernel {

/// Arrays of the right size, all zero.
inline Rendered blank_picture(const Camera& camera, bool depth_and_alpha) {
  const size_t pixels = size_t{camera.width} * camera.height;
  Rendered out;
  out.colour = {camera.width, camera.height, std::vector<float>(3 * pixels)};
  if (depth_and_alpha) {
    out.depth.resize(pixels);
    out.alpha.resize(pixels);
  }
  return out;
}

/// Sums over the whole picture, in double until the last row.
class PictureSums {
 public:
  explicit PictureSums(size_t count) : totals_(count) {}

  /// In order of the rows: the order of a sum is part of its bits.
  void add(const RowSums& row) {
    for (size_t i = 0; i < row.sums.size(); ++i) {
      Total& total = totals_[row.index[i]];
      const TileSums& sums = row.sums[i];
      total.weight += sums.weight;
      total.weight_squared += sums.weight_squared;
      total.removal_error += sums.removal_error;
      total.weight_max = std::max(total.weight_max, sums.weight_max);
      total.pixels += static_cast<uint32_t>(sums.pixels);
    }
  }

  /// Fills all of `out`.
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
      const TileResidualSums& sums = row.residuals[i];
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

}  // namespace dew::kernel
