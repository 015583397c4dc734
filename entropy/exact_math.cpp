// SPDX-License-Identifier: Apache-2.0
// The order of operations in this file is part of every format that uses it: a change of one rounding is a change of decoded files.
// "Two parts" means an unevaluated sum hi + lo of doubles, |lo| at most half a unit in the last place of hi.
#include "entropy/exact_math.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace dew::exact {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct TwoParts {
  double hi;
  double lo;
};

constexpr TwoParts kPi = {0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53};
constexpr TwoParts kHalfPi = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54};
constexpr double kTwoOverPi = 0x1.45f306dc9c883p-1;
// pi/2 in parts of 33, 33, 33 and 53 bits: a 20-bit integer times one of the first three is exact.
constexpr double kHalfPi1 = 0x1.921fb544p+0, kHalfPi2 = 0x1.0b4611a6p-34, kHalfPi3 = 0x1.3198a2ep-69, kHalfPi4 = 0x1.b839a252049c1p-104;
// ln 2 in parts of 42 and 53 bits: an 11-bit integer times the first is exact.
constexpr double kLn2Hi = 0x1.62e42fefa38p-1, kLn2Lo = 0x1.ef35793c76730p-45;
constexpr double kOneOverLn2 = 0x1.71547652b82fep+0;
constexpr double kSqrt2 = 0x1.6a09e667f3bcdp+0;

// atan(j / 16) in two parts, j = 0 .. 16.
constexpr TwoParts kAtanSixteenths[17] = {
    {0, 0},
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
    {0x1.921fb54442d18p-1, 0x1.1a62633145c07p-55},
};

/// a + b without error (Knuth's two-sum).
inline TwoParts exact_sum(double a, double b) {
  const double sum = a + b;
  const double b_seen = sum - a;
  return {sum, (a - (sum - b_seen)) + (b - b_seen)};
}

/// a + b without error where |a| >= |b| or a = 0 (Dekker's fast two-sum).
inline TwoParts exact_sum_ordered(double a, double b) {
  const double sum = a + b;
  return {sum, b - (sum - a)};
}

/// The upper 26 bits of a; the rest, a - upper_half(a), has 27.
inline double upper_half(double a) { return std::bit_cast<double>(std::bit_cast<uint64_t>(a) & ~uint64_t{0x7ffffff}); }

/// a * b with an error below 2^-105 of it (Dekker's product).
inline TwoParts exact_product(double a, double b) {
  const double product = a * b;
  const double a1 = upper_half(a), a2 = a - a1;
  const double b1 = upper_half(b), b2 = b - b1;
  return {product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2};
}

/// 2^exponent, exponent in [-1022, 1023].
inline double power_of_two(int exponent) { return std::bit_cast<double>(static_cast<uint64_t>(exponent + 1023) << 52); }

inline bool is_infinite(double a) { return a == kInfinity || a == -kInfinity; }

// ---- sine and cosine ----

/// angle = quarter_turns * pi/2 + rest, |rest| <= pi/4 and a little. Four parts of pi/2, because a double within +-2^20 can lie as close as
/// 2^-60.5 to a multiple of pi/2 and the rest must still be good to 53 bits.
struct ReducedAngle {
  TwoParts rest;
  int quarter_turns;
};

inline ReducedAngle reduce_angle(double angle_rad) {
  const int turns = static_cast<int>(angle_rad * kTwoOverPi + (angle_rad < 0 ? -0.5 : 0.5));
  const double n = turns;
  const TwoParts first = exact_sum(angle_rad - n * kHalfPi1, -(n * kHalfPi2));
  const TwoParts second = exact_sum(first.hi, first.lo - n * kHalfPi3);
  return {exact_sum_ordered(second.hi, second.lo - n * kHalfPi4), turns};
}

/// Taylor polynomials; the lower part enters to first order.
inline double sin_of_rest(TwoParts rest) {
  const double r = rest.hi, z = r * r;
  const double tail =
      -1.0 / 6 +
      z * (1.0 / 120 +
           z * (-1.0 / 5040 + z * (1.0 / 362880 + z * (-1.0 / 39916800 + z * (1.0 / 6227020800 +
                                                                              z * (-1.0 / 1307674368000 + z * (1.0 / 355687428096000)))))));
  return r + (z * r * tail + rest.lo * (1.0 - 0.5 * z));
}

inline double cos_of_rest(TwoParts rest) {
  const double r = rest.hi, z = r * r;
  const double tail =
      1.0 / 24 + z * (-1.0 / 720 + z * (1.0 / 40320 + z * (-1.0 / 3628800 +
                                                           z * (1.0 / 479001600 + z * (-1.0 / 87178291200 + z * (1.0 / 20922789888000))))));
  const TwoParts head = exact_sum_ordered(1.0, -0.5 * z);
  return head.hi + (head.lo + (z * z * tail - r * rest.lo));
}

