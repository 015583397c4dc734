// SPDX-License-Identifier: Apache-2.0
/// How a viewpoint moves under the hand: orbit, pan, zoom, fly. Pure functions: a front end keeps one Viewpoint and a pivot.
///
///   eye = orbited(eye, pivot, up, -0.01 * mouse_dx, -0.01 * mouse_dy);
///   eye = zoomed(eye, pivot, wheel > 0 ? 0.9 : 1.1);
///   eye = flown(eye, {speed * seconds, 0, 0});
///   eye = top_down(bounds, up, 16.0 / 9);
#pragma once

#include "viewer/camera/viewpoint.h"
#include "viewer/scene/bounds.h"

namespace dew::viewer {

/// Turns about an axis parallel to `up` through `pivot` by `yaw_rad` (counter-clockwise seen from above), then raises the eye by
/// `pitch_rad`, kept 1 degree off the poles. Keeps the distance to the pivot.
Viewpoint orbited(const Viewpoint& eye, const Vec3& pivot, const Vec3& up, double yaw_rad, double pitch_rad);
/// Looks around on the spot: left by `yaw_rad`, up by `pitch_rad`, kept 1 degree off the poles.
Viewpoint looked_around(const Viewpoint& eye, const Vec3& up, double yaw_rad, double pitch_rad);
/// Moves eye and pivot sideways so that a point at the pivot's depth follows the mouse by so many pixels.
void pan(Viewpoint& eye, Vec3& pivot, PixelSize size, double dx_px, double dy_px);
/// Scales the distance to the pivot (and the height of a parallel picture) by `factor` > 0.
Viewpoint zoomed(const Viewpoint& eye, const Vec3& pivot, double factor);
/// Moves by so much along forward, right and up of the eye (x, y, z of `step`), scene units.
Viewpoint flown(const Viewpoint& eye, const Vec3& step);

/// The whole of `bounds` from above, in parallel projection, `heading` upwards in the picture. `aspect` = width / height.
Viewpoint top_down(const Bounds& bounds, const Vec3& up, const Vec3& heading, double aspect);
/// Obliquely from above, at a distance at which a sphere around `bounds` just fits.
Viewpoint overview(const Bounds& bounds, const Vec3& up, const Vec3& heading, double aspect);
/// How a frame of a sensor at `sensor` is shown at first: from behind and above, so near that single returns are seen. x is ahead, z up.
Viewpoint sensor_overview(const Bounds& bounds, const Vec3& sensor);

/// What the distances of everything in `bounds` to the eye lie in, with room to spare; near is at least a ten thousandth of far.
DepthRange depth_range(const Viewpoint& eye, const Bounds& bounds);

}  // namespace dew::viewer
