// SPDX-License-Identifier: Apache-2.0
/// Elementary functions that give the same bits on every machine, compiler and optimisation level; for everything that a decoder computes.
///
///   const exact::SinCos turn = exact::sincos(azimuth_rad);
///   const double x_m = range_m * turn.cos;
///   const double back_rad = exact::atan2(range_m * turn.sin, x_m);
///
/// Only + - * / and sqrt on IEEE doubles are used (the C library's own functions differ between versions). Required of the caller: the
/// default rounding mode, no flush-to-zero, no -ffast-math, -ffp-contract=off. Every result is within 1 ulp of the true value.
/// NaN results are always kNan, whatever NaN came in. All functions may be called from many threads. Cost: 5 to 30 ns a call.
/// Method: argument reduction with constants in several parts, then Taylor polynomials, so that every constant can be derived again.
#pragma once

namespace dew {

/// A whole turn: the double nearest to 2 pi.
inline constexpr double kTurn_rad = 6.283185307179586;

namespace exact {

struct SinCos {
  double sin;
  double cos;
};

/// Largest |angle| that sin, cos and sincos take, in rad (2^20); beyond it they answer NaN.
inline constexpr double kMaxAngle_rad = 1048576.0;

double sin(double angle_rad);
double cos(double angle_rad);
/// Both at the cost of little more than one.
SinCos sincos(double angle_rad);

/// Angles in rad: atan in [-pi/2, pi/2], atan2 in [-pi, pi] with the signs of zeros and infinities as in IEEE 754.
double atan(double tangent);
double atan2(double y, double x);
/// NaN outside [-1, 1].
double asin(double sine);
double acos(double cosine);

/// Overflows to infinity, underflows through the subnormals to 0.
double exp(double exponent);
/// Natural logarithm; -infinity at 0, NaN below.
double log(double value);

}  // namespace exact
}  // namespace dew
