// SPDX-License-Identifier: Apache-2.0
/// What gaussians/FORMAT.md sections 2 and 5.2 say of numbers, written from that page alone: exact functions, buckets, coded integers.
///
///   plain::MixedInteger opacity;
///   const int64_t steps = opacity.code(reader, {plain::linear(4.2, 8), plain::octaves(0.1, -4, 2, 32)});
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <vector>

#include "tests/golden/plain_coders.h"
#include "tests/golden/plain_exact.h"

namespace plain {

/// 2: exp and log for numbers that splats have.
inline double exp(double x) {
  if (x > 709.79) return HUGE_VAL;
  if (x < -745.14) return 0;
  const int k = static_cast<int>(x * 0x1.71547652b82fep+0 + (x < 0 ? -0.5 : 0.5));
  const Pair r = ordered_sum(x - k * 0x1.62e42fefa38p-1, -(k * 0x1.ef35793c76730p-45));
  const double y = r.first, z = y * y;
  double odd = 1 / factorial(13), even = 1 / factorial(12);
  for (int n = 11; n >= 3; n -= 2) odd = 1 / factorial(n) + z * odd;
  for (int n = 10; n >= 2; n -= 2) even = 1 / factorial(n) + z * even;
  const Pair h = ordered_sum(1.0, y);
  return (h.first + (h.second + (r.second + z * (even + y * odd)))) * std::ldexp(1.0, k / 2) * std::ldexp(1.0, k - k / 2);
}
inline double log(double x) {
  int k = 0;
  double m = 2 * std::frexp(x, &k);
  --k;
  if (m >= 0x1.6a09e667f3bcdp+0) m *= 0.5, ++k;
  const double f = m - 1, s = f / (2 + f), z = s * s, q = 0.5 * f * f;
  double series = 2.0 / 21;
  for (int n = 19; n >= 3; n -= 2) series = 2.0 / n + z * series;
  series = z * series;
  const Pair h = two_sum(k * 0x1.62e42fefa38p-1, f);
  return h.first + ((h.second - q) + (s * (q + series) + k * 0x1.ef35793c76730p-45));
}

/// 2: buckets.
inline int64_t linear(double x, int64_t n) {
  if (!(x > 0)) return 0;
  return x >= static_cast<double>(n) ? n - 1 : static_cast<int64_t>(std::floor(x));
}
inline int64_t octaves(double x, int64_t low, int64_t per, int64_t n) {
  if (!(x > 0)) return 0;
  const int j = per == 4 ? 2 : per == 2 ? 1 : 0;
  uint64_t bits;
  std::memcpy(&bits, &x, 8);
  return std::clamp<int64_t>(static_cast<int64_t>(bits >> (52 - j)) - (low + 1023) * (int64_t{1} << j), 0, n - 1);
}
inline int64_t cap(int64_t i, int64_t n) { return std::clamp<int64_t>(i, 0, n - 1); }

/// 5.2
class MixedInteger {
 public:
  /// `alone`: the one context that counts, or -1.
  int64_t code(RangeReader& reader, const std::vector<int64_t>& contexts, int64_t set = 0, int64_t alone = -1) {
    const auto node = [&](int64_t t) {
      if (alone >= 0) return bits_[{alone, contexts[static_cast<size_t>(alone)], t}].code(reader, 1023);
      std::vector<Adaptive*> bits;
      for (size_t i = 0; i < contexts.size(); ++i) bits.push_back(&bits_[{static_cast<int64_t>(i), contexts[i], t}]);
      const auto mixed = mixed_.try_emplace({set, t}, static_cast<int64_t>(contexts.size())).first;
      return mixed->second.code(reader, bits);
    };
    if (node(0)) return 0;
    const bool negative = node(1);
    int64_t size = 1;
    while (size <= 8 && node(1 + size)) ++size;
    if (size > 8) {
      unsigned b = 0;
      while (b < 40 && node(std::min<int64_t>(10 + b, 31))) ++b;
      size = 8 + static_cast<int64_t>((uint64_t{1} << b) | reader.raw(b));
    }
    return negative ? -size : size;
  }

 private:
  std::map<std::array<int64_t, 3>, Adaptive> bits_;
  std::map<std::array<int64_t, 2>, Mixed> mixed_;
};

inline int64_t uniform(RangeReader& reader, int64_t n) {
  if (n <= 1) return 0;
  const auto start = [&](int64_t v) { return (v << 24) / n; };
  const int64_t target = static_cast<int64_t>(reader.target(24));
  int64_t v = 0, end = n;
  while (end - v > 1) (start(v + (end - v) / 2) <= target ? v : end) = v + (end - v) / 2;
  reader.take(static_cast<uint64_t>(start(v)), static_cast<uint64_t>(start(v + 1) - start(v)));
  return v;
}

/// Trees of `bits` bits, by context.
class Trees {
 public:
  Trees(int bit_count, int64_t history_length) : bits(bit_count), history(history_length) {}
  int64_t code(RangeReader& reader, int64_t context) {
    int64_t node = 1;
    for (int i = 0; i < bits; ++i) node = 2 * node + states[{context, node}].code(reader, history);
    return node - (int64_t{1} << bits);
  }

 private:
  int bits;
  int64_t history;
  std::map<std::array<int64_t, 2>, Adaptive> states;
};

}  // namespace plain
