// SPDX-License-Identifier: Apache-2.0
#include "entropy/exact_math.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace dew {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr int kPoints = 400000;

/// Doubles as integers in their order, so that neighbours differ by 1; +0 and -0 are both 0.
int64_t order_of(double value) {
  const int64_t bits = std::bit_cast<int64_t>(value);
  return bits < 0 ? std::numeric_limits<int64_t>::min() - bits : bits;
}

/// At most one double apart, both NaN, or both the same infinity; zeros must have the same sign.
testing::AssertionResult within_one_ulp(double ours, double libm, double a, double b = 0) {
  const bool same_kind = std::isnan(ours) == std::isnan(libm) && std::signbit(ours) == std::signbit(libm);
  if (std::isnan(ours) && std::isnan(libm)) return testing::AssertionSuccess();
  const int64_t apart = order_of(ours) - order_of(libm);
  if (same_kind && apart >= -1 && apart <= 1) return testing::AssertionSuccess();
  return testing::AssertionFailure() << std::hexfloat << "at " << a << ", " << b << ": " << ours << " but libm has " << libm;
}

/// A magnitude drawn evenly over the exponents from 2^low to 2^high, with a random sign.
class Arguments {
 public:
  double even(double size) { return std::uniform_real_distribution<double>(-size, size)(random_); }
  double spread(int low, int high) {
    const int exponent = std::uniform_int_distribution<int>(low, high)(random_);
    return std::ldexp(even(1.0), exponent);
  }

 private:
  std::mt19937_64 random_{20240607};
};

void expect_sine_and_cosine(double angle_rad) {
  const exact::SinCos both = exact::sincos(angle_rad);
  ASSERT_TRUE(within_one_ulp(both.sin, std::sin(angle_rad), angle_rad));
  ASSERT_TRUE(within_one_ulp(both.cos, std::cos(angle_rad), angle_rad));
  ASSERT_EQ(std::bit_cast<uint64_t>(both.sin), std::bit_cast<uint64_t>(exact::sin(angle_rad)));
  ASSERT_EQ(std::bit_cast<uint64_t>(both.cos), std::bit_cast<uint64_t>(exact::cos(angle_rad)));
}

TEST(ExactMath, SineAndCosineAgreeWithLibm) {
  Arguments arguments;
  for (int i = 0; i < kPoints; ++i) {
    expect_sine_and_cosine(arguments.even(7.0));
    expect_sine_and_cosine(arguments.even(exact::kMaxAngle_rad));
    expect_sine_and_cosine(arguments.spread(-1074, 20));
  }
}

TEST(ExactMath, SineAndCosineAgreeWithLibmBesideMultiplesOfAQuarterTurn) {
  Arguments arguments;
  for (int i = 0; i < kPoints; ++i) {
    const double near = std::nearbyint(arguments.even(667000.0)) * 1.5707963267948966;
    expect_sine_and_cosine(near);
    expect_sine_and_cosine(std::nextafter(near, kInfinity));
  }
  // Of all doubles in the range, those that lie closest to a multiple of pi/2 (2^-60.5 from 29 of them), also relative to their size.
  for (const double angle_rad : {0x1.921fb54442d18p+0, 0x1.6c6cbc45dc8dep+5, 0x1.6c6cbc45dc8dep+6, 0x1.6c6cbc45dc8dep+7,
                                 0x1.39c6fd67805a7p+18, 0x1.39c6fd67805a7p+19, 0x1.a9adcc7f96cfp+19}) {
    expect_sine_and_cosine(angle_rad);
    expect_sine_and_cosine(-angle_rad);
  }
}

TEST(ExactMath, AnglesBeyondTheRangeAreNan) {
  expect_sine_and_cosine(exact::kMaxAngle_rad);
  expect_sine_and_cosine(-exact::kMaxAngle_rad);
  for (const double angle_rad : {std::nextafter(exact::kMaxAngle_rad, kInfinity), -1e300, kInfinity, -kInfinity, kNan}) {
    EXPECT_TRUE(std::isnan(exact::sin(angle_rad)));
    EXPECT_TRUE(std::isnan(exact::cos(angle_rad)));
    EXPECT_TRUE(std::isnan(exact::sincos(angle_rad).sin));
    EXPECT_TRUE(std::isnan(exact::sincos(angle_rad).cos));
  }
}

