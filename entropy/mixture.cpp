// SPDX-License-Identifier: Apache-2.0
#include "entropy/mixture.h"

#include <algorithm>
#include <bit>

namespace dew {
namespace {

/// 65536 * exp(-nats_q8 / 256); beyond 12 nats as at 12.
uint64_t exp_of_minus(uint64_t nats_q8) {
  const uint64_t capped = std::min<uint64_t>(nats_q8, 48 * 64 - 1);
  return (uint64_t{detail::kCoarseExpTable[capped / 64]} * detail::kFineExpTable[capped % 64]) >> 16;
}

}  // namespace

MixtureCdf::MixtureCdf(std::span<const LogisticComponent> components, int64_t lo, int64_t hi)
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
  for (size_t k = 0; k < count_; ++k) sum += weights_[k] = exp_of_minus(static_cast<uint64_t>(top - components[k].logit_q8));
  const uint64_t reciprocal = (uint64_t{1} << 32) / sum;
  uint64_t left = 65536;
  for (size_t k = 0; k < count_; ++k) left -= weights_[k] = (weights_[k] * reciprocal) >> 16;
  weights_[heaviest_] += left;

  const uint64_t symbols = static_cast<uint64_t>(hi - lo) + 1;
  floor_ = std::max<uint64_t>(1, (uint64_t{1} << 18) >> std::bit_width(symbols));
  spread_ = (uint64_t{1} << kBits) - symbols * floor_;
}

/// Where the heaviest component alone would have `target`.
int64_t MixtureCdf::quantile_of_heaviest(uint32_t target) const {
  const Part& part = parts_[heaviest_];
  const int64_t scale_q20 = static_cast<int64_t>(detail::kScaleTable[part.fraction]) << part.shift >> 3;  // shift is octave + 7
  const int64_t away_q8 = (stretch(target >> (kBits - 16)) * scale_q20) >> 20;
  return (part.centre_q8 + away_q8 + 128) >> 8;
}

CdfBracket MixtureCdf::around(uint32_t target, CdfBracket bracket) const {
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

}  // namespace dew
