// SPDX-License-Identifier: Apache-2.0
/// Parts of lossless chunks of splats: floats, positions and regressions as gaussians/FORMAT.md sections 11.3, 11.4, 11.7 and 11.8 give
/// them, written from that page alone. Section numbers are those of the page.
///
///   const uint32_t word = plain::float_around(reader, centre, scale, lattice, column, shapes);
#pragma once

#include "tests/golden/plain_splat_group.h"

namespace plain {

inline float float_of(uint32_t word) {
  float x;
  std::memcpy(&x, &word, 4);
  return x;
}
inline uint32_t word_of(float x) {
  uint32_t word;
  std::memcpy(&word, &x, 4);
  return word;
}

/// 11: the slow half of an adaptive bit.
struct Steady {
  Adaptive state;
  bool code(RangeReader& reader) {
    const bool bit = reader.bit(static_cast<uint64_t>(std::clamp<int64_t>(state.slow(), 32, 65504)));
    state.update(bit, 1023);
    return bit;
  }
};
/// By number; in trees by context and node.
using SteadyBits = std::map<std::array<int64_t, 2>, Steady>;

inline int64_t floor_log2(double x) { return x == 0 ? -2000 : std::ilogb(x); }

/// 11.3: the place of a float in cell `q` of width 2^e.
inline uint32_t inside_cell(RangeReader& reader, int64_t q, int64_t e, int64_t m, SteadyBits& near_zero) {
  const uint32_t sign = q < 0 ? 0x80000000u : 0u;
  const uint64_t size = static_cast<uint64_t>(q < 0 ? -1 - q : q);
  if (size > 0) {
    int64_t bits = 0;
    while (size >> bits != 0) ++bits;
    const int64_t n = std::clamp<int64_t>(24 - bits, 0, e + 149), zeros = std::clamp<int64_t>(m - (e - n), 0, n);
    const uint64_t low = reader.raw(static_cast<unsigned>(n - zeros)) << zeros;
    uint64_t significand = (size << n) | low;
    int64_t excess = 0;  // cut off to 24 bits
    while (significand >> (24 + excess) != 0) ++excess;
    significand = significand >> excess << excess;
    const double x = std::ldexp(static_cast<double>(significand), static_cast<int>(e - n));
    return sign | (x > 3.4028234663852886e38 ? 0x7f800000u : word_of(static_cast<float>(x)));
  }
  const int64_t last = std::min({int64_t{24}, e - m, std::max<int64_t>(e + 126, 0)});
  int64_t o = 0;
  while (o < last && near_zero[{0, o}].code(reader)) ++o;
  if (o == last) return sign | (last == e - m ? 0u : static_cast<uint32_t>(reader.raw(31)));
  const int64_t zeros = std::clamp<int64_t>(m - (e - 24 - o), 0, 23);
  const uint64_t fraction = reader.raw(static_cast<unsigned>(23 - zeros)) << zeros;
  return sign | static_cast<uint32_t>(e - 1 - o + 127) << 23 | static_cast<uint32_t>(fraction);
}

/// 11.7
struct FloatColumn {
  SteadyBits far, near_zero;
};
inline uint32_t float_around(RangeReader& reader, double c, double scale, int64_t m, FloatColumn& column, SteadyBits& shapes) {
  const int64_t top = floor_log2(scale);
  const int64_t e = std::min(std::max({top - 2, m, floor_log2(c) - 23, int64_t{-149}}), std::max<int64_t>(100, m));
  uint64_t scale_bits;
  std::memcpy(&scale_bits, &scale, 8);
  const int64_t ratio = std::clamp<int64_t>(4 * (top - e) + static_cast<int64_t>((scale_bits >> 50) & 3) + 12, 0, 23);
  double place = c / std::ldexp(1.0, static_cast<int>(e));
  if (!(place > -1e12 && place < 1e12)) place = 0;
  if (e == m) place += 0.5;
  const double o = std::floor(place);
  int64_t symbol = 1;
  for (int i = 0; i < 5; ++i) symbol = 2 * symbol + shapes[{ratio, symbol}].code(reader);
  symbol -= 32;
  const bool below = symbol >= 16;
  const int64_t leaf = symbol % 16;
  int64_t distance = leaf;
  if (leaf >= 8 && leaf < 12) distance = 8 + 2 * (leaf - 8) + static_cast<int64_t>(reader.raw(1));
  if (leaf >= 12 && leaf < 15) distance = 16 + 4 * (leaf - 12) + static_cast<int64_t>(reader.raw(2));
  if (leaf == 15) {
    unsigned w = 0;
    while (w < 42 && column.far[{0, w}].code(reader)) ++w;
    if (w == 42) return static_cast<uint32_t>(reader.raw(32));
    distance = 27 + static_cast<int64_t>((uint64_t{1} << w) + reader.raw(w));
  }
  const int64_t a = below ? -1 - distance : distance, origin = static_cast<int64_t>(o) - (e == m && o < 0 ? 1 : 0);
  return inside_cell(reader, place - o >= 0.5 ? origin - a : origin + a, e, m, column.near_zero);
}

/// 11.4, cells + 2^24.
using Cells = std::array<uint32_t, 3>;
inline unsigned level_bit(const Cells& cells, unsigned level) { return (cells[level % 3] >> (24 - level / 3)) & 1; }

class PositionReader {
 public:
  PositionReader(RangeReader& from, int64_t width, const std::array<int64_t, 3>& lattices) : reader(from), e(width), lattice(lattices) {}
  /// Words of x, y and z; `cells` are for the order of planes.
  std::array<uint32_t, 3> read(Cells& cells) {
    std::array<uint32_t, 3> words{};
    if (escape.code(reader, 1023)) {
      for (uint32_t& word : words) word = static_cast<uint32_t>(reader.raw(32));
      cells = {1u << 24, 1u << 24, 1u << 24};
      return words;
    }
    cells = way();
    for (size_t axis = 0; axis < 3; ++axis) {
      words[axis] = inside_cell(reader, int64_t{cells[axis]} - (1 << 24), e, std::min(lattice[axis], e), near_zero[axis]);
    }
    return words;
  }

