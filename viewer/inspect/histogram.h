// SPDX-License-Identifier: Apache-2.0
/// How the values of an error or bits field are spread: counts in bins that grow evenly in the logarithm, quantiles, the largest.
///
///   const Histogram histogram = make_histogram(errors.of_decoded[0].values);
///   for (size_t i = 0; i < histogram.counts.size(); ++i) bar(histogram.edges[i], histogram.edges[i + 1], histogram.counts[i]);
///   say(histogram.median, histogram.p99, histogram.max);
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dew::viewer {

/// Every value is counted once: zeros + negatives + infinite + none + sum of counts = values.
struct Histogram {
  std::vector<double> edges;     ///< counts.size() + 1 of them, growing by one factor; empty where no value is above 0
  std::vector<uint64_t> counts;  ///< values from edges[i] to below edges[i + 1]; the last bin holds its upper edge too
  uint64_t values = 0;
  uint64_t zeros = 0;
  uint64_t negatives = 0;
  uint64_t infinite = 0;
  uint64_t none = 0;  ///< NaN
  /// Of the values that are not NaN: half (90, 99 of 100) are at most as large; 0 where there are none.
  double median = 0, p90 = 0, p99 = 0;
  double max = 0;
  double mean = 0;  ///< of the finite ones

  uint64_t fullest() const;  ///< the largest of `counts`; 0 where there are none
};

/// `bins`: 1 to 1024. The bins reach from the smallest value above 0, or a millionth of the largest finite one where that is more, to the
/// largest finite one; smaller values above 0 fall into the first.
Histogram make_histogram(std::span<const float> values, size_t bins = 48);

}  // namespace dew::viewer
