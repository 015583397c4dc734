// SPDX-License-Identifier: Apache-2.0
/// Which way the axes of a format point, and the turn from one to another.
///
///   convert_axes(splats, kRightUpBack, kRightDownForward);   // what .spz holds, as Splats hold it
///
/// Splats hold the axes of 3DGS and COLMAP: x right, y down, z forward. Formats name another set:
///   .ply, .compressed.ply, .splat, .sog, .ksplat   right, down, forward
///   .spz                                           right, up, back, unless an extension record says otherwise
///   glTF                                           left, up, forward (y is up, the front of a model looks along +z)
#pragma once

#include <array>

#include "gaussians/splats.h"

namespace dew {

/// What the positive x, y and z axes mean.
struct Axes {
  bool x_right = true;
  bool y_up = false;
  bool z_forward = true;
  bool operator==(const Axes&) const = default;
};

inline constexpr Axes kRightDownForward{true, false, true};
inline constexpr Axes kRightUpBack{true, true, false};
inline constexpr Axes kLeftUpForward{false, true, true};

/// -1 where the axis of `from` and that of `to` look opposite ways, else 1.
constexpr std::array<float, 3> axis_signs(Axes from, Axes to) {
  return {from.x_right == to.x_right ? 1.0f : -1.0f, from.y_up == to.y_up ? 1.0f : -1.0f, from.z_forward == to.z_forward ? 1.0f : -1.0f};
}

/// Turns positions, rotations and SH coefficients. Only signs change, so turning back gives the same bits.
/// REQUIRES: check_shape(splats).
void convert_axes(Splats& splats, Axes from, Axes to);

}  // namespace dew