constexpr double kTinyAngle_rad = 0x1p-27;  // below it sin x = x to the last bit, and -0 stays -0

inline bool angle_in_range(double angle_rad) { return angle_rad >= -kMaxAngle_rad && angle_rad <= kMaxAngle_rad; }
inline bool is_tiny(double value) { return value > -kTinyAngle_rad && value < kTinyAngle_rad; }

// ---- inverse tangent ----

/// The angle of the direction (x, y), x and y in two parts and not negative, not both zero, the larger within 2^+-500; pi minus it if
/// `mirrored`. With t = smaller / larger and c the nearest sixteenth: atan t = atan c + atan((t - c) / (1 + c t)).
double direction_angle(TwoParts y, TwoParts x, bool mirrored) {
  const bool swapped = y.hi > x.hi;
  const TwoParts small = swapped ? x : y, large = swapped ? y : x;
  const int step = static_cast<int>(16.0 * (small.hi / large.hi) + 0.5);
  const double c = step * 0.0625;

  // numerator = small - c large, denominator = large + c small; c has 5 bits, so its product with half of a double is exact.
  const double large_upper = upper_half(large.hi), small_upper = upper_half(small.hi);
  const TwoParts n1 = exact_sum(small.hi, -(c * large_upper));
  const TwoParts n2 = exact_sum(n1.hi, -(c * (large.hi - large_upper)));
  const double numerator_lo = (n1.lo + n2.lo) + (small.lo - c * large.lo);
  const TwoParts d1 = exact_sum(large.hi, c * small_upper);
  const TwoParts d2 = exact_sum(d1.hi, c * (small.hi - small_upper));
  const double denominator_lo = (d1.lo + d2.lo) + (large.lo + c * small.lo);

  const double u = n2.hi / d2.hi;
  const TwoParts back = exact_product(u, d2.hi);
  const double u_lo = (((n2.hi - back.hi) - back.lo) + (numerator_lo - u * denominator_lo)) / d2.hi;
  const double z = u * u;  // at most 2^-10 and a little
  const double tail = u_lo + u * z * (-1.0 / 3 + z * (1.0 / 5 + z * (-1.0 / 7 + z * (1.0 / 9 + z * (-1.0 / 11)))));

  // angle = base + sign * (table + u + tail)
  const TwoParts base = swapped ? kHalfPi : mirrored ? kPi : TwoParts{0, 0};
  const double sign = swapped == mirrored ? 1.0 : -1.0;
  const TwoParts table = kAtanSixteenths[step];
  const TwoParts s1 = exact_sum(base.hi, sign * table.hi);
  const TwoParts s2 = exact_sum(s1.hi, sign * u);
  return s2.hi + ((s1.lo + s2.lo) + ((base.lo + sign * table.lo) + sign * tail));
}

/// sqrt(1 - a^2) in two parts, |a| < 1.
TwoParts other_leg(double a) {
  const TwoParts square = exact_product(a, a);
  const TwoParts rest = exact_sum(1.0, -square.hi);
  const double root = std::sqrt(rest.hi);
  const TwoParts back = exact_product(root, root);
  return exact_sum_ordered(root, (((rest.hi - back.hi) - back.lo) + (rest.lo - square.lo)) / (2.0 * root));
}

}  // namespace

SinCos sincos(double angle_rad) {
  if (!angle_in_range(angle_rad)) return {kNan, kNan};
  if (is_tiny(angle_rad)) return {angle_rad, 1.0};
  const ReducedAngle angle = reduce_angle(angle_rad);
  const double s = sin_of_rest(angle.rest), c = cos_of_rest(angle.rest);
  switch (angle.quarter_turns & 3) {
    case 0: return {s, c};
    case 1: return {c, -s};
    case 2: return {-s, -c};
    default: return {-c, s};
  }
}

double sin(double angle_rad) {
  if (!angle_in_range(angle_rad)) return kNan;
  if (is_tiny(angle_rad)) return angle_rad;
  const ReducedAngle angle = reduce_angle(angle_rad);
  const double value = (angle.quarter_turns & 1) != 0 ? cos_of_rest(angle.rest) : sin_of_rest(angle.rest);
  return (angle.quarter_turns & 2) != 0 ? -value : value;
}

