// SPDX-License-Identifier: Apache-2.0
/// The bits of floats as whole numbers in the same order, and back; every bit counts, those of NaN and -0 too.
///
///   float_of_number(number_of_float(x))        // the very bits of x
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace dew {

inline int64_t number_of_float(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  return bits >> 31 ? -static_cast<int64_t>(bits & 0x7fffffff) - 1 : static_cast<int64_t>(bits);
}
inline float float_of_number(int64_t number) {
  const int64_t kept = std::clamp<int64_t>(number, -(int64_t{1} << 31), (int64_t{1} << 31) - 1);
  return std::bit_cast<float>(kept < 0 ? static_cast<uint32_t>(-(kept + 1)) | 0x80000000u : static_cast<uint32_t>(kept));
}

}  // namespace dew
