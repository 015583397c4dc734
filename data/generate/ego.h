// SPDX-License-Identifier: Apache-2.0
/// How the sensor moves through the world: along a lane with weaving, and with the sway of a car or of a hand.
///
///   Trajectory ego = make_trajectory(world, speed_m_per_s, seed);
///   Pose pose = ego.at(time_s);     // sensor frame to world
#pragma once

#include <array>

#include "data/generate/scene.h"

namespace dew::sim {

struct Wave {
  double amplitude = 0, hz = 0, phase = 0;
  double at(double t) const { return amplitude * std::sin(2 * kPi * hz * t + phase); }
};

struct Trajectory {
  double speed_m_per_s = 0, lane_y_m = 0, height_m = 1.8, yaw_rad = 0, pitch_rad = 0, roll_rad = 0;
  std::array<Wave, 2> yaw, pitch, roll, heave;
  Wave weave;                    ///< across the lane; the heading follows it
  const World* world = nullptr;  ///< for the height of the ground
  Pose at(double time_s) const;
};

Trajectory make_trajectory(const World& world, double speed_m_per_s, uint64_t seed);

/// Motion during one turn as data sets write it: rotation vector and translation from its middle to `share` of a turn later, divided by
/// that share.
struct TurnMotion {
  Vec3 rotation_rad, translation_m;
};
TurnMotion motion_of_turn(const Trajectory& ego, double middle_s, double period_s);

}  // namespace dew::sim
