// SPDX-License-Identifier: Apache-2.0
/// Signed integers whose size is guessed first, from several contexts at once; decisions then stand under that guess alone.
///
///   SizedNumber model;
///   step = model.code(coder, step, {around, s, d, f, e, many});      // the same line in encoder and decoder
///
/// The guess is a logarithm: that of what is around, moved by what each context was off by so far. So contexts meet once a number instead
/// of once a decision, and a decision costs what one under a single context does; what is learned of a size serves all contexts that lead
/// to it. Memory: 12 KiB. Threads: a model belongs to one coder at a time.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "mesh/coding/quick_mix.h"
#include "mesh/coding/symbol_of_eight.h"

namespace dew {

/// What is known of a number before it is coded; sizes as buckets (detail::size_bucket).
struct SizeHints {
  double around = 0;                      ///< mean size of the numbers around
  size_t around_bucket = 0, spread = 0;   ///< of that; of how far guesses differ
  size_t before = 0, edge = 0, many = 0;  ///< of the components before; of the edge; 0 to 3: how many guesses there are
};

namespace sized_number {

/// Logarithms to the base 2 in steps of 1/2048, linear between powers of two.
inline constexpr int kOctaveBits = 11;
inline constexpr int kOctave = 1 << kOctaveBits;
inline int log_size(double size) {
  return static_cast<int>(std::bit_cast<uint64_t>(size + 0.25) >> (52 - kOctaveBits)) - (1023 << kOctaveBits);
}

/// Rows: sizes from 1/4 to 1.4 by half octaves, where classes depend on it most, then from 2 to 2^14 by octaves.
inline constexpr int kHalfRows = 6, kRows = kHalfRows + 14;
inline size_t row_of(int size) {
  const int fine = std::max((size + 2 * kOctave + kOctave / 4) >> (kOctaveBits - 1), 0);
  const int coarse = std::min(kHalfRows + ((size - kOctave / 2) >> kOctaveBits), kRows - 1);
  return static_cast<size_t>(fine < kHalfRows ? fine : coarse);
}
/// Class (0, 1, 2-3, 4-7, ...) that is expected.
constexpr unsigned expected_class(size_t row) {
  return static_cast<unsigned>(row < kHalfRows ? row / (kHalfRows - 1) : row + 1 - kHalfRows);
}

/// Symbols: classes from the third below the expected one to the fourth above.
inline constexpr unsigned kBelow = 3, kLast = SymbolOfEight::kSymbols - 1;

/// Share of numbers of a row that are of class `least` or larger: those of a tail (1 + x / 2)^-2.
constexpr double share_from(size_t row, unsigned least) {
  constexpr double kHalves[] = {0.25, 0.35355339059327379, 0.5, 0.70710678118654757, 1, 1.4142135623730951};
  if (least == 0) return 1;
  const double scale = row < kHalfRows ? kHalves[row] : static_cast<double>(uint64_t{1} << expected_class(row));
  const double root = 1 + (static_cast<double>(uint64_t{1} << (least - 1)) - 0.5) / scale / 2;
  return 1 / (root * root);
}

/// The rows of a new model, as if two numbers had come.
inline constexpr std::array<SymbolOfEight, kRows> kFirstRows = [] {
  std::array<SymbolOfEight, kRows> rows{};
  for (size_t row = 0; row < kRows; ++row) {
    std::array<double, kLast> below{};
    for (unsigned i = 0; i < kLast; ++i) {
      const unsigned next = expected_class(row) + i + 1;
      below[i] = next < kBelow ? 0 : 1 - share_from(row, next - kBelow);
    }
    rows[row] = SymbolOfEight(below, 2);
  }
  return rows;
}();

}  // namespace sized_number

class SizedNumber {
 public:
  static constexpr size_t kSizes = 24;  ///< buckets
  static constexpr unsigned kMaxClass = 60;

  SizedNumber() { symbols_.fill(sized_number::kFirstRows); }

