// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/firing_lattice.h"

#include "entropy/exact_math.h"

namespace dew {

FiringLattice::FiringLattice(const FiringLatticeTable& table)
    : tick_m_(table.range_tick_um * 1e-6), single_precision_(table.single_precision) {
  constexpr double kDegree_rad = 0.017453292519943295;
  const auto entry = [&](double angle_rad) -> SinCosPair {
    const exact::SinCos both = exact::sincos(angle_rad);
    if (!single_precision_) return {both.sin, both.cos};
    return {rounded_to_float(both.sin), rounded_to_float(both.cos)};
  };
  if (single_precision_) tick_m_ = rounded_to_float(tick_m_);
  elevation_.reserve(table.elevation_mdeg.size());
  for (const int32_t mdeg : table.elevation_mdeg) elevation_.push_back(entry(mdeg * kDegree_rad / 1000));
  azimuth_.reserve(table.azimuth_ticks_per_turn);
  const double tick_rad = 360.0 * kDegree_rad / table.azimuth_ticks_per_turn;
  for (uint32_t tick = 0; tick < table.azimuth_ticks_per_turn; ++tick) azimuth_.push_back(entry(tick * tick_rad));
}

}  // namespace dew
