// SPDX-License-Identifier: Apache-2.0
#include "gaussians/render/projection.h"

#include <algorithm>
#include <cmath>

#include "entropy/exact_math.h"
#include "gaussians/render/spherical_harmonics.h"

namespace dew {
namespace {

constexpr uint32_t kLargestSide_px = 1u << 15;

double product(const double* row, const std::array<double, 3>& vector) {
  return row[0] * vector[0] + row[1] * vector[1] + row[2] * vector[2];
}

double square(double value) { return value * value; }

double cross(const std::array<double, 2>& a, const std::array<double, 2>& b) { return a[0] * b[1] - a[1] * b[0]; }

/// Fills what follows from axes and opacity.
void add_shape(Projection& projection) {
  const auto& axes = projection.axes;
  auto& [xx, xy, yy] = projection.covariance;
  xx = kScreenVariance_px2;
  yy = kScreenVariance_px2;
  xy = 0;
  double spread = 0;
  for (const auto& [x, y] : axes) {
    xx += x * x;
    xy += x * y;
    yy += y * y;
    spread += x * x + y * y;
  }
  // xx yy - xy^2 as a sum of squares: a thin long ellipse would lose all digits in the difference.
  const double determinant = square(kScreenVariance_px2) + kScreenVariance_px2 * spread + square(cross(axes[0], axes[1])) +
                             square(cross(axes[0], axes[2])) + square(cross(axes[1], axes[2]));
  projection.conic = {yy / determinant, -xy / determinant, xx / determinant};
  projection.root = {std::sqrt(yy / determinant), -xy / std::sqrt(yy * determinant), 1 / std::sqrt(yy)};
  projection.reach = 2 * exact::log(255 * projection.opacity);
  projection.extent = {std::sqrt(projection.reach * xx), std::sqrt(projection.reach * yy)};
}

bool is_finite(const Projection& projection) {
  double sum = 0;  // NaN and infinity stay in a sum that multiplies by zero
  const auto add = [&](const auto& values) {
    for (const double value : values) sum += 0 * value;
  };
  for (const auto& axis : projection.axes) add(axis);
  add(projection.mean);
  add(projection.covariance);
  add(projection.conic);
  add(projection.root);
  add(projection.extent);
  return sum + 0 * projection.depth == 0;
}

}  // namespace

std::array<double, 9> rotation_matrix(double w, double x, double y, double z) {
  const double length_squared = w * w + x * x + y * y + z * z;
  if (length_squared == 0) return {1, 0, 0, 0, 1, 0, 0, 0, 1};
  const double s = 2 / length_squared;
  return {1 - s * (y * y + z * z), s * (x * y - w * z),     s * (x * z + w * y),  //
          s * (x * y + w * z),     1 - s * (x * x + z * z), s * (y * z - w * x),  //
          s * (x * z - w * y),     s * (y * z + w * x),     1 - s * (x * x + y * y)};
}

Status check_camera(const Camera& camera) {
  const auto wrong = [&](const char* what) { return Error{Code::invalid_argument, 0, "camera '" + camera.name + "' " + what}; };
  if (camera.width == 0 || camera.height == 0) return wrong("has no pixels");
  if (camera.width > kLargestSide_px || camera.height > kLargestSide_px) return wrong("has more than 32768 pixels a side");
  double sum = camera.fx + camera.fy + camera.cx + camera.cy;
  for (const double value : camera.position) sum += value;
  for (const double value : camera.rotation) sum += value;
  for (const double value : camera.background) sum += value;
  if (!std::isfinite(sum)) return wrong("has a value that is not finite");
  if (!(camera.fx > 0) || !(camera.fy > 0)) return wrong("has no positive focal length");
  return {};
}

Projector::Projector(const Camera& camera)
    : centre_(camera.position),
      fx_(camera.fx),
      fy_(camera.fy),
      cx_(camera.cx),
      cy_(camera.cy),
      width_(camera.width),
      height_(camera.height),
      slope_x_(kJacobianReach * camera.width / (2 * camera.fx)),
      slope_y_(kJacobianReach * camera.height / (2 * camera.fy)),
      longest_x_(camera.fx * std::sqrt(1 + slope_x_ * slope_x_)),
      longest_y_(camera.fy * std::sqrt(1 + slope_y_ * slope_y_)) {
  for (size_t row = 0; row < 3; ++row) {
    for (size_t column = 0; column < 3; ++column) to_camera_[3 * row + column] = camera.rotation[3 * column + row];
  }
}

std::optional<Projection> Projector::project(const Splats& splats, size_t i) const {
  const float* position = &splats.position[3 * i];
  const std::array<double, 3> offset = {position[0] - centre_[0], position[1] - centre_[1], position[2] - centre_[2]};
  Projection seen;
  seen.depth = product(&to_camera_[6], offset);
  if (!(seen.depth > kNearPlane)) return std::nullopt;
  seen.opacity = 1 / (1 + exact::exp(-static_cast<double>(splats.opacity_logit[i])));
  if (!(seen.opacity >= kSmallestAlpha)) return std::nullopt;

  const double inverse_depth = 1 / seen.depth;
  const double slope_x = product(&to_camera_[0], offset) * inverse_depth;
  const double slope_y = product(&to_camera_[3], offset) * inverse_depth;
  seen.mean = {fx_ * slope_x + cx_, fy_ * slope_y + cy_};

  const double focal_x = fx_ * inverse_depth;
  const double focal_y = fy_ * inverse_depth;
  const double clamped_x = std::clamp(slope_x, -slope_x_, slope_x_);
  const double clamped_y = std::clamp(slope_y, -slope_y_, slope_y_);
  std::array<double, 3> row_x, row_y;  // of J W
  for (size_t k = 0; k < 3; ++k) {
    row_x[k] = focal_x * (to_camera_[k] - clamped_x * to_camera_[6 + k]);
    row_y[k] = focal_y * (to_camera_[3 + k] - clamped_y * to_camera_[6 + k]);
  }
  const float* q = &splats.rotation[4 * i];
  const std::array<double, 9> rotation = rotation_matrix(q[0], q[1], q[2], q[3]);
  for (size_t k = 0; k < 3; ++k) {
    const std::array<double, 3> own_axis = {rotation[k], rotation[3 + k], rotation[6 + k]};
    const double scale = exact::exp(splats.log_scale[3 * i + k]);
    seen.axes[k] = {product(row_x.data(), own_axis) * scale, product(row_y.data(), own_axis) * scale};
  }
  add_shape(seen);
  if (!is_finite(seen)) return std::nullopt;
  return seen;
}

double Projector::depth(const Splats& splats, size_t i) const {
  const float* position = &splats.position[3 * i];
  return product(&to_camera_[6], {position[0] - centre_[0], position[1] - centre_[1], position[2] - centre_[2]});
}

bool Projector::is_surely_unseen(const Splats& splats, size_t i) const {
  const float* position = &splats.position[3 * i];
  const std::array<double, 3> offset = {position[0] - centre_[0], position[1] - centre_[1], position[2] - centre_[2]};
  const double depth = product(&to_camera_[6], offset);
  if (!(depth > kNearPlane)) return true;
  const float* log_scale = &splats.log_scale[3 * i];
  const double largest = static_cast<double>(std::max({log_scale[0], log_scale[1], log_scale[2]}));
  // A power of two above the largest deviation; the ellipse of alpha 1/255 reaches no further than 3.33 deviations.
  constexpr double kReach = 3.34, kLog2E = 1.4427, kMostOctaves = 60, kPixelFilter = 0.55;
  const double octaves = largest * kLog2E;
  if (!(std::abs(octaves) < kMostOctaves)) return false;
  const double deviation = std::ldexp(1.0, static_cast<int>(std::floor(octaves)) + 1);
  const auto beside = [&](double along, double focal, double centre, double size, double longest) {
    const double mean = focal * along / depth + centre;
    const double reach = kReach * (longest * deviation / depth + kPixelFilter);
    return mean + reach < 0 || mean - reach > size;
  };
  return beside(product(&to_camera_[0], offset), fx_, cx_, width_, longest_x_) ||
         beside(product(&to_camera_[3], offset), fy_, cy_, height_, longest_y_);
}

std::array<double, 3> Projector::direction(const Splats& splats, size_t i) const {
  const float* position = &splats.position[3 * i];
  const double x = position[0] - centre_[0], y = position[1] - centre_[1], z = position[2] - centre_[2];
  const double length = std::sqrt(x * x + y * y + z * z);
  if (!(length > 0)) return {0, 0, 1};
  return {x / length, y / length, z / length};
}

std::array<double, 3> Projector::colour(const Splats& splats, size_t i) const {
  std::array<double, 3> colour = sh_colour(splats, i, direction(splats, i));
  for (double& channel : colour) channel = channel < 0 && std::isfinite(channel) ? 0 : channel;
  return colour;
}

bool Projector::touches(const Projection& projection) const {
  const auto [x, y] = projection.mean;
  const auto [reach_x, reach_y] = projection.extent;
  return x + reach_x >= 0.5 && x - reach_x <= width_ - 0.5 && y + reach_y >= 0.5 && y - reach_y <= height_ - 0.5;
}

double projected_alpha(const Projection& projection, double dx, double dy) {
  const double distance_squared = square(projection.root[0] * dx + projection.root[1] * dy) + square(projection.root[2] * dy);
  return std::min(kLargestAlpha, projection.opacity * exact::exp(-0.5 * distance_squared));
}

}  // namespace dew
