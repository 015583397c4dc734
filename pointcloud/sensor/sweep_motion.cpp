// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/sweep_motion.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "entropy/exact_math.h"
#include "pointcloud/sensor/small_matrix.h"

namespace dew {
namespace {

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

/// One axis near azimuth zero: coordinate - (velocity + rate * lever) tau falls on the comb, lever being x or -x.
struct AxisSearch {
  int axis;  // 0, 1, 2
  double lever_sign;
  double velocity_reach, velocity_step;  // m a turn
  double rate_reach, rate_step;          // rad a turn
};

/// Tries all pairs; returns the best coherence |mean exp(2 pi i coordinate / unit)|.
double search_axis(const std::vector<Sample>& samples, const CoordinateComb& comb, const AxisSearch& search, double& velocity,
                   double& rate) {
  struct Phasor {
    double re, im;
  };
  std::vector<Phasor> now(samples.size()), step(samples.size());
  const auto phasor = [&](double metres) {
    const double turns = metres * comb.units_per_metre;
    const double angle = kTurn_rad * (turns - std::floor(turns));
    return Phasor{std::cos(angle), std::sin(angle)};
  };
  const int velocities = static_cast<int>(std::lround(2 * search.velocity_reach / search.velocity_step)) + 1;
  const int rates = search.rate_step == 0 ? 1 : static_cast<int>(std::lround(2 * search.rate_reach / search.rate_step)) + 1;
  double best = 0;
  for (int r = 0; r < rates; ++r) {
    const double w = -search.rate_reach + r * search.rate_step;
    for (size_t i = 0; i < samples.size(); ++i) {
      const Vec3& p = samples[i].moved;
      const double coordinate = search.axis == 0 ? p.x : search.axis == 1 ? p.y : p.z;
      const double tau = samples[i].azimuth_rad / kTurn_rad;
      now[i] = phasor(coordinate - (search.lever_sign * w * p.x - search.velocity_reach) * tau);
      step[i] = phasor(-search.velocity_step * tau);
    }
    for (int v = 0; v < velocities; ++v) {
      double re = 0, im = 0;
      for (size_t i = 0; i < samples.size(); ++i) {
        re += now[i].re;
        im += now[i].im;
        now[i] = {now[i].re * step[i].re - now[i].im * step[i].im, now[i].re * step[i].im + now[i].im * step[i].re};
      }
      const double coherence = std::hypot(re, im) / static_cast<double>(samples.size());
      if (coherence > best) {
        best = coherence;
        velocity = -search.velocity_reach + v * search.velocity_step;
        rate = w;
      }
    }
  }
  return best;
}

/// Least squares for the six numbers.
class Normal {
 public:
  /// One equation: the change of coordinate `axis` of p = q + tau (v + w x q) by v and (for small turns) w is to make up for `residue`.
  void add(size_t axis, const std::array<double, 3>& q, double tau, double residue, double weight) {
    const size_t next = (axis + 1) % 3, last = (axis + 2) % 3;
    const std::array<size_t, 3> at = {axis, 3 + next, 3 + last};
    const std::array<double, 3> row = {tau, tau * q[last], -tau * q[next]};
    for (size_t i = 0; i < 3; ++i) {
      const double weighted = weight * row[i];
      for (size_t j = 0; j < 3; ++j) a_[at[i]][at[j]] += weighted * row[j];
      a_[at[i]][6] += weighted * residue;
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

/// One step of all six numbers towards the comb. Returns the share of coordinates within a quarter of a unit before the step.
double improve(const std::vector<Sample>& samples, const CoordinateComb& comb, SweepMotion& motion) {
  const double unit = 1.0 / comb.units_per_metre;
  const MotionUndoer undoer(motion);
  Normal normal;
  size_t near = 0;
  for (const Sample& sample : samples) {
    double tau;
    const Vec3 q = undoer.undo(sample.moved, false, tau);
    const std::array<double, 3> value = {q.x, q.y, q.z};
    for (size_t axis = 0; axis < 3; ++axis) {
      const double residue = value[axis] - static_cast<double>(round_to_int(value[axis] * comb.units_per_metre)) * unit;
      if (!(std::abs(residue) <= 0.35 * unit)) continue;
      near += std::abs(residue) < 0.25 * unit;
      normal.add(axis, value, tau, residue, 1);
    }
  }
  normal.step(unit, motion);
  return samples.empty() ? 0 : static_cast<double>(near) / (3 * static_cast<double>(samples.size()));
}

/// The last digits: one step towards the very floats, each weighted by the fineness of its rounding; those further off than `reach`
/// roundings have other reasons and are left out. Takes every `stride`-th point.
void polish(const PointsView& points, const CoordinateComb& comb, double reach, size_t stride, SweepMotion& motion) {
  const MotionMover mover(motion);
  const MotionUndoer undoer(motion);
  Normal normal;
  for (size_t i = 0; i < points.size(); i += stride) {
    const Float3 moved = {points.x[i], points.y[i], points.z[i]};
    double tau;
    const Vec3 back = undoer.undo({moved[0], moved[1], moved[2]}, false, tau);
    if (!(std::abs(back.x) + std::abs(back.y) + std::abs(back.z) < 1e5)) continue;
    const Float3 whole = {comb.value(round_to_int(back.x * comb.units_per_metre)), comb.value(round_to_int(back.y * comb.units_per_metre)),
                          comb.value(round_to_int(back.z * comb.units_per_metre))};
    const Vec3 forward = mover.move(whole);
    const std::array<double, 3> q = {back.x, back.y, back.z};
    const std::array<double, 3> value = {forward.x, forward.y, forward.z};
    for (size_t axis = 0; axis < 3; ++axis) {
      const double residue = moved[axis] - value[axis];
      const double fineness = std::max(0.01, std::abs(value[axis])) * 0x1p-24;
      if (std::abs(residue) < reach * fineness) normal.add(axis, q, tau, residue, 1e-12 / (fineness * fineness));
    }
  }
  normal.step(1e-9, motion);
}

/// The numbers that can be told from points straight ahead: forward speed from x, yaw from y, pitch from z.
bool search_ahead(const std::vector<Sample>& ahead, const CoordinateComb& comb, SweepMotion& motion) {
  constexpr double kMinCoherence = 0.3;  // chance leaves 0.1 with some hundred points and a thousand candidates
  if (ahead.size() < 200) return false;
  Vec3& v = motion.translation_m;
  Vec3& w = motion.rotation_rad;
  double none = 0;
  return search_axis(ahead, comb, {0, 0, 6, 0.02, 0, 0}, v.x, none) > kMinCoherence &&
         search_axis(ahead, comb, {1, 1, 0.2, 0.05, 0.12, 0.002}, v.y, w.z) > kMinCoherence &&
         search_axis(ahead, comb, {2, -1, 0.2, 0.05, 0.03, 0.002}, v.z, w.y) > kMinCoherence;
}

}  // namespace

MotionMover::MotionMover(const SweepMotion& motion) : translation_m_(motion.translation_m), axis_{1, 0, 0}, angle_rad_(0) {
  const Vec3& w = motion.rotation_rad;
  angle_rad_ = std::sqrt(dot(w, w));
  if (angle_rad_ > 0) axis_ = {w.x / angle_rad_, w.y / angle_rad_, w.z / angle_rad_};
}

Vec3 MotionMover::move(const Float3& measured_m) const {
  const Vec3 q = {measured_m[0], measured_m[1], measured_m[2]};
  const double tau = exact::atan2(q.y, q.x) / kTurn_rad;
  const exact::SinCos turn = exact::sincos(angle_rad_ * tau);
  const Vec3 turned = rotate(axis_, turn.sin, turn.cos, q);
  return {turned.x + translation_m_.x * tau, turned.y + translation_m_.y * tau, turned.z + translation_m_.z * tau};
}

MotionUndoer::MotionUndoer(const SweepMotion& motion) : translation_m_(motion.translation_m), axis_{1, 0, 0}, angle_rad_(0) {
  const Vec3& w = motion.rotation_rad;
  angle_rad_ = std::sqrt(dot(w, w));
  if (angle_rad_ > 0) axis_ = {w.x / angle_rad_, w.y / angle_rad_, w.z / angle_rad_};
}

Vec3 MotionUndoer::undo(const Vec3& p, bool across_rear, double& tau) const {
  double start = std::atan2(p.y, p.x);
  if (across_rear) start -= std::copysign(kTurn_rad, start);
  tau = start / kTurn_rad;
  Vec3 q = p;
  for (int round = 0; round < 4; ++round) {
    const Vec3 back = {p.x - translation_m_.x * tau, p.y - translation_m_.y * tau, p.z - translation_m_.z * tau};
    const double turn = -angle_rad_ * tau;
    q = rotate(axis_, turn * (1 - turn * turn / 6), 1 - turn * turn / 2 * (1 - turn * turn / 12), back);
    // Azimuth of q, counted on from that of p: a small angle, so that a few terms of the arc tangent do.
    const double cross_pq = p.x * q.y - p.y * q.x;
    const double dot_pq = p.x * q.x + p.y * q.y;
    const double t = cross_pq / dot_pq;
    const double aside = std::abs(t) < 0.1 ? t * (1 - t * t * (1.0 / 3 - t * t / 5)) : std::atan2(cross_pq, dot_pq);
    const double next = (start + aside) / kTurn_rad;
    const double step = next - tau;
    tau = next;
    if (std::abs(step) < 1e-8) break;
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
  polish(points, comb, 16, 8, motion);
  polish(points, comb, 4, 1, motion);
  return motion;
}

}  // namespace dew
