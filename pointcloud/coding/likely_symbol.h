// SPDX-License-Identifier: Apache-2.0
/// A second opinion on the range that a mixture holds for the likeliest: how often it came true lately where the mixture was as sure. At
/// steps of centimetres most ranges of a standing sensor are the reference's own, and a network that learned other scenes is too careful or
/// too bold.
///
///   LikelySymbol likely(width);
///   range = likely.code(coder, MixtureCdf(components, 1, most), {.symbol = guess, .agree = 2}, column, range, most);
///
/// Bytes: pointcloud/FORMAT.md, "Slices that refer". One object a slice and thread. Cost: about 60 ns a range.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "entropy/coder.h"
#include "entropy/mixer.h"
#include "entropy/mixture.h"

namespace dew {

/// The CDF of a mixture in which one symbol has another mass; all others keep their shares of the rest. `Cdf`: MixtureCdf, or for an
/// encoder any that gives the same numbers.
template <class Cdf>
class RevisedCdf {
 public:
  static constexpr unsigned kBits = MixtureCdf::kBits;

  /// `start`, `end`: of the symbol under `cdf`. `mass`: what it gets, about. In 2^-30. REQUIRES: fewer than 4096 symbols, so that each has
  /// 32 of the floor at least: a sixteenth of that is still told apart.
  RevisedCdf(const Cdf& cdf, int64_t symbol, uint32_t start, uint32_t end, uint32_t mass)
      : cdf_(cdf), symbol_(symbol), start_(start), end_(end) {
    const uint64_t others = std::max<uint64_t>(kTotal - (end - start), 1);
    ratio_ = std::clamp(((kTotal - mass) << kRatioBits) / others, uint64_t{1} << (kRatioBits - 4), uint64_t{1} << (kRatioBits + 6));
  }
  uint32_t operator()(int64_t x) const {
    if (x <= symbol_) return scaled(x == symbol_ ? start_ : cdf_(x));
    return kTotal32 - scaled(kTotal32 - (x == symbol_ + 1 ? end_ : cdf_(x)));
  }
  /// Where the symbol itself is the answer, which it mostly is, nothing is searched.
  CdfBracket around(uint32_t target, CdfBracket bracket) const {
    const uint32_t start = (*this)(symbol_), end = (*this)(symbol_ + 1);
    if (target >= start && target < end) return {symbol_, symbol_ + 1, start, end};
    const bool lower = target < start;
    const uint64_t away = lower ? target : kTotal - target, before = std::min((away << kRatioBits) / ratio_, kTotal - 1);
    const CdfBracket guess = cdf_.around(static_cast<uint32_t>(lower ? before : kTotal - 1 - before), bracket);
    CdfBracket side = lower ? CdfBracket{bracket.a, symbol_, bracket.below, start} : CdfBracket{symbol_ + 1, bracket.b, end, bracket.above};
    narrow(target, guess.a, side);
    narrow(target, guess.b, side);
    return side;
  }

 private:
  static constexpr uint64_t kTotal = uint64_t{1} << kBits;
  static constexpr uint32_t kTotal32 = static_cast<uint32_t>(kTotal);
  static constexpr unsigned kRatioBits = 24;

  uint32_t scaled(uint32_t mass) const { return static_cast<uint32_t>(std::min((mass * ratio_) >> kRatioBits, kTotal)); }
  void narrow(uint32_t target, int64_t x, CdfBracket& side) const {
    if (x <= side.a || x >= side.b) return;
    const uint32_t start = (*this)(x);
    if (start <= target) {
      side.a = x;
      side.below = start;
    } else {
      side.b = x;
      side.above = start;
    }
  }

  const Cdf& cdf_;
  int64_t symbol_;
  uint32_t start_, end_;
  uint64_t ratio_;
};

class LikelySymbol {
 public:
  /// More symbols than this are too many for RevisedCdf. Part of the format.
  static constexpr int64_t kMostSymbols = 4095;

  explicit LikelySymbol(size_t width) : above_(width, 1) {
    for (auto& set : came_true_) {
      for (size_t bin = 0; bin < kBins; ++bin)
        set[bin] = static_cast<uint16_t>(squash(static_cast<int32_t>(bin) * kBinWidth - kStretchLimit));
    }
  }

  /// What is likely, and how many of three opinions say the same.
  struct Guess {
    int64_t symbol;
    uint32_t agree;
  };
  /// REQUIRES: 1 <= symbol <= most <= kMostSymbols, column < width.
  template <class Coder, class Cdf>
  uint32_t code(Coder& coder, const Cdf& cdf, Guess guess, size_t column, uint32_t range, int64_t most) {
    const int64_t symbol = guess.symbol;
    const uint32_t start = symbol == 1 ? 0 : cdf(symbol), end = symbol == most ? uint32_t{1} << MixtureCdf::kBits : cdf(symbol + 1);
    const uint32_t p = std::min((end - start) >> (MixtureCdf::kBits - 16), 65535u);
    if (p < kLeast) {
      range = static_cast<uint32_t>(code_by_cdf(coder, cdf, range, 1, most));
    } else {
      const int32_t place = std::clamp(stretch(p) + kStretchLimit, 0, 2 * kStretchLimit);
      auto& set = came_true_[(last_ & 3) + 4 * size_t{above_[column]} + 8 * guess.agree];
      uint16_t &low = set[static_cast<size_t>(place / kBinWidth)], &high = set[static_cast<size_t>(place / kBinWidth) + 1];
      const int32_t share = place % kBinWidth;
      const auto learned = static_cast<uint32_t>((low * (kBinWidth - share) + high * share) / kBinWidth);
      const uint32_t revised = std::clamp((p + 7 * learned) / 8, 64u, 65520u);
      range = static_cast<uint32_t>(
          code_by_cdf(coder, RevisedCdf(cdf, symbol, start, end, revised << (MixtureCdf::kBits - 16)), range, 1, most));
      const int32_t truth = range == symbol ? 65535 : 0;
      low = static_cast<uint16_t>(low + ((truth - low) * (kBinWidth - share) >> 12));
      high = static_cast<uint16_t>(high + ((truth - high) * share >> 12));
    }
    last_ = last_ << 1 | (range == symbol ? 1u : 0u);
    above_[column] = range == symbol ? 1 : 0;
    return range;
  }

 private:
  static constexpr int32_t kBinWidth = 128;
  static constexpr size_t kSets = 32, kBins = 2 * kStretchLimit / kBinWidth + 2;
  /// Less sure, and there is nothing to revise.
  static constexpr uint32_t kLeast = 2048;

  std::array<std::array<uint16_t, kBins>, kSets> came_true_{};  ///< by the mixture's log odds
  std::vector<uint8_t> above_;                                  ///< whether the last guess in that column came true
  uint32_t last_ = 0;
};

}  // namespace dew
