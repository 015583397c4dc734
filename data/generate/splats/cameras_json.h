// SPDX-License-Identifier: Apache-2.0
/// Cameras as the reference trainer of 3D Gaussian Splatting leaves them beside a scene: cameras.json.
///
///   const std::string text = cameras_json(scene.cameras);
#pragma once

#include <string>
#include <vector>

#include "gaussians/camera.h"

namespace dew::sim {

/// A list of objects: id, img_name, width, height, position (the centre), rotation (camera to scene, three rows), fx, fy. The principal
/// point is in the middle, the background black: the format has no place for them.
std::string cameras_json(const std::vector<Camera>& cameras);

}  // namespace dew::sim
