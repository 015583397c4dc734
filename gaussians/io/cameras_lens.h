// SPDX-License-Identifier: Apache-2.0
/// From photographs through a lens to those of a pinhole.
///
///   View view = ...;                                         // view.camera with the focal lengths of the photograph
///   DEW_TRY(set_lens(view, lens));                           // view.camera now is the pinhole of the undistorted photograph
///   DEW_ASSIGN(const Image straight, undistort(photo, view));
///
/// Source of the models: the documentation of OpenCV's calib3d and fisheye modules.
#pragma once

#include <array>

#include "gaussians/image.h"
#include "gaussians/io/cameras.h"

namespace dew {

/// Where the photograph shows what a pinhole sees at x/z and y/z; pixels.
std::array<double, 2> through_lens(const Lens& lens, double x_by_z, double y_by_z);

/// Gives the view its lens; width, height, pose and name must be there. The focal lengths of the camera become those of the lens, longer by
/// the least factor with which every pixel of the undistorted picture lies in the photograph. A lens without distortion leaves a pinhole.
/// Errors: unsupported_feature where a factor of 8 does not do.
Status set_lens(View& view, const Lens& lens);

/// The photograph as the view's camera would have taken it, bilinear; the same where the view has no lens.
/// Errors: invalid_argument where the photograph does not have the size of the camera.
Result<Image> undistort(const Image& photo, const View& view);

}  // namespace dew
