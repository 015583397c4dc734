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
#include "pointcloud/coding/quick_symbol.h"
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
    const int64_t error = code_error(coder, static_cast<int64_t>(range) - guess.range, symbols_[guess.context]);
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

  /// How errors of one context are spread.
  struct ErrorSymbols {
    QuickSymbol<16, 7> length;       ///< 7 and the length in bits, negative for negative errors; 15: longer
    QuickSymbol<16, 7> long_length;  ///< length less 8, to kLongest, and 8 for negative errors
    std::array<QuickSymbol<8, 6>, 14> below_top =
        fresh_below_top();  ///< of a length of 2 to kLongest: the one or two bits below the topmost

    static std::array<QuickSymbol<8, 6>, 14> fresh_below_top() {
      std::array<QuickSymbol<8, 6>, 14> symbols;
      symbols.fill(QuickSymbol<8, 6>(4));
      symbols[0] = QuickSymbol<8, 6>(2);
      return symbols;
    }
  };
  static constexpr unsigned kShort = 7, kLongest = 15, kLongerBits = 3;

  /// Sign and length in bits, then the bits below the top one; the rest is nearly evenly spread. Errors stay below 2^(kLongest + 7) in
  /// size.
  template <class Coder>
  static int64_t code_error(Coder& coder, int64_t error, ErrorSymbols& symbols) {
    bool minus = error < 0;
    const uint64_t size = static_cast<uint64_t>(minus ? -error : error);
    unsigned length = static_cast<unsigned>(std::bit_width(size));
    const uint32_t symbol = symbols.length.code(coder, length > kShort ? 2 * kShort + 1 : minus ? kShort - length : kShort + length);
    if (symbol <= 2 * kShort) {
      minus = symbol < kShort;
      length = minus ? kShort - symbol : symbol - kShort;
    } else {
      const uint32_t longer = symbols.long_length.code(coder, std::min(length, kLongest) - (kShort + 1) + (minus ? 8 : 0));
      minus = longer >= 8;
      if ((longer & 7) < 7) {
        length = (longer & 7) + kShort + 1;
      } else {
        length = kLongest + static_cast<unsigned>(coder.code_raw(length - kLongest, kLongerBits));
      }
    }
    if (length == 0) return 0;
    uint64_t value = 1;
    unsigned left = length - 1;
    if (left > 0) {
      const unsigned below = std::min(left, 2u);
      left -= below;
      value = value << below |
              symbols.below_top[std::min(length, kLongest) - 2].code(coder, static_cast<uint32_t>(size >> left) & ((1u << below) - 1));
    }
    if (left > 0) value = (value << left) | coder.code_raw(size & ((uint64_t{1} << left) - 1), left);
    return minus ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
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
  std::vector<ErrorSymbols> symbols_;

  const ReferencePicture* reference_ = nullptr;
  uint32_t first_column_ = 0, row_number_ = 0;
  int64_t earlier_error_ = 0;                               ///< of the reference at the last return, steps
  int32_t inside_size_ = 48 * 16, earlier_size_ = 48 * 16;  ///< mean log_q4 of the last errors of each, 2^-4
};

}  // namespace dew
