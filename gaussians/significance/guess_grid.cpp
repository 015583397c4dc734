// SPDX-License-Identifier: Apache-2.0
#include "gaussians/significance/guess_grid.h"

#include <algorithm>
#include <cmath>

#include "gaussians/render/spherical_harmonics.h"

namespace dew {
namespace {

/// A Gaussian covers 2 pi of the product of its deviations; seen from any side, about half of that.
constexpr double kCover = 3.14159265358979;
constexpr double kRayGrowth = 1.15, kRayEnd = 30;

double finite_or_zero(double value) { return std::isfinite(value) ? value : 0; }

}  // namespace

Point place_of(const Splats& splats, size_t i, const Extent& extent) {
  Point place;
  for (size_t k = 0; k < 3; ++k) place[k] = finite_or_zero((double{splats.position[3 * i + k]} - extent.centre[k]) / extent.radius);
  return place;
}

double log2_area_of(const Splats& splats, size_t i, double radius) {
  std::array<double, 3> scale;
  for (size_t k = 0; k < 3; ++k) scale[k] = double{splats.log_scale[3 * i + k]};
  const double sum = scale[0] + scale[1] + scale[2] - std::min({scale[0], scale[1], scale[2]});
  return std::clamp(finite_or_zero(sum / std::log(2.0) - 2 * std::log2(radius)), -60.0, 60.0);
}

std::array<double, 3> colour_of(const Splats& splats, size_t i) {
  std::array<double, 3> colour;
  for (size_t k = 0; k < 3; ++k) colour[k] = std::clamp(finite_or_zero(0.5 + kShConstant * double{splats.dc[3 * i + k]}), -4.0, 4.0);
  return colour;
}

GuessGrid::GuessGrid(const Splats& splats, const std::vector<double>& matter, const Extent& extent, uint32_t side)
    : cells(size_t{side} * side * side), cell_of_splat(splats.count()), side_(side), density_(cells.size()) {
  for (size_t i = 0; i < splats.count(); ++i) {
    const Point place = place_of(splats, i, extent);
    cell_of_splat[i] = cell_at(place);
    GuessCell& cell = cells[cell_of_splat[i]];
    const double own = matter[i] / (extent.radius * extent.radius);
    cell.count += 1;
    cell.matter += own;
    cell.log2_area += log2_area_of(splats, i, extent.radius);
    const std::array<double, 3> colour = colour_of(splats, i);
    for (size_t k = 0; k < 3; ++k) cell.colour[k] += own * colour[k];
    const double volume = width_along(place[0]) * width_along(place[1]) * width_along(place[2]);
    density_[cell_of_splat[i]] += static_cast<float>(std::min(kCover * own / volume, 1e30));
  }
  for (GuessCell& cell : cells) {
    if (cell.count > 0) cell.log2_area /= cell.count;
    for (double& channel : cell.colour) channel = cell.matter > 0 ? channel / cell.matter : 0;
  }
}

double GuessGrid::optical_depth(const Point& place, const Point& direction, double far) const {
  double depth = 0, at = width_at(place), step = at;
  while (at < far) {
    Point here;
    bool inside = true;
    for (size_t k = 0; k < 3; ++k) {
      here[k] = place[k] + at * direction[k];
      inside = inside && std::abs(here[k]) < kRayEnd;
    }
    if (!inside) break;
    depth += double{density_[cell_at(here)]} * std::min(step, far - at);
    at += step;
    step *= kRayGrowth;
  }
  return std::min(depth, 1e6);
}

double GuessGrid::width_at(const Point& place) const { return (width_along(place[0]) + width_along(place[1]) + width_along(place[2])) / 3; }

uint32_t GuessGrid::cell_at(const Point& place) const {
  uint32_t cell = 0;
  for (size_t k = 0; k < 3; ++k) {
    const double shrunk = place[k] / (1 + std::abs(place[k]));  // -1 .. 1
    cell = cell * side_ + std::min(static_cast<uint32_t>((shrunk + 1) / 2 * side_), side_ - 1);
  }
  return cell;
}

double GuessGrid::width_along(double x) const { return 2.0 / side_ * (1 + std::abs(x)) * (1 + std::abs(x)); }

}  // namespace dew
