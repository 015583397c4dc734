// SPDX-License-Identifier: Apache-2.0
#include "viewer/inspect/histogram.h"

#include <algorithm>
#include <cmath>

namespace dew::viewer {
namespace {

/// The smallest value that at least this share of all is no larger than. `values` is reordered.
double quantile(std::vector<float>& values, double share) {
  if (values.empty()) return 0;
  const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(values.size())));
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(std::clamp<size_t>(rank, 1, values.size()) - 1);
  std::nth_element(values.begin(), place, values.end());
  return static_cast<double>(*place);
}

void make_edges(double low, double high, size_t bins, Histogram& out) {
  constexpr double kWidest = 1e6;
  // A single value still has a bin with a width.
  if (high / low < 1.001) low = high / 1.001;
  low = std::max(low, high / kWidest);
  for (size_t i = 0; i <= bins; ++i) {
    out.edges.push_back(low * std::pow(high / low, static_cast<double>(i) / static_cast<double>(bins)));
  }
  out.edges.back() = high;
  out.counts.assign(bins, 0);
}

}  // namespace

uint64_t Histogram::fullest() const { return counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end()); }

Histogram make_histogram(std::span<const float> values, size_t bins) {
  Histogram out;
  out.values = values.size();
  std::vector<float> numbers;
  numbers.reserve(values.size());
  double low = INFINITY, high = 0, sum = 0;
  uint64_t finite = 0;
  for (const float value : values) {
    if (std::isnan(value)) {
      ++out.none;
      continue;
    }
    numbers.push_back(value);
    if (std::isinf(value)) {
      ++out.infinite;
      continue;
    }
    ++finite;
    sum += static_cast<double>(value);
    out.zeros += value == 0 ? 1 : 0;
    out.negatives += value < 0 ? 1 : 0;
    if (value > 0) {
      low = std::min(low, static_cast<double>(value));
      high = std::max(high, static_cast<double>(value));
    }
  }
  if (!numbers.empty()) out.max = static_cast<double>(*std::max_element(numbers.begin(), numbers.end()));
  if (finite > 0) out.mean = sum / static_cast<double>(finite);
  if (high > 0) {
    make_edges(low, high, std::clamp<size_t>(bins, 1, 1024), out);
    for (const float value : numbers) {
      if (!(value > 0) || std::isinf(value)) continue;
      const auto above = std::upper_bound(out.edges.begin() + 1, out.edges.end() - 1, static_cast<double>(value));
      ++out.counts[static_cast<size_t>(above - out.edges.begin()) - 1];
    }
  }
  out.median = quantile(numbers, 0.5);
  out.p90 = quantile(numbers, 0.9);
  out.p99 = quantile(numbers, 0.99);
  return out;
}

}  // namespace dew::viewer
