// SPDX-License-Identifier: Apache-2.0
/// Exact floats coded around a prediction: the density is learned, the bits below its resolution go as they are.
///
///   FloatColumn column;                                          // one for each property
///   FloatShapes shapes;                                          // one for all columns that are alike
///   bits = code_float(coder, bits, {centre, scale, lattice}, column, shapes);   // same line in encoder and decoder
///
/// The line of numbers is cut into cells of 2^e, with e so that 4 to 8 cells are as wide as the scale (the mean distance from the centre
/// that the caller expects). How far the float's cell is from that of the centre is coded by adaptive bits under the ratio of scale to
/// cell. The place inside the cell is raw
/// (float_cells.h). Floats that no cell takes (NaN, infinities, far away, off the lattice) are escapes of 32 raw bits.
/// The decoder computes with integers and with + - * / on doubles. Any bytes decode to something. Threads: a model belongs to one coder.
/// Cost: about 100 ns a float.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "entropy/binary_coder.h"
#include "gaussians/coding/float_cells.h"

namespace dew {

/// What is expected of a float.
struct FloatExpectation {
  double centre = 0;             ///< finite
  double scale = 1;              ///< mean distance from the centre; positive, finite
  int lattice = kLeastExponent;  ///< floats are multiples of 2^lattice, escapes excepted
};

namespace detail {

/// A probability that settles: 1/n steps down to 1/1023. The sources here are steady noise, where two rates would lose (binary_coder.h).
class SteadyBit {
 public:
  uint32_t p1() const { return state_ >> 16; }
  void update(bool bit) {
    const uint32_t ones = 0 - static_cast<uint32_t>(bit);
    const uint32_t n = state_ & 1023;
    const uint64_t room = (state_ ^ ones) >> 10;
    const uint32_t move = static_cast<uint32_t>((room * kStepTable[n]) >> 16) << 10;
    state_ += ((move ^ ~ones) - ~ones) + (n < 1023 ? 1 : 0);
  }
  template <class Coder>
  bool code(Coder& coder, bool bit) {
    bit = coder.code_bit(bit, std::clamp<uint32_t>(p1(), 32, 65504));
    update(bit);
    return bit;
  }

