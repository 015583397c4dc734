// SPDX-License-Identifier: Apache-2.0
/// What an integer of a coordinate means in metres, for models that reckon where the next point lies: steps of a line, or floats in order.
///
///   const CoordinateScale scale = scale_of(FieldType::f16, view);
///   scale.to_value(scale.to_integer(12.34));                // the half nearest to 12.34, or one beside it
///
/// Bit-exact: part of the format. What it says is a guess, so that any integer has some finite value.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "pointcloud/coding/integer_view.h"

namespace dew {

struct CoordinateScale {
  double unit = 1, origin = 0;  ///< steps: value = integer * unit + origin
  bool is_float = false;        ///< integers are single or half floats in order, without the low `shift` bits of single floats
  unsigned shift = 0;

  static constexpr int64_t kLimit = int64_t{1} << 46;
  /// Floats of 1e9 and above are none of a scan.
  static constexpr int64_t kFloatLimit = 0x4e6e6b28;

  int64_t limited(int64_t q) const {
    const int64_t most = is_float ? kFloatLimit >> shift : kLimit;
    return std::clamp(q, -most, most);
  }
  double to_value(int64_t q) const {
    if (!is_float) return static_cast<double>(limited(q)) * unit + origin;
    q = limited(q);
    const uint32_t bits = static_cast<uint32_t>(q < 0 ? -1 - q : q) << shift;
    const double size = static_cast<double>(std::bit_cast<float>(bits)) * unit;
    return q < 0 ? -size : size;
  }
  int64_t to_integer(double value) const {
    if (!is_float) {
      const double steps = std::floor((value - origin) / unit + 0.5);
      return steps >= 0x1p46 ? kLimit : steps > -0x1p46 ? static_cast<int64_t>(steps) : -kLimit;
    }
    const double size = std::min(std::abs(value) / unit, 1e9);
    const uint64_t bits = std::bit_cast<uint32_t>(static_cast<float>(size >= 0 ? size : 0.0));
    const int64_t q = static_cast<int64_t>((bits + ((uint64_t{1} << shift) >> 1)) >> shift);
    return limited(value < 0 ? -1 - q : q);
  }
};

/// Of a field's view. A half's bits are a single float's from bit 13 on, 2^112 times as large, subnormal ones included.
inline CoordinateScale scale_of(FieldType type, const IntegerView& view) {
  CoordinateScale scale;
  if (is_comb(view.kind)) scale.unit = 1.0 / static_cast<double>(view.denominator);
  if (view.kind == ViewKind::steps) scale.unit = view.step, scale.origin = view.origin;
  if (view.kind == ViewKind::ordered_bits || view.kind == ViewKind::short_bits) {
    scale.is_float = true;
    scale.shift = type == FieldType::f16 ? 13 : view.shift;
    if (type == FieldType::f16) scale.unit = 0x1p112;
  }
  return scale;
}

}  // namespace dew
