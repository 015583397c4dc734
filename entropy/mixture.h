// SPDX-License-Identifier: Apache-2.0
/// Integers under a mixture of discretised logistics, without tables of symbols: the CDF is computed where it is asked for.
///
///   const std::array<LogisticComponent, 2> parts = {{{centre_q8: 1200 * 256, log_scale_q5: 64, logit_q8: 0}, ...}};
///   range = code_by_mixture(coder, parts, range, 0, 65535);            // values are known to lie in 0 .. 65535
///   step = code_by_open_mixture(coder, parts, step, -500, 500);        // any value; what lies outside costs an escape
///
/// Symbol x has the mass that the mixture gives to (x - 1/2, x + 1/2), in 2^-30, and a floor: 2^-12 of all is shared evenly, so that no
/// symbol costs more than 13 + log2(number of symbols) bits. The first and the last symbol get the tails beyond them.
/// Everything is integers and exact; the CDF grows strictly by construction. Cost: encode about 70 ns, decode about 160 ns at six
/// components. Source: the mixture of PixelCNN++ (Salimans et al., 2017) in integers; coding by search in the CDF instead of tables.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "entropy/coder.h"
#include "entropy/mixer.h"

namespace dew {

/// One logistic distribution of the mixture; any values are allowed, those out of range are clamped.
struct LogisticComponent {
  int32_t centre_q8 = 0;     ///< in 1/256 of a symbol
  int32_t log_scale_q5 = 0;  ///< the scale is 2^(log_scale_q5 / 32) symbols; kMinLogScale to kMaxLogScale
  int32_t logit_q8 = 0;      ///< the weight is proportional to exp(logit_q8 / 256); 12 nats below the heaviest is the least
};

inline constexpr size_t kMaxComponents = 12;
inline constexpr int32_t kMinLogScale = -4 * 32;
inline constexpr int32_t kMaxLogScale = 24 * 32;

namespace detail {

/// 2^30 / (1 + exp(i / 32)), the mass of a logistic beyond i / 32 scales; zero from 24 scales on.
inline constexpr size_t kTailEntries = 24 * 32 + 2;
constexpr std::array<uint32_t, kTailEntries> make_tail_table() {
  std::array<uint32_t, kTailEntries> table{};
  constexpr double kFactor = 0.96923323447634407965;  // exp(-1/32)
  double power = 1;
  for (size_t i = 0; i + 2 < kTailEntries; ++i, power *= kFactor) {
    table[i] = static_cast<uint32_t>(1073741824.0 * (power / (1 + power)) + 0.5);
  }
  return table;
}
inline constexpr std::array<uint32_t, kTailEntries> kTailTable = make_tail_table();

/// 65536 * factor^i.
template <size_t kSize>
constexpr std::array<uint32_t, kSize> make_power_table(double factor) {
  std::array<uint32_t, kSize> table{};
  double power = 1;
  for (size_t i = 0; i < kSize; ++i, power *= factor) table[i] = static_cast<uint32_t>(65536 * power + 0.5);
  return table;
}
inline constexpr std::array<uint32_t, 32> kInverseScaleTable = make_power_table<32>(0.97857206208770013451);  // 2^(-1/32)
inline constexpr std::array<uint32_t, 32> kScaleTable = make_power_table<32>(1.02189714865411667823);         // 2^(1/32)
inline constexpr std::array<uint32_t, 48> kCoarseExpTable = make_power_table<48>(0.77880078307140486825);     // exp(-1/4)
inline constexpr std::array<uint32_t, 64> kFineExpTable = make_power_table<64>(0.99610136947011744020);       // exp(-1/256)

/// 65536 * exp(-nats_q8 / 256); beyond 12 nats as at 12.
constexpr uint64_t exp_of_minus(uint64_t nats_q8) {
  const uint64_t capped = std::min<uint64_t>(nats_q8, 48 * 64 - 1);
  return (uint64_t{kCoarseExpTable[capped / 64]} * kFineExpTable[capped % 64]) >> 16;
}

}  // namespace detail

/// The CDF of a mixture over the symbols lo .. hi, as code_by_cdf asks for it.
class MixtureCdf {
 public:
  static constexpr unsigned kBits = 30;

