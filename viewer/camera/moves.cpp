// SPDX-License-Identifier: Apache-2.0
#include "viewer/camera/moves.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dew::viewer {
namespace {

constexpr double kSteepest_rad = 89 * std::numbers::pi / 180;
constexpr double kOverviewElevation_rad = 35 * std::numbers::pi / 180;

/// The part of `pitch_rad` that keeps an elevation off the poles; all of it where that leads away from a pole.
double allowed_pitch(double elevation_rad, double pitch_rad) {
  const double target =
      std::clamp(elevation_rad + pitch_rad, -std::max(kSteepest_rad, -elevation_rad), std::max(kSteepest_rad, elevation_rad));
  return target - elevation_rad;
}

double elevation(const Vec3& direction, const Vec3& up) { return std::asin(std::clamp(dot(direction, normalised(up)), -1.0, 1.0)); }

Viewpoint turned_axes(const Viewpoint& eye, const Vec3& axis, double angle_rad) {
  Viewpoint out = eye;
  out.right = turned(eye.right, axis, angle_rad);
  out.up = turned(eye.up, axis, angle_rad);
  out.forward = turned(eye.forward, axis, angle_rad);
  return out;
}

/// Many small turns must not bend the axes.
Viewpoint straightened(Viewpoint eye) {
  eye.forward = normalised(eye.forward);
  eye.right = normalised(cross(eye.forward, eye.up));
  eye.up = cross(eye.right, eye.forward);
  return eye;
}

/// A direction across `up`, along `heading` where that is not parallel.
Vec3 level(const Vec3& heading, const Vec3& up) {
  const Vec3 flat = heading - dot(heading, up) * up;
  return length(flat) > 1e-9 ? normalised(flat) : look_at({}, up, {}).right;
}

}  // namespace

Viewpoint orbited(const Viewpoint& eye, const Vec3& pivot, const Vec3& up, double yaw_rad, double pitch_rad) {
  const Vec3 axis = normalised(up);
  Viewpoint out = turned_axes(eye, axis, yaw_rad);
  out.position = pivot + turned(eye.position - pivot, axis, yaw_rad);
  const double pitch = allowed_pitch(-elevation(out.forward, axis), pitch_rad);
  const Vec3 right = out.right;
  const Vec3 position = pivot + turned(out.position - pivot, right, -pitch);
  out = turned_axes(out, right, -pitch);
  out.position = position;
  return straightened(out);
}

Viewpoint looked_around(const Viewpoint& eye, const Vec3& up, double yaw_rad, double pitch_rad) {
  const Vec3 axis = normalised(up);
  const Viewpoint out = turned_axes(eye, axis, yaw_rad);
  return straightened(turned_axes(out, out.right, allowed_pitch(elevation(out.forward, axis), pitch_rad)));
}

void pan(Viewpoint& eye, Vec3& pivot, PixelSize size, double dx_px, double dy_px) {
  const double depth = std::max(1e-9, dot(pivot - eye.position, eye.forward));
  const Vec3 from = unproject(eye, size, {0, 0, depth});
  const Vec3 to = unproject(eye, size, {dx_px, dy_px, depth});
  const Vec3 shift = from - to;
  eye.position = eye.position + shift;
  pivot = pivot + shift;
}

Viewpoint zoomed(const Viewpoint& eye, const Vec3& pivot, double factor) {
  Viewpoint out = eye;
  out.position = pivot + factor * (eye.position - pivot);
  out.parallel_height = factor * eye.parallel_height;
  return out;
}

Viewpoint flown(const Viewpoint& eye, const Vec3& step) {
  Viewpoint out = eye;
  out.position = eye.position + step.x * eye.forward + step.y * eye.right + step.z * eye.up;
  return out;
}

Viewpoint top_down(const Bounds& bounds, const Vec3& up, const Vec3& heading, double aspect) {
  const Vec3 axis = normalised(up);
  const double radius = std::max(bounds.radius(), 1e-6);
  const Vec3 centre = bounds.centre();
  const Vec3 above = centre + 1.5 * radius * axis;
  Viewpoint eye = look_at(above, centre, level(heading, axis));
  // The half extents of the box along the axes of the picture.
  const Vec3 half = bounds.empty() ? Vec3{1, 1, 1} : 0.5 * (bounds.high - bounds.low);
  const auto extent = [&](const Vec3& a) { return std::abs(a.x) * half.x + std::abs(a.y) * half.y + std::abs(a.z) * half.z; };
  eye.parallel_height = std::max(1e-6, 2.08 * std::max(extent(eye.up), extent(eye.right) / aspect));
  return eye;
}

Viewpoint overview(const Bounds& bounds, const Vec3& up, const Vec3& heading, double aspect) {
  const Vec3 axis = normalised(up);
  const Vec3 ahead = level(heading, axis);
  const Vec3 from = std::sin(kOverviewElevation_rad) * axis - std::cos(kOverviewElevation_rad) * ahead;
  Viewpoint eye;
  // Half the smaller field of view holds the sphere.
  const double half_angle = std::atan(0.5 / eye.focal * std::min(1.0, aspect));
  const double distance = std::max(bounds.radius(), 1e-6) / std::sin(half_angle);
  return look_at(bounds.centre() + distance * from, bounds.centre(), axis);
}

Viewpoint sensor_overview(const Bounds& bounds, const Vec3& sensor) {
  const double scale = std::clamp(bounds.radius() / 32, 0.05, 1.0);
  return look_at(sensor + scale * Vec3{-17, 0, 12}, sensor + scale * Vec3{9, 0, -2}, {0, 0, 1});
}

DepthRange depth_range(const Viewpoint& eye, const Bounds& bounds) {
  if (bounds.empty()) return {};
  const double depth = dot(bounds.centre() - eye.position, eye.forward);
  const double far = 1.01 * std::max(depth + bounds.radius(), 1e-6);
  return {std::max(0.99 * (depth - bounds.radius()), 1e-4 * far), far};
}

}  // namespace dew::viewer
