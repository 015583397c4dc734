// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/rounded_frame.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#include "entropy/exact_math.h"
#include "pointcloud/sensor/float_grid.h"

namespace dew {
namespace {

/// Where floats change their spacing along an axis: the border at a power of two. Positive: beyond it the grid is twice as coarse,
/// negative: before it (towards smaller numbers) twice as fine; 0 where the points show none. `sign` turns the axis.
double far_border(const ByDistance& cloud, const GridAxis& axis, double sign) {
  std::vector<std::pair<double, int>> far;  // metres along the axis, parity
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

/// A number for the file's origin along the axis that has the axis's grid about it: the true one where a border shows it, else the middle
/// of the possible ones. May turn the axis so that it is positive.
double place_on_axis(const ByDistance& cloud, GridAxis& axis) {
  const double smallest = std::ldexp(axis.step_m, 23);
  for (const double sign : {1.0, -1.0}) {
    double guess = 0;
    if (const double border = far_border(cloud, axis, sign); border > 0)
      guess = 2 * smallest - border;
    else if (const double nearer = near_border(cloud, axis, sign); nearer > 0)
      guess = smallest + nearer;
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
  constexpr double kUsualHeight_m = 1.84;  // a sensor on a car's roof; only decides how finely heights are rounded
  for (int exponent = -19; exponent >= -24; --exponent) {
    const double step = std::ldexp(1.0, exponent);
    std::complex<double> sum = 0;
    double count = 0;
    for (const ColumnOrigin& origin : origins) {
      if (!origin.known) continue;
      sum += std::polar(1.0, kTurn_rad * dot(up, origin.place_m) / step);
      count += 1;
    }
    if (std::abs(sum) < 0.8 * count) continue;
    step_m = step;
    const double smallest = std::ldexp(step, 23);
    const double guess = kUsualHeight_m > smallest && kUsualHeight_m < 2 * smallest ? kUsualHeight_m : 1.5 * smallest;
    return aligned(guess, -std::arg(sum) / kTurn_rad, step);
  }
  step_m = 0;
  return 0;
}

/// Rotation vector of a proper rotation matrix (encoders).
Vec3 rotation_vector(const Mat3& m) {
  const double w4 = 1 + m.row[0].x + m.row[1].y + m.row[2].z;
  double q[4];  // w x y z, by the largest of them
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

/// The frame's rotation (file to frame) and origin, by least squares on the file's own floats: what is computed back from the grid must
/// give them. Each coordinate counts by its precision, so that the origins, close to zero, fix the offset to picometres.
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
      if (length(e) > 5e-6) continue;  // beyond a border of the grid
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
