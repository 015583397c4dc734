// SPDX-License-Identifier: Apache-2.0
/// Times of the bench.
///
///   std::vector<double> decode_ms;
///   for (uint32_t run = 0; run < runs; ++run) decode_ms.push_back(milliseconds([&] { decoded = decode(bytes); }));
///   row["decode_ms"] = median(decode_ms);
#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

namespace dew::app {

/// Milliseconds that `work` takes.
template <class Work>
double milliseconds(Work&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

/// Between the two in the middle where they are two; 0 of nothing.
inline double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace dew::app
