// SPDX-License-Identifier: Apache-2.0
/// Finds a spinning sensor's lattice from coordinates alone: what each laser's elevation and offsets are, and how coarse azimuth and range
/// are. For encoders; uses libm, so two machines may find models that differ in the last digits (the model travels in the file).
///
///   std::vector<std::span<const Vec3>> lasers = ...;           // the points of each laser, metres, sensor frame
///   if (const auto fit = fit_lasers(lasers, 0.001)) {           // coordinates rounded to 1 mm
///     const Lattice lattice(fit->model, fit->azimuth_ticks_per_turn);
///   }
#pragma once

#include <cstdint>
#include <optional>
#include <span>

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

/// Fits all lasers. `coordinate_unit_m` is what the coordinates were rounded to.
/// Method: a robust line of z over horizontal distance gives elevation and vertical offset; the coarsest tick of azimuth (from a list of
/// divisors of a turn, together with the horizontal offset) and of range under which points fall on a comb; then Gauss-Newton on the
/// rounding errors. Nothing where no laser with 300 points shows an azimuth tick. Cost: about 3 us a point; a tenth of it to say no.
std::optional<LaserFit> fit_lasers(std::span<const std::span<const Vec3>> lasers, double coordinate_unit_m);

}  // namespace dew
