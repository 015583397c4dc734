// SPDX-License-Identifier: Apache-2.0
/// Floats that were written as decimals: whole numbers over a power of ten, to the last bit.
///
///   const std::optional<double> scale = decimal_scale(values);      // 1, 10, ... 10^9; none where the values are no such decimals
///   const int64_t number = number_of_decimal(value, *scale);
///   value == decimal_of_number(number, *scale);                     // both zeros included
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>

namespace dew {

/// Numbers from -1 downwards are those with a sign, so that the negative zero is one.
inline int64_t number_of_decimal(float value, double scale) {
  const int64_t size = static_cast<int64_t>(std::floor(std::min(std::abs(static_cast<double>(value)) * scale, 1e15) + 0.5));
  return std::signbit(value) ? -size - 1 : size;
}
inline float decimal_of_number(int64_t number, double scale) {
  const double size = static_cast<double>(number < 0 ? -(number + 1) : number);
  const float value = static_cast<float>(size / scale);
  return number < 0 ? -value : value;
}

/// The smallest scale under which all values come back, none of them above 2^30.
inline std::optional<double> decimal_scale(std::span<const float> values) {
  constexpr double kMost = 1e9, kLargest = 1073741824.0;
  double scale = 1;
  for (const float value : values) {
    const auto fits = [&] {
      const bool small = std::abs(static_cast<double>(value)) * scale < kLargest;
      return small && std::bit_cast<uint32_t>(decimal_of_number(number_of_decimal(value, scale), scale)) == std::bit_cast<uint32_t>(value);
    };
    while (!fits()) {
      scale *= 10;
      if (scale > kMost) return std::nullopt;
    }
  }
  // What fitted a smaller scale fits a larger one, but for rounding and size.
  for (const float value : values) {
    const float back = decimal_of_number(number_of_decimal(value, scale), scale);
    if (!(std::abs(static_cast<double>(value)) * scale < kLargest) || std::bit_cast<uint32_t>(back) != std::bit_cast<uint32_t>(value))
      return std::nullopt;
  }
  return scale;
}

}  // namespace dew
