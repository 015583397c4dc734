// SPDX-License-Identifier: Apache-2.0
/// Ranges without a network: the fast effort, and the yardstick for networks. One prediction, its error coded under a few adaptive
/// contexts.
///
///   AdaptiveRangeModel model(end_column - first_column, max_range);
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
#include "pointcloud/coding/reference_picture.h"

namespace dew {

class AdaptiveRangeModel {
 public:
  AdaptiveRangeModel(uint32_t columns, uint32_t max_range);
  /// With an earlier frame: whichever did better lately, the reference or this frame, predicts. `reference` must outlive the model.
  AdaptiveRangeModel(uint32_t columns, uint32_t max_range, const ReferencePicture& reference, uint32_t first_column);

  /// Codes the range at `column` of this row, 1 to max_range. A decoder answers within that for any bytes.
  template <class Coder>
  uint32_t code(Coder& coder, uint32_t column, uint32_t range) {
    const Guess guess = look(column);
    const int64_t error = code_error(coder, static_cast<int64_t>(range) - guess.range, &nodes_[guess.context * kNodes]);
    const int64_t value = std::clamp<int64_t>(guess.range + error, 1, max_range_);
    add_return(column, value, guess);
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
    int64_t inside = 0;   ///< what this frame says; under a reference only
    int64_t earlier = 0;  ///< what the reference says; 0: nothing
  };
  static constexpr size_t kInsideContexts = 2 * kActivityClasses, kDisputeClasses = 4;

  /// Of a context: a tree of 32 leaves, then one bit and two for each length of errors.
  static constexpr size_t kNodes = 128, kSecondBit = 32, kThirdBit = 64;
  static constexpr unsigned kTreeBits = 5, kLongest = 15, kLongerBits = 3;

  /// Sign and length in bits as one symbol, so that the number of decisions does not depend on the error; the two bits below the top one;
  /// the rest is nearly evenly spread. Errors stay below 2^(kLongest + 7) in size.
  template <class Coder>
  static int64_t code_error(Coder& coder, int64_t error, QuickBit<5>* nodes) {
    const auto code_bit = [&](uint64_t from, unsigned place, size_t node) {
      return nodes[node].code(coder, ((from >> place) & 1) != 0) ? 1u : 0u;
    };
    const bool minus = error < 0;
    const uint64_t size = static_cast<uint64_t>(minus ? -error : error);
    const unsigned length = static_cast<unsigned>(std::bit_width(size));
    const int32_t kept = static_cast<int32_t>(std::min(length, kLongest));
    const uint32_t leaf = code_tree(static_cast<uint32_t>(16 + (minus ? -kept : kept)), kTreeBits,
                                    [&](bool bit, uint32_t node) { return nodes[node].code(coder, bit); });
    const int32_t from_middle = static_cast<int32_t>(leaf) - 16;
    unsigned left = static_cast<unsigned>(from_middle < 0 ? -from_middle : from_middle);
    if (left == 0) return 0;
    if (left >= kLongest) left = kLongest + static_cast<unsigned>(coder.code_raw(length - kLongest, kLongerBits));
    const size_t slot = std::min(left, kLongest);
    uint64_t value = 1;
    if (--left > 0) {
      --left;
      value = 2 * value + code_bit(size, left, kSecondBit + slot);
    }
    if (left > 0) {
      --left;
      value = 2 * value + code_bit(size, left, kThirdBit + 2 * slot + (value & 1));
    }
    if (left > 0) value = (value << left) | coder.code_raw(size & ((uint64_t{1} << left) - 1), left);
    return from_middle < 0 ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
  }

  Guess look(uint32_t column) const { return reference_ == nullptr ? look_inside(column) : look_beside(column); }
  Guess look_inside(uint32_t column) const;
  Guess look_beside(uint32_t column) const;
  void add_return(uint32_t column, int64_t range, const Guess& guess);

  int64_t max_range_;
  int64_t last_ = 0;        ///< last return of this row; 0 = none
  int64_t last_above_ = 0;  ///< the row above where that was
  int32_t last_column_ = -1;
  int32_t error_size_ = 48;  ///< mean log_q4 of the last errors, 2^-2
  std::vector<uint32_t> row_, above_;
  std::vector<QuickBit<5>> nodes_;

  const ReferencePicture* reference_ = nullptr;
  uint32_t first_column_ = 0, row_number_ = 0;
  int64_t earlier_error_ = 0;                               ///< of the reference at the last return, steps
  int32_t inside_size_ = 48 * 16, earlier_size_ = 48 * 16;  ///< mean log_q4 of the last errors of each, 2^-4
};

}  // namespace dew
