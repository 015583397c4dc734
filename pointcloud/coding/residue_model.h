// SPDX-License-Identifier: Apache-2.0
/// By how many units three rounded numbers differ from what the model rounds to: 0 nearly always, the neighbour when rounding was close.
///
///   ResidueModel model;
///   model.code(coder, {round_with_margin(x), round_with_margin(y), round_with_margin(z)}, residues);   // a decoder fills residues
///
/// One decision a point says that all three are 0: it is right for 99 of 100 points. One object a slice and thread. Cost: about 10 ns a
/// point.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "entropy/binary_coder.h"
#include "pointcloud/sensor/laser_sorted.h"

namespace dew {

class ResidueModel {
  static constexpr size_t kAxes = 3;

 public:
  /// Any residues; values near zero are cheap.
  template <class Coder>
  void code(Coder& coder, const std::array<Rounded, kAxes>& rounded, std::array<int8_t, kAxes>& residues) {
    if (code_all_zero(coder, std::min({rounded[0].margin, rounded[1].margin, rounded[2].margin}), residues)) return;
    code_each(coder, rounded, residues);
  }
  /// The same where numbers are at hand as they were before rounding: only the closest call of the three is looked at until one is not 0.
  template <class Coder>
  void code(Coder& coder, const std::array<double, kAxes>& exact, std::array<int8_t, kAxes>& residues) {
    const double closest = std::min({rounding_margin(exact[0]), rounding_margin(exact[1]), rounding_margin(exact[2])});
    if (code_all_zero(coder, margin_class(closest), residues)) return;
    code_each(coder, {round_with_margin(exact[0]), round_with_margin(exact[1]), round_with_margin(exact[2])}, residues);
  }

 private:
  static constexpr size_t kMargins = 8;

  template <class Coder>
  bool code_all_zero(Coder& coder, size_t closest, std::array<int8_t, kAxes>& residues) {
    if (!all_zero_[closest].code_expected(coder, residues[0] == 0 && residues[1] == 0 && residues[2] == 0)) return false;
    residues = {};
    return true;
  }
  template <class Coder>
  [[gnu::noinline]] void code_each(Coder& coder, const std::array<Rounded, kAxes>& rounded, std::array<int8_t, kAxes>& residues) {
    for (size_t axis = 0; axis < kAxes; ++axis) residues[axis] = static_cast<int8_t>(code_axis(coder, axis, rounded[axis], residues[axis]));
  }
  template <class Coder>
  int64_t code_axis(Coder& coder, size_t axis, const Rounded& rounded, int64_t residue) {
    if (is_zero_[axis][rounded.margin].code(coder, residue == 0)) return 0;
    if (is_toward_[axis].code(coder, residue == rounded.toward)) return rounded.toward;
    return other_.code(coder, residue, axis);
  }

  std::array<AdaptiveBit, kMargins> all_zero_;
  std::array<std::array<AdaptiveBit, kMargins>, kAxes> is_zero_;
  std::array<AdaptiveBit, kAxes> is_toward_;
  AdaptiveResidual other_{kAxes};
};

}  // namespace dew
