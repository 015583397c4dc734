// SPDX-License-Identifier: Apache-2.0
/// Vectors of three doubles with + - * / and sqrt alone, so that every machine computes the same bits.
///
///   const MeshPoint n = cross(b - a, c - a);
#pragma once

#include <cmath>

#include "mesh/mesh.h"

namespace dew::vector_math {

inline MeshPoint plus(const MeshPoint& a, const MeshPoint& b) { return {a[0] + b[0], a[1] + b[1], a[2] + b[2]}; }
inline MeshPoint minus(const MeshPoint& a, const MeshPoint& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
inline MeshPoint times(const MeshPoint& a, double s) { return {a[0] * s, a[1] * s, a[2] * s}; }
inline double dot(const MeshPoint& a, const MeshPoint& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
inline MeshPoint cross(const MeshPoint& a, const MeshPoint& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
inline double length(const MeshPoint& a) { return std::sqrt(dot(a, a)); }

}  // namespace dew::vector_math
