// SPDX-License-Identifier: Apache-2.0
/// Finds a spinning sensor's lattice from coordinates alone: what each laser's elevation and offsets are, and how coarse azimuth and range
/// are. For encoders; uses libm, so two machines may find models that differ in the last digits (the model travels in the file).
///
///   std::vector<std::span<const Vec3>> lasers = ...;           // the points of each laser, metres, sensor frame
///   if (const auto fit = fit_lasers(lasers, 0.001)) {           // coordinates rounded to 1 mm
///     const Lattice lattice(fit->model, fit->azimuth_ticks_per_turn);
///   }
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>

#include "pointcloud/sensor/comb.h"
#include "pointcloud/sensor/scan_model.h"

namespace dew {

struct LaserFit {
  ScanModel model;  ///< one laser a span, in the order given; offsets within half a tick
  uint32_t azimuth_ticks_per_turn = 0;
  double azimuth_coherence = 0;  ///< 1: every azimuth is a multiple of the tick; 0: none more than by chance
  double range_coherence = 0;    ///< the same for ranges; 0 where no range tick was found and the coordinates' own unit stands in
};

/// The measurement that a point is nearest to: azimuth in [0, azimuth_ticks_per_turn).
struct LatticeIndex {
  uint32_t azimuth = 0;
  int32_t range = 0;
};

namespace detail {
inline constexpr double kQuarterTurn = 1.57079632679489661923;

/// atan2 to 1.2e-5 rad, a fourteenth of the finest azimuth tick that is looked for; in a third of the time of libm's.
inline double coarse_atan2(double y, double x) {
  const double ax = std::abs(x), ay = std::abs(y);
  const double large = std::max(std::max(ax, ay), 1e-300);
  const double t = std::min(ax, ay) / large, s = t * t;
  const double within = t * (0.99997726 + s * (-0.33262347 + s * (0.19354346 + s * (-0.11643287 + s * (0.05265332 - s * 0.01172120)))));
  const double of_right = ay > ax ? kQuarterTurn - within : within;
  const double of_upper = x < 0 ? 2 * kQuarterTurn - of_right : of_right;
  return y < 0 ? -of_upper : of_upper;
}
}  // namespace detail

/// Turns points of one laser into measurements; the inverse of Lattice::point but for rounding. Cost: about 40 ns a point.
class LatticeIndexer {
 public:
  LatticeIndexer(const LaserModel& laser, double range_tick_m, uint32_t azimuth_ticks_per_turn);
  LatticeIndex index(const Vec3& point_m) const;

 private:
  double sin_elevation_, cos_elevation_, horizontal_offset_m_, vertical_offset_m_, range_offset_m_, azimuth_offset_rad_;
  double ticks_per_metre_, ticks_per_rad_;
  int32_t azimuth_ticks_per_turn_;
};

// Inline, as it is the inner loop of whoever recognises a sweep.
inline LatticeIndex LatticeIndexer::index(const Vec3& p) const {
  const double o = horizontal_offset_m_;
  const double rho2 = p.x * p.x + p.y * p.y;
  const double h = std::sqrt(std::max(0.0, rho2 - o * o));
  const double d = std::sqrt(rho2) * cos_elevation_ + (p.z - vertical_offset_m_) * sin_elevation_;
  const double azimuth_rad = detail::coarse_atan2(h * p.y + o * p.x, h * p.x - o * p.y) - azimuth_offset_rad_;
  const double range = round_to_whole((d - range_offset_m_) * ticks_per_metre_);
  const double azimuth = round_to_whole(azimuth_rad * ticks_per_rad_);
  const double turn = azimuth_ticks_per_turn_;
  const double not_negative = azimuth < 0 ? azimuth + turn : azimuth;
  const double once = not_negative >= turn ? not_negative - turn : not_negative;
  const double wrapped = std::min(std::max(once, 0.0), turn - 1);  // further out only for offsets that are no azimuth's
  return {static_cast<uint32_t>(static_cast<int32_t>(wrapped)), static_cast<int32_t>(std::min(std::max(range, 0.0), 1073741824.0))};
}

/// Fits all lasers. `coordinate_unit_m` is what the coordinates were rounded to.
/// Method: a robust line of z over horizontal distance gives elevation and vertical offset; the coarsest tick of azimuth (from a list of
/// divisors of a turn, together with the horizontal offset) and of range under which points fall on a comb; then Gauss-Newton on the
/// rounding errors. Nothing where no laser with 300 points shows an azimuth tick. Cost: about 3 us a point; a tenth of it to say no.
std::optional<LaserFit> fit_lasers(std::span<const std::span<const Vec3>> lasers, double coordinate_unit_m);

}  // namespace dew
