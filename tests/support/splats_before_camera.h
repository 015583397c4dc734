// SPDX-License-Identifier: Apache-2.0
/// Scenes of random splats before a camera, for tests.
///
///   const Splats scene = splats_before_camera(7, 100, {.sh_degree = 3});
///   const Camera camera = camera_at_origin(64, 48);
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

#include "gaussians/camera.h"
#include "gaussians/splats.h"

namespace dew::test {

struct SplatsBeforeCamera {
  uint32_t sh_degree = 3;
  float log_scale_min = -4, log_scale_max = -1;
  float logit_min = -4, logit_max = 4;
};

/// Looks along z with a field of view of about 60 degrees; background grey-blue.
inline Camera camera_at_origin(uint32_t width, uint32_t height) {
  Camera camera;
  camera.name = "test";
  camera.width = width;
  camera.height = height;
  camera.fx = 0.9 * width;
  camera.fy = 0.95 * width;
  camera.cx = 0.5 * width + 0.3;
  camera.cy = 0.5 * height - 0.2;
  camera.background = {0.2, 0.3, 0.45};
  return camera;
}

/// A rotation by `angle_rad` about an oblique axis, and a step aside: to the same scene from elsewhere.
inline Camera turned(Camera camera, double angle_rad) {
  const double c = std::cos(angle_rad), s = std::sin(angle_rad);
  const double x = 0.6, y = 0.8;  // axis (x, y, 0)
  camera.rotation = {c + x * x * (1 - c), x * y * (1 - c), y * s, x * y * (1 - c), c + y * y * (1 - c), -x * s, -y * s, x * s, c};
  camera.position = {-4 * y * s, 4 * x * s, 4 - 4 * c};  // still looking at 0 0 4
  return camera;
}

/// Means in a box before the camera and a little beyond its sides, between depths 1 and 7.
inline Splats splats_before_camera(uint32_t seed, size_t count, const SplatsBeforeCamera& options = {}) {
  std::mt19937 random(seed);
  const auto uniform = [&](float low, float high) { return low + (high - low) * static_cast<float>(random() >> 8) / 16777216.0f; };
  Splats splats;
  splats.sh_degree = options.sh_degree;
  splats.resize(count);
  for (size_t i = 0; i < count; ++i) {
    for (size_t k = 0; k < 2; ++k) splats.position[3 * i + k] = uniform(-3, 3);
    splats.position[3 * i + 2] = uniform(1, 7);
    for (size_t k = 0; k < 3; ++k) splats.log_scale[3 * i + k] = uniform(options.log_scale_min, options.log_scale_max);
    for (size_t k = 0; k < 4; ++k) splats.rotation[4 * i + k] = uniform(-1, 1);
    splats.opacity_logit[i] = uniform(options.logit_min, options.logit_max);
    for (size_t k = 0; k < 3; ++k) splats.dc[3 * i + k] = uniform(-2, 2);
  }
  for (float& value : splats.sh) value = uniform(-0.3f, 0.3f);
  return splats;
}

/// Spoils every third splat in one of a dozen ways: values that are not finite, beyond all measure, degenerate, behind the camera.
inline Splats hostile_splats(uint32_t seed, size_t count) {
  Splats splats = splats_before_camera(seed, count);
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  for (size_t i = 0; i < count; i += 3) {
    switch (i / 3 % 16) {
      case 0: splats.position[3 * i + i % 3] = nan; break;
      case 1: splats.position[3 * i + 2] = infinity; break;
      case 2: splats.log_scale[3 * i] = nan; break;
      case 3: splats.log_scale[3 * i + 1] = 400; break;  // exp overflows when squared
      case 4: splats.log_scale[3 * i + 2] = -infinity; break;
      case 5: splats.rotation[4 * i + 1] = nan; break;
      case 6: std::fill_n(&splats.rotation[4 * i], 4, 0.0f); break;
      case 7: splats.rotation[4 * i] = infinity; break;
      case 8: splats.opacity_logit[i] = nan; break;
      case 9: splats.opacity_logit[i] = infinity; break;
      case 10: splats.opacity_logit[i] = -infinity; break;
      case 11: splats.dc[3 * i + 1] = nan; break;
      case 12: splats.sh[i * splats.sh_stride() + 7] = infinity; break;
      case 13: splats.position[3 * i + 2] = -2; break;
      case 14: splats.position[3 * i + 2] = 0.2f; break;
      default: splats.position[3 * i] = 3e38f; break;
    }
  }
  return splats;
}

}  // namespace dew::test
