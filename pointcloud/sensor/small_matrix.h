// SPDX-License-Identifier: Apache-2.0
/// Three-vectors, 3x3 matrices and least squares with a handful of unknowns; double, + - * / sqrt only, except where said.
///
///   const Mat3 turn = rotation_matrix({0, 0, 0.5});        // rotation vector, radians; same bits on every machine
///   const Vec3 turned = turn * p, back = transposed(turn) * turned;
///   NormalEquations<4> fit; fit.add({x, y, z, 1}, value);   // value = c . (x, y, z, 1)
///   std::array<double, 4> c; const bool solved = fit.solve(c);
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

#include "entropy/exact_math.h"
#include "pointcloud/cloud.h"

namespace dew {

inline Vec3 operator+(const Vec3& a, const Vec3& b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
inline Vec3 operator-(const Vec3& a, const Vec3& b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
inline Vec3 operator*(const Vec3& a, double s) { return {a.x * s, a.y * s, a.z * s}; }
inline double dot(const Vec3& a, const Vec3& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline Vec3 cross(const Vec3& a, const Vec3& b) { return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x}; }
inline double length(const Vec3& a) { return std::sqrt(dot(a, a)); }

/// Row by row.
struct Mat3 {
  Vec3 row[3];
};
inline Vec3 operator*(const Mat3& m, const Vec3& v) { return {dot(m.row[0], v), dot(m.row[1], v), dot(m.row[2], v)}; }
inline Mat3 transposed(const Mat3& m) {
  return {{{m.row[0].x, m.row[1].x, m.row[2].x}, {m.row[0].y, m.row[1].y, m.row[2].y}, {m.row[0].z, m.row[1].z, m.row[2].z}}};
}
inline Mat3 operator*(const Mat3& a, const Mat3& b) {
  const Mat3 t = transposed(b);
  return {{{dot(a.row[0], t.row[0]), dot(a.row[0], t.row[1]), dot(a.row[0], t.row[2])},
           {dot(a.row[1], t.row[0]), dot(a.row[1], t.row[1]), dot(a.row[1], t.row[2])},
           {dot(a.row[2], t.row[0]), dot(a.row[2], t.row[1]), dot(a.row[2], t.row[2])}}};
}

/// Rodrigues' formula: turns about `rotation_rad` by its length. Bit-exact: part of the format.
inline Mat3 rotation_matrix(const Vec3& rotation_rad) {
  const double angle = length(rotation_rad);
  if (!(angle > 0) || !(angle < exact::kMaxAngle_rad)) return {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  const Vec3 u = rotation_rad * (1.0 / angle);
  const exact::SinCos turn = exact::sincos(angle);
  const exact::SinCos half = exact::sincos(0.5 * angle);
  const double s = turn.sin, k = 2.0 * half.sin * half.sin;  // 1 - cos without cancellation
  const double xy = k * u.x * u.y, xz = k * u.x * u.z, yz = k * u.y * u.z;
  return {{{1.0 - k * (u.y * u.y + u.z * u.z), xy - s * u.z, xz + s * u.y},
           {xy + s * u.z, 1.0 - k * (u.x * u.x + u.z * u.z), yz - s * u.x},
           {xz - s * u.y, yz + s * u.x, 1.0 - k * (u.x * u.x + u.y * u.y)}}};
}

/// Least squares in N unknowns from any number of equations; weights by scaling the equation.
template <size_t N>
class NormalEquations {
 public:
  void add(const std::array<double, N>& row, double value, double weight = 1.0) {
    for (size_t i = 0; i < N; ++i) {
      const double wr = weight * row[i];
      for (size_t j = 0; j <= i; ++j) matrix_[i][j] += wr * row[j];
      right_[i] += wr * value;
    }
  }
  /// The same for an equation in few of the unknowns; `at` rising.
  template <size_t M>
  void add_sparse(const std::array<size_t, M>& at, const std::array<double, M>& row, double value) {
    for (size_t i = 0; i < M; ++i) {
      for (size_t j = 0; j <= i; ++j) matrix_[at[i]][at[j]] += row[i] * row[j];
      right_[at[i]] += row[i] * value;
    }
  }
  /// Adds to one element of the matrix (i >= j) or of the right-hand side, for equations that were summed elsewhere.
  void add_to_matrix(size_t i, size_t j, double value) { matrix_[i][j] += value; }
  void add_to_right(size_t i, double value) { right_[i] += value; }
  /// Pulls unknown i towards 0; keeps the system solvable where nothing determines it.
  void damp(size_t i, double weight) { matrix_[i][i] += weight; }
  /// Cholesky; false where the equations do not determine the unknowns.
  bool solve(std::array<double, N>& unknowns) const {
    std::array<std::array<double, N>, N> l{};
    for (size_t i = 0; i < N; ++i) {
      for (size_t j = 0; j <= i; ++j) {
        double sum = matrix_[i][j];
        for (size_t k = 0; k < j; ++k) sum -= l[i][k] * l[j][k];
        if (i != j) {
          l[i][j] = sum / l[j][j];
        } else if (sum > 1e-14 * matrix_[i][i] && sum > 0) {
          l[i][i] = std::sqrt(sum);
        } else {
          return false;
        }
      }
    }
    for (size_t i = 0; i < N; ++i) {
      double sum = right_[i];
      for (size_t k = 0; k < i; ++k) sum -= l[i][k] * unknowns[k];
      unknowns[i] = sum / l[i][i];
    }
    for (size_t i = N; i-- > 0;) {
      double sum = unknowns[i];
      for (size_t k = i + 1; k < N; ++k) sum -= l[k][i] * unknowns[k];
      unknowns[i] = sum / l[i][i];
    }
    return true;
  }

 private:
  std::array<std::array<double, N>, N> matrix_{};  // lower triangle
  std::array<double, N> right_{};
};

}  // namespace dew
