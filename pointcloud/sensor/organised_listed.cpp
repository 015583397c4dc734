// SPDX-License-Identifier: Apache-2.0
// Clouds without no-returns: each point's column follows from its azimuth; what is then a complete cloud with gaps is fitted as such.
#include <algorithm>
#include <array>
#include <complex>
#include <limits>

#include "entropy/exact_math.h"
#include "pointcloud/sensor/organised_fit.h"

namespace dew {
namespace {

constexpr uint32_t kFewestListedColumns = 64, kMostListedColumns = 8192;
constexpr size_t kMostListedLasers = 1024, kFewestPointsInAll = 2000;

struct Shots {
  std::vector<uint16_t> lasers;     ///< the laser numbers that occur, rising
  std::vector<uint32_t> row;        ///< a point: index among them
  std::vector<double> azimuth_rad;  ///< a point; NaN where it has none
};

Shots shots_of(const PointsView& points, std::span<const uint16_t> ring) {
  Shots shots;
  shots.lasers.assign(ring.begin(), ring.end());
  std::sort(shots.lasers.begin(), shots.lasers.end());
  shots.lasers.erase(std::unique(shots.lasers.begin(), shots.lasers.end()), shots.lasers.end());
  for (size_t i = 0; i < points.size(); ++i) {
    shots.row.push_back(static_cast<uint32_t>(std::lower_bound(shots.lasers.begin(), shots.lasers.end(), ring[i]) - shots.lasers.begin()));
    const double x = static_cast<double>(points.x[i]), y = static_cast<double>(points.y[i]), square = x * x + y * y;
    shots.azimuth_rad.push_back(square > 0.01 && square < 1e8 ? std::atan2(y, x) : std::numeric_limits<double>::quiet_NaN());
  }
  return shots;
}

/// Of each laser: where on a comb of so many columns a turn its azimuths lie, as the sum of their phases.
std::vector<std::complex<double>> phases(const Shots& shots, uint32_t columns, size_t stride) {
  std::vector<std::complex<double>> sums(shots.lasers.size());
  for (size_t i = 0; i < shots.row.size(); i += stride) {
    if (std::isfinite(shots.azimuth_rad[i])) sums[shots.row[i]] += std::polar(1.0, shots.azimuth_rad[i] * columns);
  }
  return sums;
}

/// Columns a turn: near what the steps between a laser's successive points say, and such that azimuths fall on their comb; 0: none.
uint32_t find_columns(const Shots& shots) {
  constexpr double kLeastCoherence = 0.9;
  std::vector<double> last(shots.lasers.size(), std::numeric_limits<double>::quiet_NaN()), steps;
  for (size_t i = 0; i < shots.row.size(); ++i) {
    const double step = std::abs(wrapped_angle(shots.azimuth_rad[i] - last[shots.row[i]]));
    last[shots.row[i]] = shots.azimuth_rad[i];
    if (step > 1e-5 && step < 0.1) steps.push_back(step);
  }
  if (steps.size() < kFewestPointsInAll / 2) return 0;
  // Files may mix the columns of a packet: many steps are of two columns or more.
  const auto small = steps.begin() + static_cast<ptrdiff_t>(steps.size() / 8);
  std::nth_element(steps.begin(), small, steps.end());
  const uint32_t about = static_cast<uint32_t>(kTurn_rad / *small);
  if (about < kFewestListedColumns || about > kMostListedColumns) return 0;
  const size_t stride = shots.row.size() / 8192 + 1, looked = (shots.row.size() + stride - 1) / stride;
  uint32_t best = 0;
  double most = kLeastCoherence * static_cast<double>(looked);
  for (uint32_t columns = about - about / 40; columns <= about + about / 40; ++columns) {
    double sum = 0;
    for (const std::complex<double>& phase : phases(shots, columns, stride)) sum += std::abs(phase);
    if (sum > most) {
      most = sum;
      best = columns;
    }
  }
  return best;
}

}  // namespace

std::optional<OrganisedSweep> fit_listed(const PointsView& points, std::span<const uint16_t> ring, const OrganisedModel* known) {
  if (points.size() < kFewestPointsInAll || ring.size() != points.size()) return std::nullopt;
  const Shots shots = shots_of(points, ring);
  if (shots.lasers.size() > kMostListedLasers) return std::nullopt;
  const uint32_t columns = find_columns(shots);
  if (columns == 0) return std::nullopt;
  const std::vector<std::complex<double>> phase = phases(shots, columns, 1);

  const float none = std::numeric_limits<float>::quiet_NaN();
  std::array<std::vector<float>, 3> axes;
  for (std::vector<float>& axis : axes) axis.assign(shots.lasers.size() * columns, none);
  std::vector<uint32_t> place(points.size(), kNoPlace);
  std::vector<bool> taken(axes[0].size(), false);
  for (size_t i = 0; i < points.size(); ++i) {
    if (!std::isfinite(shots.azimuth_rad[i])) continue;
    const int64_t column = std::llround((shots.azimuth_rad[i] * columns - std::arg(phase[shots.row[i]])) / kTurn_rad);
    const uint32_t wrapped = static_cast<uint32_t>((column + 2 * int64_t{columns}) % columns);
    const uint32_t at = shots.row[i] * columns + wrapped;
    if (taken[at]) continue;  // of two returns of a shot the first
    taken[at] = true;
    place[i] = at;
    axes[0][at] = points.x[i];
    axes[1][at] = points.y[i];
    axes[2][at] = points.z[i];
  }
  std::optional<OrganisedSweep> sweep =
      fit_organised({axes[0], axes[1], axes[2]}, columns, static_cast<uint32_t>(shots.lasers.size()), known);
  if (!sweep || sweep->model.column_major || sweep->model.columns != columns) return std::nullopt;
  sweep->place = std::move(place);
  return sweep;
}

}  // namespace dew
