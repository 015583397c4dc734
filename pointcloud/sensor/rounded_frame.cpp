// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/rounded_frame.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numeric>
#include <vector>

namespace dew {
namespace {

constexpr double kTurn = 6.283185307179586;
constexpr double kShortestEdge_m = 3e-6;
constexpr double kLongestEdge_m = 2e-3;
constexpr size_t kMostStepKinds = 80;
constexpr double kGoodCoherence = 0.9;
constexpr double kLostGrid = 0.02;   // mean square, steps

/// p is on the grid where dot(normal, p) + offset is a whole number.
struct GridAxis {
  Vec3 normal;          // 1 / metres
  double offset = 0;    // steps
  double step_m = 0;    // a power of two
};

struct Edge {
  Vec3 edge;
  double step_m = 0;
  double weight = 0;
};

/// Every second point, in order of the distance from the file's origin, and the distances.
struct ByDistance {
  std::vector<Vec3> points;
  std::vector<double> distance;
};

ByDistance by_distance(const PointsView& points) {
  std::vector<std::pair<double, uint32_t>> order;
  order.reserve(points.size() / 2 + 1);
  // Alternating: even ones of even columns would be the same lasers throughout.
  for (size_t i = 0; i < points.size(); i += (i % 64 == 62) ? 1 : 2) {
    const Vec3 p{points.x[i], points.y[i], points.z[i]};
    const double d = length(p);
    if (d < 1000) order.emplace_back(d, static_cast<uint32_t>(i));   // false for NaN
  }
  std::sort(order.begin(), order.end());
  ByDistance result;
  for (const auto& [d, i] : order) {
    result.points.push_back({points.x[i], points.y[i], points.z[i]});
    result.distance.push_back(d);
  }
  return result;
}

double coherence(std::span<const Vec3> points, size_t stride, const GridAxis& axis) {
  double re = 0, im = 0;
  size_t n = 0;
  for (size_t i = 0; i < points.size(); i += stride, ++n) {
    const double phase = kTurn * (dot(axis.normal, points[i]) + axis.offset);
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
    const double error = steps - std::round(steps);
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
  for (size_t i = 0; i < near; ++i) sum += std::polar(1.0, kTurn * dot(axis.normal, cloud.points[i]));
  axis.offset = -std::arg(sum) / kTurn;
  for (double radius = 0.02;; radius *= 1.4) {
    const size_t count = static_cast<size_t>(std::upper_bound(cloud.distance.begin(), cloud.distance.end(), radius) - cloud.distance.begin());
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
  std::vector<std::pair<Vec3, double>> kinds;   // sum, count
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

size_t count_within(const ByDistance& cloud, double radius) {
  return static_cast<size_t>(std::upper_bound(cloud.distance.begin(), cloud.distance.end(), radius) - cloud.distance.begin());
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
      const double c = kTurn / step_m * (1 - 0.5 * tilt * tilt), s = kTurn / step_m * (tilt - tilt * tilt * tilt / 6);
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
    if (level_best > 1.05 * best) {   // a finer grid always fits the coarser one's points: the coarsest wins
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

/// Both horizontal axes of the grid.
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

/// Where floats change their spacing along an axis: the border at a power of two. Positive: beyond it the grid is twice as coarse, negative:
/// before it (towards smaller numbers) twice as fine; 0 where the points show none. `sign` turns the axis.
double far_border(const ByDistance& cloud, const GridAxis& axis, double sign) {
  std::vector<std::pair<double, int>> far;   // metres along the axis, parity
  for (const Vec3& p : cloud.points) {
    const double steps = dot(axis.normal, p) + axis.offset;
    const double along = sign * (steps - axis.offset) * axis.step_m;
    if (along > 5) far.emplace_back(along, static_cast<int>(static_cast<int64_t>(std::round(steps)) & 1));
  }
  std::sort(far.begin(), far.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  size_t same = 0;
  while (same < far.size() && far[same].second == far[0].second) ++same;
  if (same < 14 || same == far.size()) return 0;
  return 0.5 * (far[same - 1].first + far[same].first);
}
double near_border(const ByDistance& cloud, const GridAxis& axis, double sign) {
  double border = 0;
  int halves = 0;
  std::vector<double> at;
  for (const Vec3& p : cloud.points) {
    const double steps = dot(axis.normal, p) + axis.offset;
    if (std::abs(steps - std::round(steps)) < 0.35) continue;
    at.push_back(-sign * (steps - axis.offset) * axis.step_m);
  }
  std::sort(at.begin(), at.end());
  for (const double a : at) {
    if (a < 5) continue;
    if (++halves == 1) border = a;
  }
  return halves >= 10 && halves * 10 > 9 * static_cast<int>(at.size()) ? border : 0;
}

/// A number for the file's origin along the axis that has the axis's grid about it: the true one where a border shows it, else the middle of
/// the possible ones. May turn the axis so that it is positive.
double place_on_axis(const ByDistance& cloud, GridAxis& axis) {
  const double smallest = std::ldexp(axis.step_m, 23);
  for (const double sign : {1.0, -1.0}) {
    double guess = 0;
    if (const double border = far_border(cloud, axis, sign); border > 0) guess = 2 * smallest - border;
    else if (const double nearer = near_border(cloud, axis, sign); nearer > 0) guess = smallest + nearer;
    if (guess <= 0 && sign < 0) break;
    if (guess <= 0) continue;
    axis.normal = axis.normal * sign;
    axis.offset *= sign;
    return guess;
  }
  return 1.5 * smallest;
}

double aligned(double guess, double offset_steps, double step_m) {
  return (std::round(guess / step_m - offset_steps) + offset_steps) * step_m;
}

/// The third axis: heights of the origins on a grid. Gives the origin's number and the step, or 0 where no grid shows.
double place_of_height(std::span<const ColumnOrigin> origins, const Vec3& up, double& step_m) {
  constexpr double kUsualHeight_m = 1.84;   // a sensor on a car's roof; only decides how finely heights are rounded
  for (int exponent = -19; exponent >= -24; --exponent) {
    const double step = std::ldexp(1.0, exponent);
    std::complex<double> sum = 0;
    double count = 0;
    for (const ColumnOrigin& origin : origins) {
      if (!origin.known) continue;
      sum += std::polar(1.0, kTurn * dot(up, origin.place_m) / step);
      count += 1;
    }
    if (std::abs(sum) < 0.8 * count) continue;
    step_m = step;
    const double smallest = std::ldexp(step, 23);
    const double guess = kUsualHeight_m > smallest && kUsualHeight_m < 2 * smallest ? kUsualHeight_m : 1.5 * smallest;
    return aligned(guess, -std::arg(sum) / kTurn, step);
  }
  step_m = 0;
  return 0;
}

/// Rotation vector of a proper rotation matrix (encoders).
Vec3 rotation_vector(const Mat3& m) {
  const double w4 = 1 + m.row[0].x + m.row[1].y + m.row[2].z;
  double q[4];   // w x y z, by the largest of them
  if (w4 > 1) {
    const double w = 0.5 * std::sqrt(w4);
    q[0] = w;
    q[1] = (m.row[2].y - m.row[1].z) / (4 * w);
    q[2] = (m.row[0].z - m.row[2].x) / (4 * w);
    q[3] = (m.row[1].x - m.row[0].y) / (4 * w);
  } else if (m.row[0].x > m.row[1].y && m.row[0].x > m.row[2].z) {
    const double x = 0.5 * std::sqrt(1 + m.row[0].x - m.row[1].y - m.row[2].z);
    q[0] = (m.row[2].y - m.row[1].z) / (4 * x);
    q[1] = x;
    q[2] = (m.row[0].y + m.row[1].x) / (4 * x);
    q[3] = (m.row[0].z + m.row[2].x) / (4 * x);
  } else if (m.row[1].y > m.row[2].z) {
    const double y = 0.5 * std::sqrt(1 - m.row[0].x + m.row[1].y - m.row[2].z);
    q[0] = (m.row[0].z - m.row[2].x) / (4 * y);
    q[1] = (m.row[0].y + m.row[1].x) / (4 * y);
    q[2] = y;
    q[3] = (m.row[1].z + m.row[2].y) / (4 * y);
  } else {
    const double z = 0.5 * std::sqrt(1 - m.row[0].x - m.row[1].y + m.row[2].z);
    q[0] = (m.row[1].x - m.row[0].y) / (4 * z);
    q[1] = (m.row[0].z + m.row[2].x) / (4 * z);
    q[2] = (m.row[1].z + m.row[2].y) / (4 * z);
    q[3] = z;
  }
  const Vec3 v{q[1], q[2], q[3]};
  const double size = length(v);
  if (size < 1e-15) return {};
  return v * (2 * std::atan2(size, q[0]) / size);
}

/// The frame's rotation (file to frame) and origin, by least squares on the file's own floats: what is computed back from the grid must give
/// them. Each coordinate counts by its precision, so that the origins, close to zero, fix the offset to picometres.
void polish(const ByDistance& cloud, std::span<const ColumnOrigin> origins, const double (&step_m)[3], Mat3& rotation, Vec3& place) {
  // Outwards: the steps of the third axis are so small that a rotation good to 30 nm at 1 m is not yet good enough at 10.
  for (const double radius : {1.6, 5.0, 12.0, 12.0}) {
    std::vector<Vec3> points;
    for (const ColumnOrigin& origin : origins) {
      if (origin.known) points.push_back(origin.place_m);
    }
    const size_t near = count_within(cloud, radius);
    for (size_t i = 0; i < near; i += std::max<size_t>(1, near / 3000)) points.push_back(cloud.points[i]);
    const Mat3 back = transposed(rotation);
    NormalEquations<6> fit;
    for (const Vec3& p : points) {
      const Vec3 v = rotation * p + place;
      const Vec3 snapped{std::round(v.x / step_m[0]) * step_m[0], std::round(v.y / step_m[1]) * step_m[1],
                         step_m[2] > 0 ? std::round(v.z / step_m[2]) * step_m[2] : v.z};
      const Vec3 q = back * (snapped - place);
      const Vec3 e = p - q;
      if (length(e) > 5e-6) continue;   // beyond a border of the grid
      const auto weight = [](double coordinate) { return 1.0 / (coordinate * coordinate + 1e-8); };
      fit.add({0, q.z, -q.y, 1, 0, 0}, e.x, weight(p.x));
      fit.add({-q.z, 0, q.x, 0, 1, 0}, e.y, weight(p.y));
      fit.add({q.y, -q.x, 0, 0, 0, 1}, e.z, weight(p.z));
    }
    std::array<double, 6> s;
    if (!fit.solve(s)) return;
    rotation = rotation * transposed(rotation_matrix({s[0], s[1], s[2]}));
    place = place - rotation * Vec3{s[3], s[4], s[5]};
  }
}

}  // namespace

std::optional<RoundedFrame> find_rounded_frame(const PointsView& points, std::span<const ColumnOrigin> origins) {
  const ByDistance cloud = by_distance(points);
  if (cloud.points.size() < 500) return std::nullopt;
  GridAxis first, second;
  if (!find_axes(cloud, origins, first, second)) return std::nullopt;
  const double first_place = place_on_axis(cloud, first);
  const double second_place = place_on_axis(cloud, second);
  // The coarser axis is known less well in direction; both are close to a right angle.
  Vec3 n1 = first.normal * (1.0 / length(first.normal));
  Vec3 n2 = second.normal * (1.0 / length(second.normal));
  const double skew = 0.5 * dot(n1, n2);
  const Vec3 straight1 = n1 - n2 * skew, straight2 = n2 - n1 * skew;
  n1 = straight1 * (1.0 / length(straight1));
  n2 = straight2 - n1 * dot(n1, straight2);
  n2 = n2 * (1.0 / length(n2));
  Vec3 n3 = cross(n1, n2);
  double step1 = first.step_m, step2 = second.step_m;
  double place1 = aligned(first_place, first.offset, first.step_m);
  double place2 = aligned(second_place, second.offset, second.step_m);
  if (n3.z < 0) {
    std::swap(n1, n2);
    std::swap(place1, place2);
    std::swap(step1, step2);
    n3 = n3 * -1.0;
  }
  double height_step = 0;
  const double height = place_of_height(origins, n3, height_step);
  Mat3 turn{{n1, n2, n3}};
  Vec3 place{place1, place2, height};
  polish(cloud, origins, {step1, step2, height_step}, turn, place);
  RoundedFrame frame;
  frame.present = true;
  frame.origin_m = {place.x, place.y, place.z};
  const Vec3 rotation = rotation_vector(turn);
  frame.rotation = {std::llround(rotation.x / kFrameRotationUnit_rad), std::llround(rotation.y / kFrameRotationUnit_rad),
                    std::llround(rotation.z / kFrameRotationUnit_rad)};
  frame.floor_exponent = {-24, -24, -24};
  return frame;
}

}  // namespace dew
