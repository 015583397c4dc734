// SPDX-License-Identifier: Apache-2.0
/// By how many steps three coordinates differ from what the model rounds to, where the model may be exact or off by any amount.
///
///   CoordinateResidueModel model;
///   model.code(coder, near, residues);     // near: the three rounded coordinates; a decoder fills residues
///
/// A coordinate near zero has finer floats than a model's error: its residues are larger, and `fineness` tells. One decision a point says
/// that all three are 0. One object a slice and thread. Cost: about 10 ns a point that is right, 100 else.
#pragma once

#include <algorithm>
#include <array>

#include "entropy/binary_coder.h"
#include "pointcloud/sensor/coordinate_rounding.h"

namespace dew {

class CoordinateResidueModel {
 public:
  using Residues = std::array<int64_t, 3>;

  template <class Coder>
  void code(Coder& coder, const std::array<RoundedCoordinate, 3>& near, Residues& residues) {
    const size_t margin = std::min({near[0].margin, near[1].margin, near[2].margin});
    const size_t fineness = std::max({near[0].fineness, near[1].fineness, near[2].fineness});
    if (all_zero_[margin * kFinenessClasses + fineness].code(coder, residues == Residues{})) {
      residues = {};
      return;
    }
    for (size_t axis = 0; axis < 3; ++axis) {
      // Towards the side that rounding nearly chose is positive.
      const size_t context = (axis / 2 * kMargins + near[axis].margin) * kFinenessClasses + near[axis].fineness;
      residues[axis] = near[axis].toward * residual_.code(coder, near[axis].toward * residues[axis], context);
    }
  }

 private:
  static constexpr size_t kMargins = 8;
  std::array<AdaptiveBit, kMargins * kFinenessClasses> all_zero_;
  AdaptiveResidual residual_{2 * kMargins * kFinenessClasses};
};

}  // namespace dew