 private:
  static int64_t class_of(size_t n) {
    if (n < 4) return static_cast<int64_t>(n);
    int64_t octave = 0;
    while (n >> (octave + 1) != 0) ++octave;
    return 2 * octave + static_cast<int64_t>((n >> (octave - 1)) & 1);
  }
  /// Those of a half, the equal ones at the beginning as one.
  static size_t counted(const std::vector<Cells>& agree, unsigned level, unsigned half) {
    std::vector<Cells> in_half;
    for (const Cells& other : agree) {
      if (level_bit(other, level) == half) in_half.push_back(other);
    }
    size_t equal = 0;
    while (equal < in_half.size() && in_half[equal] == in_half[0]) ++equal;
    return in_half.size() - (equal > 1 ? equal - 1 : 0);
  }
  Cells way() {
    std::vector<Cells> agree = before;
    Cells cells{};
    bool as_before = true;
    int64_t alone = 0;
    unsigned l = 0;
    for (; l < 75 && !agree.empty(); ++l) {
      std::array<size_t, 2> n{};
      for (unsigned half = 0; half < 2; ++half) n[half] = counted(agree, l, half);
      const bool one = n[0] + n[1] == 1;
      const int64_t third = one ? std::min<int64_t>(alone, 3) : l % 3;
      alone = one ? alone + 1 : 0;
      Adaptive& counts = by_counts[{class_of(n[0]), class_of(n[1]), third}];
      Adaptive& last_way = by_last[{l, as_before ? 1 + level_bit(last, l) : 0}];
      const unsigned bit = mixed.try_emplace(class_of(n[0] + n[1]), 2).first->second.code(reader, {&counts, &last_way});
      as_before = as_before && bit == level_bit(last, l);
      cells[l % 3] |= bit << (24 - l / 3);
      std::erase_if(agree, [&](const Cells& other) { return level_bit(other, l) != bit; });
    }
    for (unsigned axis = 0; axis < 3; ++axis) {
      unsigned coded = 0;
      for (unsigned level = axis; level < l; level += 3) ++coded;
      const unsigned left = 25 - coded;
      const unsigned filled = std::min(left, static_cast<unsigned>(std::clamp<int64_t>(lattice[axis] - e, 0, 24)));
      cells[axis] |= static_cast<uint32_t>(reader.raw(left - filled) << filled);
      if (cells[axis] >> 24 == 0) cells[axis] |= (1u << filled) - 1;
    }
    before.push_back(cells);
    return last = cells;
  }

