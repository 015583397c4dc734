// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/float_grid.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <utility>

#include "entropy/exact_math.h"

namespace dew {
namespace {

constexpr double kShortestEdge_m = 3e-6;
constexpr double kLongestEdge_m = 2e-3;
constexpr size_t kMostStepKinds = 80;
constexpr double kGoodCoherence = 0.9;
constexpr double kLostGrid = 0.02;  // mean square, steps

struct Edge {
  Vec3 edge;
  double step_m = 0;
  double weight = 0;
};

double coherence(std::span<const Vec3> points, size_t stride, const GridAxis& axis) {
  double re = 0, im = 0;
  size_t n = 0;
  for (size_t i = 0; i < points.size(); i += stride, ++n) {
    const double phase = kTurn_rad * (dot(axis.normal, points[i]) + axis.offset);
    re += std::cos(phase);
    im += std::sin(phase);
  }
  return n ? std::sqrt(re * re + im * im) / static_cast<double>(n) : 0;
}

/// Least squares of the axis on the `count` nearest points, each counted from its nearest grid plane. Returns the mean square distance from
/// the planes, in steps, of the points it used (0.03 where there is no grid).
double refine(const ByDistance& cloud, size_t count, size_t sample, GridAxis& axis) {
  const size_t stride = std::max<size_t>(1, count / sample);
  NormalEquations<4> fit;
  const double scale = std::max(1e-6, cloud.distance[count - 1]);
  double squares = 0, used = 0;
  for (size_t i = 0; i < count; i += stride) {
    const Vec3& p = cloud.points[i];
    const double steps = dot(axis.normal, p) + axis.offset;
    const double error = steps - round_to_whole(steps);
    if (!(std::abs(error) < 0.3)) continue;
    fit.add({p.x / scale, p.y / scale, p.z / scale, 1.0}, -error);
    squares += error * error;
    used += 1;
  }
  // Nearly flat point sets leave a direction open; it stays where it was.
  for (size_t i = 0; i < 3; ++i) fit.damp(i, 1e-7 * static_cast<double>(count / stride + 1));
  std::array<double, 4> change;
  if (fit.solve(change)) {
    axis.normal = axis.normal + Vec3{change[0], change[1], change[2]} * (1.0 / scale);
    axis.offset += change[3];
  }
  return used > 0 ? squares / used : 1.0;
}

/// Follows the grid outwards from the nearest points: an axis good to a quarter step at one distance is good enough at 1.4 times that.
GridAxis follow_outwards(const ByDistance& cloud, const Vec3& direction, double step_m) {
  GridAxis axis{direction * (1.0 / (length(direction) * step_m)), 0, step_m};
  // The offset first: the phase of the nearest points.
  std::complex<double> sum = 0;
  const size_t near = std::min<size_t>(cloud.points.size(), 20);
  for (size_t i = 0; i < near; ++i) sum += std::polar(1.0, kTurn_rad * dot(axis.normal, cloud.points[i]));
  axis.offset = -std::arg(sum) / kTurn_rad;
  for (double radius = 0.02;; radius *= 1.4) {
    const size_t count =
        static_cast<size_t>(std::upper_bound(cloud.distance.begin(), cloud.distance.end(), radius) - cloud.distance.begin());
    if (count >= 50) {
      const bool all = count == cloud.points.size();
      double squares = 0;
      for (int round = 0; round < 3; ++round) squares = refine(cloud, count, all ? 8000 : 400, axis);
      if (all || squares > kLostGrid) break;
    }
    if (radius > 2000) break;
  }
  return axis;
}

/// The kinds of steps from one column's origin to the next, most frequent first.
std::vector<std::pair<Vec3, double>> step_kinds(std::span<const ColumnOrigin> origins) {
  constexpr double kSame_m = 7e-8;
  std::vector<std::pair<Vec3, double>> kinds;  // sum, count
  for (size_t c = 1; c < origins.size(); ++c) {
    if (!origins[c].known || !origins[c - 1].known) continue;
    const Vec3 step = origins[c].place_m - origins[c - 1].place_m;
    size_t k = 0;
    for (; k < kinds.size(); ++k) {
      const Vec3 off = kinds[k].first * (1.0 / kinds[k].second) - step;
      if (std::abs(off.x) < kSame_m && std::abs(off.y) < kSame_m && std::abs(off.z) < kSame_m) break;
    }
    if (k < kinds.size()) {
      kinds[k].first = kinds[k].first + step;
      kinds[k].second += 1;
    } else if (kinds.size() < 4 * kMostStepKinds) {
      kinds.push_back({step, 1.0});
    }
  }
  std::stable_sort(kinds.begin(), kinds.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (kinds.size() > kMostStepKinds) kinds.resize(kMostStepKinds);
  for (auto& [sum, count] : kinds) sum = sum * (1.0 / count);
  return kinds;
}

/// Candidate edges of the grid near the horizontal, most trustworthy first.
std::vector<Edge> find_edges(std::span<const ColumnOrigin> origins) {
  const auto kinds = step_kinds(origins);
  std::vector<Edge> edges;
  for (size_t a = 0; a < kinds.size(); ++a) {
    for (size_t b = 0; b < a; ++b) {
      const Vec3 edge = kinds[a].first - kinds[b].first;
      const double size = length(edge);
      if (!(size > kShortestEdge_m && size < kLongestEdge_m) || std::abs(edge.z) > 0.2 * size) continue;
      const double step = std::exp2(std::round(std::log2(size)));
      if (std::abs(size - step) > 2e-8 + 1e-5 * size) continue;
      edges.push_back({edge, step, std::min(kinds[a].second, kinds[b].second) * size});
    }
  }
  std::stable_sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.weight > b.weight; });
  return edges;
}

bool follow_edge(const ByDistance& cloud, const Edge& edge, GridAxis& axis) {
  axis = follow_outwards(cloud, edge.edge, edge.step_m);
  const size_t near = count_within(cloud, 30.0);
  return coherence({cloud.points.data(), near}, std::max<size_t>(1, near / 2000), axis) > kGoodCoherence;
}

/// Searches the second axis about the first: within 0.1 rad of the horizontal, all steps; on points close by, where the phase turns slowly.
bool search_second(const ByDistance& cloud, const GridAxis& first, GridAxis& second) {
  const Vec3 n = first.normal * (1.0 / length(first.normal));
  Vec3 level{-n.y, n.x, 0};
  if (length(level) < 0.5) return false;
  level = level * (1.0 / length(level));
  const Vec3 up = cross(n, level);
  std::vector<double> along, above;
  const size_t end = count_within(cloud, 1.0), begin = count_within(cloud, 0.005);
  const size_t stride = std::max<size_t>(1, (end - begin) / 150);
  for (size_t i = begin; i < end; i += stride) {
    along.push_back(dot(cloud.points[i], level));
    above.push_back(dot(cloud.points[i], up));
  }
  if (along.size() < 50) return false;
  double best = 0, best_tilt = 0, best_step = 0;
  for (int exponent = -11; exponent >= -18; --exponent) {
    const double step_m = std::ldexp(1.0, exponent);
    const double tilt_step = std::max(step_m / 4, 4e-6);
    double level_best = 0, level_tilt = 0;
    for (double tilt = -0.1; tilt < 0.1; tilt += tilt_step) {
      const double c = kTurn_rad / step_m * (1 - 0.5 * tilt * tilt), s = kTurn_rad / step_m * (tilt - tilt * tilt * tilt / 6);
      double re = 0, im = 0;
      for (size_t i = 0; i < along.size(); ++i) {
        const double phase = along[i] * c + above[i] * s;
        re += std::cos(phase);
        im += std::sin(phase);
        // Most tilts are wrong and a few points show it.
        if (i == 15 && re * re + im * im < 0.3 * 256) break;
      }
      const double value = std::sqrt(re * re + im * im) / static_cast<double>(along.size());
      if (value > level_best) {
        level_best = value;
        level_tilt = tilt;
      }
    }
    if (level_best > 1.05 * best) {  // a finer grid always fits the coarser one's points: the coarsest wins
      best = level_best;
      best_tilt = level_tilt;
      best_step = step_m;
    }
    if (best > 0.97) break;
  }
  if (best < 0.7) return false;
  second = follow_outwards(cloud, level * std::cos(best_tilt) + up * std::sin(best_tilt), best_step);
  const size_t near = count_within(cloud, 30.0);
  return coherence({cloud.points.data(), near}, std::max<size_t>(1, near / 2000), second) > kGoodCoherence;
}

}  // namespace

