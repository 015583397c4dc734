// SPDX-License-Identifier: Apache-2.0
#include "gaussians/quaternion.h"

#include <algorithm>
#include <cmath>

namespace dew {

std::array<double, 4> quaternion_of(const std::array<double, 9>& m) {
  // The largest of the four components is computed by a root, so that nothing small is divided by.
  const std::array<double, 4> squares{1 + m[0] + m[4] + m[8], 1 + m[0] - m[4] - m[8], 1 - m[0] + m[4] - m[8], 1 - m[0] - m[4] + m[8]};
  const size_t largest = static_cast<size_t>(std::max_element(squares.begin(), squares.end()) - squares.begin());
  const double root = std::sqrt(squares[largest]);  // twice the component
  const double share = 0.5 / root;
  const double wx = (m[7] - m[5]) * share, wy = (m[2] - m[6]) * share, wz = (m[3] - m[1]) * share;
  const double xy = (m[1] + m[3]) * share, xz = (m[2] + m[6]) * share, yz = (m[5] + m[7]) * share;
  switch (largest) {
    case 0: return {0.5 * root, wx, wy, wz};
    case 1: return {wx, 0.5 * root, xy, xz};
    case 2: return {wy, xy, 0.5 * root, yz};
    default: return {wz, xz, yz, 0.5 * root};
  }
}

}  // namespace dew
