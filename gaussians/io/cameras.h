// SPDX-License-Identifier: Apache-2.0
/// Reads cameras: 3DGS cameras.json, NeRF transforms.json, COLMAP models.
///
///   DEW_ASSIGN(const std::vector<View> views, read_views(bytes, {}, {}));             // either JSON
///   DEW_ASSIGN(const std::vector<View> same, read_colmap(cameras, images, {}, {}));   // text or binary, two files
///   DEW_ASSIGN(const Rendered drawn, render(scene, views[0].camera, {}));
///   if (views[0].lens) { DEW_ASSIGN(photo, undistort(photo, views[0])); }            // gaussians/io/cameras_lens.h
///
/// Cameras come out with COLMAP's axes (x right, y down, z forward), whatever those of the file. Input may be hostile.
/// Sources: the cameras.json that 3D Gaussian Splatting (Kerbl et al. 2023) writes; transforms.json as NeRF (Mildenhall et al. 2020) and
/// its followers write it; the output format of COLMAP (Schonberger and Frahm 2016).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "entropy/result.h"
#include "gaussians/camera.h"

namespace dew {

enum class LensModel : uint8_t { opencv, fisheye };

/// How the photograph differs from a pinhole's. opencv: r^2 = x^2 + y^2, x' = x (1 + k0 r^2 + k1 r^4 + k2 r^6) + 2 p0 x y + p1 (r^2 + 2
/// x^2), y' alike. fisheye: the angle t from the axis becomes t (1 + k0 t^2 + k1 t^4 + k2 t^6 + k3 t^8). Focal lengths and principal point
/// are those of the photograph.
struct Lens {
  LensModel model = LensModel::opencv;
  double fx = 0, fy = 0, cx = 0, cy = 0;  ///< pixels
  std::array<double, 4> radial{};
  std::array<double, 2> tangential{};
  bool operator==(const Lens&) const = default;
};

/// A camera and the photograph that was taken with it.
struct View {
  Camera camera;             ///< a pinhole: that of the undistorted photograph where there is a lens
  std::string photo;         ///< as the file names it: a path, or a name with or without extension; may be empty
  std::optional<Lens> lens;  ///< nothing where the photograph is a pinhole's already
  bool held_out = false;     ///< kept away from training, if the file says so
};

/// What files may leave open.
struct CameraDefaults {
  uint32_t width = 0, height = 0;      ///< pixels; 0: a file without a size is an error
  std::array<double, 3> background{};  ///< red green blue, 0 to 1
};

/// cameras.json and transforms.json, told apart by their content. Names of cameras are those of the photographs without folder and
/// extension. Errors: corrupt with the byte, limit_exceeded, unsupported_feature for a lens that is not known, invalid_argument where the
/// size is missing. Memory: some 60 times the input.
Result<std::vector<View>> read_views(ByteSpan bytes, const CameraDefaults& defaults, const DecodeLimits& limits);

/// The two files of a COLMAP model, cameras.txt and images.txt or cameras.bin and images.bin; the points of images are skipped. Views are
/// in the order of the images. Errors: as above.
Result<std::vector<View>> read_colmap(ByteSpan cameras, ByteSpan images, const CameraDefaults& defaults, const DecodeLimits& limits);

/// The cameras of read_views alone.
Result<std::vector<Camera>> read_cameras(ByteSpan bytes, const DecodeLimits& limits);

/// "images/0001.jpg" to "0001".
std::string photo_stem(const std::string& path);

}  // namespace dew
