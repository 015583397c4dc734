// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/range_mixture.h"

#include <algorithm>

#include "pointcloud/coding/range_mixture_x86.h"

namespace dew {

LogisticComponent range_component(int32_t logit, int32_t log_scale, int32_t offset, int32_t centre, size_t centres) {
  const int32_t log_scale_q5 = std::clamp(log_scale, min_range_log_scale_q8(centres), kMaxRangeLogScale_q8) >> 3;
  const int64_t offset_q8 = std::clamp(offset, -kMaxRangeOffset_q8, kMaxRangeOffset_q8);
  // offset * 2^(log_scale / 32); the table holds 2^16 * 2^(i / 32). Four octaves are added so that the shift stays a right one.
  const uint32_t octaves = static_cast<uint32_t>(log_scale_q5 + 128) >> 5;
  const int64_t fraction = detail::kScaleTable[static_cast<size_t>(log_scale_q5 & 31)];
  const int64_t shift_q8 = (((offset_q8 * fraction) << octaves) >> 20);
  const int64_t centre_q8 = (int64_t{centre} << (8 - kCentreBits)) + shift_q8;
  return {static_cast<int32_t>(std::clamp<int64_t>(centre_q8, 0, int64_t{1} << 30)), log_scale_q5, logit};
}

template <size_t kCentres>
RangeMixture range_mixture(std::span<const int32_t, 3 * kCentres> outputs, std::span<const int32_t, kCentres> centres) {
  static_assert(kCentres <= kMaxComponents);
  RangeMixture mixture;
  const int64_t heaviest = *std::max_element(outputs.begin(), outputs.begin() + kCentres);
  for (size_t k = 0; k < kCentres; ++k) {
    if (outputs[k] <= heaviest - kLeastLogit_q8) continue;
    mixture.components[mixture.count++] =
        range_component(outputs[k], outputs[kCentres + k], outputs[2 * kCentres + k], centres[k], kCentres);
  }
  return mixture;
}

template <size_t kCentres>
CdfInterval range_interval_plain(std::span<const int32_t, 3 * kCentres> outputs, std::span<const int32_t, kCentres> centres, uint32_t range,
                                 uint32_t max_range) {
  const RangeMixture mixture = range_mixture<kCentres>(outputs, centres);
  return interval_in_cdf(MixtureCdf(mixture.span(), 1, max_range), range, 1, max_range);
}

template <size_t kCentres>
CdfInterval range_interval(std::span<const int32_t, 3 * kCentres> outputs, std::span<const int32_t, kCentres> centres, uint32_t range,
                           uint32_t max_range) {
  if (range_mixture_x86::available()) return range_mixture_x86::interval<kCentres>(outputs.data(), centres.data(), range, max_range);
  return range_interval_plain<kCentres>(outputs, centres, range, max_range);
}

template RangeMixture range_mixture<kRangeCentres>(std::span<const int32_t, kRangeOutputs>, std::span<const int32_t, kRangeCentres>);
template RangeMixture range_mixture<kInterCentres>(std::span<const int32_t, kInterOutputs>, std::span<const int32_t, kInterCentres>);
template CdfInterval range_interval<kRangeCentres>(std::span<const int32_t, kRangeOutputs>, std::span<const int32_t, kRangeCentres>,
                                                   uint32_t, uint32_t);
template CdfInterval range_interval<kInterCentres>(std::span<const int32_t, kInterOutputs>, std::span<const int32_t, kInterCentres>,
                                                   uint32_t, uint32_t);
template CdfInterval range_interval_plain<kRangeCentres>(std::span<const int32_t, kRangeOutputs>, std::span<const int32_t, kRangeCentres>,
                                                         uint32_t, uint32_t);
template CdfInterval range_interval_plain<kInterCentres>(std::span<const int32_t, kInterOutputs>, std::span<const int32_t, kInterCentres>,
                                                         uint32_t, uint32_t);

}  // namespace dew
