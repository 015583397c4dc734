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

/// (a * b) >> 16, which is one instruction for a vector of numbers.
constexpr int16_t high_product(int16_t a, int16_t b) { return static_cast<int16_t>((int32_t{a} * b) >> 16); }

/// kLogFractionTable as a polynomial, for vectors: 16 log2(1 + x) = ((c3 x + c2) x + c1) x, rounded down, is right for all 256 mantissas.
constexpr int16_t log_fraction(int16_t mantissa) {
  const int16_t x = static_cast<int16_t>(mantissa << 7);
  const int16_t c2 = static_cast<int16_t>(-19796 + high_product(x, 11788));
  const int16_t c1 = static_cast<int16_t>(23376 + high_product(x, c2));
  return static_cast<int16_t>(high_product(x, c1) >> 9);
}
constexpr bool log_fraction_is_the_table() {
  for (size_t i = 0; i < 256; ++i) {
    if (log_fraction(static_cast<int16_t>(i)) != kLogFractionTable[i]) return false;
  }
  return true;
}
static_assert(log_fraction_is_the_table());
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

/// signed_log_q4 of up to 32 numbers at once, in loops that compilers vectorise.
class LogLanes {
 public:
  static constexpr size_t kLanes = 32;

  /// REQUIRES: lane < kLanes, |difference| < 2^24 - 1. A number that is not `present` has the logarithm 0, as have lanes that were not put.
  void put(size_t lane, int32_t difference, bool present) { numbers_[lane] = difference & -static_cast<int32_t>(present); }

  const std::array<int16_t, kLanes>& signed_logs() {
    alignas(32) std::array<int16_t, kLanes> bits, sign;
    for (size_t i = 0; i < kLanes; ++i) {
      // Above the mantissa of a float stands the whole logarithm. Numbers up to 2^24 are exact as floats.
      const int32_t minus = numbers_[i] >> 31;
      const float size = static_cast<float>(((numbers_[i] ^ minus) - minus) + 1);
      bits[i] = static_cast<int16_t>((std::bit_cast<int32_t>(size) - (127 << 23)) >> 15);
      sign[i] = static_cast<int16_t>(minus);
    }
    for (size_t i = 0; i < kLanes; ++i) {
      const int16_t log = static_cast<int16_t>(((bits[i] >> 8) << 4) + detail::log_fraction(bits[i] & 0xff));
      logs_[i] = static_cast<int16_t>((log ^ sign[i]) - sign[i]);
    }
    return logs_;
  }

 private:
  alignas(32) std::array<int32_t, kLanes> numbers_{};
  alignas(32) std::array<int16_t, kLanes> logs_{};
};

}  // namespace dew
