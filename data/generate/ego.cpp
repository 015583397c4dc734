// SPDX-License-Identifier: Apache-2.0
#include "data/generate/ego.h"

namespace dew::sim {

namespace {
double sum(const std::array<Wave, 2>& waves, double t) { return waves[0].at(t) + waves[1].at(t); }
}  // namespace

Pose Trajectory::at(double time_s) const {
  const double x = speed_m_per_s * time_s, y = lane_y_m + weave.at(time_s);
  double heading = yaw_rad;
  if (speed_m_per_s > 0.1) {
    const double sideways = weave.amplitude * 2 * kPi * weave.hz * std::cos(2 * kPi * weave.hz * time_s + weave.phase);
    heading += std::atan2(sideways, speed_m_per_s);
  }
  const double ground = world->kind == SceneKind::street ? 0.25 * value_noise(x / 60, lane_y_m / 60, world->seed + 1) : 0;
  return {rotation_zyx(heading + sum(yaw, time_s), pitch_rad + sum(pitch, time_s), roll_rad + sum(roll, time_s)),
          {x, y, ground + height_m + sum(heave, time_s)}};
}

Trajectory make_trajectory(const World& world, double speed_m_per_s, uint64_t seed) {
  Random random(hash(seed, 91));
  const bool street = world.kind == SceneKind::street, moving = speed_m_per_s > 0.1;
  Trajectory ego;
  ego.world = &world;
  ego.speed_m_per_s = speed_m_per_s;
  ego.lane_y_m = world.lane_y_m();
  ego.height_m = street ? random.between(1.65, 2.05) : random.between(0.5, 1.6);
  ego.yaw_rad = moving ? 0 : radians(random.between(-20, 20));
  ego.pitch_rad = radians(0.5 * random.normal());
  ego.roll_rad = radians(0.5 * random.normal());
  const double sway = radians(street ? (moving ? 0.25 : 0.003) : (moving ? 1.5 : 0.1));
  for (auto* waves : {&ego.yaw, &ego.pitch, &ego.roll}) {
    (*waves)[0] = {sway * random.uniform(), random.between(0.7, 1.6), random.between(0, 2 * kPi)};
    (*waves)[1] = {0.25 * sway * random.uniform(), random.between(2, 5), random.between(0, 2 * kPi)};
  }
  ego.heave[0] = {moving ? 0.02 * random.uniform() : 0, random.between(0.8, 1.6), random.between(0, 2 * kPi)};
  ego.heave[1] = {moving ? 0.003 * random.uniform() : 0, random.between(4, 8), random.between(0, 2 * kPi)};
  if (moving) ego.weave = {street ? random.between(0.1, 0.8) : 0.3, random.between(0.05, 0.2), random.between(0, 2 * kPi)};
  return ego;
}

TurnMotion motion_of_turn(const Trajectory& ego, double middle_s, double period_s) {
  const Pose middle = ego.at(middle_s), late = ego.at(middle_s + 0.5 * period_s), early = ego.at(middle_s - 0.5 * period_s);
  const Rotation turn = multiplied(transposed(early.rotation), late.rotation);
  return {vector_from_rotation(turn), rotate(transposed(middle.rotation), late.position - early.position)};
}

}  // namespace dew::sim
