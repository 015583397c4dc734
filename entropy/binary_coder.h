// SPDX-License-Identifier: Apache-2.0
/// Adaptive binary contexts: the cheap way to code flags, small alphabets and signed residuals.
///
///   AdaptiveBit is_return;                          // one a context
///   bit = is_return.code(coder, bit);               // predicts, codes, learns; same line in encoder and decoder
///   AdaptiveTree<8> laser;                          // 256 symbols
///   symbol = laser.code(coder, symbol);
///   AdaptiveResidual residual(kContexts);
///   step = residual.code(coder, step, context);
///
/// Everything is integers. Memory: 8 bytes a binary context. Threads: a model belongs to one coder at a time.
/// Better than one context: mix several (entropy/mixer.h). Source: two-rate states as in M. Mahoney's PAQ8/lpaq.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/coder.h"

namespace dew {

/// How many events the slow rate of an AdaptiveBit looks back on, at most 1023.
inline constexpr uint32_t kDefaultHistory = 255;

namespace detail {
/// 65536 / (n + 1.5): the step after n events.
constexpr std::array<uint16_t, 1024> make_step_table() {
  std::array<uint16_t, 1024> table{};
  for (uint32_t n = 0; n < 1024; ++n) table[n] = static_cast<uint16_t>(131072 / (2 * n + 3));
  return table;
}
inline constexpr std::array<uint16_t, 1024> kStepTable = make_step_table();
/// The fast rate never falls below 1/6: surfaces change every few returns. Against 1/16 it saves 0.5 to 0.9 % on mixed intensities
/// (KITTI, HDL-32E, XT32, VLS-128) and 2 % on flags.
inline constexpr uint32_t kFastStep = 65536 / 6;
}  // namespace detail

/// Probability of a bit, learned at two rates: slow (1/n up to a limit), fast (1/n down to 1/6). Both start at one half.
class AdaptiveBit {
 public:
  uint32_t fast() const { return fast_; }          ///< P(1) in 1/65536, 0 to 65535
  uint32_t slow() const { return slow_ >> 16; }    ///< P(1) in 1/65536, 0 to 65535
  uint32_t count() const { return slow_ & 1023; }  ///< events seen, up to the history
  /// Three parts fast, five parts slow, kept where a surprise costs at most 11 bits. A steady source would want less of the fast one (this
  /// costs up to 6 % there); flags and intensities in scan order, which are not steady, want more (3 to 7 % are saved).
  uint32_t p1() const {
    const uint32_t mean = (3 * fast() + 5 * slow()) >> 3;
    return mean < 32 ? 32 : mean > 65504 ? 65504 : mean;
  }

  void update(bool bit, uint32_t history = kDefaultHistory) {
    // Without branches: the bit is what cannot be guessed. `ones` flips p to its complement, `sign` the move's direction.
    const uint32_t ones = 0 - static_cast<uint32_t>(bit);
    const uint32_t sign = ~ones;
    const uint32_t n = slow_ & 1023;
    const uint32_t step = detail::kStepTable[n];
    // 22 bits of probability times 16 bits of step need 64 bits.
    const uint64_t room = ((slow_ ^ ones) >> 10);
    const uint32_t move = static_cast<uint32_t>((room * step) >> 16) << 10;
    slow_ += ((move ^ sign) - sign) + (n < history ? 1 : 0);
    const uint32_t fast_step = step > detail::kFastStep ? step : detail::kFastStep;
    const uint32_t fast_room = (fast_ ^ ones) & 0xffff;
    const uint32_t fast_move = (fast_room * fast_step) >> 16;
    fast_ = static_cast<uint16_t>(fast_ + ((fast_move ^ sign) - sign));
  }