  RangeReader& reader;
  int64_t e;
  std::array<int64_t, 3> lattice;
  Adaptive escape;
  std::vector<Cells> before;
  Cells last{1u << 24, 1u << 24, 1u << 24};
  std::map<std::array<int64_t, 3>, Adaptive> by_counts;
  std::map<std::array<int64_t, 2>, Adaptive> by_last;
  std::map<int64_t, Mixed> mixed;
  std::array<SteadyBits, 3> near_zero;
};

/// 11.8
class Regression {
 public:
  Regression(size_t given_values, size_t own_values, size_t fit_every, float forget, double of_ridge)
      : given(given_values), own(own_values), fit_rows(fit_every), forgetting(forget), ridge(of_ridge), n(1 + given + own), inputs(n) {
    coefficient.assign(n, std::vector<float>(own));
    moment.assign(n, std::vector<float>(n));
    for (size_t k = 0; k < std::min(given, own); ++k) coefficient[1 + k][k] = 1;
  }
  void start(const std::vector<float>& values) {
    predicted.assign(own, 0.0f);
    for (size_t k = 0; k < own; ++k) predicted[k] = coefficient[0][k];
    inputs[0] = 1;
    for (size_t j = 0; j < given; ++j) show(1 + j, values[j]);
  }
  float prediction(size_t k) const { return predicted[k]; }
  void reveal(size_t k, float value) { show(1 + given + k, value); }
  void learn(float w) {
    for (size_t a = 0; a < n; ++a) {
      for (size_t b = 0; b <= a; ++b) moment[a][b] += (inputs[a] * w) * inputs[b];
    }
    weight_sum += 1;
    if (++rows < next) return;
    fit();
    next = std::min(2 * rows, rows + fit_rows);
  }

 private:
  void show(size_t j, float value) {
    inputs[j] = value;
    for (size_t k = 0; k < own; ++k) {
      if (j < 1 + given + k) predicted[k] += coefficient[j][k] * value;
    }
  }
  void fit() {
    std::vector<std::vector<double>> u(n, std::vector<double>(n)), inverse = u;
    for (size_t a = 0; a < n; ++a) {
      for (size_t b = 0; b <= a; ++b) u[b][a] = static_cast<double>(moment[a][b]);
      u[a][a] = u[a][a] * (1 + ridge / std::max(1.0, weight_sum / 1000)) + 1e-9;
      inverse[a][a] = 1;
    }
    for (size_t p = 0; p < n; ++p) {
      if (!(u[p][p] > 1e-12)) u[p][p] = 1e-12;
      for (size_t a = p + 1; a < n; ++a) {
        const double f = u[p][a] / u[p][p];
        if (f == 0) continue;
        for (size_t i = a; i < n; ++i) u[a][i] -= f * u[p][i];
        for (size_t i = 0; i <= p; ++i) inverse[a][i] -= f * inverse[p][i];
      }
    }
    for (size_t k = 0; k < own; ++k) {
      for (size_t j = 0; j < 1 + given + k; ++j) {
        coefficient[j][k] = static_cast<float>(std::clamp(-inverse[1 + given + k][j], -1e6, 1e6));
      }
    }
    for (std::vector<float>& row : moment) {
      for (float& value : row) value *= forgetting;
    }
    weight_sum *= static_cast<double>(forgetting);
  }
  size_t given, own, fit_rows, rows = 0, next = 32;
  float forgetting;
  double ridge, weight_sum = 0;
  size_t n;
  std::vector<float> inputs, predicted;
  std::vector<std::vector<float>> coefficient, moment;
};

}  // namespace plain
