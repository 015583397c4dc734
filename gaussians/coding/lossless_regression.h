// SPDX-License-Identifier: Apache-2.0
/// Least squares that learn while they are used: each value of a row from the same values of a neighbour and the row's earlier values.
///
///   RunningRegression regression(columns);
///   regression.start(neighbour);                          // one value a column
///   for (size_t k = 0; k < columns; ++k) {
///     const float expected = regression.prediction(k);
///     ...                                                 // code value k
///     regression.reveal(k, value);
///   }
///   regression.learn(weight);
///
/// One factorisation of the weighted second moments of [1, neighbour, row] serves all columns: the rows of its inverse are the
/// coefficients. Refitted after 32, 64, 128, 256 rows and then every 256 (later 512); each fit makes what came before it count 0.9 times.
/// Only + - * / on IEEE floats and doubles in a fixed order: the same numbers on every machine. Threads: one each.
/// Cost at 56 columns: about 3 us a row and 0.3 ms a fit. Memory: 24 bytes times the square of 2 columns + 1.
#pragma once

#include <cstddef>
#include <vector>

namespace dew {

class RunningRegression {
 public:
  /// `fit_rows`: rows from one fit to the next once that many are known; `forgetting`: what a fit leaves of the moments; `ridge`: relative,
  /// at 1000 rows.
  RunningRegression(size_t given, size_t columns, size_t fit_rows, float forgetting, double ridge);

  /// REQUIRES: `given` values, which may be null if none are wanted; all values here and in reveal within +-1000.
  void start(const float* given);
  float prediction(size_t column) const { return predictions_[column]; }
  /// REQUIRES: once for each column, in order.
  void reveal(size_t column, float value);
  /// Takes the row into account, `weight` times.
  void learn(float weight);

 private:
  void fit();

  size_t given_;
  size_t columns_;
  size_t fit_rows_;
  float forgetting_;
  double ridge_;
  size_t own_;     // where the row's own values begin among the inputs
  size_t inputs_;  // 1 + 2 columns
  size_t rows_ = 0;
  size_t next_fit_ = 32;
  double weight_sum_ = 0;
  std::vector<float> row_;           // inputs of this row
  std::vector<float> predictions_;   // by column
  std::vector<float> moments_;       // lower triangle, rows of inputs_
  std::vector<float> coefficients_;  // by input, then by column
};

}  // namespace dew
