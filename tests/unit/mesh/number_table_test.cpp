// SPDX-License-Identifier: Apache-2.0
#include "mesh/coding/number_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace dew {
namespace {

TEST(NumberTable, FindsWhatAMapDoes) {
  std::mt19937_64 random(5);
  for (const uint64_t range : {uint64_t{3}, uint64_t{500}, uint64_t{1} << 40, ~uint64_t{0}}) {
    NumberTable table;
    std::map<int64_t, uint32_t> map;
    for (uint32_t i = 0; i < 20000; ++i) {
      // Also multiples of powers of two, which weak hashes put into one place.
      const int64_t number = static_cast<int64_t>(random() % range << (i % 3 == 0 ? 20 : 0)) - 1;
      const uint32_t* found = table.find(number);
      const auto expected = map.find(number);
      ASSERT_EQ(found != nullptr, expected != map.end());
      if (found != nullptr) {
        ASSERT_EQ(*found, expected->second);
      }
      if (i % 4 == 3) continue;
      table.set(number, i);
      map[number] = i;
    }
  }
}

}  // namespace
}  // namespace dew
