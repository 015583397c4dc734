// SPDX-License-Identifier: Apache-2.0
/// Integer logarithms for network inputs.
#pragma once

#include <bit>
#include <cstdint>
#include <cstdlib>

#include "entropy/coder.h"

namespace dew {

/// 16 * log2(1 + value), rounded down; 0 for 0, 16 for 1, 512 at most.
inline int32_t log_q4(uint64_t value) {
  const uint64_t x = value + 1;
  const unsigned top = static_cast<unsigned>(std::bit_width(x)) - 1;
  const uint64_t mantissa = top >= 8 ? (x >> (top - 8)) & 0xff : (x << (8 - top)) & 0xff;
  return static_cast<int32_t>(16 * top + (detail::kLog2Table[mantissa] >> 20));
}

/// log_q4 of the size, with the sign of `difference`.
inline int32_t signed_log_q4(int64_t difference) {
  const int32_t size = log_q4(static_cast<uint64_t>(difference < 0 ? -difference : difference));
  return difference < 0 ? -size : size;
}

}  // namespace dew
