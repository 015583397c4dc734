// SPDX-License-Identifier: Apache-2.0
#include "mesh/coding/decimal_grid.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dew {
namespace {

TEST(DecimalGrid, FindsTheDigitsOfATextAndGivesEveryBitBack) {
  std::vector<float> values = {-0.0f, 0.0f};
  for (int i = -3000; i < 3000; ++i) values.push_back(static_cast<float>(i * 7919 % 10000));
  EXPECT_EQ(decimal_scale(values), 1.0);
  for (int i = -3000; i < 3000; ++i) values.push_back(std::stof((i < 0 ? "-0." : "0.") + std::to_string(10000 + std::abs(i))));
  const auto scale = decimal_scale(values);
  ASSERT_EQ(scale, 1e5);
  for (const float value : values) {
    const float back = decimal_of_number(number_of_decimal(value, *scale), *scale);
    ASSERT_EQ(std::bit_cast<uint32_t>(back), std::bit_cast<uint32_t>(value)) << value;
  }
}

TEST(DecimalGrid, RefusesWhatIsNone) {
  for (const float value : {0x1.234566p-14f, 1e-20f, 3e9f, INFINITY, -INFINITY, NAN}) {
    const std::vector<float> values = {1, value};
    EXPECT_FALSE(decimal_scale(values)) << value;
  }
  EXPECT_EQ(decimal_scale({}), 1.0);
}

TEST(DecimalGrid, AnyNumberGivesAFloat) {
  for (const int64_t number : {INT64_MIN + 1, INT64_MAX, int64_t{0}, int64_t{-1}})
    EXPECT_TRUE(std::isfinite(decimal_of_number(number, 1))) << number;
}

}  // namespace
}  // namespace dew
