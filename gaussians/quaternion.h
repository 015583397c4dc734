// SPDX-License-Identifier: Apache-2.0
/// The quaternion of a rotation matrix.
///
///   const std::array<double, 4> q = quaternion_of({1, 0, 0, 0, 1, 0, 0, 0, 1});   // 1 0 0 0
#pragma once

#include <array>

namespace dew {

/// w x y z of unit length. `m`: a right-handed rotation, row by row. Only + - * / and sqrt: the same bits on every machine.
std::array<double, 4> quaternion_of(const std::array<double, 9>& m);

}  // namespace dew
