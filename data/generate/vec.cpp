// SPDX-License-Identifier: Apache-2.0
#include "data/generate/vec.h"

#include <algorithm>

namespace dew::sim {

Rotation rotation_zyx(double yaw, double pitch, double roll) {
  const double cy = std::cos(yaw), sy = std::sin(yaw), cp = std::cos(pitch), sp = std::sin(pitch), cr = std::cos(roll), sr = std::sin(roll);
  return {Vec3{cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr}, Vec3{sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr},
          Vec3{-sp, cp * sr, cp * cr}};
}

Rotation rotation_from_vector(Vec3 w) {
  const double angle = length(w);
  if (angle < 1e-12) return {Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}};
  const Vec3 k = (1.0 / angle) * w;
  const double c = std::cos(angle), s = std::sin(angle), t = 1 - c;
  return {Vec3{t * k.x * k.x + c, t * k.x * k.y - s * k.z, t * k.x * k.z + s * k.y},
          Vec3{t * k.x * k.y + s * k.z, t * k.y * k.y + c, t * k.y * k.z - s * k.x},
          Vec3{t * k.x * k.z - s * k.y, t * k.y * k.z + s * k.x, t * k.z * k.z + c}};
}

Vec3 vector_from_rotation(const Rotation& r) {
  const Vec3 axis{r[2].y - r[1].z, r[0].z - r[2].x, r[1].x - r[0].y};
  const double twice_sine = length(axis);
  if (twice_sine < 1e-12) return {};
  const double angle = std::atan2(twice_sine, r[0].x + r[1].y + r[2].z - 1);
  return (angle / twice_sine) * axis;
}

}  // namespace dew::sim
