// SPDX-License-Identifier: Apache-2.0
/// Splats drawn pixel by pixel, splat by splat, in double: what the renderer is held against.
///
///   const ReferenceView truth = reference_render(scene, camera);
///   EXPECT_NEAR(view.colour.pixels[3 * p], truth.colour[3 * p], truth.doubtful[p] ? 1 : 1e-5);
///
/// Written from the formulas of the paper, without the renderer's shortcuts: the covariance as a product of matrices in long double, no
/// boxes, no tiles.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <optional>
#include <vector>

#include "gaussians/camera.h"
#include "gaussians/splats.h"

namespace dew::test {

struct ReferenceSums {
  double weight = 0, weight_squared = 0, weight_max = 0, removal_error = 0;
  uint32_t pixels = 0;
  bool doubtful = false;  ///< touches a doubtful pixel
};

struct ReferenceView {
  std::vector<double> colour, depth, alpha;
  std::vector<bool> doubtful;  ///< a decision of the pixel (1/255, the end at 1e-4) hangs on the last digits
  std::vector<ReferenceSums> sums;
};

namespace reference {

using Number = long double;
using Matrix = std::array<std::array<Number, 3>, 3>;

inline Matrix multiply(const Matrix& a, const Matrix& b) {
  Matrix out{};
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) {
      for (size_t k = 0; k < 3; ++k) out[i][j] += a[i][k] * b[k][j];
    }
  }
  return out;
}

inline Matrix transpose(const Matrix& a) {
  Matrix out{};
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) out[i][j] = a[j][i];
  }
  return out;
}

