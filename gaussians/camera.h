// SPDX-License-Identifier: Apache-2.0
/// A pinhole camera: where a splat scene is looked at from.
///
///   DEW_ASSIGN(std::vector<Camera> cameras, read_cameras(bytes, {}));   // gaussians/io/cameras.h
///   DEW_ASSIGN(const Rendered view, render(scene, cameras[0], {}));     // gaussians/render/render.h
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace dew {

/// Axes of the camera as in COLMAP: x right, y down, z forward. Pixel centres lie at half integers.
struct Camera {
  std::string name;
  uint32_t width = 0;                                         ///< pixels
  uint32_t height = 0;                                        ///< pixels
  double fx = 0, fy = 0;                                      ///< focal lengths, pixels
  double cx = 0, cy = 0;                                      ///< principal point, pixels from the left and upper border
  std::array<double, 3> position{};                           ///< centre, scene units
  std::array<double, 9> rotation{1, 0, 0, 0, 1, 0, 0, 0, 1};  ///< camera to scene, row by row: columns are the camera's axes
  std::array<double, 3> background{};                         ///< red green blue, 0 to 1
  bool operator==(const Camera&) const = default;
};

}  // namespace dew
