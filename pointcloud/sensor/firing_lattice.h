// SPDX-License-Identifier: Apache-2.0
/// The lattice of a sensor without offsets, in double or, as many drivers compute it, in single precision with tables of sines.
///
///   const FiringLattice lattice({2000, 36000, true, {10670, 9330}});   // 2 mm, 0.01 degree, single precision, two lasers
///   Vec3 p = lattice.point(laser, azimuth_tick, range_ticks);          // metres, sensor frame; the same bits on every machine
#pragma once

#include <cstdint>
#include <vector>

#include "pointcloud/cloud.h"

namespace dew {

/// `value` rounded to the 24 bits of a float (ties either way, but always the same). In doubles throughout: a detour through float may be
/// optimised away. Veltkamp's split: Dekker, "A floating-point technique for extending the available precision", 1971. |value| < 2^990.
inline double rounded_to_float(double value) {
  constexpr double kSplit = 536870913.0;  // 2^29 + 1: 53 - 29 = 24 bits stay
  const double big = value * kSplit;
  return big - (big - value);
}

/// Numbers of a FiringLattice.
struct FiringLatticeTable {
  uint32_t range_tick_um = 0;
  uint32_t azimuth_ticks_per_turn = 0;
  bool single_precision = false;        ///< every table entry and product rounded to a float
  std::vector<int32_t> elevation_mdeg;  ///< thousandths of a degree, a laser
};

/// x = r cos e cos a, y = r cos e sin a, z = r sin e, multiplied from the left. Bit-exact: part of the format. Immutable.
class FiringLattice {
 public:
  /// Requires 0 < azimuth_ticks_per_turn <= 2^18. Cost: 20 ns a tick.
  explicit FiringLattice(const FiringLatticeTable& table);

  /// Requires laser < size of the table, azimuth < azimuth_ticks_per_turn, range < 2^24. Cost: 5 ns.
  Vec3 point(uint32_t laser, uint32_t azimuth, uint32_t range) const {
    const SinCosPair& e = elevation_[laser];
    const SinCosPair& a = azimuth_[azimuth];
    if (!single_precision_) {
      const double r = range * tick_m_, h = r * e.cos;
      return {h * a.cos, h * a.sin, r * e.sin};
    }
    const double r = rounded_to_float(range * tick_m_), h = rounded_to_float(r * e.cos);
    return {rounded_to_float(h * a.cos), rounded_to_float(h * a.sin), rounded_to_float(r * e.sin)};
  }

 private:
  struct SinCosPair {
    double sin;
    double cos;
  };
  double tick_m_;
  bool single_precision_;
  std::vector<SinCosPair> elevation_;
  std::vector<SinCosPair> azimuth_;
};

}  // namespace dew