ByDistance by_distance(const PointsView& points) {
  std::vector<std::pair<double, uint32_t>> order;
  order.reserve(points.size() / 2 + 1);
  // Alternating: even ones of even columns would be the same lasers throughout.
  for (size_t i = 0; i < points.size(); i += (i % 64 == 62) ? 1 : 2) {
    const Vec3 p{points.x[i], points.y[i], points.z[i]};
    const double d = length(p);
    if (d < 1000) order.emplace_back(d, static_cast<uint32_t>(i));  // false for NaN
  }
  std::sort(order.begin(), order.end());
  ByDistance result;
  for (const auto& [d, i] : order) {
    result.points.push_back({points.x[i], points.y[i], points.z[i]});
    result.distance.push_back(d);
  }
  return result;
}

size_t count_within(const ByDistance& cloud, double radius) {
  return static_cast<size_t>(std::upper_bound(cloud.distance.begin(), cloud.distance.end(), radius) - cloud.distance.begin());
}

bool find_axes(const ByDistance& cloud, std::span<const ColumnOrigin> origins, GridAxis& first, GridAxis& second) {
  constexpr size_t kTries = 60;
  const std::vector<Edge> edges = find_edges(origins);
  size_t tries = 0;
  bool found = false;
  for (const Edge& edge : edges) {
    if (tries++ == kTries) break;
    if ((found = follow_edge(cloud, edge, first))) break;
  }
  if (!found) return false;
  tries = 0;
  for (const Edge& edge : edges) {
    const double cosine = dot(edge.edge, first.normal) / (length(edge.edge) * length(first.normal));
    if (std::abs(cosine) > 0.01) continue;
    if (tries++ == kTries / 4) break;
    if (follow_edge(cloud, edge, second)) return true;
  }
  return search_second(cloud, first, second);
}

}  // namespace dew
