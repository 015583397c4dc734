// SPDX-License-Identifier: Apache-2.0
/// Ranges without a network: the fast effort, and the yardstick for networks. One prediction, its error coded under a few adaptive contexts.
///
///   AdaptiveRangeModel model(end_column - first_column);
///   for each row: for each return: range = model.code(coder, column, range);   model.end_row();
///
/// Columns count from the slice's first. One object a slice and thread. Cost: about 60 ns a return.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "entropy/binary_coder.h"
#include "pointcloud/coding/log_scale.h"
#include "pointcloud/coding/quick_bit.h"

namespace dew {

class AdaptiveRangeModel {
 public:
  AdaptiveRangeModel(uint32_t columns, uint32_t max_range);

  /// Codes the range at `column` of this row, 1 to max_range. A decoder answers within that for any bytes.
  template <class Coder>
  uint32_t code(Coder& coder, uint32_t column, uint32_t range) {
    const Guess guess = look(column);
    QuickBit<5>* nodes = &residual_[guess.context * kResidualNodes];
    const int64_t error = code_residual(coder, static_cast<int64_t>(range) - guess.range, [&](bool bit, uint32_t node) { return nodes[node].code(coder, bit); });
    const int64_t value = std::clamp<int64_t>(guess.range + error, 1, max_range_);
    add_return(column, value, value - guess.range);
    return static_cast<uint32_t>(value);
  }
  /// The next row is below this one.
  void end_row();

 private:
  static constexpr int kMargin = 2;
  static constexpr size_t kActivityClasses = 24;

  struct Guess {
    int64_t range;
    size_t context;
  };

  Guess look(uint32_t column) const;
  void add_return(uint32_t column, int64_t range, int64_t error);

  int64_t max_range_;
  int64_t last_ = 0;          ///< last return of this row; 0 = none
  int64_t last_above_ = 0;    ///< the row above where that was
  int32_t last_column_ = -1;
  int32_t error_size_ = 48;   ///< mean log_q4 of the last errors, 2^-2
  std::vector<uint32_t> row_, above_;
  std::vector<QuickBit<5>> residual_;
};

}  // namespace dew
