// SPDX-License-Identifier: Apache-2.0
#include "apps/view/camera_path.h"

#include <algorithm>
#include <cmath>

namespace dew::app {
namespace {

using viewer::Viewpoint;

double mix(double a, double b, double t) { return a + (b - a) * t; }
Vec3 mix(const Vec3& a, const Vec3& b, double t) { return {mix(a.x, b.x, t), mix(a.y, b.y, t), mix(a.z, b.z, t)}; }

/// Lengths and heights change by equal factors where both are above 0.
double mix_factor(double a, double b, double t) { return a > 0 && b > 0 ? a * std::pow(b / a, t) : t < 0.5 ? a : b; }

}  // namespace

Viewpoint on_path(std::span<const viewer::SavedView> keys, double share) {
  const double place = std::clamp(share, 0.0, 1.0) * static_cast<double>(keys.size() - 1);
  const size_t first = std::min(static_cast<size_t>(place), keys.size() - 1);
  const size_t second = std::min(first + 1, keys.size() - 1);
  const double linear = place - static_cast<double>(first);
  const double t = linear * linear * (3 - 2 * linear);
  const Viewpoint& a = keys[first].eye;
  const Viewpoint& b = keys[second].eye;
  if (t == 0) return a;
  // Opposite axes have no middle; those of the nearer key hold then.
  const Vec3 forward = mix(a.forward, b.forward, t);
  const Vec3 position = mix(a.position, b.position, t);
  if (viewer::length(forward) < 1e-6) return t < 0.5 ? a : b;
  Viewpoint eye = viewer::look_at(position, viewer::operator+(position, forward), mix(a.up, b.up, t));
  eye.focal = mix_factor(a.focal, b.focal, t);
  eye.pixel_aspect = mix_factor(a.pixel_aspect, b.pixel_aspect, t);
  eye.centre_x = mix(a.centre_x, b.centre_x, t);
  eye.centre_y = mix(a.centre_y, b.centre_y, t);
  eye.parallel_height = mix_factor(a.parallel_height, b.parallel_height, t);
  return eye;
}

}  // namespace dew::app
