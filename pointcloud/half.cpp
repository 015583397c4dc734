// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/half.h"

#include <bit>
#include <limits>

namespace dew {

double half_to_double(uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const int fraction = half & 1023;
  const double sign = (half >> 15) ? -1.0 : 1.0;
  if (exponent == 31) {
    return fraction ? std::numeric_limits<double>::quiet_NaN() : sign * std::numeric_limits<double>::infinity();
  }
  // Subnormal halves are multiples of 2^-24; normal ones carry the hidden bit.
  double value = exponent == 0 ? fraction * 0x1p-24 : (1024 + fraction) * 0x1p-25;
  for (int i = 0; i < exponent; ++i) value *= 2.0;
  return sign * value;
}

uint16_t double_to_half(double value) {
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  const auto sign = static_cast<uint16_t>((bits >> 63) << 15);
  const int exponent = static_cast<int>((bits >> 52) & 2047) - 1023;
  const uint64_t fraction = bits & ((uint64_t{1} << 52) - 1);
  if (exponent == 1024 && fraction != 0) return static_cast<uint16_t>(sign | 0x7e00);
  if (exponent > 15) return static_cast<uint16_t>(sign | 0x7c00);
  if (exponent < -25) return sign;
  // 11 significant bits from 2^-14 up; below, what is left above 2^-24. Rounding up may carry into the exponent, which is right.
  const int dropped = exponent >= -14 ? 42 : 28 - exponent;
  const uint64_t significand = fraction | (uint64_t{1} << 52);
  const uint64_t half = uint64_t{1} << (dropped - 1);
  const uint64_t kept = significand >> dropped;
  const uint64_t rest = significand & ((uint64_t{1} << dropped) - 1);
  const uint64_t rounded = kept + ((rest > half || (rest == half && (kept & 1) != 0)) ? 1 : 0);
  const uint64_t biased = exponent >= -14 ? static_cast<uint64_t>(exponent + 14) << 10 : 0;
  return static_cast<uint16_t>(sign | (biased + rounded));
}

}  // namespace dew
