// SPDX-License-Identifier: Apache-2.0
/// Where a splat falls in a picture, and how large it is there.
///
///   const Projector projector(camera);
///   if (const std::optional<Projection> seen = projector.project(scene, i)) {
///     const double alpha = projected_alpha(*seen, x + 0.5 - seen->mean[0], y + 0.5 - seen->mean[1]);   // in the pixel x y
///     const std::array<double, 3> colour = projector.colour(scene, i);
///   }
///
/// Source: the local affine approximation of M. Zwicker et al., "EWA splatting", 2002, as 3D Gaussian Splatting (Kerbl et al. 2023) uses
/// it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "entropy/result.h"
#include "gaussians/camera.h"
#include "gaussians/splats.h"

namespace dew {

inline constexpr double kNearPlane = 0.2;           ///< nothing at or before this depth is drawn, scene units
inline constexpr double kScreenVariance_px2 = 0.3;  ///< added to both variances in the picture, as if a pixel's filter were a Gaussian
inline constexpr double kJacobianReach = 1.3;       ///< slopes beyond this many half fields of view do not stretch a splat further
inline constexpr double kLargestAlpha = 0.99;
inline constexpr double kSmallestAlpha = 1.0 / 255;
inline constexpr double kLastTransmittance = 1e-4;  ///< a pixel ends before the splat that would take it below

struct Projection {
  double depth = 0;                             ///< along the camera's z, scene units
  std::array<double, 2> mean{};                 ///< x y in pixels from the left and upper border
  std::array<std::array<double, 2>, 3> axes{};  ///< J W R e_k s_k: the three standard deviations along own axes, in pixels
  std::array<double, 3> covariance{};           ///< xx xy yy = sum of axes_k axes_k^T + 0.3 I, pixels^2
  std::array<double, 3> conic{};                ///< the inverse of `covariance`: xx xy yy
  /// Upper triangular square root of the conic: d^2 = (root[0] dx + root[1] dy)^2 + (root[2] dy)^2.
  std::array<double, 3> root{};
  double opacity = 0;              ///< 1/255 to 1
  double reach = 0;                ///< alpha is at least 1/255 where d^2 is at most this: 2 ln(255 opacity)
  std::array<double, 2> extent{};  ///< half width and height of the box around the ellipse where alpha is at least 1/255, pixels
};

/// A camera made ready for many splats. Const functions may be called from many threads.
class Projector {
 public:
  /// REQUIRES: check_camera(camera).ok().
  explicit Projector(const Camera& camera);

  /// Nothing where splat `i` is not drawn: at or before the near plane, opacity below 1/255, or a value that is not finite. A splat beside
  /// the picture has a projection. Opacity, scales and rotation are activated here; a quaternion of zeros is the identity.
  /// REQUIRES: i below count(). Cost: some 100 ns.
  std::optional<Projection> project(const Splats& splats, size_t i) const;

  /// True only where splat `i` is not drawn, as it lies before the near plane or far beside the picture; such splats mostly cost a tenth of
  /// a projection this way. REQUIRES: i below count().
  bool is_surely_unseen(const Splats& splats, size_t i) const;

  /// max(0, 0.5 + dc + SH) in the direction from the camera to the mean; values that are not finite stay so. Cost: some 100 ns.
  std::array<double, 3> colour(const Splats& splats, size_t i) const;

  /// Of the mean along the camera's z, scene units: Projection::depth.
  double depth(const Splats& splats, size_t i) const;

  /// Unit vector from the camera's centre to the mean; z of the scene where the two fall together.
  std::array<double, 3> direction(const Splats& splats, size_t i) const;

  /// Whether the box around the ellipse holds the centre of a pixel.
  bool touches(const Projection& projection) const;

 private:
  std::array<double, 3> centre_;
  std::array<double, 9> to_camera_;  ///< row by row
  double fx_, fy_, cx_, cy_;
  double width_, height_;
  double slope_x_, slope_y_;      ///< where the Jacobian is clamped
  double longest_x_, longest_y_;  ///< how long the rows of J W get at depth 1
};

/// min(0.99, opacity exp(-d^2 / 2)) at a place relative to the mean, pixels; not cut at 1/255.
double projected_alpha(const Projection& projection, double dx, double dy);

/// Rotation matrix of a quaternion w x y z of any length, row by row; zeros give the identity.
std::array<double, 9> rotation_matrix(double w, double x, double y, double z);

/// Error invalid_argument for a camera without pixels, above 2^15 a side, without a positive focal length, or with values that are not
/// finite.
Status check_camera(const Camera& camera);

}  // namespace dew