TEST(ExactMath, InverseTangentsAgreeWithLibm) {
  Arguments arguments;
  for (int i = 0; i < kPoints; ++i) {
    const double y = arguments.even(100.0), x = arguments.even(100.0);
    ASSERT_TRUE(within_one_ulp(exact::atan2(y, x), std::atan2(y, x), y, x));
    const double wide_y = arguments.spread(-1074, 1024), wide_x = arguments.spread(-1074, 1024);
    ASSERT_TRUE(within_one_ulp(exact::atan2(wide_y, wide_x), std::atan2(wide_y, wide_x), wide_y, wide_x));
    const double near_x = x * (1 + arguments.spread(-52, -1));
    ASSERT_TRUE(within_one_ulp(exact::atan2(x, near_x), std::atan2(x, near_x), x, near_x));
    const double tangent = arguments.spread(-1074, 1024);
    ASSERT_TRUE(within_one_ulp(exact::atan(tangent), std::atan(tangent), tangent));
  }
}

TEST(ExactMath, InverseTangentOfEveryPairOfSpecialValuesIsThatOfLibm) {
  const double special[] = {0.0,
                            -0.0,
                            1.0,
                            -1.0,
                            kInfinity,
                            -kInfinity,
                            kNan,
                            5e-324,
                            -5e-324,
                            1e308,
                            -1e308,
                            0.5,
                            -2.0,
                            2.2250738585072014e-308,
                            1.7976931348623157e308,
                            0x1p-30,
                            0x1p500,
                            0x1p-500};
  for (const double y : special) {
    ASSERT_TRUE(within_one_ulp(exact::atan(y), std::atan(y), y));
    for (const double x : special) ASSERT_TRUE(within_one_ulp(exact::atan2(y, x), std::atan2(y, x), y, x));
  }
}

TEST(ExactMath, InverseSineAndCosineAgreeWithLibm) {
  Arguments arguments;
  const auto check = [](double a) {
    ASSERT_TRUE(within_one_ulp(exact::asin(a), std::asin(a), a));
    ASSERT_TRUE(within_one_ulp(exact::acos(a), std::acos(a), a));
  };
  for (int i = 0; i < kPoints; ++i) {
    check(arguments.even(1.0));
    check(arguments.spread(-1074, 0));
    const double near_one = 1.0 - std::fabs(arguments.spread(-53, -1));
    check(near_one);
    check(-near_one);
  }
  for (const double a : {0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.0000000000000002, -2.0, kInfinity, kNan}) check(a);
}

TEST(ExactMath, ExponentialAndLogarithmAgreeWithLibm) {
  Arguments arguments;
  const auto check_exp = [](double a) { ASSERT_TRUE(within_one_ulp(exact::exp(a), std::exp(a), a)); };
  const auto check_log = [](double a) { ASSERT_TRUE(within_one_ulp(exact::log(a), std::log(a), a)); };
  for (int i = 0; i < kPoints; ++i) {
    check_exp(arguments.even(760.0));
    check_exp(arguments.spread(-1074, 10));
    check_log(std::fabs(arguments.spread(-1074, 1024)));
    check_log(1.0 + arguments.spread(-52, 0));
    check_log(1.0 + arguments.even(0.5));
  }
  for (const double a :
       {0.0, -0.0, 709.782712893384, 709.7827128933841, -745.1332191019411, -745.1332191019412, kInfinity, -kInfinity, kNan}) {
    check_exp(a);
  }
  for (const double a : {0.0, 1.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, kInfinity}) check_log(a);
  for (const double a : {-5e-324, -1.0, -kInfinity, kNan}) EXPECT_TRUE(std::isnan(exact::log(a)));
  EXPECT_EQ(exact::log(-0.0), -kInfinity);
}

TEST(ExactMath, EveryNanIsTheSameNan) {
  const double odd_nan = std::bit_cast<double>(0xfff8dead0000beefULL);
  const uint64_t want = std::bit_cast<uint64_t>(kNan);
  for (const double got :
       {exact::sin(odd_nan), exact::cos(odd_nan), exact::atan(odd_nan), exact::atan2(odd_nan, 1), exact::atan2(1, odd_nan),
        exact::asin(odd_nan), exact::acos(odd_nan), exact::exp(odd_nan), exact::log(odd_nan), exact::log(-1)}) {
    EXPECT_EQ(std::bit_cast<uint64_t>(got), want);
  }
}

}  // namespace
}  // namespace dew
