// SPDX-License-Identifier: Apache-2.0
#include "viewer/splats/splat_texels.h"

#include <algorithm>
#include <cmath>

#include "gaussians/render/projection.h"

namespace dew::viewer {

std::vector<float> splat_shapes(const Splats& splats) {
  std::vector<float> shapes(splats.count() * kShapeTexels * 4);
  for (size_t i = 0; i < splats.count(); ++i) {
    float* shape = &shapes[i * kShapeTexels * 4];
    const float* q = &splats.rotation[4 * i];
    const auto rotation =
        rotation_matrix(static_cast<double>(q[0]), static_cast<double>(q[1]), static_cast<double>(q[2]), static_cast<double>(q[3]));
    std::copy_n(&splats.position[3 * i], 3, shape);
    shape[3] = 1 / (1 + std::exp(-splats.opacity_logit[i]));
    for (size_t axis = 0; axis < 3; ++axis) {
      const double scale = std::exp(static_cast<double>(splats.log_scale[3 * i + axis]));
      for (size_t k = 0; k < 3; ++k) shape[4 + 4 * axis + k] = static_cast<float>(rotation[3 * k + axis] * scale);
    }
    float sum = 0;
    for (size_t k = 0; k < kShapeTexels * 4; ++k) sum += shape[k];
    if (!std::isfinite(sum)) std::fill_n(shape, kShapeTexels * 4, 0.0f);
  }
  return shapes;
}

std::vector<float> splat_coefficients(const Splats& splats) {
  const size_t directional = sh_coefficients(splats.sh_degree);
  const size_t channel_floats = coefficient_texels(splats.sh_degree) * 4;
  std::vector<float> all(splats.count() * 3 * channel_floats);
  for (size_t i = 0; i < splats.count(); ++i) {
    for (size_t channel = 0; channel < 3; ++channel) {
      float* out = &all[(3 * i + channel) * channel_floats];
      out[0] = splats.dc[3 * i + channel];
      std::copy_n(splats.sh.data() + i * splats.sh_stride() + channel * directional, directional, out + 1);
    }
  }
  return all;
}

std::array<float, 18> splat_camera(const Viewpoint& eye, PixelSize size) {
  const Camera camera = camera_of(eye, size);
  std::array<float, 18> out{};
  for (size_t row = 0; row < 3; ++row) {
    // The camera's matrix leads from camera axes to the scene.
    for (size_t column = 0; column < 3; ++column) out[3 * row + column] = static_cast<float>(camera.rotation[3 * column + row]);
    out[9 + row] = static_cast<float>(camera.position[row]);
  }
  const double rest[] = {camera.fx,
                         camera.fy,
                         camera.cx,
                         camera.cy,
                         kJacobianReach * camera.width / (2 * camera.fx),
                         kJacobianReach * camera.height / (2 * camera.fy)};
  std::transform(std::begin(rest), std::end(rest), out.begin() + 12, [](double value) { return static_cast<float>(value); });
  return out;
}

}  // namespace dew::viewer
