// SPDX-License-Identifier: Apache-2.0
/// An adaptive symbol of 8 or 16 values that is coded at once: for the fast effort, where a tree of bits (entropy/binary_coder.h) takes
/// twice as long.
///
///   QuickSymbol<16, 5> length;                           // learns a 32nd of every surprise in the end, an eighth at first
///   symbol = length.code(coder, symbol);
///
/// Value s has the numbers starts[s] to starts[s + 1] - 1 of 2^15. After a symbol every start moves towards where it would be if each other
/// value had but kQuickFloor numbers, which is the least that a value ever has. PlainStarts is the definition; SSE2, which every x86-64
/// has, computes the same. One object belongs to one coder at a time. Cost: 5 ns a symbol to encode, 12 to decode.
/// Source: mixing a distribution with that of the symbol seen, as in F. Giesen, "Mixing discrete distributions", 2015.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace dew {

/// Bits of the numbers that values share, and how many numbers each value keeps.
inline constexpr unsigned kQuickSymbolBits = 15;
inline constexpr int kQuickFloor = 4;

/// Where the numbers of each value start. That of the first is 0, so that its place counts the symbols seen, as far as that matters.
template <unsigned kValues>
class PlainStarts {
 public:
  explicit PlainStarts(unsigned likely) {
    for (unsigned s = 1; s < kValues; ++s)
      starts_[s] = static_cast<int16_t>(s * kQuickFloor + std::min(s, likely) * static_cast<unsigned>(kSpare) / likely);
  }
  uint32_t start(uint32_t value) const { return value == 0 ? 0 : static_cast<uint32_t>(starts_[value]); }
  uint32_t end(uint32_t value) const { return value + 1 == kValues ? 1u << kQuickSymbolBits : static_cast<uint32_t>(starts_[value + 1]); }
  unsigned seen() const { return static_cast<unsigned>(starts_[0]); }

  /// The value that has the number.
  uint32_t value_of(uint32_t number) const {
    uint32_t value = 0;
    for (uint32_t s = 1; s < kValues; ++s) value += static_cast<uint32_t>(starts_[s]) <= number;
    return value;
  }
  void learn(uint32_t value, int rate) {
    for (uint32_t s = 1; s < kValues; ++s) {
      const int aim = static_cast<int>(s) * kQuickFloor + (s > value ? kSpare : 0);
      starts_[s] = static_cast<int16_t>(starts_[s] + ((aim - starts_[s]) >> rate));
    }
    count();
  }

 protected:
  static constexpr int kSpare = (1 << kQuickSymbolBits) - static_cast<int>(kValues) * kQuickFloor;
  static constexpr int16_t kMostSeen = 126;
  void count() { starts_[0] = static_cast<int16_t>(starts_[0] + (starts_[0] < kMostSeen)); }

  alignas(16) std::array<int16_t, kValues> starts_{};
};

#if defined(__SSE2__)
/// The same in registers.
template <unsigned kValues>
class RegisterStarts : public PlainStarts<kValues> {
  static_assert(kValues == 8 || kValues == 16);

 public:
  using PlainStarts<kValues>::PlainStarts;

  uint32_t value_of(uint32_t number) const {
    const __m128i wanted = _mm_set1_epi16(static_cast<int16_t>(number));
    const __m128i low = _mm_cmpgt_epi16(_mm_load_si128(lanes()), wanted);
    const __m128i high = kValues == 16 ? _mm_cmpgt_epi16(_mm_load_si128(lanes() + kValues / 8 - 1), wanted) : _mm_set1_epi16(-1);
    const unsigned above = static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(low, high)));
    return static_cast<uint32_t>(std::countr_zero((above & ~1u) | 0x10000u)) - 1;
  }
  void learn(uint32_t value, int rate) {
    const int16_t seen = this->starts_[0];
    const __m128i shift = _mm_cvtsi32_si128(rate), at = _mm_set1_epi16(static_cast<int16_t>(value));
    for (unsigned half = 0; half < kValues / 8; ++half) {
      const __m128i lane = _mm_add_epi16(_mm_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7), _mm_set1_epi16(static_cast<int16_t>(8 * half)));
      const __m128i spare = _mm_and_si128(_mm_cmpgt_epi16(lane, at), _mm_set1_epi16(this->kSpare));
      const __m128i aim = _mm_add_epi16(_mm_mullo_epi16(lane, _mm_set1_epi16(kQuickFloor)), spare);
      const __m128i now = _mm_load_si128(lanes() + half);
      __m128i next = _mm_add_epi16(now, _mm_sra_epi16(_mm_sub_epi16(aim, now), shift));
      if (half == 0) next = _mm_insert_epi16(next, seen + (seen < this->kMostSeen), 0);
      _mm_store_si128(lanes() + half, next);
    }
  }

 private:
  __m128i* lanes() { return reinterpret_cast<__m128i*>(this->starts_.data()); }
  const __m128i* lanes() const { return reinterpret_cast<const __m128i*>(this->starts_.data()); }
};
template <unsigned kValues>
using FastStarts = RegisterStarts<kValues>;
#else
template <unsigned kValues>
using FastStarts = PlainStarts<kValues>;
#endif

template <unsigned kValues, unsigned kRate, template <unsigned> class Starts = FastStarts>
class QuickSymbol {
 public:
  /// The first `likely` values share what the floors of all leave. REQUIRES: 1 <= likely <= kValues.
  explicit QuickSymbol(unsigned likely = kValues) : starts_(likely) {}

  /// REQUIRES: symbol < kValues where the coder encodes. A decoder answers within that for any bytes.
  template <class Coder>
  uint32_t code(Coder& coder, uint32_t symbol) {
    if constexpr (Coder::kDecodes) symbol = starts_.value_of(coder.decode_target(kQuickSymbolBits));
    const uint32_t start = starts_.start(symbol), size = starts_.end(symbol) - start;
    if constexpr (Coder::kDecodes) {
      coder.consume(start, size);
    } else {
      coder.encode_interval(start, size, kQuickSymbolBits);
    }
    starts_.learn(symbol, std::min(static_cast<int>(kRate), static_cast<int>(std::bit_width(starts_.seen() + 4))));
    return symbol;
  }

 private:
  Starts<kValues> starts_;
};

}  // namespace dew
