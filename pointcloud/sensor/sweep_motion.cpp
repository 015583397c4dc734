// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/sweep_motion.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "entropy/exact_math.h"

namespace dew {
namespace {

constexpr double kTwoPi = 2 * std::numbers::pi;

Vec3 cross(const Vec3& a, const Vec3& b) { return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x}; }
double dot(const Vec3& a, const Vec3& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

/// Rotation of q by the angle whose sine and cosine are given, about a unit axis (Rodrigues).
Vec3 rotate(const Vec3& axis, double sin, double cos, const Vec3& q) {
  const Vec3 side = cross(axis, q);
  const double along = dot(axis, q) * (1 - cos);
  return {q.x * cos + side.x * sin + axis.x * along, q.y * cos + side.y * sin + axis.y * along, q.z * cos + side.z * sin + axis.z * along};
}

struct Sample {
  Vec3 moved;
  double azimuth_rad;
};

/// Points within `azimuth_rad` of straight ahead, 1 to `range_m` away, at most `count` of them.
std::vector<Sample> window(const PointsView& points, const std::vector<float>& azimuth, double azimuth_rad, double range_m, size_t count) {
  std::vector<uint32_t> inside;
  for (size_t i = 0; i < points.size(); ++i) {
    if (std::abs(azimuth[i]) > azimuth_rad) continue;
    const double rho2 = double{points.x[i]} * points.x[i] + double{points.y[i]} * points.y[i];
    if (rho2 > 1 && rho2 < range_m * range_m) inside.push_back(static_cast<uint32_t>(i));
  }
  std::vector<Sample> samples;
  const size_t step = std::max<size_t>(1, inside.size() / count);
  for (size_t k = 0; k < inside.size(); k += step) {
    const uint32_t i = inside[k];
    samples.push_back({{points.x[i], points.y[i], points.z[i]}, azimuth[i]});
  }
  return samples;
}

/// |mean exp(2 pi i value)|, at first power so that many candidates can be compared.
template <class Value>
double coherence(const std::vector<Sample>& samples, Value value_of) {
  double c = 0, s = 0;
  for (const Sample& sample : samples) {
    const double turns = value_of(sample);
    const double angle = kTwoPi * (turns - std::floor(turns));
    c += std::cos(angle);
    s += std::sin(angle);
  }
  return samples.empty() ? 0 : std::hypot(c, s) / static_cast<double>(samples.size());
}

/// One axis near azimuth zero: coordinate - (velocity + rate * lever) tau falls on the comb. Returns the coherence of the best pair.
struct Search {
  double velocity_reach, velocity_step;   // m a turn
  double rate_reach, rate_step;           // rad a turn
};
template <class Coordinate>
double search_axis(const std::vector<Sample>& samples, const CoordinateComb& comb, const Search& search, Coordinate coordinate, double lever_sign,
                   double& velocity, double& rate) {
  double best = 0;
  for (double v = -search.velocity_reach; v <= search.velocity_reach + 1e-9; v += search.velocity_step) {
    for (double w = -search.rate_reach; w <= search.rate_reach + 1e-9; w += search.rate_step) {
      const double found = coherence(samples, [&](const Sample& s) {
        const double tau = s.azimuth_rad / kTwoPi;
        return (coordinate(s.moved) - (v + lever_sign * w * s.moved.x) * tau) * comb.units_per_metre;
      });
      if (found > best) {
        best = found;
        velocity = v;
        rate = w;
      }
      if (search.rate_step == 0) break;
    }
  }
  return best;
}

/// Least squares for the six numbers.
class Normal {
 public:
  /// One equation: row * step = residue.
  void add(const std::array<double, 6>& row, double residue, double weight) {
    for (size_t i = 0; i < 6; ++i) {
      for (size_t j = 0; j < 6; ++j) a_[i][j] += weight * row[i] * row[j];
      a_[i][6] += weight * row[i] * residue;
    }
  }
  /// What the equations cannot tell stays as it is: a weak pull towards no change, as an error of `residue` against 1 m and 0.1 rad.
  void step(double residue, SweepMotion& motion) {
    for (size_t i = 0; i < 6; ++i) a_[i][i] += residue * residue * (i < 3 ? 1.0 : 100.0);
    for (size_t i = 0; i < 6; ++i) {
      for (size_t j = i + 1; j < 6; ++j) {
        const double f = a_[j][i] / a_[i][i];
        for (size_t k = i; k <= 6; ++k) a_[j][k] -= f * a_[i][k];
      }
    }
    std::array<double, 6> x{};
    for (size_t i = 6; i-- > 0;) {
      x[i] = a_[i][6];
      for (size_t k = i + 1; k < 6; ++k) x[i] -= a_[i][k] * x[k];
      x[i] /= a_[i][i];
    }
    Vec3& v = motion.translation_m;
    Vec3& w = motion.rotation_rad;
    v = {v.x + x[0], v.y + x[1], v.z + x[2]};
    w = {w.x + x[3], w.y + x[4], w.z + x[5]};
  }

 private:
  double a_[6][7] = {};
};

/// Derivative of p = q + tau (v + w x q) by v, then w, for small turns.
std::array<std::array<double, 6>, 3> derivative(const Vec3& q, double tau) {
  return {{{tau, 0, 0, 0, tau * q.z, -tau * q.y}, {0, tau, 0, -tau * q.z, 0, tau * q.x}, {0, 0, tau, tau * q.y, -tau * q.x, 0}}};
}

/// One step of all six numbers towards the comb. Returns the share of coordinates within a quarter of a unit before the step.
double improve(const std::vector<Sample>& samples, const CoordinateComb& comb, SweepMotion& motion) {
  const double unit = 1.0 / comb.units_per_metre;
  Normal normal;
  size_t near = 0;
  for (const Sample& sample : samples) {
    const Vec3 q = undo_motion(motion, sample.moved);
    const auto rows = derivative(q, std::atan2(q.y, q.x) / kTwoPi);
    const double value[3] = {q.x, q.y, q.z};
    for (size_t axis = 0; axis < 3; ++axis) {
      const double residue = value[axis] - static_cast<double>(round_to_int(value[axis] * comb.units_per_metre)) * unit;
      if (std::abs(residue) > 0.35 * unit) continue;
      near += std::abs(residue) < 0.25 * unit;
      normal.add(rows[axis], residue, 1);
    }
  }
  normal.step(unit, motion);
  return samples.empty() ? 0 : static_cast<double>(near) / (3 * static_cast<double>(samples.size()));
}

/// The last digits: one step towards the very floats, each weighted by the fineness of its rounding; those further off than `reach` roundings
/// have other reasons and are left out.
void polish(const PointsView& points, const CoordinateComb& comb, double reach, SweepMotion& motion) {
  const MotionMover mover(motion);
  Normal normal;
  for (size_t i = 0; i < points.size(); ++i) {
    const Float3 moved = {points.x[i], points.y[i], points.z[i]};
    const Vec3 back = undo_motion(motion, {moved[0], moved[1], moved[2]});
    const Float3 whole = {comb.value(round_to_int(back.x * comb.units_per_metre)), comb.value(round_to_int(back.y * comb.units_per_metre)),
                          comb.value(round_to_int(back.z * comb.units_per_metre))};
    const Vec3 forward = mover.move(whole);
    const auto rows = derivative(back, std::atan2(back.y, back.x) / kTwoPi);
    const double value[3] = {forward.x, forward.y, forward.z};
    for (size_t axis = 0; axis < 3; ++axis) {
      const double residue = moved[axis] - value[axis];
      const double fineness = std::max(0.01, std::abs(value[axis])) * 0x1p-24;
      if (std::abs(residue) < reach * fineness) normal.add(rows[axis], residue, 1e-12 / (fineness * fineness));
    }
  }
  normal.step(1e-9, motion);
}

/// The numbers that can be told from points straight ahead: forward speed from x, yaw from y, pitch from z.
bool search_ahead(const std::vector<Sample>& ahead, const CoordinateComb& comb, SweepMotion& motion) {
  constexpr double kMinCoherence = 0.3;  // chance leaves 0.1 with some hundred points and a thousand candidates
  if (ahead.size() < 200) return false;
  double unused = 0;
  if (search_axis(ahead, comb, {6, 0.02, 0, 0}, [](const Vec3& p) { return p.x; }, 0, motion.translation_m.x, unused) < kMinCoherence) return false;
  if (search_axis(ahead, comb, {0.2, 0.05, 0.12, 0.002}, [](const Vec3& p) { return p.y; }, 1, motion.translation_m.y, motion.rotation_rad.z) < kMinCoherence) {
    return false;
  }
  return search_axis(ahead, comb, {0.2, 0.05, 0.03, 0.002}, [](const Vec3& p) { return p.z; }, -1, motion.translation_m.z, motion.rotation_rad.y) > kMinCoherence;
}

}  // namespace

MotionMover::MotionMover(const SweepMotion& motion) : translation_m_(motion.translation_m), axis_{1, 0, 0}, angle_rad_(0) {
  const Vec3& w = motion.rotation_rad;
  angle_rad_ = std::sqrt(dot(w, w));
  if (angle_rad_ > 0) axis_ = {w.x / angle_rad_, w.y / angle_rad_, w.z / angle_rad_};
}

Vec3 MotionMover::move(const Float3& measured_m) const {
  const Vec3 q = {measured_m[0], measured_m[1], measured_m[2]};
  const double tau = exact::atan2(q.y, q.x) / kTwoPi;
  const exact::SinCos turn = exact::sincos(angle_rad_ * tau);
  const Vec3 turned = rotate(axis_, turn.sin, turn.cos, q);
  return {turned.x + translation_m_.x * tau, turned.y + translation_m_.y * tau, turned.z + translation_m_.z * tau};
}

Vec3 undo_motion(const SweepMotion& motion, const Vec3& p, bool across_rear) {
  const Vec3& w = motion.rotation_rad;
  const double angle = std::sqrt(dot(w, w));
  const Vec3 axis = angle > 0 ? Vec3{w.x / angle, w.y / angle, w.z / angle} : Vec3{1, 0, 0};
  double azimuth = std::atan2(p.y, p.x);
  if (across_rear) azimuth -= std::copysign(kTwoPi, azimuth);
  Vec3 q = p;
  for (int round = 0; round < 4; ++round) {
    const double tau = azimuth / kTwoPi;
    const Vec3 back = {p.x - motion.translation_m.x * tau, p.y - motion.translation_m.y * tau, p.z - motion.translation_m.z * tau};
    const double turn = -angle * tau;
    q = rotate(axis, turn * (1 - turn * turn / 6), 1 - turn * turn / 2 * (1 - turn * turn / 12), back);
    const double cos = std::cos(azimuth), sin = std::sin(azimuth);
    const double step = std::atan2(q.y * cos - q.x * sin, q.x * cos + q.y * sin);
    azimuth += step;
    if (std::abs(step) < 1e-7) break;
  }
  return q;
}

std::optional<SweepMotion> find_sweep_motion(const PointsView& points, const CoordinateComb& comb) {
  constexpr double kDegree = std::numbers::pi / 180;
  std::vector<float> azimuth(points.size());
  for (size_t i = 0; i < points.size(); ++i) azimuth[i] = std::atan2(points.y[i], points.x[i]);
  SweepMotion motion;
  if (!search_ahead(window(points, azimuth, 1.5 * kDegree, 15, 700), comb, motion)) return std::nullopt;
  double near = 0;
  double range_m = 15;
  for (double reach = 1.5 * kDegree; reach < 6; reach *= 1.7) {
    const std::vector<Sample> samples = window(points, azimuth, reach, range_m, 2500);
    for (int round = 0; round < 3; ++round) near = improve(samples, comb, motion);
    range_m = 60;
  }
  if (near < 0.9) return std::nullopt;
  for (const double reach : {16.0, 4.0}) polish(points, comb, reach, motion);
  return motion;
}

}  // namespace dew
