// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/column_azimuth.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numeric>

namespace dew {
namespace {

constexpr int32_t kStepSearch = 8;  // ticks about the usual step

double wrapped_to(double value, double near, double turn) { return value - turn * std::round((value - near) / turn); }

/// Median tick of a column's used cells near `near`; `near` where it has none.
double column_median(std::span<const double> tick, std::span<const uint8_t> use, double near, double turn, std::vector<double>& values) {
  values.clear();
  for (size_t i = 0; i < tick.size(); ++i) {
    if (use[i]) values.push_back(wrapped_to(tick[i], near, turn));
  }
  if (values.empty()) return near;
  std::nth_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

/// Unwrapped medians of all columns, and the usual step between them.
std::vector<double> column_medians(std::span<const double> tick, std::span<const uint8_t> use, uint32_t lasers, double turn,
                                   double& usual_step) {
  const size_t columns = tick.size() / lasers;
  std::vector<double> medians(columns);
  double near = turn / 2;
  std::vector<double> values;
  for (size_t c = 0; c < columns; ++c) {
    near = column_median(tick.subspan(c * lasers, lasers), use.subspan(c * lasers, lasers), near, turn, values);
    medians[c] = near;
  }
  std::vector<double> steps;
  for (size_t c = 1; c < columns; ++c) steps.push_back(medians[c] - medians[c - 1]);
  usual_step = 0;
  if (!steps.empty()) {
    std::nth_element(steps.begin(), steps.begin() + static_cast<ptrdiff_t>(steps.size() / 2), steps.end());
    usual_step = steps[steps.size() / 2];
  }
  return medians;
}

struct Vote {
  int32_t azimuth = 0;
  uint32_t count = 0;
};

/// The column azimuth that most of the ticks agree on; shares[i] is what the rule adds for tick i.
Vote vote(std::span<const int32_t> ticks, std::span<const int32_t> shares) {
  std::array<std::pair<int32_t, uint32_t>, 8> seen{};
  size_t kinds = 0;
  Vote best;
  for (size_t i = 0; i < ticks.size(); ++i) {
    const int32_t azimuth = ticks[i] - shares[i];
    size_t k = 0;
    while (k < kinds && seen[k].first != azimuth) ++k;
    if (k == kinds) {
      if (kinds == seen.size()) continue;
      seen[kinds++] = {azimuth, 0};
    }
    if (++seen[k].second > best.count) best = {azimuth, seen[k].second};
  }
  return best;
}

}  // namespace

ColumnAzimuths fit_column_azimuths(const FiringRule& rule, std::span<const int32_t> tick, std::span<const uint8_t> use, uint32_t lasers,
                                   int32_t turn) {
  const std::vector<double> ticks(tick.begin(), tick.end());
  double usual = 0;
  const std::vector<double> medians = column_medians(ticks, use, lasers, turn, usual);
  const size_t columns = medians.size();
  const int32_t usual_step = static_cast<int32_t>(std::lround(usual));
  ColumnAzimuths result{std::vector<int32_t>(columns), std::vector<int32_t>(columns)};
  std::vector<int32_t> column, shares;
  std::vector<uint32_t> laser;
  for (size_t c = 0; c < columns; ++c) {
    column.clear();
    laser.clear();
    for (uint32_t l = 0; l < lasers; ++l) {
      if (!use[c * lasers + l]) continue;
      column.push_back(static_cast<int32_t>(std::lround(wrapped_to(tick[c * lasers + l], medians[c], turn))));
      laser.push_back(l);
    }
    shares.resize(column.size());
    const int32_t before = c ? result.step[c - 1] : usual_step;
    Vote best;
    int32_t best_step = before;
    // From the usual step outwards, the one before first; done when all agree.
    for (int32_t change = -1; change <= 2 * kStepSearch && best.count < column.size(); ++change) {
      const int32_t step = change < 0 ? before : usual_step + ((change & 1) ? (change + 1) / 2 : -change / 2);
      for (size_t i = 0; i < column.size(); ++i) shares[i] = rule.azimuth(laser[i], 0, step);
      const Vote found = vote(column, shares);
      const bool better = found.count > best.count || (found.count == best.count && std::abs(step - before) < std::abs(best_step - before));
      if (found.count > 0 && better) {
        best = found;
        best_step = step;
      }
    }
    result.step[c] = best_step;
    result.azimuth[c] = best.count ? best.azimuth : (c ? result.azimuth[c - 1] + result.step[c - 1] : 0);
  }
  return result;
}

namespace {

/// How many used cells follow from the rule with the best integers a column.
uint64_t count_agreeing(const FiringRule& rule, std::span<const double> tick, std::span<const uint8_t> use, uint32_t lasers, int32_t turn) {
  std::vector<int32_t> whole(tick.size());
  for (size_t i = 0; i < tick.size(); ++i) whole[i] = static_cast<int32_t>(std::lround(tick[i]));
  const ColumnAzimuths fitted = fit_column_azimuths(rule, whole, use, lasers, turn);
  uint64_t agreeing = 0;
  for (size_t i = 0; i < tick.size(); ++i) {
    if (!use[i]) continue;
    const size_t column = i / lasers;
    agreeing += (rule.azimuth(static_cast<uint32_t>(i % lasers), fitted.azimuth[column], fitted.step[column]) - whole[i]) % turn == 0;
  }
  return agreeing;
}

}  // namespace

FiringRule find_firing_rule(std::span<const double> tick, std::span<const uint8_t> use, uint32_t lasers, int32_t turn) {
  double step = 0;
  const std::vector<double> medians = column_medians(tick, use, lasers, turn, step);
  const size_t columns = medians.size();
  if (columns < 16 || std::abs(step) < 4) return {};
  step = (medians.back() - medians.front()) / static_cast<double>(columns - 1);  // shares are fractions of the mean step
  // Two effects, a column's place and a laser's share, by turns; which lasers have returns differs from column to column.
  std::vector<double> place = medians, share(lasers, 0.0);
  for (int round = 0; round < 12; ++round) {
    for (uint32_t l = 0; l < lasers; ++l) {
      std::vector<double> values;
      for (size_t c = 0; c < columns; ++c) {
        if (use[c * lasers + l]) values.push_back(wrapped_to(tick[c * lasers + l], medians[c], turn) - place[c]);
      }
      if (values.size() < 8) return {};
      double sum = 0;
      for (const double v : values) sum += v;
      share[l] = sum / static_cast<double>(values.size());
    }
    for (size_t c = 0; c < columns; ++c) {
      double sum = 0;
      int count = 0;
      for (uint32_t l = 0; l < lasers; ++l) {
        if (!use[c * lasers + l]) continue;
        sum += wrapped_to(tick[c * lasers + l], medians[c], turn) - share[l];
        ++count;
      }
      if (count) place[c] = sum / count;
    }
  }
  // Shares are biased by the rounding to whole ticks, but their order and their mean slope are not.
  std::vector<uint16_t> order(lasers);
  std::iota(order.begin(), order.end(), uint16_t{0});
  std::stable_sort(order.begin(), order.end(), [&](uint16_t a, uint16_t b) { return share[a] / step < share[b] / step; });
  FiringRule rule{1, std::vector<uint16_t>(lasers)};
  double slope = 0, squares = 0;
  for (uint32_t rank = 0; rank < lasers; ++rank) {
    rule.firing_position[order[rank]] = static_cast<uint16_t>(rank);
    const double from_middle = rank - 0.5 * (lasers - 1);
    slope += from_middle * share[order[rank]] / step;
    squares += from_middle * from_middle;
  }
  const int32_t about = static_cast<int32_t>(std::lround(squares / slope));
  uint64_t best = 0;
  uint32_t best_divisor = 0;
  for (int32_t divisor = std::max(1, about - 3); divisor <= std::min(4096, about + 3); ++divisor) {
    rule.divisor = static_cast<uint32_t>(divisor);
    const uint64_t agreeing = count_agreeing(rule, tick, use, lasers, turn);
    if (agreeing > best) {
      best = agreeing;
      best_divisor = rule.divisor;
    }
  }
  uint64_t all = 0;
  for (const uint8_t u : use) all += u != 0;
  if (best_divisor == 0 || best * 10 < all * 8) return {};
  rule.divisor = best_divisor;
  return rule;
}

}  // namespace dew
