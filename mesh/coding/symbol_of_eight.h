// SPDX-License-Identifier: Apache-2.0
/// A symbol of eight in one step of the coder, under shares that follow what comes.
///
///   SymbolOfEight symbols;                                   // all alike
///   symbol = symbols.code(coder, symbol);                  // the same line in encoder and decoder
///
/// The shares' upper edges fill the eight lanes of one vector of 16-bit numbers, so that finding the symbol and learning from it take as
/// many instructions as one binary decision, and no branch. Everything is integers, alike with and without vectors. Threads: a model
/// belongs to one coder.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "mesh/coding/quick_mix.h"

namespace dew {

class SymbolOfEight {
 public:
  static constexpr unsigned kSymbols = 8, kBits = 15;

  constexpr SymbolOfEight() : SymbolOfEight({0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875}, 0) {}
  /// `below`: rising, what share of symbols is at most 0, 1, ... 6; as if `count` had come.
  constexpr SymbolOfEight(const std::array<double, kSymbols - 1>& below, uint32_t count) : count_(static_cast<uint16_t>(count)) {
    for (size_t i = 0; i < kSymbols - 1; ++i) edges_.lane[i] = static_cast<int16_t>(below[i] * kRange);
    edges_.lane[kSymbols - 1] = kRange;
  }

  template <class Coder>
  [[gnu::always_inline]] uint32_t code(Coder& coder, uint32_t symbol) {
    if constexpr (Coder::kDecodes) {
      symbol = find(coder.decode_target(kBits));
      const uint32_t start = start_of(symbol);
      coder.consume(start, start_of(symbol + 1) - start);
    } else {
      coder.encode_interval(start_of(symbol), start_of(symbol + 1) - start_of(symbol), kBits);
    }
    learn(symbol);
    return symbol;
  }

 private:
  /// Each symbol keeps this share at least, in 1/32768.
  static constexpr int kLeast = 8;
  static constexpr int kRange = (1 << kBits) - kLeast * static_cast<int>(kSymbols);
  /// What an edge moves by after so many symbols, in 1/65536: 1 / (n + 2.5), not less than 1/256.
  static constexpr size_t kRates = 254;
  static constexpr std::array<int16_t, kRates> kRate = [] {
    std::array<int16_t, kRates> rates{};
    for (size_t n = 0; n < kRates; ++n) rates[n] = static_cast<int16_t>(131072 / (2 * n + 5));
    return rates;
  }();

  uint32_t start_of(uint32_t symbol) const {
    return symbol == 0 ? 0 : static_cast<uint32_t>(edges_.lane[symbol - 1] + kLeast * static_cast<int>(symbol));
  }

#if defined(__SSE2__)
  uint32_t find(uint32_t target) const {
    constexpr short a = kLeast;
    const __m128i last =
        _mm_add_epi16(edges(), _mm_setr_epi16(a - 1, 2 * a - 1, 3 * a - 1, 4 * a - 1, 5 * a - 1, 6 * a - 1, 7 * a - 1, 8 * a - 1));
    const int above = _mm_movemask_epi8(_mm_cmpgt_epi16(_mm_set1_epi16(static_cast<int16_t>(target)), last));
    return static_cast<uint32_t>(std::countr_one(static_cast<uint32_t>(above))) / 2;
  }
  void learn(uint32_t symbol) {
    const __m128i below = _mm_cmpgt_epi16(_mm_set1_epi16(static_cast<int16_t>(symbol)), _mm_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7));
    const __m128i off = _mm_sub_epi16(_mm_andnot_si128(below, _mm_set1_epi16(kRange)), edges());
    const __m128i rate = _mm_set1_epi16(kRate[count_]);
    const __m128i move = _mm_add_epi16(_mm_mulhi_epi16(off, rate), _mm_srli_epi16(_mm_mullo_epi16(off, rate), 15));
    _mm_store_si128(reinterpret_cast<__m128i*>(&edges_), _mm_add_epi16(edges(), move));
    count_ = static_cast<uint16_t>(count_ + (count_ + 1u < kRates ? 1 : 0));
  }
  __m128i edges() const { return _mm_load_si128(reinterpret_cast<const __m128i*>(&edges_)); }
#else
  uint32_t find(uint32_t target) const {
    uint32_t symbol = 0;
    for (uint32_t i = 1; i < kSymbols; ++i) symbol += target >= start_of(i) ? 1 : 0;
    return symbol;
  }
  void learn(uint32_t symbol) {
    for (uint32_t i = 0; i < kSymbols; ++i) {
      const int32_t product = ((i < symbol ? 0 : kRange) - edges_.lane[i]) * kRate[count_];
      edges_.lane[i] = static_cast<int16_t>(edges_.lane[i] + ((product + 32768) >> 16));
    }
    count_ = static_cast<uint16_t>(count_ + (count_ + 1u < kRates ? 1 : 0));
  }
#endif

  quick_mix::Lanes edges_{};
  uint16_t count_ = 0;
};

}  // namespace dew
