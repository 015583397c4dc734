// SPDX-License-Identifier: Apache-2.0
#include "entropy/pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <string>
#include <vector>

namespace dew {
namespace {

constexpr unsigned kThreadCounts[] = {0, 1, 2, 3, 7, 100};

TEST(Pool, CallsEachIndexExactlyOnce) {
  for (const unsigned threads : kThreadCounts) {
    for (const size_t count : {0u, 1u, 2u, 1000u}) {
      std::vector<std::atomic<int>> calls(count);
      parallel_for(count, threads, [&](size_t i) { ++calls[i]; });
      for (const auto& call : calls) ASSERT_EQ(call.load(), 1) << threads << " threads, " << count << " parts";
    }
  }
}

TEST(Pool, AnswersWithTheErrorOfTheLowestIndexAndStillRunsAllParts) {
  for (const unsigned threads : kThreadCounts) {
    std::atomic<int> calls{0};
    const Status status = parallel_for(100, threads, [&](size_t i) -> Status {
      ++calls;
      if (i % 10 == 7) return Error{Code::corrupt, i, "part " + std::to_string(i)};
      return {};
    });
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().offset, 7u);
    EXPECT_EQ(calls.load(), 100);
    EXPECT_TRUE(parallel_for(100, threads, [](size_t) -> Status { return {}; }).ok());
  }
}

TEST(Pool, MayBeNested) {
  std::vector<int> sums(8);
  parallel_for(sums.size(), 4, [&](size_t i) {
    std::vector<int> parts(50);
    parallel_for(parts.size(), 3, [&](size_t k) { parts[k] = static_cast<int>(i * k); });
    sums[i] = std::accumulate(parts.begin(), parts.end(), 0);
  });
  for (size_t i = 0; i < sums.size(); ++i) EXPECT_EQ(sums[i], static_cast<int>(i * 1225));
}

}  // namespace
}  // namespace dew