  template <class Coder>
  bool code(Coder& coder, bool bit, uint32_t history = kDefaultHistory) {
    bit = coder.code_bit(bit, p1());
    update(bit, history);
    return bit;
  }
  /// The same for bits that are nearly always as expected.
  template <class Coder>
  bool code_expected(Coder& coder, bool bit, uint32_t history = kDefaultHistory) {
    bit = code_expected_bit(coder, bit, p1());
    update(bit, history);
    return bit;
  }

 private:
  uint32_t slow_ = uint32_t{1} << 31;  // 22 bits of probability, 10 bits of count
  uint16_t fast_ = 32768;
};

/// Codes a symbol of `bits` bits from its top bit down. `code_node(bit, node)` codes one bit under node 1 .. 2^bits - 1 and returns it.
template <class CodeNode>
uint32_t code_tree(uint32_t symbol, unsigned bits, CodeNode&& code_node) {
  uint32_t node = 1;
  for (unsigned i = bits; i-- > 0;) node = 2 * node + (code_node(((symbol >> i) & 1) != 0, node) ? 1u : 0u);
  return node - (1u << bits);
}

/// A symbol of 0 .. 2^kBits - 1 under one context.
template <unsigned kBits>
class AdaptiveTree {
  static_assert(kBits >= 1 && kBits <= 16);

 public:
  /// REQUIRES: symbol < 2^kBits where the coder encodes.
  template <class Coder>
  uint32_t code(Coder& coder, uint32_t symbol, uint32_t history = kDefaultHistory) {
    return code_tree(symbol, kBits, [&](bool bit, uint32_t node) { return nodes_[node].code(coder, bit, history); });
  }

 private:
  std::array<AdaptiveBit, size_t{1} << kBits> nodes_;
};

/// Decisions that code_residual asks for, numbered 0 .. kResidualNodes - 1.
inline constexpr uint32_t kResidualNodes = 256;

/// Codes any signed integer but -2^63 as binary decisions: zero?, sign, size class in unary (Elias gamma), the two bits below the top bit;
/// what lies below is nearly evenly spread and goes as raw bits. `code_node(bit, node)` as for code_tree.
/// A decoder returns a number for any bytes.
template <class Coder, class CodeNode>
int64_t code_residual(Coder& coder, int64_t value, CodeNode&& code_node) {
  constexpr uint32_t kZero = 0, kSign = 1, kClass = 2, kFirst = 65, kSecond = 128;
  if (code_node(value == 0, kZero)) return 0;
  const bool negative = code_node(value < 0, kSign);
  const uint64_t size = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  const unsigned wanted = static_cast<unsigned>(std::bit_width(size)) - 1;
  unsigned top = 0;  // size lies in [2^top, 2^(top + 1))
  while (top < 62 && code_node(wanted > top, kClass + top)) ++top;
  uint64_t result = 1;
  unsigned left = top;
  if (left > 0) result = 2 * result + (code_node(((size >> --left) & 1) != 0, kFirst + top) ? 1u : 0u);
  if (left > 0) {
    const uint32_t node = kSecond + 2 * top + static_cast<uint32_t>(result & 1);
    result = 2 * result + (code_node(((size >> --left) & 1) != 0, node) ? 1u : 0u);
  }
  if (left > 0) result = (result << left) | coder.code_raw(size & ((uint64_t{1} << left) - 1), left);
  return negative ? -static_cast<int64_t>(result) : static_cast<int64_t>(result);
}

/// Signed integers under one of `context_count` contexts; 2 KiB a context.
class AdaptiveResidual {
 public:
  explicit AdaptiveResidual(size_t context_count) : nodes_(context_count * kResidualNodes) {}

  /// REQUIRES: context < context_count.
  template <class Coder>
  int64_t code(Coder& coder, int64_t value, size_t context, uint32_t history = kDefaultHistory) {
    AdaptiveBit* nodes = &nodes_[context * kResidualNodes];
    return code_residual(coder, value, [&](bool bit, uint32_t node) { return nodes[node].code(coder, bit, history); });
  }

 private:
  std::vector<AdaptiveBit> nodes_;
};

}  // namespace dew
