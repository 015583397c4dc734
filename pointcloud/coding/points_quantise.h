// SPDX-License-Identifier: Apache-2.0
/// Coordinates of a points frame as whole steps, within a bound.
///
///   const double step_m = step_of_bound(0.01);
///   if (can_quantise(cloud) && quantise(x_field, step_m, steps)) ...
///   Bytes values = dequantise(steps, step_m, FieldType::f32);
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pointcloud/cloud.h"
#include "pointcloud/coding/point_lists.h"

namespace dew {

/// A cube of half this edge reaches the bound at its corners; a thousandth is left for float rounding.
double step_of_bound(double max_error_m);

/// Whether coordinates can become whole steps: x, y and z are there once each, one value a point, all halves, floats or doubles.
bool can_quantise(const Cloud& cloud);
/// Whole steps of a coordinate field; false where a value is not finite or too far out.
bool quantise(const Field& field, double step_m, std::vector<int64_t>& out);

/// The field's bytes, of a type that can_quantise takes.
Bytes dequantise(std::span<const int64_t> steps, double step_m, FieldType type);

/// Points whose dequantised place is beyond the bound: rounding to floats or halves far from the origin. Doubles have none.
std::vector<LoosePoint> find_patches(const Cloud& cloud, const std::vector<std::vector<int64_t>>& integers, std::span<const uint8_t> absent,
                                     double step_m, double max_error_m);

/// Coordinates that are no floats of any bits: halves, combs, steps of a grid.
bool has_short_coordinates(const Cloud& cloud);

}  // namespace dew
