// SPDX-License-Identifier: Apache-2.0
/// Least squares of a turn that changes linearly from column to column, and what it gains. The equations of the columns are sums: a column
/// is added once and taken out again where a piece is cut. Encoders only.
///
///   TurnLine line;
///   for (size_t c = 0; c < columns.size(); ++c) line.add(columns[c], t[c], 1.0);    // t: any measure of time; sign -1 takes one out
///   std::array<double, 6> s;
///   if (line.solve(true, s)) use(s);                                                 // radians, radians a unit of t
///
/// Cost: 10 ns a column added, 0.6 us a solution.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "pointcloud/sensor/small_matrix.h"

namespace dew {

/// Equations for a small turn of one column about three axes, summed: matrix (xx, xy, yy, xz, yz, zz) and right-hand side.
struct TurnEquations {
  std::array<double, 6> matrix{};
  std::array<double, 3> right{};
  uint32_t returns = 0;
  uint32_t explained = 0;  ///< of them
  double closeness = 0;    ///< near `explained` where errors along the frame's third axis are as small as rounding makes them
};

/// Least squares of a turn that changes linearly: w = (s0, s1, s2) + (s3, s4, s5) t.
class TurnLine {
 public:
  void add(const TurnEquations& column, double t, double sign) {
    for (size_t k = 0; k < 6; ++k) {
      const double m = sign * column.matrix[k];
      matrix_[0][k] += m;
      matrix_[1][k] += t * m;
      matrix_[2][k] += t * t * m;
    }
    for (size_t k = 0; k < 3; ++k) {
      right_[0][k] += sign * column.right[k];
      right_[1][k] += sign * t * column.right[k];
    }
  }
  bool solve(bool with_rate, std::array<double, 6>& s) const {
    NormalEquations<6> equations;
    const size_t packed[3][3] = {{0, 1, 3}, {1, 2, 4}, {3, 4, 5}};
    for (size_t i = 0; i < 3; ++i) {
      for (size_t j = 0; j < 3; ++j) {
        if (j <= i) equations.add_to_matrix(i, j, matrix_[0][packed[i][j]]);
        equations.add_to_matrix(3 + i, j, matrix_[1][packed[i][j]]);
        if (j <= i) equations.add_to_matrix(3 + i, 3 + j, matrix_[2][packed[i][j]]);
      }
      equations.add_to_right(i, right_[0][i]);
      equations.add_to_right(3 + i, right_[1][i]);
      if (!with_rate) equations.damp(3 + i, 1e9 * (1 + matrix_[2][packed[i][i]]));
    }
    return equations.solve(s);
  }
  /// By how much the best line lowers the sum of weighted squares.
  double gain() const {
    std::array<double, 6> s;
    if (!solve(true, s)) return 0;
    double sum = 0;
    for (size_t k = 0; k < 3; ++k) sum += s[k] * right_[0][k] + s[3 + k] * right_[1][k];
    return sum;
  }

 private:
  double matrix_[3][6] = {};  // sums of 1, t, t^2 times the columns' matrices
  double right_[2][3] = {};
};

}  // namespace dew