 private:
  uint32_t state_ = uint32_t{1} << 31;  // 22 bits of probability, 10 bits of count
};

/// Distances of 0 .. 7 cells have a leaf each, 8 .. 15 in pairs, 16 .. 27 in fours, all beyond one: 16 leaves on each side.
inline constexpr unsigned kLeafBits = 4;
inline constexpr uint32_t kLeaves = 1u << kLeafBits;
inline constexpr uint32_t kLastLeaf = kLeaves - 1;
inline constexpr uint64_t kFirstFar = 28;
/// Ratios of scale to cell are told apart in quarters of octaves, from 2^-3 to 2^3.
inline constexpr int kRatios = 24;
inline constexpr int kFarClasses = kMaxCellBits + 2;  // bit widths 1 .. 41 of a far distance, and the escape
/// Octaves below a cell that touches zero.
using NearZero = std::array<SteadyBit, 24>;
using LeafNodes = std::array<SteadyBit, 2 * kLeaves>;

struct Leaf {
  uint32_t leaf;
  uint32_t low;
};
constexpr unsigned leaf_low_bits(uint32_t leaf) { return leaf < 8 ? 0 : leaf < 12 ? 1 : leaf < 15 ? 2 : 0; }
constexpr uint32_t leaf_start(uint32_t leaf) { return leaf < 8 ? leaf : leaf < 12 ? 8 + 2 * (leaf - 8) : 16 + 4 * (leaf - 12); }
constexpr Leaf leaf_of(uint64_t distance) {
  const uint32_t d = static_cast<uint32_t>(std::min<uint64_t>(distance, kFirstFar));
  if (d < 8) return {d, 0};
  if (d < 16) return {8 + (d - 8) / 2, d & 1};
  return {12 + (d - 16) / 4, d & 3};
}

}  // namespace detail

/// What is learned of one property.
struct FloatColumn {
  std::array<detail::SteadyBit, detail::kFarClasses + 1> far;
  detail::NearZero near_zero;
};

/// How distances from the centre are spread, by the ratio of scale to cell; for one property or for many that are alike.
using FloatShapes = std::array<detail::LeafNodes, detail::kRatios>;

namespace detail {

/// The cells around one expectation.
struct CellGrid {
  int e;           // a cell is 2^e wide
  int ratio;       // index of scale / 2^e
  int64_t origin;  // the cell of the centre
  bool mirrored;   // the centre lies in the upper half of its cell: distances change sign, so that it always lies in the lower
};

inline CellGrid cell_grid(const FloatExpectation& expected) {
  constexpr int kMaxExponent = 100;
  const int scale_exponent = exponent_of(expected.scale);
  // Not finer than the lattice, nor than floats are around the centre.
  const int finest = std::max({expected.lattice, exponent_of(expected.centre) - 23, kLeastExponent});
  const int e = std::min(std::max(scale_exponent - 2, finest), std::max(kMaxExponent, expected.lattice));
  const int quarters = 4 * (scale_exponent - e) + static_cast<int>(octave_quarter(expected.scale));
  double place = expected.centre * power_of_two(-e);
  if (!(place > -1e12 && place < 1e12)) place = 0;
  // A cell of the lattice's own width has its one float at the end nearer to zero.
  const bool on_points = e == expected.lattice;
  if (on_points) place += 0.5;
  int64_t origin = static_cast<int64_t>(place);
  if (static_cast<double>(origin) > place) --origin;
  const bool mirrored = place - static_cast<double>(origin) >= 0.5;
  if (on_points && origin < 0) --origin;
  return {e, std::clamp(quarters + kRatios / 2, 0, kRatios - 1), origin, mirrored};
}

/// Codes the magnitude of a float below 2^e: how many octaves below, then the fraction.
template <class Coder>
uint32_t code_near_zero(Coder& coder, uint32_t bits, int e, int lattice, NearZero& near_zero) {
  constexpr int kMaxOctaves = 24;
  const int to_lattice = e - lattice;
  const int to_denormals = std::max(e + 126, 0);
  const int last = std::min({kMaxOctaves, to_lattice, to_denormals});
  const FloatParts parts = float_parts(bits);
  const int top = parts.significand == 0 ? -2000 : parts.exponent + static_cast<int>(std::bit_width(parts.significand)) - 1;
  int octave = 0;
  while (octave < last && near_zero[static_cast<size_t>(octave)].code(coder, top < e - 1 - octave)) ++octave;
  if (octave == last) return last == to_lattice ? 0 : static_cast<uint32_t>(coder.code_raw(bits & 0x7fffffff, 31));
  const int exponent = e - 1 - octave;
  const int zeros = std::clamp(lattice - (exponent - 23), 0, 23);
  const uint32_t fraction = static_cast<uint32_t>(coder.code_raw((bits & 0x7fffff) >> zeros, static_cast<unsigned>(23 - zeros)));
  return (static_cast<uint32_t>(exponent + 127) << 23) | (fraction << zeros);
}

/// Codes which float of a cell it is. REQUIRES: lattice <= e; where the coder encodes, `bits` lies in the cell and on the lattice.
template <class Coder>
uint32_t code_inside_cell(Coder& coder, uint32_t bits, int64_t cell, int e, int lattice, NearZero& near_zero) {
  if (cell_magnitude(cell) == 0) return code_near_zero(coder, bits, e, lattice, near_zero) | (cell < 0 ? 0x80000000u : 0u);
  const int low_bits = low_bits_of_cell(cell, e);
  const int zeros = std::clamp(lattice - (e - low_bits), 0, low_bits);
  uint32_t low = 0;
  if constexpr (!Coder::kDecodes) low = split_float(bits, e).low >> zeros;
  low = static_cast<uint32_t>(coder.code_raw(low, static_cast<unsigned>(low_bits - zeros)));
  return join_float(cell, e, low << zeros);
}

/// Codes a distance of kFirstFar cells or more, or the escape (a distance of 0 stands for it).
template <class Coder>
uint64_t code_far(Coder& coder, uint64_t distance, FloatColumn& column) {
  const uint64_t beyond = distance == 0 ? 0 : distance - kFirstFar + 1;
  const int wanted = distance == 0 ? kFarClasses : static_cast<int>(std::bit_width(beyond)) - 1;
  int width = 0;
  while (width < kFarClasses && column.far[static_cast<size_t>(width)].code(coder, wanted > width)) ++width;
  if (width == kFarClasses) return 0;
  const uint64_t rest = coder.code_raw(beyond & ((uint64_t{1} << width) - 1), static_cast<unsigned>(width));
  return ((uint64_t{1} << width) | rest) + kFirstFar - 1;
}

}  // namespace detail

/// Codes the 32 bits of a float. REQUIRES: kLeastExponent <= expected.lattice <= 127.
template <class Coder>
uint32_t code_float(Coder& coder, uint32_t bits, const FloatExpectation& expected, FloatColumn& column, FloatShapes& shapes) {
  using namespace detail;
  const CellGrid grid = cell_grid(expected);
  bool below = false;
  uint64_t distance = 0;
  bool escaped = false;
  if constexpr (!Coder::kDecodes) {
    escaped = !is_finite_float(bits) || lattice_exponent(bits) < expected.lattice;
    const FloatCell part = escaped ? FloatCell{} : split_float(bits, grid.e);
    escaped = escaped || !part.inside;
    const int64_t away = grid.mirrored ? grid.origin - part.cell : part.cell - grid.origin;
    below = !escaped && away < 0;
    distance = cell_magnitude(away);
    escaped = escaped || distance >= uint64_t{1} << kMaxCellBits;
  }

  LeafNodes& nodes = shapes[static_cast<size_t>(grid.ratio)];
  const Leaf wanted = escaped ? Leaf{kLastLeaf, 0} : leaf_of(distance);
  const uint32_t symbol =
      code_tree((below ? kLeaves : 0) | wanted.leaf, kLeafBits + 1, [&](bool bit, uint32_t node) { return nodes[node].code(coder, bit); });
  const uint32_t leaf = symbol & kLastLeaf;
  below = symbol >= kLeaves;
  if (leaf == kLastLeaf) {
    distance = code_far(coder, escaped ? 0 : distance, column);
    if (distance == 0) return static_cast<uint32_t>(coder.code_raw(bits, 32));
  } else if (const unsigned low_bits = leaf_low_bits(leaf); low_bits > 0) {
    distance = leaf_start(leaf) + coder.code_raw(wanted.low, low_bits);
  } else {
    distance = leaf;
  }

  const int64_t away = below ? -1 - static_cast<int64_t>(distance) : static_cast<int64_t>(distance);
  const int64_t cell = grid.mirrored ? grid.origin - away : grid.origin + away;
  return code_inside_cell(coder, bits, cell, grid.e, expected.lattice, column.near_zero);
}

}  // namespace dew
