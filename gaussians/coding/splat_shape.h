// SPDX-License-Identifier: Apache-2.0
/// How fine each number of a splat must be, from what a decoder knows of it by then. Everything here has the same bits on every machine.
///
///   const SplatShape shape(spread, screen_variance);            // three spreads, largest first
///   const RotationSteps turn = shape.rotation_steps(alpha_step);
///   const std::array<double, 3> steps = shape.position_steps(frame, alpha_step);
///
/// One number rules the geometry of a splat: alpha_step, the relative change of its alpha that is worth the distortion which the file was
/// made for. With the power p = -d^2 / 2 of a splat and its projected axes v_k, a change of place along axis k by e standard deviations
/// changes p by e (d A v_k), of log-scale by (d A v_k)^2, a turn between axes k and l by the angle e changes it by
/// e (s_k / s_l - s_l / s_k) (d A v_k)(d A v_l). Averaged over a splat's own footprint these are powers of m_k = v_k A v_k, which is what a
/// view shows of axis k: 1 for a long axis across the view, less for one along it, and s_k^2 / (s_k^2 + screen_variance) where the blur of
/// the screen hides it.
#pragma once

#include <array>

namespace dew {

/// Rows are scene axes, columns the splat's own axes, in the order of their spreads.
using SplatFrame = std::array<double, 9>;

/// A spread is ln(s^2 + screen_variance / 2) / 2: the log-scale of what is seen. It stays within these bounds.
inline constexpr double kLeastSpread = -60, kLargestSpread = 60;
/// Logarithms of opacity stay within these bounds: opacities above 0.9999 cannot be told from 1.
inline constexpr double kLeastLogOpacity = -60, kLargestLogOpacity = -1e-4;

double spread_of(double log_scale, double screen_variance);
/// The inverse. Standard deviations that are far below the screen's blur come back as a thousandth of it.
double log_scale_of(double spread, double screen_variance);

/// ln(opacity), within its bounds, and back.
double log_opacity_of(double opacity_logit);
double opacity_logit_of(double log_opacity);

/// Largest useful differences of angles, rad.
struct RotationSteps {
  double direction = 0;  ///< of the thinnest axis
  double spin = 0;       ///< about the thinnest axis
};

class SplatShape {
 public:
  /// `spread` in descending order or nearly so. REQUIRES: screen_variance > 0.
  SplatShape(const std::array<double, 3>& spread, double screen_variance);

  RotationSteps rotation_steps(double alpha_step) const;
  /// Along the scene's axes, scene units.
  std::array<double, 3> position_steps(const SplatFrame& frame, double alpha_step) const;

 private:
  std::array<double, 3> variance_;
  std::array<double, 3> shown_;  ///< m_k
};

/// How fine a spread is coded, in spreads.
inline double spread_step(double alpha_step) { return 0.85 * alpha_step; }

}  // namespace dew
