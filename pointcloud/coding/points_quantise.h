// SPDX-License-Identifier: Apache-2.0
/// Coordinates of a points frame as whole steps, within a bound.
///
///   const double step_m = step_of_bound(0.01);
///   if (can_quantise(cloud) && quantise(x_field, step_m, steps)) ...
///   Bytes values = dequantise<float>(steps, step_m);
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "pointcloud/cloud.h"
#include "pointcloud/coding/point_lists.h"

namespace dew {

/// A cube of half this edge reaches the bound at its corners; a thousandth is left for float rounding.
double step_of_bound(double max_error_m);

/// Whether coordinates can become whole steps: x, y and z are there once each, single floats or single doubles.
bool can_quantise(const Cloud& cloud);
/// Whole steps of a coordinate field; false where a value is not finite or too far out.
bool quantise(const Field& field, double step_m, std::vector<int64_t>& out);

template <class T>
Bytes dequantise(const std::vector<int64_t>& steps, double step_m) {
  Bytes out(steps.size() * sizeof(T));
  for (size_t i = 0; i < steps.size(); ++i) {
    const T value = static_cast<T>(static_cast<double>(steps[i]) * step_m);
    std::memcpy(out.data() + i * sizeof(T), &value, sizeof(T));
  }
  return out;
}

/// Points whose dequantised place is beyond the bound: float rounding far from the origin. Doubles have none.
std::vector<LoosePoint> find_patches(const Cloud& cloud, const std::vector<std::vector<int64_t>>& integers, std::span<const uint8_t> absent,
                                     double step_m, double max_error_m);

/// Coordinates that are no floats of any bits: halves, combs, steps of a grid.
bool has_short_coordinates(const Cloud& cloud);

}  // namespace dew