double cos(double angle_rad) {
  if (!angle_in_range(angle_rad)) return kNan;
  const ReducedAngle angle = reduce_angle(angle_rad);
  const double value = (angle.quarter_turns & 1) != 0 ? sin_of_rest(angle.rest) : cos_of_rest(angle.rest);
  return ((angle.quarter_turns + 1) & 2) != 0 ? -value : value;
}

double atan2(double y, double x) {
  if (y != y || x != x) return kNan;
  const bool mirrored = std::signbit(x);
  double y_size = std::fabs(y), x_size = std::fabs(x);
  if (is_infinite(y) || is_infinite(x)) {
    y_size = is_infinite(y) ? 1.0 : 0.0;
    x_size = is_infinite(x) ? 1.0 : 0.0;
  }
  if (y_size == 0) return std::copysign(mirrored ? kPi.hi : 0.0, y);
  // atan t = t to the last bit below 2^-30; this keeps subnormal results right.
  if (!mirrored && y_size < x_size * 0x1p-30) return std::copysign(y_size / x_size, y);
  // Bring the larger into 2^+-500. What underflows on the way is too small to move the result.
  const double larger = y_size > x_size ? y_size : x_size;
  const double scale = larger > 0x1p500 ? 0x1p-600 : larger < 0x1p-500 ? 0x1p600 : 1.0;
  return std::copysign(direction_angle({y_size * scale, 0}, {x_size * scale, 0}, mirrored), y);
}

double atan(double tangent) { return atan2(tangent, 1.0); }

double asin(double sine) {
  if (!(sine >= -1.0 && sine <= 1.0)) return kNan;
  if (is_tiny(sine)) return sine;
  const double size = std::fabs(sine);
  const double angle_rad = size == 1.0 ? kHalfPi.hi : direction_angle({size, 0}, other_leg(size), false);
  return std::copysign(angle_rad, sine);
}

double acos(double cosine) {
  if (!(cosine >= -1.0 && cosine <= 1.0)) return kNan;
  const double size = std::fabs(cosine);
  if (size == 1.0) return cosine < 0 ? kPi.hi : 0.0;
  return direction_angle(other_leg(size), {size, 0}, cosine < 0);
}

double exp(double exponent) {
  if (exponent != exponent) return kNan;
  if (exponent > 709.79) return kInfinity;  // log of the largest double is 709.7827...
  if (exponent < -745.14) return 0.0;       // log of half the smallest is -745.1332...
  const int k = static_cast<int>(exponent * kOneOverLn2 + (exponent < 0 ? -0.5 : 0.5));
  const TwoParts r = exact_sum_ordered(exponent - k * kLn2Hi, -(k * kLn2Lo));
  const double x = r.hi, z = x * x;
  const double odd = 1.0 / 6 + z * (1.0 / 120 + z * (1.0 / 5040 + z * (1.0 / 362880 + z * (1.0 / 39916800 + z * (1.0 / 6227020800)))));
  const double even = 1.0 / 2 + z * (1.0 / 24 + z * (1.0 / 720 + z * (1.0 / 40320 + z * (1.0 / 3628800 + z * (1.0 / 479001600)))));
  const TwoParts head = exact_sum_ordered(1.0, x);
  const double mantissa = head.hi + (head.lo + (r.lo + z * (even + x * odd)));
  const int half = k / 2;  // in two steps: 2^k alone may be out of range
  return mantissa * power_of_two(half) * power_of_two(k - half);
}

double log(double value) {
  if (value != value || value < 0) return kNan;
  if (value == 0) return -kInfinity;
  if (value == kInfinity) return kInfinity;
  int k = 0;
  if (value < 0x1p-1022) {
    value *= 0x1p54;
    k = -54;
  }
  // value = 2^k m, m in [sqrt 1/2, sqrt 2)
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  k += static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0xfffffffffffff) | 0x3ff0000000000000);
  if (m >= kSqrt2) {
    m *= 0.5;
    ++k;
  }
  // log(1 + f) = 2 atanh(s) = f - f^2/2 + s (f^2/2 + R), s = f / (2 + f), R = 2/3 s^2 + 2/5 s^4 + ...
  const double f = m - 1.0, s = f / (2.0 + f), z = s * s, half_square = 0.5 * f * f;
  const double series =
      z * (2.0 / 3 +
           z * (2.0 / 5 +
                z * (2.0 / 7 +
                     z * (2.0 / 9 + z * (2.0 / 11 + z * (2.0 / 13 + z * (2.0 / 15 + z * (2.0 / 17 + z * (2.0 / 19 + z * (2.0 / 21))))))))));
  const TwoParts head = exact_sum(k * kLn2Hi, f);
  return head.hi + ((head.lo - half_square) + (s * (half_square + series) + k * kLn2Lo));
}

}  // namespace dew::exact
