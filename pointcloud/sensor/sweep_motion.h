// SPDX-License-Identifier: Apache-2.0
/// Motion over one sweep, as data sets take it out of their frames: every point moved by a constant velocity and turn rate, as if all were
/// measured when the sensor looked straight ahead. Found from the data, undone, and done again bit for bit.
///
///   if (const std::optional<SweepMotion> motion = find_sweep_motion(view, {1000})) {   // makes coordinates whole millimetres
///     const Vec3 measured = MotionUndoer(*motion).undo(moved_point, false, tau);
///     const Float3 whole = ...;                                                  // measured, rounded to the comb
///     const Vec3 again = MotionMover(*motion).move(whole);                       // what a decoder does
///   }
#pragma once

#include <array>
#include <optional>

#include "pointcloud/cloud.h"
#include "pointcloud/sensor/comb.h"

namespace dew {

/// p = R(rotation * tau) q + translation * tau, with tau = azimuth(q) / 2 pi in [-1/2, 1/2], azimuth counted from the x axis.
struct SweepMotion {
  Vec3 translation_m;  ///< a turn
  Vec3 rotation_rad;   ///< a turn; axis times angle
  bool operator==(const SweepMotion&) const = default;
};

/// Moves measured points. Bit-exact: part of the format. Requires |translation| below 1e6 m and |rotation| below 100 rad an axis. Cost:
/// about 60 ns a point.
class MotionMover {
 public:
  explicit MotionMover(const SweepMotion& motion);
  /// `measured_m` as floats, since that is what was moved. Not inline: g++ 12 drops a rounding to float between two doubles when it
  /// vectorises straight-line code, which would change bits; floats in memory are safe.
  Vec3 move(const Float3& measured_m) const;

 private:
  Vec3 translation_m_;
  Vec3 axis_;
  double angle_rad_;
};

/// Finds the measured point that a moved one came from, to 1e-7 m for motions of a vehicle. Encoders only. Cost: about 80 ns a point.
class MotionUndoer {
 public:
  explicit MotionUndoer(const SweepMotion& motion);
  /// A point that the motion carried across the rear (azimuth pi) comes back only with `across_rear`. `tau` is set to the point's own.
  Vec3 undo(const Vec3& moved_m, bool across_rear, double& tau) const;

 private:
  Vec3 translation_m_;
  Vec3 axis_;
  double angle_rad_;
};

/// The motion under which the points fall onto the comb, or nothing. Up to 6 m and 0.12 rad (yaw; 0.03 rad pitch) a turn are searched.
/// Method: near azimuth zero the motion is small, so that one number at a time can be searched there; then least squares on the distance to
/// the comb, in windows of azimuth that grow to the whole turn. Encoders only (uses libm). Cost: about 50 ms of 120,000 points; 10 ms to
/// say no.
std::optional<SweepMotion> find_sweep_motion(const PointsView& points, const CoordinateComb& comb);

}  // namespace dew
