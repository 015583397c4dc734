// SPDX-License-Identifier: Apache-2.0
/// sincos and atan2 as entropy/FORMAT.md section 12 gives them, written from that page alone. atan2 for finite arguments within 2^+-500.
///
///   const auto [sine, cosine] = plain::sincos(0.5);
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

namespace plain {

using Pair = std::pair<double, double>;

inline Pair two_sum(double a, double b) {
  const double s = a + b, t = s - a;
  return {s, (a - (s - t)) + (b - t)};
}
inline Pair ordered_sum(double a, double b) {
  const double s = a + b;
  return {s, b - (s - a)};
}
inline double upper(double a) {
  uint64_t bits;
  std::memcpy(&bits, &a, 8);
  bits &= ~uint64_t{0x7ffffff};
  std::memcpy(&a, &bits, 8);
  return a;
}
inline Pair product(double a, double b) {
  const double p = a * b, a1 = upper(a), a2 = a - a1, b1 = upper(b), b2 = b - b1;
  return {p, ((a1 * b1 - p) + a1 * b2 + a2 * b1) + a2 * b2};
}
inline double factorial(int n) { return n < 2 ? 1.0 : n * factorial(n - 1); }

inline Pair sincos(double x) {
  if (std::fabs(x) < 0x1p-27) return {x, 1.0};
  const double n = std::trunc(x * 0x1.45f306dc9c883p-1 + (x < 0 ? -0.5 : 0.5));
  const Pair f = two_sum(x - n * 0x1.921fb544p+0, -(n * 0x1.0b4611a6p-34));
  const Pair g = two_sum(f.first, f.second - n * 0x1.3198a2ep-69);
  const auto [r, e] = ordered_sum(g.first, g.second - n * 0x1.b839a252049c1p-104);
  const double z = r * r;
  double tail = 1.0 / factorial(17);
  for (int k = 6; k >= 0; --k) tail = (k % 2 == 0 ? -1.0 : 1.0) / factorial(2 * k + 3) + z * tail;
  const double s = r + (z * r * tail + e * (1 - 0.5 * z));
  tail = 1.0 / factorial(16);
  for (int k = 5; k >= 0; --k) tail = (k % 2 == 0 ? 1.0 : -1.0) / factorial(2 * k + 4) + z * tail;
  const Pair h = ordered_sum(1.0, -0.5 * z);
  const double c = h.first + (h.second + (z * z * tail - r * e));
  switch (static_cast<int64_t>(n) & 3) {
    case 0: return {s, c};
    case 1: return {c, -s};
    case 2: return {-s, -c};
    default: return {-c, s};
  }
}

inline double atan2(double y, double x) {
  constexpr Pair kPi = {0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53}, kHalfPi = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54};
  // atan(j / 16) by its series in long double is not enough for the second part: these are the page's T, as the nearest doubles.
  constexpr Pair kTable[17] = {{0, 0},
                               {0x1.ff55bb72cfdeap-5, -0x1.c934d86d23f1dp-60},
                               {0x1.fd5ba9aac2f6ep-4, -0x1.cd37686760c17p-59},
                               {0x1.7b97b4bce5b02p-3, 0x1.347b0b4f881cap-58},
                               {0x1.f5b75f92c80ddp-3, 0x1.8ab6e3cf7afbdp-57},
                               {0x1.362773707ebccp-2, -0x1.963a544b672d8p-57},
                               {0x1.6f61941e4def1p-2, -0x1.c63aae6f6e918p-56},
                               {0x1.a64eec3cc23fdp-2, -0x1.24dec1b50b7ffp-56},
                               {0x1.dac670561bb4fp-2, 0x1.a2b7f222f65e2p-56},
                               {0x1.0657e94db30d0p-1, -0x1.d5b495f6349e6p-56},
                               {0x1.1e00babdefeb4p-1, -0x1.928df287a668fp-58},
                               {0x1.345f01cce37bbp-1, 0x1.1021137c71102p-55},
                               {0x1.4978fa3269ee1p-1, 0x1.2419a87f2a458p-56},
                               {0x1.5d58987169b18p-1, 0x1.0028e4bc5e7cap-57},
                               {0x1.700a7c5784634p-1, -0x1.8c34d25aadef6p-56},
                               {0x1.819d0b7158a4dp-1, -0x1.bf76229d3b917p-56},
                               {0x1.921fb54442d18p-1, 0x1.1a62633145c07p-55}};
  const bool mirrored = std::signbit(x);
  const double ys = std::fabs(y), xs = std::fabs(x);
  if (ys == 0) return std::copysign(mirrored ? kPi.first : 0.0, y);
  if (!mirrored && ys < xs * 0x1p-30) return std::copysign(ys / xs, y);
  const bool swapped = ys > xs;
  const double small = swapped ? xs : ys, large = swapped ? ys : xs;
  const int j = static_cast<int>(16 * (small / large) + 0.5);
  const double c = j / 16.0;
  const Pair n1 = two_sum(small, -(c * upper(large))), n2 = two_sum(n1.first, -(c * (large - upper(large))));
  const Pair d1 = two_sum(large, c * upper(small)), d2 = two_sum(d1.first, c * (small - upper(small)));
  const double n3 = n1.second + n2.second, d3 = d1.second + d2.second, u = n2.first / d2.first;
  const Pair b = product(u, d2.first);
  const double v = (((n2.first - b.first) - b.second) + (n3 - u * d3)) / d2.first, z = u * u;
  const double tail = v + u * z * (-1.0 / 3 + z * (1.0 / 5 + z * (-1.0 / 7 + z * (1.0 / 9 + z * (-1.0 / 11)))));
  const Pair base = swapped ? kHalfPi : mirrored ? kPi : Pair{0, 0};
  const double s = swapped == mirrored ? 1 : -1;
  const Pair s1 = two_sum(base.first, s * kTable[j].first), s2 = two_sum(s1.first, s * u);
  return std::copysign(s2.first + ((s1.second + s2.second) + ((base.second + s * kTable[j].second) + s * tail)), y);
}

}  // namespace plain
