// SPDX-License-Identifier: Apache-2.0
/// Coordinate combs: clouds whose floats are whole numbers of a decimal unit (millimetres, say), bit for bit.
///
///   if (const std::optional<CoordinateComb> comb = find_comb(view)) {
///     int64_t units;                                        // 12.345f -> 12345
///     if (comb->units_of(view.x[i], units)) same = comb->value(units);
///   }
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace dew {

using Float3 = std::array<float, 3>;

/// Coordinates of a cloud in metres, one array an axis, in file order; all of one size. Owns nothing.
struct PointsView {
  std::span<const float> x, y, z;
  size_t size() const { return x.size(); }
};

/// Nearest integer, ties to even, for |value| < 2^51; the same bits on every machine. Adding 1.5 * 2^52 leaves no room for a fraction.
inline double round_to_whole(double value) {
  constexpr double kMagic = 6755399441055744.0;
  return (value + kMagic) - kMagic;
}
inline int64_t round_to_int(double value) { return static_cast<int64_t>(round_to_whole(value)); }

/// float(units / units_per_metre), the division in double.
struct CoordinateComb {
  uint32_t units_per_metre = 1000;

  float value(int64_t units) const { return static_cast<float>(static_cast<double>(units) / units_per_metre); }
  /// The same for the rounding of `exact`: a zero keeps its sign, as it does when numbers are printed and read again.
  float value(int64_t units, double exact) const { return units == 0 && exact < 0 ? -0.0f : value(units); }
  /// Whether `coordinate` is exactly a value of the comb (or -0); if so, `units` says which.
  bool units_of(float coordinate, int64_t& units) const {
    const double scaled = static_cast<double>(coordinate) * units_per_metre;
    if (!(scaled > -1e9 && scaled < 1e9)) return false;
    units = round_to_int(scaled);
    return value(units) == coordinate;
  }
};

/// The coarsest of 100, 1,000 and 10,000 units a metre that at least 95 % of the coordinates fit, judged on 4,096 points spread over the
/// cloud; nothing where none does. Cost: under 1 ms for any cloud.
std::optional<CoordinateComb> find_comb(const PointsView& points);

}  // namespace dew
