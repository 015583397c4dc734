// SPDX-License-Identifier: Apache-2.0
/// Vectors and poses for the simulator. Metres, double, right-handed: x forward, y left, z up.
///
///   Pose pose{rotation_zyx(yaw, pitch, roll), {1, 2, 3}};
///   Vec3 world = pose.apply(local);
#pragma once

#include <array>
#include <cmath>

#include "pointcloud/cloud.h"

namespace dew::sim {

constexpr double kPi = 3.14159265358979323846;
constexpr double radians(double degrees) { return degrees * (kPi / 180.0); }
constexpr double degrees(double radians) { return radians * (180.0 / kPi); }

inline Vec3 operator+(Vec3 a, Vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
inline Vec3 operator-(Vec3 a, Vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
inline Vec3 operator*(double s, Vec3 a) { return {s * a.x, s * a.y, s * a.z}; }
inline double dot(Vec3 a, Vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline Vec3 cross(Vec3 a, Vec3 b) { return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x}; }
inline double length(Vec3 a) { return std::sqrt(dot(a, a)); }
inline Vec3 normalised(Vec3 a) { return (1.0 / length(a)) * a; }

/// Rows of a rotation matrix.
using Rotation = std::array<Vec3, 3>;

inline Vec3 rotate(const Rotation& r, Vec3 a) { return {dot(r[0], a), dot(r[1], a), dot(r[2], a)}; }
inline Rotation transposed(const Rotation& r) {
  return {Vec3{r[0].x, r[1].x, r[2].x}, Vec3{r[0].y, r[1].y, r[2].y}, Vec3{r[0].z, r[1].z, r[2].z}};
}
inline Rotation multiplied(const Rotation& a, const Rotation& b) {
  const Rotation columns = transposed(b);
  Rotation product;
  for (size_t row = 0; row < 3; ++row) product[row] = {dot(a[row], columns[0]), dot(a[row], columns[1]), dot(a[row], columns[2])};
  return product;
}

/// Rz(yaw) Ry(pitch) Rx(roll), radians; pitch > 0 lowers the nose.
Rotation rotation_zyx(double yaw, double pitch, double roll);
/// Rodrigues' formula: turn by |w| radians about w.
Rotation rotation_from_vector(Vec3 w);
/// Inverse of rotation_from_vector for turns below half a turn.
Vec3 vector_from_rotation(const Rotation& r);

struct Pose {
  Rotation rotation = {Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}};
  Vec3 position;
  Vec3 apply(Vec3 local) const { return rotate(rotation, local) + position; }
  Vec3 inverse_apply(Vec3 world) const { return rotate(transposed(rotation), world - position); }
};

}  // namespace dew::sim
