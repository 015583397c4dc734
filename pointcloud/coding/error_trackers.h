// SPDX-License-Identifier: Apache-2.0
/// How wrong four predictions of a range were lately: the last error of each, and running means of errors and their sizes at two rates.
///
///   ErrorTrackers trackers;
///   trackers.add(range * 16, predictions);            // 16 a step, both
///   input = trackers.signed_mean[0][2] >> 7;
///
/// Errors count as 16 log2(1 + steps). add_plain is the definition; SSE2, which every x86-64 has, computes the same. Cost: about 5 ns.
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

struct ErrorTrackers {
  static constexpr size_t kCount = 4;
  using Numbers = std::array<int32_t, kCount>;

  /// With its sign, up to 200 steps.
  Numbers last{};
  /// 2^-8 of an error; of the sizes, which count up to 255 steps.
  std::array<Numbers, 2> signed_mean{},
      size_mean = {Numbers{kUsualSize, kUsualSize, kUsualSize, kUsualSize}, Numbers{kUsualSize, kUsualSize, kUsualSize, kUsualSize}};
  bool operator==(const ErrorTrackers&) const = default;

  /// REQUIRES: value and predictions are 0 to 2^26.
  void add_plain(int32_t value, const Numbers& predictions) {
    Numbers size;
    for (size_t t = 0; t < kCount; ++t) {
      const int32_t log = signed_log_q4((value - predictions[t]) / 16);
      last[t] = std::clamp(log, -kMostSigned, kMostSigned);
      size[t] = std::min(log < 0 ? -log : log, kMostSize);
    }
    for (size_t rate = 0; rate < 2; ++rate) {
      for (size_t t = 0; t < kCount; ++t) {
        signed_mean[rate][t] += ((last[t] << 8) - signed_mean[rate][t]) >> kShift[rate];
        size_mean[rate][t] += ((size[t] << 8) - size_mean[rate][t]) >> kShift[rate];
      }
    }
  }

#if defined(__SSE2__)
  void add(int32_t value, const Numbers& predictions) {
    const __m128i away = _mm_sub_epi32(_mm_set1_epi32(value), load(predictions));
    const __m128i steps = _mm_srai_epi32(_mm_add_epi32(away, _mm_srli_epi32(_mm_srai_epi32(away, 31), 28)), 4);
    const __m128i log = signed_logs(steps, steps);  // eight of 16 bits, each twice
    const __m128i most = _mm_set1_epi16(kMostSigned);
    const __m128i kept = _mm_max_epi16(_mm_min_epi16(log, most), _mm_sub_epi16(_mm_setzero_si128(), most));
    const __m128i size = _mm_min_epi16(_mm_max_epi16(log, _mm_sub_epi16(_mm_setzero_si128(), log)), _mm_set1_epi16(kMostSize));
    // Numbers of 16 bits in the upper half, and down again: 32 bits with their sign, times 2^8.
    const __m128i kept_q8 = _mm_srai_epi32(_mm_unpacklo_epi16(_mm_setzero_si128(), kept), 8);
    const __m128i size_q8 = _mm_srai_epi32(_mm_unpacklo_epi16(_mm_setzero_si128(), size), 8);
    store(_mm_srai_epi32(kept_q8, 8), last);
    follow<kShift[0]>(kept_q8, signed_mean[0]);
    follow<kShift[1]>(kept_q8, signed_mean[1]);
    follow<kShift[0]>(size_q8, size_mean[0]);
    follow<kShift[1]>(size_q8, size_mean[1]);
  }
#else
  void add(int32_t value, const Numbers& predictions) { add_plain(value, predictions); }
#endif

 private:
  static constexpr int32_t kMostSigned = 122, kMostSize = 128, kUsualSize = 48 << 8;
  /// Rates: 1/8 and 1/32 of each new error.
  static constexpr std::array<int, 2> kShift = {3, 5};

#if defined(__SSE2__)
  static __m128i load(const Numbers& from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from.data())); }
  static void store(__m128i value, Numbers& to) { _mm_storeu_si128(reinterpret_cast<__m128i*>(to.data()), value); }
  template <int kRateShift>
  static void follow(__m128i to, Numbers& mean) {
    const __m128i before = load(mean);
    store(_mm_add_epi32(before, _mm_srai_epi32(_mm_sub_epi32(to, before), kRateShift)), mean);
  }
#endif
};

}  // namespace dew
