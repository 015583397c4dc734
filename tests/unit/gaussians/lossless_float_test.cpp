// SPDX-License-Identifier: Apache-2.0
// Floats cut into cells, and coded around any expectation: every bit comes back.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "entropy/coder.h"
#include "entropy/range_coder.h"
#include "gaussians/coding/float_cells.h"
#include "gaussians/coding/float_coder.h"

namespace dew {
namespace {

constexpr uint32_t kSpecial[] = {0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007fffff, 0x00800000, 0x807fffff, 0x3f800000,
                                 0xbf800000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0xffffffff};

TEST(FloatCells, EveryFloatOfACellThatDoesNotTouchZeroComesBack) {
  std::mt19937 random(1);
  for (int round = 0; round < 200000; ++round) {
    const uint32_t bits = round < 16 ? kSpecial[round] : static_cast<uint32_t>(random());
    if (!is_finite_float(bits)) continue;
    const int e = static_cast<int>(random() % 250) + kLeastExponent;
    const FloatCell part = split_float(bits, e);
    if (!part.inside || cell_magnitude(part.cell) == 0) continue;
    ASSERT_EQ(join_float(part.cell, e, part.low), bits) << "e " << e;
    ASSERT_LT(uint64_t{part.low}, uint64_t{1} << low_bits_of_cell(part.cell, e));
  }
}

TEST(FloatCells, CellsAreInTheOrderOfTheNumbers) {
  std::mt19937 random(2);
  for (int round = 0; round < 100000; ++round) {
    const float a = std::ldexp(static_cast<float>(random()) - 2e9f, -40), b = std::ldexp(static_cast<float>(random()) - 2e9f, -40);
    const int e = static_cast<int>(random() % 24) - 24;
    const FloatCell left = split_float(std::bit_cast<uint32_t>(std::min(a, b)), e);
    const FloatCell right = split_float(std::bit_cast<uint32_t>(std::max(a, b)), e);
    if (left.inside && right.inside) {
      ASSERT_LE(left.cell, right.cell);
    }
  }
}

TEST(FloatCells, AnyCellGivesSomeFloat) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 100000; ++round) {
    const int64_t cell = static_cast<int64_t>(random() >> 20) - (int64_t{1} << 43);
    const int e = static_cast<int>(random() % 277) + kLeastExponent;
    if (cell_magnitude(cell) == 0) continue;
    const uint32_t low = static_cast<uint32_t>(random()) & ((1u << low_bits_of_cell(cell, e)) - 1);
    EXPECT_FALSE(std::isnan(std::bit_cast<float>(join_float(cell, e, low))));
  }
}

TEST(FloatCells, LatticeIsTheLargestPowerOfTwoThatDivides) {
  EXPECT_EQ(lattice_exponent(std::bit_cast<uint32_t>(1.0f)), 0);
  EXPECT_EQ(lattice_exponent(std::bit_cast<uint32_t>(-0.75f)), -2);
  EXPECT_EQ(lattice_exponent(std::bit_cast<uint32_t>(96.0f)), 5);
  EXPECT_EQ(lattice_exponent(1), kLeastExponent);
}

struct Coded {
  uint32_t bits;
  FloatExpectation expected;
};

std::vector<Coded> all_sorts(uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<Coded> all;
  for (int i = 0; i < 30000; ++i) {
    Coded one;
    const int magnitude = static_cast<int>(random() % 300) - 150;
    one.expected.centre = std::ldexp(static_cast<double>(random()) / 4294967296.0 - 0.5, magnitude);
    one.expected.scale = std::ldexp(1.0 + static_cast<double>(random() % 1000) / 1000, static_cast<int>(random() % 400) - 260);
    if (random() % 4 == 0) one.expected.lattice = static_cast<int>(random() % 277) + kLeastExponent;
    switch (random() % 4) {
      case 0: one.bits = kSpecial[random() % 16]; break;
      case 1: one.bits = static_cast<uint32_t>(random()); break;
      default:
        one.bits = std::bit_cast<uint32_t>(
            static_cast<float>(one.expected.centre + one.expected.scale * static_cast<double>(random() % 100) / 50.0));
    }
    all.push_back(one);
  }
  return all;
}

TEST(FloatCoder, AnyFloatComesBackWhateverIsExpected) {
  for (uint32_t seed = 1; seed <= 3; ++seed) {
    const std::vector<Coded> all = all_sorts(seed);
    RangeEncoder encoder;
    FloatColumn column;
    FloatShapes shapes;
    for (const Coded& one : all) code_float(encoder, one.bits, one.expected, column, shapes);
    const Bytes coded = encoder.finish();
    RangeDecoder decoder(coded);
    FloatColumn column_back;
    FloatShapes shapes_back;
    for (const Coded& one : all) {
      ASSERT_EQ(code_float(decoder, 0u, one.expected, column_back, shapes_back), one.bits) << "seed " << seed;
    }
    EXPECT_TRUE(decoder.at_end());
  }
}

TEST(FloatCoder, CostsWhatTheDensityAsksFor) {
  // Evenly spread over 1 .. 2 with that known: 23 bits are left, whatever a model does.
  std::mt19937 random(7);
  CostMeter meter;
  FloatColumn column;
  FloatShapes shapes;
  constexpr int kCount = 20000;
  for (int i = 0; i < kCount; ++i)
    code_float(meter, 0x3f800000u | (static_cast<uint32_t>(random()) >> 9), {1.5, 0.25, kLeastExponent}, column, shapes);
  EXPECT_LT(meter.bits() / kCount, 23.05);
  EXPECT_GE(meter.bits() / kCount, 23.0);
}

TEST(FloatCoder, MultiplesOfALatticeCostTheirNumberOnly) {
  std::mt19937 random(8);
  CostMeter meter;
  FloatColumn column;
  FloatShapes shapes;
  constexpr int kCount = 20000;
  for (int i = 0; i < kCount; ++i) {
    const float value = static_cast<float>(random() % 256);
    code_float(meter, std::bit_cast<uint32_t>(value), {128, 64, 0}, column, shapes);
  }
  EXPECT_LT(meter.bits() / kCount, 8.1);
}

TEST(FloatCoder, HostileBytesDecodeToSomething) {
  std::mt19937 random(9);
  Bytes noise(20000);
  for (std::byte& byte : noise) byte = static_cast<std::byte>(random());
  RangeDecoder decoder(noise);
  FloatColumn column;
  FloatShapes shapes;
  for (const Coded& one : all_sorts(5)) code_float(decoder, 0u, one.expected, column, shapes);
}

}  // namespace
}  // namespace dew
