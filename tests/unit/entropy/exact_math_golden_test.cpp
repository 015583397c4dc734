// SPDX-License-Identifier: Apache-2.0
// Built twice: with the build's own optimisation, and with entropy/exact_math.cpp compiled at -O0. Both must give these hashes, as must
// every other compiler and machine. A changed hash means that files made before decode differently.
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>

#include "entropy/exact_math.h"

#ifndef EXACT_MATH_SUITE
#define EXACT_MATH_SUITE ExactMathOptimised
#endif

namespace dew {
namespace {

/// FNV-1a over the 64-bit patterns of results.
class Hash {
 public:
  void add(double value) {
    const uint64_t bits = std::bit_cast<uint64_t>(value);
    for (int shift = 0; shift < 64; shift += 8) hash_ = (hash_ ^ ((bits >> shift) & 0xff)) * 0x100000001b3;
  }
  uint64_t value() const { return hash_; }

 private:
  uint64_t hash_ = 0xcbf29ce484222325;
};

/// The fixed argument list: 64-bit patterns of a linear congruential generator, and small arguments derived from them.
template <class Body>
void for_each_argument(Body body) {
  uint64_t state = 1;
  for (int i = 0; i < 100000; ++i) {
    state = state * 6364136223846793005 + 1442695040888963407;
    const double fraction = static_cast<double>(static_cast<int64_t>(state >> 11)) * 0x1p-53;  // [0, 1)
    body(std::bit_cast<double>(state), fraction * 2.0 - 1.0);
  }
}

TEST(EXACT_MATH_SUITE, GivesTheGoldenBits) {
  Hash sine, cosine, arctangent, arcsine, exponential, logarithm;
  double previous = 1.0;
  for_each_argument([&](double any, double unit) {
    for (const double angle : {any, unit, unit * 7.0, unit * exact::kMaxAngle_rad}) {
      const exact::SinCos both = exact::sincos(angle);
      sine.add(exact::sin(angle));
      sine.add(both.sin);
      cosine.add(exact::cos(angle));
      cosine.add(both.cos);
    }
    arctangent.add(exact::atan(any));
    arctangent.add(exact::atan(unit * 4.0));
    arctangent.add(exact::atan2(any, previous));
    arctangent.add(exact::atan2(unit, previous));
    arcsine.add(exact::asin(unit));
    arcsine.add(exact::acos(unit));
    for (const double exponent : {any, unit, unit * 750.0}) exponential.add(exact::exp(exponent));
    for (const double value : {any, unit, 1.0 + unit, 1.0 + unit * 0x1p-20}) logarithm.add(exact::log(value));
    previous = unit * 3.0;
  });
  EXPECT_EQ(sine.value(), 0x2dc82b131e48ff7du);
  EXPECT_EQ(cosine.value(), 0x7ec3a0c8fde647d9u);
  EXPECT_EQ(arctangent.value(), 0xff779b5f4201ae25u);
  EXPECT_EQ(arcsine.value(), 0x2aed81cae5ec73f2u);
  EXPECT_EQ(exponential.value(), 0xab5f0a9fac23bbc4u);
  EXPECT_EQ(logarithm.value(), 0xf8c69fcc5764f360u);
}

}  // namespace
}  // namespace dew