/// The columns are the unit quaternion's images of the axes: q e q*.
inline Matrix quaternion_matrix(std::array<Number, 4> q) {
  const Number length = std::sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
  if (length == 0) return {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  for (Number& value : q) value /= length;
  const std::array<Number, 3> v = {q[1], q[2], q[3]};
  Matrix out{};
  for (size_t column = 0; column < 3; ++column) {
    std::array<Number, 3> e{};
    e[column] = 1;
    const auto cross = [](const std::array<Number, 3>& a, const std::array<Number, 3>& b) {
      return std::array<Number, 3>{a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
    };
    const auto once = cross(v, e);
    const auto twice = cross(v, once);
    for (size_t row = 0; row < 3; ++row) out[row][column] = e[row] + 2 * (q[0] * once[row] + twice[row]);
  }
  return out;
}

/// SH by the table of the paper's code: one line a function.
inline std::array<double, 16> sh_functions(double x, double y, double z) {
  return {0.28209479177387814,
          -0.4886025119029199 * y,
          0.4886025119029199 * z,
          -0.4886025119029199 * x,
          1.0925484305920792 * x * y,
          -1.0925484305920792 * y * z,
          0.31539156525252005 * (2.0 * z * z - x * x - y * y),
          -1.0925484305920792 * x * z,
          0.5462742152960396 * (x * x - y * y),
          -0.5900435899266435 * y * (3 * x * x - y * y),
          2.890611442640554 * x * y * z,
          -0.4570457994644658 * y * (4 * z * z - x * x - y * y),
          0.3731763325901154 * z * (2 * z * z - 3 * x * x - 3 * y * y),
          -0.4570457994644658 * x * (4 * z * z - x * x - y * y),
          1.445305721320277 * z * (x * x - y * y),
          -0.5900435899266435 * x * (x * x - 3 * y * y)};
}

struct Seen {
  size_t index;
  double depth;
  std::array<Number, 2> mean;
  std::array<Number, 3> conic;  // xx xy yy
  double opacity;
  std::array<double, 3> colour;
};

inline std::optional<Seen> see(const Splats& splats, size_t i, const Camera& camera) {
  Matrix to_camera;
  for (size_t r = 0; r < 3; ++r) {
    for (size_t c = 0; c < 3; ++c) to_camera[r][c] = camera.rotation[3 * c + r];
  }
  std::array<Number, 3> offset, p{};
  for (size_t k = 0; k < 3; ++k) offset[k] = Number{splats.position[3 * i + k]} - camera.position[k];
  for (size_t r = 0; r < 3; ++r) {
    for (size_t c = 0; c < 3; ++c) p[r] += to_camera[r][c] * offset[c];
  }
  if (!(p[2] > 0.2L)) return std::nullopt;

  Matrix scale{};
  for (size_t k = 0; k < 3; ++k) scale[k][k] = std::exp(Number{splats.log_scale[3 * i + k]});
  const float* q = &splats.rotation[4 * i];
  const Matrix shape = multiply(quaternion_matrix({q[0], q[1], q[2], q[3]}), scale);
  const Matrix covariance = multiply(shape, transpose(shape));
  const Number limit_x = 1.3L * camera.width / (2 * camera.fx), limit_y = 1.3L * camera.height / (2 * camera.fy);
  const Number x = std::clamp(p[0] / p[2], -limit_x, limit_x) * p[2], y = std::clamp(p[1] / p[2], -limit_y, limit_y) * p[2];
  Matrix jacobian{};
  jacobian[0] = {camera.fx / p[2], 0, -camera.fx * x / (p[2] * p[2])};
  jacobian[1] = {0, camera.fy / p[2], -camera.fy * y / (p[2] * p[2])};
  const Matrix to_picture = multiply(jacobian, to_camera);
  Matrix flat = multiply(multiply(to_picture, covariance), transpose(to_picture));
  flat[0][0] += 0.3L;
  flat[1][1] += 0.3L;
  const Number determinant = flat[0][0] * flat[1][1] - flat[0][1] * flat[1][0];

  Seen seen;
  seen.index = i;
  seen.depth = static_cast<double>(p[2]);
  seen.mean = {camera.fx * p[0] / p[2] + camera.cx, camera.fy * p[1] / p[2] + camera.cy};
  seen.conic = {flat[1][1] / determinant, -flat[0][1] / determinant, flat[0][0] / determinant};
  seen.opacity = 1 / (1 + std::exp(-double{splats.opacity_logit[i]}));
  const Number length = std::sqrt(offset[0] * offset[0] + offset[1] * offset[1] + offset[2] * offset[2]);
  const auto basis = sh_functions(static_cast<double>(offset[0] / length), static_cast<double>(offset[1] / length),
                                  static_cast<double>(offset[2] / length));
  const size_t coefficients = sh_coefficients(splats.sh_degree);
  bool finite = std::isfinite(seen.opacity);
  for (size_t c = 0; c < 3; ++c) {
    double value = 0.5 + basis[0] * splats.dc[3 * i + c];
    for (size_t k = 0; k < coefficients; ++k) value += basis[1 + k] * splats.sh[i * splats.sh_stride() + c * coefficients + k];
    finite = finite && std::isfinite(value) && std::isfinite(seen.conic[c]);
    seen.colour[c] = std::max(0.0, value);
  }
  for (const Number place : seen.mean) finite = finite && std::isfinite(place);
  // A covariance beyond double counts as not finite.
  finite = finite && std::isfinite(static_cast<double>(determinant));
  if (!finite) return std::nullopt;
  return seen;
}

/// One splat in one pixel, as drawn.
struct Share {
  size_t index;
  double alpha, weight, depth;
  std::array<double, 3> colour;
};

inline void add_sums(const std::vector<Share>& shares, const double* picture, bool doubtful, std::vector<ReferenceSums>& sums) {
  std::array<double, 3> gathered{};
  for (const Share& share : shares) {
    ReferenceSums& sum = sums[share.index];
    sum.doubtful = sum.doubtful || doubtful;
    sum.weight += share.weight;
    sum.weight_squared += share.weight * share.weight;
    sum.weight_max = std::max(sum.weight_max, share.weight);
    ++sum.pixels;
    for (size_t c = 0; c < 3; ++c) {
      gathered[c] += share.weight * share.colour[c];
      const double behind = picture[c] - gathered[c];
      sum.removal_error += std::pow(share.weight * share.colour[c] - share.alpha / (1 - share.alpha) * behind, 2);
    }
  }
}

}  // namespace reference

/// `cut`: whether 1/255 and the end at 1e-4 apply. Cost: splats times pixels.
inline ReferenceView reference_render(const Splats& splats, const Camera& camera, bool cut = true) {
  constexpr double kDoubt = 2e-5;  // of a limit
  std::vector<reference::Seen> seen;
  for (size_t i = 0; i < splats.count(); ++i) {
    if (const auto one = reference::see(splats, i, camera)) seen.push_back(*one);
  }
  std::stable_sort(seen.begin(), seen.end(),
                   [](const auto& a, const auto& b) { return static_cast<float>(a.depth) < static_cast<float>(b.depth); });
  const size_t pixels = size_t{camera.width} * camera.height;
  ReferenceView out;
  out.colour.resize(3 * pixels);
  out.depth.resize(pixels);
  out.alpha.resize(pixels);
  out.doubtful.resize(pixels);
  out.sums.resize(splats.count());
  for (size_t pixel = 0; pixel < pixels; ++pixel) {
    std::vector<reference::Share> shares;
    double transmittance = 1;
    bool doubtful = false;
    for (const reference::Seen& splat : seen) {
      const auto dx = static_cast<reference::Number>(pixel % camera.width) + 0.5L - splat.mean[0];
      const auto dy = static_cast<reference::Number>(pixel / camera.width) + 0.5L - splat.mean[1];
      const auto distance = splat.conic[0] * dx * dx + 2 * splat.conic[1] * dx * dy + splat.conic[2] * dy * dy;
      const double alpha = std::min(0.99, splat.opacity * std::exp(-0.5 * static_cast<double>(distance)));
      if (cut && std::abs(alpha * 255 - 1) < kDoubt) doubtful = true;
      if (cut && alpha < 1.0 / 255) continue;
      const double next = transmittance * (1 - alpha);
      if (cut && std::abs(next / 1e-4 - 1) < kDoubt) doubtful = true;
      if (cut && next < 1e-4) break;
      shares.push_back({splat.index, alpha, alpha * transmittance, splat.depth, splat.colour});
      transmittance = next;
    }
    double depth = 0;
    for (const reference::Share& share : shares) {
      depth += share.weight * share.depth;
      for (size_t c = 0; c < 3; ++c) out.colour[3 * pixel + c] += share.weight * share.colour[c];
    }
    for (size_t c = 0; c < 3; ++c) out.colour[3 * pixel + c] += transmittance * camera.background[c];
    out.alpha[pixel] = 1 - transmittance;
    out.depth[pixel] = shares.empty() ? 0 : depth / (1 - transmittance);
    out.doubtful[pixel] = doubtful;
    reference::add_sums(shares, &out.colour[3 * pixel], doubtful, out.sums);
  }
  return out;
}

}  // namespace dew::test
