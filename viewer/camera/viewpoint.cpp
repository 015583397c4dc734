// SPDX-License-Identifier: Apache-2.0
#include "viewer/camera/viewpoint.h"

#include <cmath>
#include <tuple>

namespace dew::viewer {
namespace {

/// What stands for a parallel projection where only pinholes are known: so many heights of the picture away.
constexpr double kFarAwayHeights = 1000;

/// Pixels a unit of slope (or a scene unit, in parallel projection), to the right and upwards, and the principal point.
struct Scales {
  double x, y, centre_x, centre_y;
};

Scales scales(const Viewpoint& eye, PixelSize size) {
  const double height = size.height;
  const double vertical = eye.parallel_height > 0 ? height / eye.parallel_height : eye.focal * height;
  return {vertical * eye.pixel_aspect, vertical, 0.5 * size.width + height * eye.centre_x, 0.5 * height + height * eye.centre_y};
}

}  // namespace

Viewpoint look_at(const Vec3& position, const Vec3& target, const Vec3& up) {
  Viewpoint eye;
  eye.position = position;
  eye.forward = normalised(target - position);
  if (!(length(eye.forward) > 0)) eye.forward = {0, 1, 0};
  Vec3 right = cross(eye.forward, up);
  // `up` points along: any axis across will do.
  if (!(length(right) > 1e-9)) right = cross(eye.forward, std::abs(eye.forward.x) < 0.9 ? Vec3{1, 0, 0} : Vec3{0, 1, 0});
  eye.right = normalised(right);
  eye.up = cross(eye.right, eye.forward);
  return eye;
}

std::optional<Projected> project(const Viewpoint& eye, PixelSize size, const Vec3& point) {
  const Vec3 offset = point - eye.position;
  const double depth = dot(offset, eye.forward);
  if (!(depth > 0)) return std::nullopt;
  const Scales scale = scales(eye, size);
  const double divisor = eye.parallel_height > 0 ? 1 : depth;
  return Projected{scale.centre_x + scale.x * dot(offset, eye.right) / divisor, scale.centre_y - scale.y * dot(offset, eye.up) / divisor,
                   depth};
}

Vec3 unproject(const Viewpoint& eye, PixelSize size, const Projected& place) {
  const Scales scale = scales(eye, size);
  const double factor = eye.parallel_height > 0 ? 1 : place.depth;
  const double across = factor * (place.x - scale.centre_x) / scale.x;
  const double upwards = factor * (scale.centre_y - place.y) / scale.y;
  return eye.position + across * eye.right + upwards * eye.up + place.depth * eye.forward;
}

Ray ray_through(const Viewpoint& eye, PixelSize size, double x, double y) {
  if (eye.parallel_height > 0) return {unproject(eye, size, {x, y, 0}), eye.forward};
  return {eye.position, normalised(unproject(eye, size, {x, y, 1}) - eye.position)};
}

Matrix4 view_matrix(const Viewpoint& eye) {
  const Vec3 back = -1.0 * eye.forward;
  const auto& [r, u, p] = std::tie(eye.right, eye.up, eye.position);
  return {{r.x, u.x, back.x, 0, r.y, u.y, back.y, 0, r.z, u.z, back.z, 0, -dot(r, p), -dot(u, p), -dot(back, p), 1}};
}

Matrix4 projection_matrix(const Viewpoint& eye, PixelSize size, DepthRange depths) {
  const Scales scale = scales(eye, size);
  const double across = 2 * scale.x / size.width, upwards = 2 * scale.y / size.height;
  const double shift_x = 2 * scale.centre_x / size.width - 1, shift_y = 1 - 2 * scale.centre_y / size.height;
  const double span = depths.near - depths.far;
  if (eye.parallel_height > 0) {
    return {{across, 0, 0, 0, 0, upwards, 0, 0, 0, 0, 2 / span, 0, shift_x, shift_y, (depths.far + depths.near) / span, 1}};
  }
  return {{across, 0, 0, 0, 0, upwards, 0, 0, -shift_x, -shift_y, (depths.far + depths.near) / span, -1, 0, 0,
           2 * depths.far * depths.near / span, 0}};
}

Camera camera_of(const Viewpoint& eye, PixelSize size) {
  Viewpoint pinhole = eye;
  if (eye.parallel_height > 0) {
    pinhole.focal = kFarAwayHeights;
    pinhole.parallel_height = 0;
    pinhole.position = eye.position - kFarAwayHeights * eye.parallel_height * eye.forward;
  }
  const Scales scale = scales(pinhole, size);
  Camera camera;
  camera.width = size.width;
  camera.height = size.height;
  camera.fx = scale.x;
  camera.fy = scale.y;
  camera.cx = scale.centre_x;
  camera.cy = scale.centre_y;
  camera.position = {pinhole.position.x, pinhole.position.y, pinhole.position.z};
  const auto& [r, u, f] = std::tie(eye.right, eye.up, eye.forward);
  camera.rotation = {r.x, -u.x, f.x, r.y, -u.y, f.y, r.z, -u.z, f.z};
  return camera;
}

Viewpoint viewpoint_of(const Camera& camera) {
  const auto& m = camera.rotation;
  const double height = camera.height;
  Viewpoint eye;
  eye.position = {camera.position[0], camera.position[1], camera.position[2]};
  eye.right = {m[0], m[3], m[6]};
  eye.up = {-m[1], -m[4], -m[7]};
  eye.forward = {m[2], m[5], m[8]};
  eye.focal = camera.fy / height;
  eye.pixel_aspect = camera.fx / camera.fy;
  eye.centre_x = (camera.cx - 0.5 * camera.width) / height;
  eye.centre_y = (camera.cy - 0.5 * height) / height;
  return eye;
}

Viewpoint fitted(const Viewpoint& eye, double whole, double aspect) {
  Viewpoint out = eye;
  if (!(aspect > 0) || !(aspect < whole)) return out;
  const double factor = aspect / whole;
  out.focal *= factor;
  out.parallel_height /= factor;
  out.centre_x *= factor;
  out.centre_y *= factor;
  return out;
}

}  // namespace dew::viewer
