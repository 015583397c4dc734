// SPDX-License-Identifier: Apache-2.0
/// The logarithmic inputs that ReferenceFeatures gives the range network: where the reference lies from what is known within the frame, and
/// what it was off in the cells before.
///
///   FastReferenceLogs::put({.left = left, .right = right, ...}, inputs);     // inputs 0 to kReferenceLogs - 1
///
/// PlainReferenceLogs is the definition; FastReferenceLogs does the same in registers of SSE2, which every x86-64 has. Cost: about 10 ns.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "pointcloud/coding/log_lanes.h"
#include "pointcloud/coding/log_scale.h"

namespace dew {

inline constexpr size_t kReferenceLogs = 20;

/// All in 1/16 steps. Ranges of 0 and less are none.
struct ReferenceView {
  /// An error that is not known.
  static constexpr int32_t kNone = INT32_MAX;

  int32_t left, right, guess, before, next, below, background;  ///< of the reference
  int32_t corrected, corrected_background;                      ///< centres: with the errors around
  int32_t base, instead;                                        ///< within the frame: what inputs are compared with, and a centre
  const int32_t* history;                                       ///< errors of the last three returns of the row
  const int32_t* up;                                            ///< errors of the row above: left, here, right
  int32_t background_error, background_error_above;             ///< of the last return, and of the one above
};

struct PlainReferenceLogs {
  static void put(const ReferenceView& v, int16_t* inputs) {
    LogLanes lanes;
    size_t lane = 0;
    const auto put = [&](int32_t a, int32_t b, bool present) { lanes.put(lane++, (a - b) / 4, present); };
    const auto put_error = [&](int32_t error) { lanes.put(lane++, error / 4, error != ReferenceView::kNone); };
    put(v.left, v.base, v.left > 0);
    put(v.right, v.base, v.right > 0);
    put(v.guess, v.base, v.guess > 0);
    put(v.guess, v.instead, v.guess > 0);
    put(v.right, v.left, v.left > 0 && v.right > 0);
    put(v.next, v.guess, v.guess > 0 && v.next > 0);
    put(v.guess, v.before, v.guess > 0 && v.before > 0);
    put(v.below, v.guess, v.guess > 0 && v.below > 0);
    put(v.corrected, v.base, v.guess > 0);
    put(v.background, v.base, v.background > 0);
    put(v.background, v.guess, v.background > 0 && v.guess > 0);
    put(v.corrected_background, v.base, v.background > 0);
    for (size_t i = 0; i < 3; ++i) put_error(v.history[i]);
    for (size_t i = 0; i < 3; ++i) put_error(v.up[i]);
    put_error(v.background_error);
    put_error(v.background_error_above);
    std::copy_n(lanes.signed_logs().begin(), kReferenceLogs, inputs);
  }
};

#if defined(__SSE2__)
struct FastReferenceLogs {
  static void put(const ReferenceView& v, int16_t* inputs) {
    const __m128i first = steps(four(v.left, v.right, v.guess, v.guess), four(v.base, v.base, v.base, v.instead),
                                are_ranges(four(v.left, v.right, v.guess, v.guess)));
    const __m128i a = four(v.right, v.next, v.guess, v.below), b = four(v.left, v.guess, v.before, v.guess);
    const __m128i second = steps(a, b, _mm_and_si128(are_ranges(a), are_ranges(b)));
    const __m128i third =
        steps(four(v.corrected, v.background, v.background, v.corrected_background), four(v.base, v.base, v.guess, v.base),
              _mm_and_si128(are_ranges(four(v.guess, v.background, v.background, v.background)), are_ranges(four(1, 1, v.guess, 1))));
    const __m128i fourth = errors(four(v.history[0], v.history[1], v.history[2], v.up[0]));
    const __m128i last = errors(four(v.up[1], v.up[2], v.background_error, v.background_error_above));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(inputs), signed_logs(first, second));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(inputs + 8), signed_logs(third, fourth));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(inputs + 16), signed_logs(last, last));
  }

 private:
  static __m128i four(int32_t a, int32_t b, int32_t c, int32_t d) { return _mm_setr_epi32(a, b, c, d); }
  static __m128i are_ranges(__m128i numbers) { return _mm_cmpgt_epi32(numbers, _mm_setzero_si128()); }
  /// A quarter of each, towards zero.
  static __m128i quarter(__m128i numbers) {
    return _mm_srai_epi32(_mm_add_epi32(numbers, _mm_srli_epi32(_mm_srai_epi32(numbers, 31), 30)), 2);
  }
  static __m128i steps(__m128i a, __m128i b, __m128i present) { return _mm_and_si128(quarter(_mm_sub_epi32(a, b)), present); }
  static __m128i errors(__m128i numbers) {
    return _mm_andnot_si128(_mm_cmpeq_epi32(numbers, _mm_set1_epi32(ReferenceView::kNone)), quarter(numbers));
  }
};
#else
using FastReferenceLogs = PlainReferenceLogs;
#endif

}  // namespace dew
