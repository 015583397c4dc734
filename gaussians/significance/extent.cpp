// SPDX-License-Identifier: Apache-2.0
#include "gaussians/significance/extent.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace dew {
namespace {

double area_of(const Splats& splats, size_t i) {
  std::array<double, 3> log_scale;
  for (size_t k = 0; k < 3; ++k) log_scale[k] = double{splats.log_scale[3 * i + k]};
  const double sum = log_scale[0] + log_scale[1] + log_scale[2];
  return std::exp(sum - std::min({log_scale[0], log_scale[1], log_scale[2]}));
}

/// Where the running sum of weights first reaches `share` of all. REQUIRES: sorted by value, a sum above 0.
double percentile(const std::vector<std::pair<double, double>>& sorted, double total, double share) {
  double sum = 0;
  for (const auto& [value, weight] : sorted) {
    sum += weight;
    if (sum >= share * total) return value;
  }
  return sorted.back().first;
}

}  // namespace

std::vector<double> matter_of(const Splats& splats) {
  const size_t count = splats.count();
  std::vector<double> matter(count), areas;
  for (size_t i = 0; i < count; ++i) {
    matter[i] = area_of(splats, i);
    bool finite = std::isfinite(matter[i]) && !std::isnan(splats.opacity_logit[i]);
    for (size_t k = 0; k < 3; ++k) finite = finite && std::isfinite(splats.position[3 * i + k]);
    if (!finite) matter[i] = 0;
    if (matter[i] > 0) areas.push_back(matter[i]);
  }
  if (areas.empty()) return matter;
  const auto cut = areas.begin() + static_cast<std::ptrdiff_t>(areas.size() * 9 / 10);
  std::nth_element(areas.begin(), cut, areas.end());
  for (size_t i = 0; i < count; ++i) {
    if (matter[i] > 0) matter[i] = std::min(matter[i], *cut) / (1 + std::exp(-double{splats.opacity_logit[i]}));
  }
  return matter;
}

std::optional<Extent> extent_of(const Splats& splats, const std::vector<double>& matter) {
  std::vector<std::pair<double, double>> values;
  double total = 0;
  std::vector<size_t> whole;
  for (size_t i = 0; i < matter.size(); ++i) {
    if (!(matter[i] > 0)) continue;
    whole.push_back(i);
    total += matter[i];
  }
  if (!(total > 0)) return std::nullopt;
  Extent out;
  values.resize(whole.size());
  for (size_t k = 0; k < 3; ++k) {
    for (size_t j = 0; j < whole.size(); ++j) values[j] = {double{splats.position[3 * whole[j] + k]}, matter[whole[j]]};
    std::sort(values.begin(), values.end());
    out.low[k] = percentile(values, total, 0.1);
    out.centre[k] = percentile(values, total, 0.5);
    out.high[k] = percentile(values, total, 0.9);
  }
  for (size_t j = 0; j < whole.size(); ++j) {
    double squares = 0;
    for (size_t k = 0; k < 3; ++k) squares += std::pow(double{splats.position[3 * whole[j] + k]} - out.centre[k], 2);
    values[j] = {std::sqrt(squares), matter[whole[j]]};
  }
  std::sort(values.begin(), values.end());
  out.radius = percentile(values, total, 0.9);
  out.median_radius = percentile(values, total, 0.5);
  if (!(out.radius > 0)) out.radius = values.back().first;
  if (!(out.radius > 0) || !std::isfinite(out.radius)) return std::nullopt;
  return out;
}

}  // namespace dew
