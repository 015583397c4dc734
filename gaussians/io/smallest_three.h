// SPDX-License-Identifier: Apache-2.0
/// Unit quaternions as the index of their largest component and codes for the three others, which lie within +-sqrt(1/2).
///
///   const SmallestThree packed = pack_smallest_three(quaternion, code_of_component, component_of_code);
///   const std::array<float, 4> same = unpack_smallest_three(packed, component_of_code);
///
/// A quaternion that came out of unpack_smallest_three goes back to codes that give the same floats, even where damage made it no unit.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "gaussians/source_lattice.h"

namespace dew {

using Quaternion = std::array<float, 4>;

struct SmallestThree {
  uint32_t largest = 0;            ///< index of the component that is left out
  std::array<uint32_t, 3> code{};  ///< of the others, in their order
};

/// `component_of` gives the value of a code as double. The largest component is positive.
template <class ComponentOf>
Quaternion unpack_smallest_three(const SmallestThree& packed, ComponentOf component_of) {
  Quaternion out{};
  double rest = 1;
  for (size_t i = 0, next = 0; i < 4; ++i) {
    if (i == packed.largest) continue;
    const double component = component_of(packed.code[next++]);
    out[i] = static_cast<float>(component);
    rest -= component * component;
  }
  out[packed.largest] = static_cast<float>(std::sqrt(std::fmax(0.0, rest)));
  return out;
}

namespace smallest_three_detail {
template <class CodeOf>
SmallestThree codes_without(const std::array<double, 4>& q, size_t largest, CodeOf code_of_component) {
  SmallestThree packed{static_cast<uint32_t>(largest), {}};
  for (size_t i = 0, next = 0; i < 4; ++i) {
    if (i != largest) packed.code[next++] = code_of_component(q[i]);
  }
  return packed;
}
}  // namespace smallest_three_detail

/// `usable` (where not null) is set to false for a quaternion without direction, which becomes the identity (component `real` alone).
template <class CodeOf, class ComponentOf>
SmallestThree pack_smallest_three(const Quaternion& quaternion, size_t real, CodeOf code_of_component, ComponentOf component_of,
                                  bool* usable = nullptr) {
  using smallest_three_detail::codes_without;
  std::array<double, 4> q{quaternion[0], quaternion[1], quaternion[2], quaternion[3]};
  const std::array<double, 4> as_given = q;
  const double length = std::sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
  const bool has_direction = length > 0 && std::isfinite(length);
  if (usable != nullptr) *usable = has_direction;
  if (!has_direction) {
    q = {};
    q[real] = 1;
    return codes_without(q, real, code_of_component);
  }
  size_t largest = 0;
  for (size_t i = 1; i < 4; ++i) {
    if (std::fabs(q[i]) > std::fabs(q[largest])) largest = i;
  }
  for (double& component : q) component /= std::copysign(length, as_given[largest]);
  const SmallestThree packed = codes_without(q, largest, code_of_component);
  if (unpack_smallest_three(packed, component_of) == quaternion) return packed;
  for (size_t i = 0; i < 4; ++i) {
    const SmallestThree other = codes_without(as_given, i, code_of_component);
    if (unpack_smallest_three(other, component_of) == quaternion) return other;
  }
  return packed;
}

}  // namespace dew
