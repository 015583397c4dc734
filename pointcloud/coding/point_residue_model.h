// SPDX-License-Identifier: Apache-2.0
/// Residues between computed and filed floats: three small signed numbers twice, coded under how large the last ones were.
///
///   PointResidueModel model(true, false);                 // steps of the rounded frame, not those of the file
///   residue = model.code(coder, residue);
#pragma once

#include <algorithm>
#include <array>

#include "entropy/binary_coder.h"
#include "pointcloud/coding/log_scale.h"
#include "pointcloud/sensor/column_motion.h"

namespace dew {

class PointResidueModel {
 public:
  PointResidueModel(bool frame, bool file) : frame_(frame), file_(file), model_(6 * kClasses) {}

  template <class Coder>
  PointResidue code(Coder& coder, PointResidue residue) {
    for (size_t axis = 0; axis < 3 && frame_; ++axis) residue.frame[axis] = code_one(coder, axis, residue.frame[axis]);
    for (size_t axis = 0; axis < 3 && file_; ++axis) residue.file[axis] = code_one(coder, 3 + axis, residue.file[axis]);
    return residue;
  }

 private:
  static constexpr size_t kClasses = 12;
  static constexpr int64_t kLimit = 1 << 21;

  template <class Coder>
  int32_t code_one(Coder& coder, size_t channel, int32_t value) {
    int32_t& size = size_[channel];
    const size_t context = channel * kClasses + std::min<size_t>(static_cast<size_t>(size) >> 6, kClasses - 1);
    const int64_t coded = std::clamp(model_.code(coder, value, context, 1023), -kLimit, kLimit);
    size += (log_q4(static_cast<uint64_t>(coded < 0 ? -coded : coded)) * 8 - size) / 8;
    return static_cast<int32_t>(coded);
  }

  bool frame_, file_;
  AdaptiveResidual model_;
  std::array<int32_t, 6> size_{};  ///< running mean of 128 log2 of the sizes
};

}  // namespace dew
