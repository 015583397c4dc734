// SPDX-License-Identifier: Apache-2.0
/// Takes what an encoder codes, keeps nothing, and says about how many bits it would take.
///
///   EstimatingCoder coder;
///   SurfaceCoder<EstimatingCoder> walk(coder, header, &original);
///   use(coder.bits());
///
/// Walks skip their models with it (`estimates<Coder>`) and give whole numbers with one small context each, of which the entropy of the
/// classes as they come is counted. Connectivity is not counted: no choice depends on it.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "entropy/coder.h"

namespace dew {

class EstimatingCoder {
 public:
  static constexpr bool kDecodes = false;
  static constexpr size_t kContexts = 3 * 2 * 24;

  double bits() const { return bits_; }

  bool code_bit(bool bit, uint32_t p1) {
    bits_ += static_cast<double>(code_length(bit ? p1 : 65536 - p1, kProbabilityBits)) / static_cast<double>(kCostOfOneBit);
    return bit;
  }
  uint64_t code_raw(uint64_t value, unsigned bits) {
    bits_ += bits;
    return value;
  }
  /// REQUIRES: context < kContexts.
  void number(int64_t value, size_t context) {
    const unsigned wanted = static_cast<unsigned>(std::bit_width(static_cast<uint64_t>(value < 0 ? -value : value)));
    const size_t found = wanted < kClasses ? wanted : kClasses - 1;
    Histogram& histogram = histograms_[context];
    bits_ += static_cast<double>(wanted) + log2_of(histogram.sum) - log2_of(histogram.count[found]);
    histogram.count[found] += 4;
    histogram.sum += 4;
  }

 private:
  static constexpr size_t kClasses = 24;
  /// In quarters of a number seen.
  struct Histogram {
    uint32_t sum = kClasses;
    std::array<uint32_t, kClasses> count;
    Histogram() { count.fill(1); }
  };
  static double log2_of(uint32_t n) {
    constexpr uint32_t kTable = 4096;
    static const std::vector<float> table = [] {
      std::vector<float> logs(kTable);
      for (uint32_t i = 1; i < kTable; ++i) logs[i] = std::log2(static_cast<float>(i));
      return logs;
    }();
    return static_cast<double>(n < kTable ? table[n] : std::log2(static_cast<float>(n)));
  }

  double bits_ = 0;
  std::array<Histogram, kContexts> histograms_;
};

/// Likewise where the bits are not asked for.
class PlacesCoder {
 public:
  static constexpr bool kDecodes = false;
  static constexpr bool kPlacesAlone = true;
  double bits() const { return 0; }
  bool code_bit(bool bit, uint32_t /*p1*/) { return bit; }
  uint64_t code_raw(uint64_t value, unsigned /*bits*/) { return value; }
  void number(int64_t /*value*/, size_t /*context*/) {}
};

template <class Coder>
inline constexpr bool estimates = requires(Coder& coder) {
  coder.number(int64_t{}, size_t{});
};

template <class Coder>
inline constexpr bool wants_places_alone = requires {
  Coder::kPlacesAlone;
};

}  // namespace dew
