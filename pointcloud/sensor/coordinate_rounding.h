// SPDX-License-Identifier: Apache-2.0
/// How computed coordinates became the floats of a file: rounded to a float, to a decimal comb, or to so many decimal digits, as text is.
///
///   const CoordinateRounding rounding = find_rounding(points);          // encoder
///   const RoundedCoordinate near = rounding.round(12.3456789);          // steps, and how close the call was
///   float value = rounding.value(near, near.steps + residue);           // what stands in the file
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>

#include "pointcloud/sensor/comb.h"

namespace dew {

/// Places of floats in the order of all floats: the next float up is one more; -0 stands just below +0. NaNs have places too.
inline int64_t float_place(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  return bits >> 31 ? -1 - static_cast<int64_t>(bits & 0x7fffffffu) : static_cast<int64_t>(bits);
}
/// The float at a place; places are taken modulo 2^32.
inline float float_at(int64_t place) {
  const uint32_t low = static_cast<uint32_t>(place);
  return std::bit_cast<float>(low >> 31 ? ~low | 0x80000000u : low);
}

/// Stored in files; never renumber.
enum class RoundingKind : uint8_t {
  to_float = 0,  ///< steps are places of floats
  comb = 1,      ///< float(steps / number): number is units per metre
  digits = 2,    ///< float(steps / 10^k), k as large as `number` decimal digits allow
  offsets = 3,   ///< float(computed + steps / number): nothing was rounded, but some points must be moved to stay within a bound
};

/// A coordinate in steps of its rounding.
struct RoundedCoordinate {
  int64_t steps = 0;
  double steps_per_metre = 0;  ///< not for floats
  double exact = 0;            ///< the number itself
  bool negative = false;       ///< the number itself: a zero keeps its sign, as it does in text
  int8_t toward = 1;           ///< the side on which the next nearest step is
  uint8_t margin = 0;          ///< 0 to 7: how far from the middle between both, as in round_with_margin (laser_sorted.h)
  uint8_t fineness = 0;  ///< 0 to kFinenessClasses - 1: log2 of how many steps the measured distance is, above that of a float's mantissa
};

inline constexpr size_t kFinenessClasses = 16;

struct CoordinateRounding {
  RoundingKind kind = RoundingKind::to_float;
  uint32_t number = 0;
  bool operator==(const CoordinateRounding&) const = default;

  /// `distance_m`: of the point from the sensor; what makes a step fine or coarse. |value| < 1e9. Bit-exact: part of the format.
  RoundedCoordinate round(double value, double distance_m) const;
  /// The float that many steps mean.
  float value(const RoundedCoordinate& near, int64_t steps) const {
    if (kind == RoundingKind::to_float) return float_at(steps);
    const double moved = static_cast<double>(std::clamp(steps, -kMostSteps, kMostSteps)) / near.steps_per_metre;
    if (kind == RoundingKind::offsets) return static_cast<float>(near.exact + moved);
    return steps == 0 && near.negative ? -0.0f : static_cast<float>(moved);
  }
  /// The steps of `wanted`, beside those of a rounded number near it; nothing where no step of this rounding is that float (offsets: the
  /// nearest steps). Encoders.
  std::optional<int64_t> steps_of(const RoundedCoordinate& near, float wanted) const;
  /// Least distance between two steps that may matter at a bound, metres; 0 for floats.
  double step_m() const { return kind == RoundingKind::comb ? 1.0 / number : 0; }
  bool valid() const;

 private:
  static constexpr int64_t kMostSteps = int64_t{1} << 50;
};

/// The rounding that all but few coordinates (finite, not 0) have: a comb of 100 to 100,000 units a metre, 4 to 7 digits, a million units a
/// metre, else floats.
CoordinateRounding find_rounding(const PointsView& points);

}  // namespace dew
