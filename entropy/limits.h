// SPDX-License-Identifier: Apache-2.0
/// What a caller allows a decoder or reader to spend on input that may be hostile.
///
///   DecodeLimits limits;                 // defaults are generous for one frame
///   limits.memory_bytes = 64u << 20;
///   auto cloud = decode_frame(bytes, limits);
#pragma once

#include <cstdint>

#include "entropy/result.h"

namespace dew {

/// All limits are the caller's choice; none is part of a format.
struct DecodeLimits {
  uint64_t input_bytes = uint64_t{1} << 36;   ///< largest input looked at
  uint64_t elements = uint64_t{1} << 28;      ///< points, cells, records in all
  uint64_t memory_bytes = uint64_t{8} << 30;  ///< sum of all allocations made for decoded data
  uint64_t work_units = uint64_t{1} << 40;    ///< coded symbols and copied bytes; bounds time
};

/// Keeps count of what one decode has spent. Not thread safe: one Budget a thread, cut from the caller's limits.
class Budget {
 public:
  explicit Budget(const DecodeLimits& limits)
      : elements_left_(limits.elements), memory_left_(limits.memory_bytes), work_left_(limits.work_units) {}

  /// Each takes `amount` from what is left, or answers limit_exceeded / out_of_memory and takes nothing.
  /// `offset` is the input byte that asked for it.
  Status take_elements(uint64_t amount, uint64_t offset);
  Status take_memory(uint64_t amount, uint64_t offset);
  Status take_work(uint64_t amount, uint64_t offset);

  uint64_t memory_left() const { return memory_left_; }

 private:
  uint64_t elements_left_;
  uint64_t memory_left_;
  uint64_t work_left_;
};

}  // namespace dew
