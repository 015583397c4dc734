// SPDX-License-Identifier: Apache-2.0
#include "viewer/scene/up.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "gaussians/significance/extent.h"

namespace dew::viewer {
namespace {

constexpr size_t kBins = 48;
/// How far beyond the middle four fifths is looked for a floor, as a share of these.
constexpr double kBeyond = 0.5;

/// Where along an axis most matter lies, between `low` and `high`; 0 to 1.
double densest_place(const Splats& splats, const std::vector<double>& matter, size_t axis, double low, double high) {
  std::array<double, kBins> sums{};
  for (size_t i = 0; i < splats.count(); ++i) {
    const double place = (static_cast<double>(splats.position[3 * i + axis]) - low) / (high - low);
    if (place >= 0 && place < 1 && matter[i] > 0) sums[static_cast<size_t>(place * kBins)] += matter[i];
  }
  const auto most = std::max_element(sums.begin(), sums.end());
  return (static_cast<double>(most - sums.begin()) + 0.5) / kBins;
}

}  // namespace

Vec3 estimated_up(const Splats& splats) {
  const std::vector<double> matter = matter_of(splats);
  const std::optional<Extent> extent = extent_of(splats, matter);
  if (!extent) return {0, -1, 0};
  size_t flat = 2;
  for (size_t k = 0; k < 2; ++k) {
    if (extent->high[k] - extent->low[k] < extent->high[flat] - extent->low[flat]) flat = k;
  }
  const double beyond = kBeyond * (extent->high[flat] - extent->low[flat]);
  const double low = extent->low[flat] - beyond, high = extent->high[flat] + beyond;
  if (!(high > low)) return {0, -1, 0};
  std::array<double, 3> up{};
  up[flat] = densest_place(splats, matter, flat, low, high) < 0.5 ? 1 : -1;
  return {up[0], up[1], up[2]};
}

}  // namespace dew::viewer
