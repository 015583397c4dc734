// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/cameras.h"

#include <cmath>

#include "gaussians/io/cameras_check.h"

namespace dew {
namespace cameras {

Error wrong(size_t index, const std::string& what, uint64_t offset) {
  return {Code::corrupt, offset, "camera " + std::to_string(index) + " " + what};
}

Status check_view(View& view, uint64_t offset) {
  Camera& camera = view.camera;
  const auto bad = [&](const std::string& what) { return Error{Code::corrupt, offset, "camera '" + camera.name + "' " + what}; };
  if (camera.width == 0 || camera.height == 0 || camera.width > kLargestSide_px || camera.height > kLargestSide_px) {
    return bad("does not have 1 to 32768 pixels a side");
  }
  double sum = camera.fx + camera.fy + camera.cx + camera.cy;
  for (const double value : camera.position) sum += value;
  for (const double value : camera.rotation) sum += value;
  for (const double value : camera.background) sum += value;
  if (!std::isfinite(sum)) return bad("has a value that is not finite");
  if (!(camera.fx > 0) || !(camera.fy > 0)) return bad("has no positive focal length");
  constexpr double kTolerance = 0.01;
  std::array<double, 9>& r = camera.rotation;
  for (size_t column = 0; column < 3; ++column) {
    const double length = std::sqrt(r[column] * r[column] + r[3 + column] * r[3 + column] + r[6 + column] * r[6 + column]);
    if (!(std::abs(length - 1) < kTolerance)) return bad("has a rotation whose axes are not of length 1");
    for (size_t row = 0; row < 3; ++row) r[3 * row + column] /= length;
  }
  const double determinant = r[0] * (r[4] * r[8] - r[5] * r[7]) - r[1] * (r[3] * r[8] - r[5] * r[6]) + r[2] * (r[3] * r[7] - r[4] * r[6]);
  if (!(std::abs(determinant - 1) < kTolerance)) return bad("has a matrix that is no rotation");
  return {};
}

}  // namespace cameras

std::string photo_stem(const std::string& path) {
  const size_t slash = path.find_last_of("/\\");
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  const size_t dot = name.find_last_of('.');
  return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

Result<std::vector<View>> read_views(ByteSpan bytes, const CameraDefaults& defaults, const DecodeLimits& limits) {
  return cameras::read_json(bytes, defaults, limits);
}

Result<std::vector<Camera>> read_cameras(ByteSpan bytes, const DecodeLimits& limits) {
  DEW_ASSIGN(std::vector<View> views, read_views(bytes, {}, limits));
  std::vector<Camera> out;
  out.reserve(views.size());
  for (View& view : views) out.push_back(std::move(view.camera));
  return out;
}

}  // namespace dew
