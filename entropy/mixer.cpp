// SPDX-License-Identifier: Apache-2.0
#include "entropy/mixer.h"

namespace dew {

Calibration::Calibration(size_t context_count) {
  nodes_.reserve(context_count * kNodes);
  for (size_t context = 0; context < context_count; ++context) {
    for (uint32_t node = 0; node < kNodes; ++node) {
      nodes_.push_back(static_cast<uint16_t>(squash(static_cast<int32_t>(node * kSpacing) - kStretchLimit - 1)));
    }
  }
}

}  // namespace dew