  /// REQUIRES: 1 to kMaxComponents components; lo <= hi, both within +-2^31, hi - lo < 2^28.
  MixtureCdf(std::span<const LogisticComponent> components, int64_t lo, int64_t hi);

  /// First number of symbol x's interval of 2^30. REQUIRES: lo <= x <= hi (x = lo gives no sharp 0: code_by_cdf knows it).
  uint32_t operator()(int64_t x) const {
    uint64_t mass = 0;
    for (size_t k = 0; k < count_; ++k) mass += weights_[k] * logistic(parts_[k], edge_below(x)).mass;
    return start_of(x, mass);
  }

  /// Narrows a bracket of the target by a few steps of Newton's method from where the heaviest component has it.
  CdfBracket around(uint32_t target, CdfBracket bracket) const;

 private:
  struct Part {
    int32_t centre_q8;
    uint32_t inverse;  // 2^16 / 2^(fraction / 32)
    uint32_t shift;    // octave of the scale + 7
    uint32_t fraction;
  };

  /// A logistic at one place: 2^30 times the mass below it, and how fast that grows, in 2^-30 a symbol.
  struct Point {
    uint64_t mass;
    uint64_t slope;
  };

  static constexpr uint64_t kFarthest = (detail::kTailEntries - 2) << 12;

  static Point logistic(const Part& part, int64_t edge_q8) {
    // Without branches: which side of the centre, and how far, cannot be guessed.
    const int64_t away = edge_q8 - part.centre_q8;
    const uint64_t below = static_cast<uint64_t>(away >> 63);  // all ones below the centre, else 0
    const uint64_t size = (static_cast<uint64_t>(away) ^ below) - below;
    // Scales in 2^-17: 5 bits choose the node of the table beyond the whole scales, 12 bits lie between two nodes.
    const uint64_t scales = std::min((size * part.inverse) >> part.shift, kFarthest);
    const uint64_t left = detail::kTailTable[scales >> 12];
    const uint64_t drop = left - detail::kTailTable[(scales >> 12) + 1];
    const uint64_t tail = left - ((drop * (scales & 4095)) >> 12);
    const uint64_t mass = (~below & (uint64_t{1} << kBits)) + ((tail ^ ~below) - ~below);
    return {mass, (drop * part.inverse) >> (part.shift + 4)};
  }
  uint32_t start_of(int64_t x, uint64_t weighted_mass) const {
    // Weights add up to 2^16: weighted_mass >> 16 is at most 2^30.
    return static_cast<uint32_t>(static_cast<uint64_t>(x - lo_) * floor_ + (((weighted_mass >> 16) * spread_) >> kBits));
  }
  static int64_t edge_below(int64_t x) { return x * 256 - 128; }
  int64_t quantile_of_heaviest(uint32_t target) const;

