// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/beam_cycle.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dew {
namespace {

constexpr double kCap = 2;  ///< degrees: what is further off was another laser

double capped(double a, double b) { return std::min(std::abs(a - b), kCap); }

/// As many lasers as sensors have. Where the sky returns nothing, smaller numbers repeat as well.
constexpr std::array<size_t, 9> kPeriods = {10, 16, 20, 24, 32, 40, 64, 80, 128};

/// Where two periods repeat best.
size_t find_clean_place(std::span<const double> elevations, size_t period) {
  size_t best = 0;
  double least = 1e300, sum = 0;
  for (size_t i = 0; i + period < elevations.size(); ++i) {
    sum += capped(elevations[i + period], elevations[i]);
    if (i < 2 * period) continue;
    const size_t first = i - 2 * period;
    sum -= capped(elevations[first + period], elevations[first]);
    if (sum < least) least = sum, best = first + 1;
  }
  return best;
}

/// Follows the cycle from one point on; `table` learns. Labels of the points before are not touched.
void follow(std::span<const double> elevations, size_t first_label, std::vector<double> table, std::span<uint8_t> labels) {
  const size_t period = table.size();
  constexpr size_t kAhead = 8;
  size_t next = first_label;
  for (size_t i = 0; i < elevations.size(); ++i) {
    size_t skip = 0;
    double least = 1e300;
    for (size_t k = 0; k < period; ++k) {
      double cost = 0.12 * static_cast<double>(k);
      for (size_t j = 0; j < kAhead && i + j < elevations.size() && cost < least; ++j)
        cost += capped(elevations[i + j], table[(next + k + j) % period]) * (j == 0 ? 2 : 1);
      if (cost < least) least = cost, skip = k;
      if (k == 0 && cost < 0.1 * kAhead) break;
    }
    const size_t label = (next + skip) % period;
    labels[i] = static_cast<uint8_t>(label);
    if (capped(elevations[i], table[label]) < kCap) table[label] += 0.2 * (elevations[i] - table[label]);
    next = (label + 1) % period;
  }
}

double gathering(std::span<const Vec3> points, const Vec3& origin, size_t stride, std::vector<float>& bins) {
  constexpr double kBin = 0.001;
  std::fill(bins.begin(), bins.end(), 0.0f);
  double count = 0;
  for (size_t i = 0; i < points.size(); i += stride) {
    const double dx = points[i].x - origin.x, dy = points[i].y - origin.y, flat = std::sqrt(dx * dx + dy * dy);
    if (!(flat > 2)) continue;
    const double bin = ((points[i].z - origin.z) / flat + 1) / kBin;
    if (!(bin >= 0 && bin < static_cast<double>(bins.size()))) continue;
    bins[static_cast<size_t>(bin)] += 1;
    count += 1;
  }
  double sum = 0;
  for (const float of_bin : bins) sum += static_cast<double>(of_bin) * static_cast<double>(of_bin);
  return count > 0 ? sum / (count * count) : 0;
}

}  // namespace

std::vector<size_t> likely_periods(std::span<const double> elevations) {
  const size_t stride = std::max<size_t>(1, elevations.size() / 8000);
  std::vector<std::pair<double, size_t>> found;
  const auto share_after = [&](size_t period) {
    double same = 0, count = 1;
    for (size_t i = 0; i + period < elevations.size(); i += stride, count += 1)
      same += std::abs(elevations[i + period] - elevations[i]) < 0.4 ? 1 : 0;
    return same / count;
  };
  for (const size_t period : kPeriods) {
    const double share = share_after(period);
    // Smooth clouds repeat after any number of points.
    if (share > 0.05 && share > 1.3 * share_after(period + 1)) found.emplace_back(share, period);
  }
  std::sort(found.rbegin(), found.rend());
  std::vector<size_t> periods;
  for (const auto& [share, period] : found) {
    if (periods.size() < 3) periods.push_back(period);
  }
  return periods;
}

BeamCycle follow_cycle(std::span<const double> elevations, size_t period) {
  BeamCycle cycle;
  cycle.period = period;
  cycle.labels.resize(elevations.size());
  if (elevations.size() < 3 * period) return cycle;
  const size_t start = find_clean_place(elevations, cycle.period);
  const std::vector<double> table(elevations.begin() + static_cast<ptrdiff_t>(start),
                                  elevations.begin() + static_cast<ptrdiff_t>(start + cycle.period));
  follow(elevations.subspan(start), 0, table, std::span(cycle.labels).subspan(start));
  // Backwards, the same with all turned round.
  std::vector<double> before(elevations.begin(), elevations.begin() + static_cast<ptrdiff_t>(start)), turned(table.rbegin(), table.rend());
  std::reverse(before.begin(), before.end());
  std::vector<uint8_t> labels(before.size());
  follow(before, 0, turned, labels);
  for (size_t i = 0; i < labels.size(); ++i) cycle.labels[start - 1 - i] = static_cast<uint8_t>(cycle.period - 1 - labels[i]);
  return cycle;
}

std::optional<size_t> find_leap(std::span<const Vec3> points) {
  constexpr size_t kBlock = 256;
  if (points.size() < 8 * kBlock) return {};
  // Sums of unit directions of the blocks before and after each point.
  std::vector<std::array<double, 2>> sum(points.size() + 1);
  for (size_t i = 0; i < points.size(); ++i) {
    const double flat = std::sqrt(points[i].x * points[i].x + points[i].y * points[i].y);
    sum[i + 1] = {sum[i][0] + (flat > 0 ? points[i].x / flat : 0), sum[i][1] + (flat > 0 ? points[i].y / flat : 0)};
  }
  size_t best = 0;
  double furthest = 30 * 3.14159265358979323846 / 180;
  for (size_t i = kBlock; i + kBlock <= points.size(); ++i) {
    const double ax = sum[i][0] - sum[i - kBlock][0], ay = sum[i][1] - sum[i - kBlock][1];
    const double bx = sum[i + kBlock][0] - sum[i][0], by = sum[i + kBlock][1] - sum[i][1];
    const double leap = std::abs(std::atan2(ax * by - ay * bx, ax * bx + ay * by));
    if (leap > furthest) furthest = leap, best = i;
  }
  if (best == 0) return {};
  return best;
}

Vec3 find_gathering_origin(std::span<const Vec3> points) {
  std::vector<float> bins(4096);
  const size_t coarse = std::max<size_t>(1, points.size() / 6000), fine = std::max<size_t>(1, points.size() / 20000);
  Vec3 best;
  double most = 0;
  for (double x = -3; x < 3.05; x += 0.15) {
    for (double z = -3; z < 3.05; z += 0.15) {
      const double value = gathering(points, {x, 0, z}, coarse, bins);
      if (value > most) most = value, best = {x, 0, z};
    }
  }
  most = gathering(points, best, fine, bins);
  for (double step = 0.08; step > 0.004; step /= 2) {
    for (int pass = 0; pass < 3; ++pass) {
      for (int move = 0; move < 6; ++move) {
        Vec3 tried = best;
        (move / 2 == 0 ? tried.x : move / 2 == 1 ? tried.y : tried.z) += move % 2 == 0 ? step : -step;
        const double value = gathering(points, tried, fine, bins);
        if (value > most) most = value, best = tried;
      }
    }
  }
  return best;
}

}  // namespace dew
