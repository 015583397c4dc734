// SPDX-License-Identifier: Apache-2.0
#include "viewer/scene/up.h"

#include <algorithm>
#include <array>
#include <vector>

#include "gaussians/significance/extent.h"

namespace dew::viewer {
namespace {

/// Slabs across an axis, over three radii of the scene.
constexpr size_t kSlabs = 60;

/// The slab across an axis that holds most matter.
struct Slab {
  double matter = 0;
  double rest = 0;  ///< above 0 where more matter lies above it than below, as levers
};

Slab fullest_slab(const Splats& splats, const std::vector<double>& matter, const Extent& extent, size_t axis) {
  const double low = extent.centre[axis] - 1.5 * extent.radius, width = 3 * extent.radius / kSlabs;
  std::array<double, kSlabs> sums{};
  for (size_t i = 0; i < splats.count(); ++i) {
    const double place = (static_cast<double>(splats.position[3 * i + axis]) - low) / width;
    if (place >= 0 && place < kSlabs && matter[i] > 0) sums[static_cast<size_t>(place)] += matter[i];
  }
  const auto most = std::max_element(sums.begin(), sums.end());
  double moment = 0;
  for (auto slab = sums.begin(); slab != sums.end(); ++slab) moment += *slab * static_cast<double>(slab - most);
  return {*most, moment};
}

}  // namespace

Vec3 estimated_up(const Splats& splats) {
  const std::vector<double> matter = matter_of(splats);
  const std::optional<Extent> extent = extent_of(splats, matter);
  if (!extent || !(extent->radius > 0)) return {0, -1, 0};
  std::array<double, 3> up{};
  double most = 0;
  for (size_t axis = 0; axis < 3; ++axis) {
    const Slab slab = fullest_slab(splats, matter, *extent, axis);
    if (slab.matter <= most) continue;
    most = slab.matter;
    up = {};
    up[axis] = slab.rest >= 0 ? 1 : -1;
  }
  return most > 0 ? Vec3{up[0], up[1], up[2]} : Vec3{0, -1, 0};
}

}  // namespace dew::viewer
