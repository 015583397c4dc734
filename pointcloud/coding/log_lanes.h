// SPDX-License-Identifier: Apache-2.0
/// Logarithms of eight numbers in a register of SSE2, which every x86-64 has.
///
///   const __m128i logs = signed_logs(first_four, last_four);      // signed_log_q4 of each, 16 bits
///
/// The same as LogLanes (log_scale.h). REQUIRES: numbers below 2^24 - 1 in size. Cost: about 3 ns.
#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>

namespace dew {
namespace detail {

/// log2(1 + size) in 2^-8, straight between powers of two: the upper bits of a float. Numbers up to 2^24 are exact as floats.
inline __m128i log2_of_size(__m128i numbers, __m128i minus) {
  const __m128i size = _mm_add_epi32(_mm_sub_epi32(_mm_xor_si128(numbers, minus), minus), _mm_set1_epi32(1));
  return _mm_srai_epi32(_mm_sub_epi32(_mm_castps_si128(_mm_cvtepi32_ps(size)), _mm_set1_epi32(127 << 23)), 15);
}

}  // namespace detail

inline __m128i signed_logs(__m128i first, __m128i last) {
  const __m128i minus_first = _mm_srai_epi32(first, 31), minus_last = _mm_srai_epi32(last, 31);
  const __m128i bits = _mm_packs_epi32(detail::log2_of_size(first, minus_first), detail::log2_of_size(last, minus_last));
  const __m128i sign = _mm_packs_epi32(minus_first, minus_last);
  // detail::log_fraction.
  const __m128i x = _mm_slli_epi16(_mm_and_si128(bits, _mm_set1_epi16(0xff)), 7);
  const __m128i c2 = _mm_add_epi16(_mm_set1_epi16(-19796), _mm_mulhi_epi16(x, _mm_set1_epi16(11788)));
  const __m128i c1 = _mm_add_epi16(_mm_set1_epi16(23376), _mm_mulhi_epi16(x, c2));
  const __m128i fraction = _mm_srai_epi16(_mm_mulhi_epi16(x, c1), 9);
  const __m128i log = _mm_add_epi16(_mm_slli_epi16(_mm_srai_epi16(bits, 8), 4), fraction);
  return _mm_sub_epi16(_mm_xor_si128(log, sign), sign);
}

}  // namespace dew

#endif
