// SPDX-License-Identifier: Apache-2.0
/// Where a picture is looked at from, and the mathematics of its projection; plain C++, no drawing.
///
///   Viewpoint eye = look_at({-20, 0, 10}, {10, 0, 0}, {0, 0, 1});
///   const std::optional<Projected> seen = project(eye, {800, 600}, point);       // pixels from the upper left corner, depth
///   const Ray ray = ray_through(eye, {800, 600}, mouse_x, mouse_y);              // for picking
///   const Matrix4 clip = clip_matrix(eye, {800, 600}, {0.1, 500});               // for OpenGL
///
/// Linked cameras are one Viewpoint that several panes draw with. Depth is the distance along `forward`, in scene units.
#pragma once

#include <cstdint>
#include <optional>

#include "gaussians/camera.h"
#include "viewer/camera/vector.h"

namespace dew::viewer {

struct PixelSize {
  uint32_t width = 0;
  uint32_t height = 0;
  bool operator==(const PixelSize&) const = default;
};

/// A pinhole, or a parallel projection where `parallel_height` is above 0. `right`, `up` and `forward` are orthonormal; right = forward x
/// up.
struct Viewpoint {
  Vec3 position;
  Vec3 right{1, 0, 0};
  Vec3 up{0, 0, 1};
  Vec3 forward{0, 1, 0};
  double focal = 1.2071067811865475;  ///< focal length in heights of the picture; the default sees 45 degrees from bottom to top
  double pixel_aspect = 1;            ///< horizontal focal length over the vertical one
  double centre_x = 0, centre_y = 0;  ///< where the principal point lies off the centre, in heights of the picture, to the right and down
  double parallel_height = 0;         ///< above 0: no perspective, and this much of the scene from bottom to top, scene units
  bool operator==(const Viewpoint&) const = default;
};

/// A place in a picture: pixels from the left and upper border (pixel centres at half integers) and depth.
struct Projected {
  double x = 0, y = 0, depth = 0;
};

struct Ray {
  Vec3 origin;
  Vec3 direction;  ///< unit
};

struct DepthRange {
  double near = 0.1, far = 1000;
};

/// From `position` towards `target`; where both fall together or `up` points along, some orthonormal axes.
Viewpoint look_at(const Vec3& position, const Vec3& target, const Vec3& up);

/// Nothing for points at or behind the eye; a point beside the picture has a place.
std::optional<Projected> project(const Viewpoint& eye, PixelSize size, const Vec3& point);
/// Inverse of project at every depth.
Ray ray_through(const Viewpoint& eye, PixelSize size, double x, double y);
/// The point at a place and depth.
Vec3 unproject(const Viewpoint& eye, PixelSize size, const Projected& place);

/// Scene to camera axes of OpenGL: x right, y up, z backward.
Matrix4 view_matrix(const Viewpoint& eye);
/// Camera axes of OpenGL to clip space; x and y of normalised device coordinates agree with project().
Matrix4 projection_matrix(const Viewpoint& eye, PixelSize size, DepthRange depths);
inline Matrix4 clip_matrix(const Viewpoint& eye, PixelSize size, DepthRange depths) {
  return product(projection_matrix(eye, size, depths), view_matrix(eye));
}

/// The same view as a camera of gaussians/render (which knows no parallel projection: those become a pinhole far away).
Camera camera_of(const Viewpoint& eye, PixelSize size);
/// The viewpoint of a camera; pictures of other sizes keep what is seen from top to bottom.
Viewpoint viewpoint_of(const Camera& camera);

/// The same view, drawn smaller where a picture of width / height `aspect` would not show from left to right what one of `whole` does.
Viewpoint fitted(const Viewpoint& eye, double whole, double aspect);

}  // namespace dew::viewer