  /// REQUIRES: hints' buckets below kSizes, many below 4; |value| < 2^60 where the coder encodes.
  template <class Coder>
  int64_t code(Coder& coder, int64_t value, const SizeHints& hints) {
    using namespace sized_number;
    const std::array<Correction*, 3> corrections = {&by_spread_[hints.around_bucket][hints.spread],
                                                    &by_before_[hints.before][std::min<size_t>(hints.around_bucket / 2, 7)],
                                                    &by_edge_[hints.edge][hints.many]};
    int size = log_size(hints.around);
    for (const Correction* correction : corrections) size += correction->move;
    const size_t row = row_of(size);
    value = code_under(coder, value, hints, row);
    const int off = std::clamp(log_size(static_cast<double>(value < 0 ? -value : value)) - size, -3 * kOctave, 3 * kOctave);
    for (Correction* correction : corrections) correction->learn(off);
    return value;
  }

 private:
  /// How far numbers under a context are off from the guess, as a logarithm.
  struct Correction {
    int16_t move = 0;
    uint16_t count = 0;

    /// Half of 1 / (count + 2), in 1/65536; not less than 1/50.
    static constexpr size_t kRates = 24;
    static constexpr std::array<int32_t, kRates> kRate = [] {
      std::array<int32_t, kRates> rates{};
      for (size_t n = 0; n < kRates; ++n) rates[n] = static_cast<int32_t>(32768 / (n + 2));
      return rates;
    }();
    void learn(int off) {
      constexpr int kMost = 8 * sized_number::kOctave;
      move = static_cast<int16_t>(std::clamp(move + ((off * kRate[count]) >> 16), -kMost, kMost));
      count = static_cast<uint16_t>(count + (count + 1 < static_cast<int>(kRates) ? 1 : 0));
    }
  };

  /// Guesses that agree, or differ less, as much or more than what is around: numbers are spread otherwise.
  static size_t shape_of(const SizeHints& hints) {
    if (hints.spread == 0) return 0;
    return hints.spread + 3 < hints.around_bucket ? 1 : hints.spread > hints.around_bucket + 2 ? 3 : 2;
  }

  template <class Coder>
  [[gnu::always_inline]] int64_t code_under(Coder& coder, int64_t value, const SizeHints& hints, size_t row) {
    using namespace sized_number;
    const unsigned expected = expected_class(row);
    const uint64_t size = static_cast<uint64_t>(value < 0 ? -value : value);
    const unsigned wanted = static_cast<unsigned>(std::bit_width(size));
    const uint32_t symbol =
        symbols_[shape_of(hints)][row].code(coder, wanted + kBelow < expected ? 0 : std::min(wanted + kBelow - expected, kLast));
    unsigned found = expected + symbol < kBelow ? 0 : expected + symbol - kBelow;
    if (symbol == kLast) [[unlikely]] {
      for (size_t i = 0; found <= kMaxClass && above_[i].code(coder, wanted > found); i = std::min(i + 1, kFar - 1)) ++found;
    } else if (symbol == 0 && found > 0) [[unlikely]] {
      for (size_t i = 0; found > 0 && below_[i].code(coder, wanted < found); i = std::min(i + 1, kFar - 1)) --found;
    }
    if (found == 0) return 0;
    const bool negative = signs_[hints.many][std::min(found, 3u)].code(coder, value < 0);
    uint64_t result = 1;
    unsigned left = found - 1;
    if (left > 0) {
      --left;
      result = 2 * result + first_[std::min<size_t>(found, first_.size() - 1)].code(coder, ((size >> left) & 1) != 0);
    }
    if (left > 0) result = (result << left) | coder.code_raw(size & ((uint64_t{1} << left) - 1), left);
    return negative ? -static_cast<int64_t>(result) : static_cast<int64_t>(result);
  }

  static constexpr size_t kFar = 8;
  std::array<std::array<SymbolOfEight, sized_number::kRows>, 4> symbols_;
  std::array<std::array<CountedBit, 4>, 4> signs_{};
  std::array<CountedBit, 20> first_{};
  std::array<CountedBit, kFar> above_{}, below_{};
  std::array<std::array<Correction, kSizes>, kSizes> by_spread_{};
  std::array<std::array<Correction, 8>, kSizes> by_before_{};
  std::array<std::array<Correction, 4>, kSizes> by_edge_{};
};

}  // namespace dew
