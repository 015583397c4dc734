// SPDX-License-Identifier: Apache-2.0
/// Floats as cells of a lattice of 2^e and a place inside the cell, without losing a bit: what a coder of exact floats works on.
///
///   const FloatCell part = split_float(bits, e);         // which interval [q 2^e, (q + 1) 2^e) holds the float, and where in it
///   bits == join_float(part.cell, e, part.low);          // cells other than 0 and -1 hold 2^n floats, evenly spaced
///
/// A cell boundary is a multiple of 2^e, so a cell that does not touch zero lies inside one binade and its floats are evenly spaced: the
/// place costs low_bits and no model can say more. Negative numbers (and -0) have the cells below zero: cell -1 - q mirrors cell q.
/// Everything is integers. Threads: any. Cost: a few ns.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace dew {

/// Exponent of the smallest denormal: every finite float is a multiple of 2^kLeastExponent.
inline constexpr int kLeastExponent = -149;
/// Cells beyond +-2^kMaxCellBits are not used.
inline constexpr int kMaxCellBits = 40;

constexpr bool is_finite_float(uint32_t bits) { return (bits & 0x7f800000u) != 0x7f800000u; }

/// |x| = significand * 2^exponent, with a significand below 2^24. REQUIRES: finite.
struct FloatParts {
  uint32_t significand;
  int exponent;
};
constexpr FloatParts float_parts(uint32_t bits) {
  const uint32_t field = (bits >> 23) & 0xff;
  const uint32_t fraction = bits & 0x7fffff;
  return field == 0 ? FloatParts{fraction, kLeastExponent} : FloatParts{fraction | 0x800000u, static_cast<int>(field) - 150};
}

/// The largest m so that x is a multiple of 2^m; 127 for zero. REQUIRES: finite.
constexpr int lattice_exponent(uint32_t bits) {
  const FloatParts parts = float_parts(bits);
  return parts.significand == 0 ? 127 : parts.exponent + std::countr_zero(parts.significand);
}

/// Distance of a cell from zero, in cells: 0 for cells 0 and -1.
constexpr uint64_t cell_magnitude(int64_t cell) { return static_cast<uint64_t>(cell < 0 ? -1 - cell : cell); }

/// How many bits tell the floats of a cell apart. REQUIRES: cell_magnitude(cell) >= 1, e >= kLeastExponent.
constexpr int low_bits_of_cell(int64_t cell, int e) {
  const int width = static_cast<int>(std::bit_width(cell_magnitude(cell)));
  return std::clamp(24 - width, 0, e - kLeastExponent);
}

struct FloatCell {
  int64_t cell = 0;
  uint32_t low = 0;     ///< place inside the cell; the float's low bits
  bool inside = false;  ///< false: no cell within +-2^kMaxCellBits holds it
};

/// REQUIRES: finite, e >= kLeastExponent.
constexpr FloatCell split_float(uint32_t bits, int e) {
  const FloatParts parts = float_parts(bits);
  const int shift = e - parts.exponent;
  if (shift < -(kMaxCellBits - 24)) return {0, 0, parts.significand == 0};
  uint64_t magnitude = 0;
  uint32_t low = 0;
  if (shift <= 0) {
    magnitude = uint64_t{parts.significand} << -shift;
  } else if (shift < 24) {
    magnitude = parts.significand >> shift;
    low = parts.significand & ((1u << shift) - 1);
  }
  const bool negative = (bits >> 31) != 0;
  return {negative ? -1 - static_cast<int64_t>(magnitude) : static_cast<int64_t>(magnitude), low, true};
}

/// The float of a cell that does not touch zero; for cells that no float needs (finer than floats are there), the float below.
/// REQUIRES: cell_magnitude(cell) >= 1 and at most 2^kMaxCellBits; low < 2^low_bits_of_cell(cell, e). Too large a number becomes infinite.
constexpr uint32_t join_float(int64_t cell, int e, uint32_t low) {
  const uint64_t magnitude = cell_magnitude(cell);
  const int low_bits = low_bits_of_cell(cell, e);
  uint64_t significand = (magnitude << low_bits) | low;
  int exponent = e - low_bits;
  const int excess = static_cast<int>(std::bit_width(significand)) - 24;
  if (excess > 0) {
    significand >>= excess;
    exponent += excess;
  } else if (excess < 0) {
    const int up = std::min(-excess, exponent - kLeastExponent);
    significand <<= up;
    exponent -= up;
  }
  const uint32_t sign = cell < 0 ? 0x80000000u : 0u;
  if (exponent > 104) return sign | 0x7f800000u;
  const uint32_t field = (significand >> 23) != 0 ? static_cast<uint32_t>(exponent + 150) : 0u;
  return sign | (field << 23) | static_cast<uint32_t>(significand & 0x7fffff);
}

/// floor(log2 |x|) of a double, by its bits; -1023 for zero and denormals. The two bits below the leading one say the quarter of the
/// octave.
constexpr int exponent_of(double x) { return static_cast<int>((std::bit_cast<uint64_t>(x) >> 52) & 0x7ff) - 1023; }
constexpr uint32_t octave_quarter(double x) { return static_cast<uint32_t>(std::bit_cast<uint64_t>(x) >> 50) & 3; }

/// 2^e as a double. REQUIRES: -1022 <= e <= 1023.
constexpr double power_of_two(int e) { return std::bit_cast<double>(static_cast<uint64_t>(e + 1023) << 52); }

}  // namespace dew