  std::array<Part, kMaxComponents> parts_;
  std::array<uint64_t, kMaxComponents> weights_;
  size_t count_;
  size_t heaviest_ = 0;
  int64_t lo_;
  uint64_t floor_;
  uint64_t spread_;
};

// Inline, as they are the inner loop of whoever codes by mixtures.
inline MixtureCdf::MixtureCdf(std::span<const LogisticComponent> components, int64_t lo, int64_t hi)
    : count_(std::min(components.size(), kMaxComponents)), lo_(lo) {
  for (size_t k = 0; k < count_; ++k) {
    const LogisticComponent& component = components[k];
    const int32_t log_scale = std::clamp(component.log_scale_q5, kMinLogScale, kMaxLogScale);
    const uint32_t fraction = static_cast<uint32_t>(log_scale) & 31;
    parts_[k] = {component.centre_q8, detail::kInverseScaleTable[fraction], static_cast<uint32_t>((log_scale >> 5) + 7), fraction};
    if (component.logit_q8 > components[heaviest_].logit_q8) heaviest_ = k;
  }

  uint64_t sum = 0;
  const int64_t top = components[heaviest_].logit_q8;
  for (size_t k = 0; k < count_; ++k) sum += weights_[k] = detail::exp_of_minus(static_cast<uint64_t>(top - components[k].logit_q8));
  const uint64_t reciprocal = (uint64_t{1} << 32) / sum;
  uint64_t left = 65536;
  for (size_t k = 0; k < count_; ++k) left -= weights_[k] = (weights_[k] * reciprocal) >> 16;
  weights_[heaviest_] += left;

  const uint64_t symbols = static_cast<uint64_t>(hi - lo) + 1;
  floor_ = std::max<uint64_t>(1, (uint64_t{1} << 18) >> std::bit_width(symbols));
  spread_ = (uint64_t{1} << kBits) - symbols * floor_;
}

/// Where the heaviest component alone would have `target`.
inline int64_t MixtureCdf::quantile_of_heaviest(uint32_t target) const {
  const Part& part = parts_[heaviest_];
  const int64_t scale_q20 = static_cast<int64_t>(detail::kScaleTable[part.fraction]) << part.shift >> 3;  // shift is octave + 7
  const int64_t away_q8 = (stretch(target >> (kBits - 16)) * scale_q20) >> 20;
  return (part.centre_q8 + away_q8 + 128) >> 8;
}

[[gnu::always_inline]] inline CdfBracket MixtureCdf::around(uint32_t target, CdfBracket bracket) const {
  // Until both sides are known: after that interpolation is cheaper and no tail can mislead it.
  constexpr int kSteps = 4;
  bool low_known = false, high_known = false;
  int64_t next = quantile_of_heaviest(target);
  for (int step = 0; step < kSteps && !(low_known && high_known) && bracket.b - bracket.a > 1; ++step) {
    const int64_t x = std::clamp(next, bracket.a + 1, bracket.b - 1);
    uint64_t mass = 0, slope = 0;
    for (size_t k = 0; k < count_; ++k) {
      const Point point = logistic(parts_[k], edge_below(x));
      mass += weights_[k] * point.mass;
      slope += weights_[k] * point.slope;
    }
    const uint32_t start = start_of(x, mass);
    const int64_t growth = static_cast<int64_t>((slope >> 16) + floor_);
    const int64_t missing = static_cast<int64_t>(target) - static_cast<int64_t>(start);
    if (missing >= 0) {
      bracket.a = x;
      bracket.below = start;
      low_known = true;
      next = x + missing / growth + 1;
    } else {
      bracket.b = x;
      bracket.above = start;
      high_known = true;
      next = x + missing / growth - 1;
    }
  }
  return bracket;
}

/// Codes a value of lo .. hi. REQUIRES: as for MixtureCdf, and lo <= value <= hi where the coder encodes.
template <class Coder>
int64_t code_by_mixture(Coder& coder, std::span<const LogisticComponent> components, int64_t value, int64_t lo, int64_t hi) {
  return code_by_cdf(coder, MixtureCdf(components, lo, hi), value, lo, hi);
}

/// Codes any value within +-2^62. Values outside lo .. hi cost what the mixture says of that tail, and then twice the length of their
/// distance. REQUIRES: as for MixtureCdf, for lo - 1 and hi + 1.
template <class Coder>
int64_t code_by_open_mixture(Coder& coder, std::span<const LogisticComponent> components, int64_t value, int64_t lo, int64_t hi) {
  const int64_t inside = value < lo ? lo - 1 : value > hi ? hi + 1 : value;
  const int64_t symbol = code_by_mixture(coder, components, inside, lo - 1, hi + 1);
  if (symbol >= lo && symbol <= hi) return symbol;
  // Elias gamma of the distance, without a model: escapes are rare.
  const uint64_t distance = static_cast<uint64_t>(symbol < lo ? lo - value : value - hi);
  unsigned bits = 0;
  const unsigned wanted = static_cast<unsigned>(std::bit_width(distance)) - 1;
  while (bits < 62 && coder.code_bit(wanted > bits, 32768)) ++bits;
  const uint64_t rest = coder.code_raw(distance & ((uint64_t{1} << bits) - 1), bits);
  const int64_t size = static_cast<int64_t>((uint64_t{1} << bits) | rest);
  return symbol < lo ? lo - size : hi + size;
}

}  // namespace dew
