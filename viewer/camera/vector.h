// SPDX-License-Identifier: Apache-2.0
/// Vectors and matrices of the viewer: plain double arithmetic on dew::Vec3.
///
///   const Vec3 right = normalised(cross(forward, up));
///   const Matrix4 clip = product(projection_matrix(viewpoint, size, depths), view_matrix(viewpoint));
#pragma once

#include <array>
#include <cmath>

#include "pointcloud/cloud.h"

namespace dew::viewer {

inline Vec3 operator+(const Vec3& a, const Vec3& b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
inline Vec3 operator-(const Vec3& a, const Vec3& b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
inline Vec3 operator*(double factor, const Vec3& a) { return {factor * a.x, factor * a.y, factor * a.z}; }
inline double dot(const Vec3& a, const Vec3& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline Vec3 cross(const Vec3& a, const Vec3& b) { return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x}; }
inline double length(const Vec3& a) { return std::sqrt(dot(a, a)); }
/// The zero vector stays as it is.
inline Vec3 normalised(const Vec3& a) {
  const double size = length(a);
  return size > 0 ? (1 / size) * a : a;
}
/// `a` turned about the unit vector `axis` by the right-hand rule (Rodrigues' formula).
inline Vec3 turned(const Vec3& a, const Vec3& axis, double angle_rad) {
  const double cosine = std::cos(angle_rad);
  return cosine * a + std::sin(angle_rad) * cross(axis, a) + (1 - cosine) * dot(axis, a) * axis;
}

/// Column by column, as OpenGL takes it: element (row, column) is values[4 * column + row].
struct Matrix4 {
  std::array<double, 16> values{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};

  double at(size_t row, size_t column) const { return values[4 * column + row]; }
  std::array<float, 16> floats() const {
    std::array<float, 16> out;
    for (size_t i = 0; i < 16; ++i) out[i] = static_cast<float>(values[i]);
    return out;
  }
};

inline Matrix4 product(const Matrix4& a, const Matrix4& b) {
  Matrix4 out;
  for (size_t column = 0; column < 4; ++column) {
    for (size_t row = 0; row < 4; ++row) {
      double sum = 0;
      for (size_t k = 0; k < 4; ++k) sum += a.at(row, k) * b.at(k, column);
      out.values[4 * column + row] = sum;
    }
  }
  return out;
}

/// `matrix` times (point, 1).
inline std::array<double, 4> transformed(const Matrix4& matrix, const Vec3& point) {
  std::array<double, 4> out;
  for (size_t row = 0; row < 4; ++row) {
    out[row] = matrix.at(row, 0) * point.x + matrix.at(row, 1) * point.y + matrix.at(row, 2) * point.z + matrix.at(row, 3);
  }
  return out;
}

}  // namespace dew::viewer
