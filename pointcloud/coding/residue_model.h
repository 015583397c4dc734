// SPDX-License-Identifier: Apache-2.0
/// By how many units a rounded number differs from what the model rounds to: 0 nearly always, the neighbour when rounding was close.
///
///   ResidueModel model(3);                                            // axes
///   residue = model.code(coder, axis, round_with_margin(scaled), residue);
///
/// One object a slice and thread. Cost: about 15 ns a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "entropy/binary_coder.h"
#include "pointcloud/sensor/laser_sorted.h"

namespace dew {

class ResidueModel {
 public:
  explicit ResidueModel(size_t axes) : is_zero_(axes * kMargins), is_toward_(axes), other_(axes) {}

  /// Any residue; values near zero are cheap. REQUIRES: axis < axes.
  template <class Coder>
  int64_t code(Coder& coder, size_t axis, const Rounded& rounded, int64_t residue) {
    if (is_zero_[axis * kMargins + rounded.margin].code(coder, residue == 0)) return 0;
    if (is_toward_[axis].code(coder, residue == rounded.toward)) return rounded.toward;
    return other_.code(coder, residue, axis);
  }

 private:
  static constexpr size_t kMargins = 8;
  std::vector<AdaptiveBit> is_zero_, is_toward_;
  AdaptiveResidual other_;
};

}  // namespace dew
