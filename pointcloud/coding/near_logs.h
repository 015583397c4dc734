// SPDX-License-Identifier: Apache-2.0
/// The inputs of a range network that are logarithms of differences between near ranges, many at once in registers: the first 43 of
/// range_features.h.
///
///   FastNearLogs::put({.up = row_above + column, ..., .base = base}, inputs);
///
/// PlainNearLogs is the definition; SSE2, which every x86-64 has, computes the same. Cost: about 15 ns, plain 45 ns.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "pointcloud/coding/log_lanes.h"
#include "pointcloud/coding/log_scale.h"

namespace dew {

/// Where they come from. Ranges in steps, 0 = none, below 2^20.
struct NearRanges {
  const int32_t* up;               ///< the row above, -3 .. 4 around the column
  const int32_t* up2;              ///< the row above that, -1 .. 2
  const int32_t* up3;              ///< and the one above that, the column itself
  const int32_t* left;             ///< the last returns of this row, newest first: 5, and 3 more that are not looked at
  std::array<int32_t, 4> centres;  ///< predictions, 16 a step
  std::array<int32_t, 3> gaps;     ///< columns between this one and the last returns
  int32_t base;                    ///< what they are compared with
};

inline constexpr size_t kNearInputs = 43;

class PlainNearLogs {
 public:
  static void put(const NearRanges& from, int16_t* inputs) {
    constexpr size_t kNear = 12, kLeft = 5, kCentreLogs = 4, kSteps = 7;
    const int32_t *up = from.up, *w = from.left;
    LogLanes lanes;
    std::array<int32_t, kNear> near;
    for (size_t k = 0; k < 8; ++k) near[k] = up[static_cast<int>(k) - 3];
    for (size_t k = 8; k < 11; ++k) near[k] = from.up2[static_cast<int>(k) - 9];
    near[11] = from.up3[0];
    for (size_t k = 0; k < kNear; ++k) lanes.put(k, near[k] - from.base, near[k] > 0);
    for (size_t k = 0; k < kLeft; ++k) lanes.put(kNear + k, w[k] - from.base, w[k] > 0);
    size_t lane = kNear + kLeft;
    for (const int32_t centre : from.centres) lanes.put(lane++, (centre - from.base * 16) / 4, true);
    for (size_t k = 0; k < 3; ++k) lanes.put(lane++, w[k] - w[k + 1], w[k] > 0 && w[k + 1] > 0);
    for (const int k : {0, 1, 2, -1}) lanes.put(lane++, up[k] - up[k - 1], up[k] > 0 && up[k - 1] > 0);
    const auto& logs = lanes.signed_logs();

    std::copy_n(&logs[kNear], kLeft, inputs);
    for (size_t k = 0; k < 3; ++k) inputs[kLeft + k] = gap_input(from.gaps[k]);
    for (size_t k = 0; k < kNear; ++k) {
      inputs[kLeft + 3 + 2 * k] = logs[k];
      inputs[kLeft + 4 + 2 * k] = static_cast<int16_t>(64 * (near[k] > 0));
    }
    std::copy_n(&logs[kNear + kLeft], kCentreLogs + kSteps, &inputs[kLeft + 3 + 2 * kNear]);
  }
  static int16_t gap_input(int32_t gap) { return static_cast<int16_t>(std::min(15, gap) * 8); }
};

#if defined(__SSE2__)
class RegisterNearLogs {
 public:
  static void put(const NearRanges& from, int16_t* inputs) {
    const __m128i base = _mm_set1_epi32(from.base);
    const __m128i near0 = load(from.up - 3), near1 = load(from.up + 1);
    // The fourth of the row above that gives way to the one above it.
    const __m128i low3 = _mm_set_epi32(0, -1, -1, -1);
    const __m128i near2 = _mm_or_si128(_mm_and_si128(low3, load(from.up2 - 1)), _mm_slli_si128(_mm_cvtsi32_si128(from.up3[0]), 12));
    const __m128i has0 = has(near0), has1 = has(near1), has2 = has(near2);
    const __m128i left = load(from.left), left1 = load(from.left + 1), left4 = load(from.left + 4);
    const __m128i up = load(from.up - 1), before_up = load(from.up - 2);

    const __m128i near_logs = signed_logs(less(near0, base, has0), less(near1, base, has1));
    const __m128i near_left_logs = signed_logs(less(near2, base, has2), less(left, base, has(left)));
    const __m128i centre_logs =
        signed_logs(less(left4, base, has(left4)), quarter(_mm_sub_epi32(load(from.centres.data()), _mm_slli_epi32(base, 4))));
    const __m128i up_steps = less(up, before_up, _mm_and_si128(has(up), has(before_up)));
    const __m128i step_logs =
        signed_logs(less(left, left1, _mm_and_si128(has(left), has(left1))), _mm_shuffle_epi32(up_steps, _MM_SHUFFLE(0, 3, 2, 1)));

    const __m128i one = _mm_set1_epi16(64);
    const __m128i near_flags = _mm_and_si128(_mm_packs_epi32(has0, has1), one),
                  near2_flags = _mm_and_si128(_mm_packs_epi32(has2, has2), one);
    store(_mm_unpacklo_epi16(near_logs, near_flags), inputs + 8);
    store(_mm_unpackhi_epi16(near_logs, near_flags), inputs + 16);
    store(_mm_unpacklo_epi16(near_left_logs, near2_flags), inputs + 24);
    store_low(_mm_unpackhi_epi64(near_left_logs, near_left_logs), inputs);
    inputs[4] = static_cast<int16_t>(_mm_cvtsi128_si32(centre_logs));
    for (size_t k = 0; k < 3; ++k) inputs[5 + k] = PlainNearLogs::gap_input(from.gaps[k]);
    store_low(_mm_unpackhi_epi64(centre_logs, centre_logs), inputs + 32);
    store_low(step_logs, inputs + 36);  // of these four, the last gives way to
    store_low(_mm_unpackhi_epi64(step_logs, step_logs), inputs + 39);
  }

 private:
  static __m128i load(const int32_t* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); }
  static void store(__m128i value, int16_t* to) { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), value); }
  static void store_low(__m128i value, int16_t* to) { _mm_storel_epi64(reinterpret_cast<__m128i*>(to), value); }
  static __m128i has(__m128i ranges) { return _mm_cmpgt_epi32(ranges, _mm_setzero_si128()); }
  static __m128i less(__m128i a, __m128i b, __m128i present) { return _mm_and_si128(_mm_sub_epi32(a, b), present); }
  /// A quarter, rounded towards zero.
  static __m128i quarter(__m128i numbers) {
    return _mm_srai_epi32(_mm_add_epi32(numbers, _mm_srli_epi32(_mm_srai_epi32(numbers, 31), 30)), 2);
  }
};
using FastNearLogs = RegisterNearLogs;
#else
using FastNearLogs = PlainNearLogs;
#endif

}  // namespace dew
