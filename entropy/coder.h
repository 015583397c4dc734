// SPDX-License-Identifier: Apache-2.0
/// One code path for estimating, encoding and decoding: a codec is a template over its coder and cannot drift apart.
///
///   template <class Coder>
///   int64_t code_height(Coder& coder, int64_t height, const MixtureCdf& cdf) {
///     return code_by_cdf(coder, cdf, height, 0, 4095);        // RangeEncoder, CostMeter: returns `height`
///   }                                                          // RangeDecoder: ignores `height`, returns what it reads
///
/// A Coder has
///   static constexpr bool kDecodes;
///   bool code_bit(bool bit, uint32_t p1);              // P(1) = p1 / 65536, 1 <= p1 <= 65535
///   uint64_t code_raw(uint64_t value, unsigned bits);  // equally likely values, 0 to 64 bits
/// and, where it does not decode, encode_interval(start, size, total_bits); where it does, decode_target and consume.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "entropy/range_coder.h"

namespace dew {

namespace detail {

/// log2(1 + i / 256) in 2^-24 bits, by repeated squaring of a 31-bit fraction.
constexpr std::array<uint32_t, 257> make_log2_table() {
  std::array<uint32_t, 257> table{};
  for (uint64_t i = 0; i < 256; ++i) {
    uint64_t x = (uint64_t{1} << 31) + (i << 23);
    uint32_t log = 0;
    for (int bit = 0; bit < 25; ++bit) {
      x = (x * x) >> 31;
      log <<= 1;
      if (x >> 32) {
        log |= 1;
        x >>= 1;
      }
    }
    table[i] = (log + 1) >> 1;
  }
  table[256] = uint32_t{1} << 24;
  return table;
}
inline constexpr std::array<uint32_t, 257> kLog2Table = make_log2_table();

}  // namespace detail

/// One bit of cost, as code_length counts it.
inline constexpr uint64_t kCostOfOneBit = uint64_t{1} << 24;

/// Code length of an event of probability size / 2^total_bits, in 2^-24 bits, exact to 3e-6 bits. REQUIRES: 1 <= size <= 2^total_bits.
constexpr uint64_t code_length(uint32_t size, unsigned total_bits) {
  const unsigned top = static_cast<unsigned>(std::bit_width(size)) - 1;
  const uint32_t mantissa = static_cast<uint32_t>((uint64_t{size} << (31 - top)) & 0x7fffffff);
  const uint32_t i = mantissa >> 23;
  const uint64_t low = detail::kLog2Table[i];
  const uint64_t high = detail::kLog2Table[i + 1];
  const uint64_t log2 = (uint64_t{top} << 24) + low + (((high - low) * (mantissa & 0x7fffff)) >> 23);
  return (uint64_t{total_bits} << 24) - log2;
}

/// A Coder that writes nothing and adds up what a perfect encoder would write: for choosing between modes and for tables of bits.
class CostMeter {
 public:
  static constexpr bool kDecodes = false;

  bool code_bit(bool bit, uint32_t p1) {
    cost_ += code_length(bit ? p1 : 65536 - p1, kProbabilityBits);
    return bit;
  }
  void encode_interval(uint32_t /*start*/, uint32_t size, unsigned total_bits) { cost_ += code_length(size, total_bits); }
  uint64_t code_raw(uint64_t value, unsigned bits) {
    cost_ += bits * kCostOfOneBit;
    return value;
  }

  /// Sum so far in 2^-24 bits; the same on every machine.
  uint64_t cost() const { return cost_; }
  double bits() const { return static_cast<double>(cost_) / static_cast<double>(kCostOfOneBit); }

 private:
  uint64_t cost_ = 0;
};

/// coder.code_bit(bit, p1) for a bit that is mostly as expected, and for models whose next step hangs on it: see
/// RangeDecoder::decode_by_branch. The same bytes.
template <class Coder>
bool code_expected_bit(Coder& coder, bool bit, uint32_t p1) {
  if constexpr (requires { coder.decode_by_branch(p1); }) return coder.decode_by_branch(p1);
  return coder.code_bit(bit, p1);
}

/// Symbols a < b of a CDF with below = start(a) <= target < above = start(b). With b = a + 1, `a` is the symbol that holds the target.
struct CdfBracket {
  int64_t a;
  int64_t b;
  uint64_t below;
  uint64_t above;
};

/// Narrows the bracket to one symbol by interpolation and bisection in turn. `cdf(x)` is the first number of symbol x's interval;
/// REQUIRES: it grows strictly. Cost: at most 2 log2(b - a) + 1 evaluations.
template <class Cdf>
CdfBracket find_in_cdf(const Cdf& cdf, uint32_t target, CdfBracket bracket) {
  auto& [a, b, below, above] = bracket;
  for (bool halve = false; b - a > 1; halve = !halve) {
    // Rounding may differ between machines here: it changes the path of the search, never what is found.
    const double share = halve ? 0.5 : static_cast<double>(target - below) / static_cast<double>(above - below);
    const int64_t guess = a + static_cast<int64_t>(share * static_cast<double>(b - a));
    const int64_t x = guess <= a ? a + 1 : guess >= b ? b - 1 : guess;
    const uint64_t start = cdf(x);
    if (start <= target) {
      a = x;
      below = start;
    } else {
      b = x;
      above = start;
    }
  }
  return bracket;
}

/// The numbers of a symbol: start .. start + size - 1 of 2^Cdf::kBits.
struct CdfInterval {
  uint32_t start;
  uint32_t size;
};

/// The interval that code_by_cdf gives to `value`. REQUIRES: as there.
template <class Cdf>
CdfInterval interval_in_cdf(const Cdf& cdf, int64_t value, int64_t lo, int64_t hi) {
  const uint32_t start = value == lo ? 0 : cdf(value);
  const uint32_t end = value == hi ? uint32_t{1} << Cdf::kBits : cdf(value + 1);
  return {start, end - start};
}

/// Codes `value`, one of lo .. hi, under a CDF of Cdf::kBits bits (at most 31) that is evaluated where it is asked for: twice to encode,
/// a few times to decode. The Cdf has operator()(x) as for find_in_cdf and may have `CdfBracket around(target, bracket)`, which narrows
/// the bracket by what it knows. The interval of `lo` starts at 0 and that of `hi` ends at 2^Cdf::kBits, whatever operator() says there.
/// REQUIRES: lo <= value <= hi where the coder encodes; hi - lo < 2^Cdf::kBits, both within +-2^62. A decoder always returns a value in lo
/// .. hi.
template <class Coder, class Cdf>
int64_t code_by_cdf(Coder& coder, const Cdf& cdf, int64_t value, int64_t lo, int64_t hi) {
  static_assert(Cdf::kBits < 32);
  if constexpr (Coder::kDecodes) {
    constexpr uint32_t kTotal = uint32_t{1} << Cdf::kBits;
    const uint32_t target = coder.decode_target(Cdf::kBits);
    CdfBracket bracket{lo, hi + 1, 0, kTotal};
    if constexpr (requires { cdf.around(target, bracket); }) bracket = cdf.around(target, bracket);
    bracket = find_in_cdf(cdf, target, bracket);
    coder.consume(static_cast<uint32_t>(bracket.below), static_cast<uint32_t>(bracket.above - bracket.below));
    return bracket.a;
  } else {
    const CdfInterval interval = interval_in_cdf(cdf, value, lo, hi);
    coder.encode_interval(interval.start, interval.size, Cdf::kBits);
    return value;
  }
}

}  // namespace dew
