// SPDX-License-Identifier: Apache-2.0
/// The distribution of a range that a network's outputs mean: a mixture of logistics around candidate predictions.
///
///   const CdfInterval interval = range_interval<7>(outputs, centres, range, max_range);   // encoder
///   const RangeMixture mixture = range_mixture<7>(outputs, centres);                      // decoder: a MixtureCdf is searched
///
/// What a network's outputs mean, and so how it is trained: pointcloud/FORMAT.md, "Range network".
/// An interval takes 45 ns with AVX-512, where the machine has it, else 80 ns; range_mixture and MixtureCdf are its definition.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "entropy/coder.h"
#include "entropy/mixture.h"
#include "pointcloud/coding/range_features.h"
#include "pointcloud/coding/reference_features.h"

namespace dew {

/// Of a network with K centres: K logits (256 = 1 nat), as many log2 scales (256 = a factor of 2, in range steps), as many offsets (256 = 1
/// scale).
inline constexpr size_t kRangeOutputs = 3 * kRangeCentres;
inline constexpr size_t kInterOutputs = 3 * kInterCentres;

/// At least one component, in the order of the centres.
struct RangeMixture {
  std::array<LogisticComponent, kMaxComponents> components;
  size_t count = 0;
  std::span<const LogisticComponent> span() const { return {components.data(), count}; }
};

/// Scales stay within 2^-2 (beside an earlier frame 2^-4: a coarse step often comes again) and 2^14 steps, offsets within 4 scales.
inline constexpr int32_t min_range_log_scale_q8(size_t centres) { return (centres == kRangeCentres ? -2 : -4) * 256; }
inline constexpr int32_t kMaxRangeLogScale_q8 = 14 * 256;
inline constexpr int32_t kMaxRangeOffset_q8 = 4 * 256;
/// Components this far below the heaviest are left out: 5 nats cost 0.1 % of the bits and save a third of a decoder's search. Part of the
/// format.
inline constexpr int32_t kLeastLogit_q8 = 5 * 256;

/// One component of a network with so many centres: its three outputs, and its centre. Exact for any outputs.
LogisticComponent range_component(int32_t logit, int32_t log_scale, int32_t offset, int32_t centre, size_t centres);

/// The distribution that the outputs mean. Exact for any outputs.
template <size_t kCentres>
RangeMixture range_mixture(std::span<const int32_t, 3 * kCentres> outputs, std::span<const int32_t, kCentres> centres);

/// The interval of `range` among 1 .. max_range, in 2^-30. REQUIRES: 1 <= range <= max_range < 2^20, centres 0 to 2^26.
template <size_t kCentres>
CdfInterval range_interval(std::span<const int32_t, 3 * kCentres> outputs, std::span<const int32_t, kCentres> centres, uint32_t range,
                           uint32_t max_range);
/// Its definition.
template <size_t kCentres>
CdfInterval range_interval_plain(std::span<const int32_t, 3 * kCentres> outputs, std::span<const int32_t, kCentres> centres, uint32_t range,
                                 uint32_t max_range);

/// Encoder: the CDF of MixtureCdf(range_mixture(...), 1, max_range), by range_interval: symbols in pairs.
template <size_t kCentres>
class IntervalCdf {
 public:
  static constexpr unsigned kBits = MixtureCdf::kBits;

  IntervalCdf(std::span<const int32_t, 3 * kCentres> outputs, std::span<const int32_t, kCentres> centres, uint32_t max_range)
      : outputs_(outputs), centres_(centres), max_range_(max_range) {}
  /// REQUIRES: 1 <= x <= max_range.
  uint32_t operator()(int64_t x) const {
    if (x == last_ + 1) return interval_.start + interval_.size;
    if (x != last_) interval_ = range_interval<kCentres>(outputs_, centres_, static_cast<uint32_t>(last_ = x), max_range_);
    return interval_.start;
  }

 private:
  std::span<const int32_t, 3 * kCentres> outputs_;
  std::span<const int32_t, kCentres> centres_;
  uint32_t max_range_;
  mutable int64_t last_ = -1;
  mutable CdfInterval interval_{};
};

}  // namespace dew
