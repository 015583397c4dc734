// SPDX-License-Identifier: Apache-2.0
/// Integer logarithms for network inputs.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "entropy/coder.h"

namespace dew {

namespace detail {
/// 16 * log2(1 + i / 256), rounded down.
constexpr std::array<uint8_t, 256> make_log_fraction_table() {
  std::array<uint8_t, 256> table{};
  for (size_t i = 0; i < 256; ++i) table[i] = static_cast<uint8_t>(kLog2Table[i] >> 20);
  return table;
}
inline constexpr std::array<uint8_t, 256> kLogFractionTable = make_log_fraction_table();
}  // namespace detail

/// 16 * log2(1 + value), rounded down; 0 for 0, 16 for 1, 512 at most. REQUIRES: value < 2^64 - 1.
inline int32_t log_q4(uint64_t value) {
  const uint64_t x = value + 1;
  const int zeros = std::countl_zero(x);
  // The eight bits below the top one.
  const uint64_t mantissa = ((x << zeros) >> 55) & 0xff;
  return 16 * (63 - zeros) + detail::kLogFractionTable[mantissa];
}

/// log_q4 of the size, with the sign of `difference`. Without branches: signs cannot be guessed.
inline int32_t signed_log_q4(int64_t difference) {
  const int64_t sign = difference >> 63;
  const int32_t size = log_q4(static_cast<uint64_t>((difference ^ sign) - sign));
  const int32_t narrow_sign = static_cast<int32_t>(sign);
  return (size ^ narrow_sign) - narrow_sign;
}

}  // namespace dew
