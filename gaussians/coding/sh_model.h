// SPDX-License-Identifier: Apache-2.0
/// How the directional colour of a splat is coded: how many components there are, then each of them.
///
///   ShModel model(basis, false);
///   std::vector<int32_t> steps(basis.components());
///   model.code(coder, splat, steps);             // in steps of sh_step(splat.colour_class)
///
/// Components come by falling variance, so that most splats end early; how early is coded in groups of three.
#pragma once

#include <array>
#include <cmath>
#include <cstdlib>
#include <span>

#include "gaussians/coding/mixed_integer.h"
#include "gaussians/coding/recent_splats.h"
#include "gaussians/coding/sh_basis.h"

namespace dew {

/// One step of a component, in units of the coefficients.
inline double sh_step(int colour_class) { return 0.77 * std::ldexp(1.0, -colour_class); }

class ShModel {
 public:
  /// Larger steps are not coded.
  static constexpr int64_t kMostSteps = int64_t{1} << 30;

  /// `one_context`: as for SplatModel.
  ShModel(const ShBasis& basis, bool one_context)
      : basis_(basis),
        groups_({32, 512, 512}, 1, one_context ? 0 : MixedInteger<3>::kAll),
        components_({kMostComponents * 32, 512, 16 * kMostComponents, 512, 16 * kMostComponents}, 16,
                    one_context ? 0 : MixedInteger<5>::kAll) {}

  /// `steps`: one a component. `splat`: its colour class and opacity must be known. Cost: some 50 ns a component up to the last that is not
  /// zero.
  template <class Coder>
  void code(Coder& coder, const CodedSplat& splat, std::span<int32_t> steps) {
    const size_t colour_class = static_cast<size_t>(splat.colour_class);
    const size_t recent = (recent_[0] + recent_[1] + recent_[2] + recent_[3]) / 4;
    const size_t groups = (steps.size() + kGroup - 1) / kGroup;
    size_t used = used_groups(steps);
    used = static_cast<size_t>(std::clamp<int64_t>(
        groups_.code(coder, static_cast<int64_t>(used),
                     {colour_class, recent * 32 + colour_class, colour_class * 16 + linear_bucket(-5 * splat.log_opacity, 16)}),
        0, static_cast<int64_t>(groups)));
    recent_ = {used, recent_[0], recent_[1], recent_[2]};
    size_t size = 0, zeros = 0;
    for (size_t k = 0; k < std::min(used * kGroup, steps.size()); ++k) {
      const int64_t coded = code_component(coder, colour_class, used, k, size, zeros, steps[k]);
      steps[k] = static_cast<int32_t>(std::clamp(coded, -kMostSteps, kMostSteps));
      const size_t taken = static_cast<size_t>(std::abs(steps[k]));
      size = std::min<size_t>((3 * size + 8 * std::min<size_t>(taken, 8) + 2) / 4, 15);
      zeros = taken != 0 ? 0 : std::min<size_t>(zeros + 1, 15);
    }
  }

 private:
  static constexpr size_t kGroup = 3;
  static constexpr size_t kMostComponents = 48;

  static size_t used_groups(std::span<const int32_t> steps) {
    size_t used = steps.size();
    while (used > 0 && steps[used - 1] == 0) --used;
    return (used + kGroup - 1) / kGroup;
  }

  template <class Coder>
  int64_t code_component(Coder& coder, size_t colour_class, size_t used, size_t k, size_t size, size_t zeros, int64_t steps) {
    // How large a step of this component is expected to be, in quarters of an octave.
    const int expected_q2 = basis_.deviation_q2(k) + 4 * static_cast<int>(colour_class) + 2;
    const size_t expected = static_cast<size_t>(std::clamp(expected_q2 + 12, 0, 31));
    return components_.code(
        coder, steps, {k * 32 + colour_class, expected * 16 + size, zeros * kMostComponents + k, colour_class * 16 + used, k * 16 + size},
        expected / 2);
  }

  const ShBasis& basis_;
  std::array<size_t, 4> recent_{};
  MixedInteger<3> groups_;
  MixedInteger<5> components_;
};

}  // namespace dew
