// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/axes.h"

namespace dew {
namespace {

/// Sign of each SH coefficient beyond the constant one: that of the axes which its polynomial holds with an odd power.
std::array<float, 15> sh_signs(float x, float y, float z) {
  return {y,     z,         x,            // degree 1: y, z, x
          x * y, y * z,     1, x * z, 1,  // degree 2: xy, yz, 2zz-xx-yy, xz, xx-yy
          y,     x * y * z, y, z,     x,
          z,     x};  // degree 3: y(3xx-yy), xyz, y(4zz-xx-yy), z(2zz-3xx-3yy), x(4zz-xx-yy), z(xx-yy), x(xx-3yy)
}

}  // namespace

void convert_axes(Splats& splats, Axes from, Axes to) {
  if (from == to) return;
  const auto [x, y, z] = axis_signs(from, to);
  const std::array<float, 3> position{x, y, z};
  // A mirror F turns R into F R F: the vector part of the quaternion takes the signs of the two other axes.
  const std::array<float, 4> rotation{1, y * z, x * z, x * y};
  const std::array<float, 15> sh = sh_signs(x, y, z);
  const size_t coefficients = sh_coefficients(splats.sh_degree);
  for (size_t i = 0; i < splats.position.size(); ++i) splats.position[i] *= position[i % 3];
  for (size_t i = 0; i < splats.rotation.size(); ++i) splats.rotation[i] *= rotation[i % 4];
  for (size_t i = 0; i < splats.sh.size(); ++i) splats.sh[i] *= sh[i % coefficients];
}

}  // namespace dew
