// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/range_mixture_x86.h"

#if defined(__x86_64__) && defined(__GNUC__)

// The header of g++ 12 starts from vectors of anything and warns of itself.
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>

#define DEW_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,bmi,bmi2,lzcnt")))

namespace dew::range_mixture_x86 {
namespace {

constexpr uint32_t kTotal = uint32_t{1} << MixtureCdf::kBits;
constexpr size_t kLanes = 8;

/// The nodes of detail::kTailTable, each with what the next one is less, above it.
constexpr std::array<uint64_t, detail::kTailEntries> make_tail_steps() {
  std::array<uint64_t, detail::kTailEntries> table{};
  for (size_t i = 0; i < table.size(); ++i) {
    const uint64_t node = detail::kTailTable[i], next = i + 1 < table.size() ? detail::kTailTable[i + 1] : 0;
    table[i] = node | (node - next) << 32;
  }
  return table;
}
constexpr std::array<uint64_t, detail::kTailEntries> kTailSteps = make_tail_steps();

/// As MixtureCdf::Part and its weights, eight components a vector. Those that are left out have no weight.
template <size_t kVectors>
struct Components {
  __m512i centre[kVectors], inverse[kVectors], shift[kVectors], weight[kVectors];
};

/// What all symbols of the alphabet have in common.
struct Alphabet {
  explicit Alphabet(uint32_t max_range)
      : most(max_range),
        floor(std::max<uint64_t>(1, (uint64_t{1} << 18) >> std::bit_width(most))),
        spread((uint64_t{1} << MixtureCdf::kBits) - most * floor) {}
  uint64_t most, floor, spread;
  uint32_t start_of(uint64_t x, uint64_t weighted_mass) const {
    return static_cast<uint32_t>((x - 1) * floor + (((weighted_mass >> 16) * spread) >> MixtureCdf::kBits));
  }
};

DEW_AVX512 inline uint64_t sum_of(__m512i v) {
  const __m256i four = _mm256_add_epi64(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
  const __m128i two = _mm_add_epi64(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));
  return static_cast<uint64_t>(_mm_cvtsi128_si64(_mm_add_epi64(two, _mm_unpackhi_epi64(two, two))));
}

template <size_t kCentres>
constexpr __mmask8 mask_of(size_t vector) {
  return static_cast<__mmask8>((1u << std::min(kLanes, kCentres - vector * kLanes)) - 1);
}

DEW_AVX512 inline __m512i look_up(const uint32_t* table, __m256i indices) {
  return _mm512_cvtepu32_epi64(_mm256_i32gather_epi32(reinterpret_cast<const int*>(table), indices, 4));
}
DEW_AVX512 inline __m256i clamp_each(__m256i v, int32_t low, int32_t high) {
  return _mm256_min_epi32(_mm256_max_epi32(v, _mm256_set1_epi32(low)), _mm256_set1_epi32(high));
}

/// Step by step as range_mixture and MixtureCdf's constructor.
template <size_t kCentres, size_t kVectors>
DEW_AVX512 inline void prepare(const int32_t* outputs, const int32_t* centres, Components<kVectors>& parts) {
  __m512i logit[kVectors];
  int64_t top = INT64_MIN;
  for (size_t v = 0; v < kVectors; ++v) {
    const __m256i some = _mm256_maskz_loadu_epi32(mask_of<kCentres>(v), outputs + v * kLanes);
    logit[v] = _mm512_mask_cvtepi32_epi64(_mm512_set1_epi64(INT64_MIN), mask_of<kCentres>(v), some);
    top = std::max<int64_t>(top, _mm512_reduce_max_epi64(logit[v]));
  }
  uint32_t is_top = 0;
  uint64_t sum = 0;
  for (size_t v = 0; v < kVectors; ++v) {
    const __mmask8 mask = mask_of<kCentres>(v);
    is_top |= uint32_t{_mm512_cmpeq_epi64_mask(logit[v], _mm512_set1_epi64(top))} << (v * kLanes);
    const __m512i nats = _mm512_maskz_sub_epi64(mask, _mm512_set1_epi64(top), logit[v]);
    const __mmask8 kept = static_cast<__mmask8>(mask & _mm512_cmplt_epi64_mask(nats, _mm512_set1_epi64(kLeastLogit_q8)));
    const __m256i log_scale = _mm256_srai_epi32(
        clamp_each(_mm256_maskz_loadu_epi32(mask, outputs + kCentres + v * kLanes), min_range_log_scale_q8(kCentres), kMaxRangeLogScale_q8),
        3);
    const __m256i offset =
        clamp_each(_mm256_maskz_loadu_epi32(mask, outputs + 2 * kCentres + v * kLanes), -kMaxRangeOffset_q8, kMaxRangeOffset_q8);
    const __m256i fraction = _mm256_and_si256(log_scale, _mm256_set1_epi32(31));
    const __m512i octaves = _mm512_cvtepi32_epi64(_mm256_srli_epi32(_mm256_add_epi32(log_scale, _mm256_set1_epi32(128)), 5));
    const __m512i product = _mm512_mul_epi32(_mm512_cvtepi32_epi64(offset), look_up(detail::kScaleTable.data(), fraction));
    const __m512i shift_q8 = _mm512_srai_epi64(_mm512_sllv_epi64(product, octaves), 20);
    const __m512i centre = _mm512_slli_epi64(_mm512_cvtepi32_epi64(_mm256_maskz_loadu_epi32(mask, centres + v * kLanes)), 8 - kCentreBits);
    parts.centre[v] =
        _mm512_min_epi64(_mm512_max_epi64(_mm512_add_epi64(centre, shift_q8), _mm512_setzero_si512()), _mm512_set1_epi64(1 << 30));
    parts.inverse[v] = look_up(detail::kInverseScaleTable.data(), fraction);
    parts.shift[v] = _mm512_add_epi64(octaves, _mm512_set1_epi64(3));
    const __m256i nats_q8 = _mm512_cvtepi64_epi32(_mm512_maskz_mov_epi64(kept, nats));
    const __m512i coarse = look_up(detail::kCoarseExpTable.data(), _mm256_srli_epi32(nats_q8, 6));
    const __m512i fine = look_up(detail::kFineExpTable.data(), _mm256_and_si256(nats_q8, _mm256_set1_epi32(63)));
    parts.weight[v] = _mm512_maskz_srli_epi64(kept, _mm512_mul_epu32(coarse, fine), 16);
    sum += sum_of(parts.weight[v]);
  }
  const size_t heaviest = static_cast<size_t>(std::countr_zero(is_top));
  const __m512i reciprocal = _mm512_set1_epi64(static_cast<int64_t>((uint64_t{1} << 32) / sum));
  uint64_t left = 65536;
  for (size_t v = 0; v < kVectors; ++v) {
    parts.weight[v] = _mm512_srli_epi64(_mm512_mul_epu32(parts.weight[v], reciprocal), 16);
    left -= sum_of(parts.weight[v]);
  }
  for (size_t v = 0; v < kVectors; ++v) {
    const __mmask8 mask = static_cast<__mmask8>((uint32_t{1} << heaviest) >> (v * kLanes));
    parts.weight[v] = _mm512_mask_add_epi64(parts.weight[v], mask, parts.weight[v], _mm512_set1_epi64(static_cast<int64_t>(left)));
  }
}

/// MixtureCdf::logistic's masses below symbol x, weighted.
template <size_t kVectors>
DEW_AVX512 inline __m512i masses_below(const Components<kVectors>& parts, uint64_t x) {
  const __m512i edge = _mm512_set1_epi64(static_cast<int64_t>(x * 256) - 128);
  __m512i sum = _mm512_setzero_si512();
  for (size_t v = 0; v < kVectors; ++v) {
    const __m512i away = _mm512_sub_epi64(edge, parts.centre[v]);
    const __mmask8 above = _mm512_cmpge_epi64_mask(away, _mm512_setzero_si512());
    const __m512i product = _mm512_mul_epu32(_mm512_abs_epi64(away), parts.inverse[v]);
    const __m512i scales =
        _mm512_min_epu64(_mm512_srlv_epi64(product, parts.shift[v]), _mm512_set1_epi64((detail::kTailEntries - 2) << 12));
    const __m512i step = _mm512_i64gather_epi64(_mm512_srli_epi64(scales, 12), kTailSteps.data(), 8);
    const __m512i part = _mm512_mul_epu32(_mm512_srli_epi64(step, 32), _mm512_and_si512(scales, _mm512_set1_epi64(4095)));
    const __m512i tail = _mm512_sub_epi64(_mm512_and_si512(step, _mm512_set1_epi64(0xffffffff)), _mm512_srli_epi64(part, 12));
    const __m512i mass = _mm512_mask_sub_epi64(tail, above, _mm512_set1_epi64(kTotal), tail);
    sum = _mm512_add_epi64(sum, _mm512_mul_epu32(mass, parts.weight[v]));
  }
  return sum;
}

template <size_t kVectors>
DEW_AVX512 inline CdfInterval interval_of(const Components<kVectors>& parts, const Alphabet& alphabet, uint64_t x) {
  const __m512i below = masses_below(parts, x), above = masses_below(parts, x + 1);
  // Both sums at once, in turn in the lanes.
  const __m512i both = _mm512_add_epi64(_mm512_unpacklo_epi64(below, above), _mm512_unpackhi_epi64(below, above));
  const __m256i half = _mm256_add_epi64(_mm512_castsi512_si256(both), _mm512_extracti64x4_epi64(both, 1));
  const __m128i sums = _mm_add_epi64(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
  const uint32_t start = x == 1 ? 0 : alphabet.start_of(x, static_cast<uint64_t>(_mm_cvtsi128_si64(sums)));
  const uint32_t end = x == alphabet.most ? kTotal : alphabet.start_of(x + 1, static_cast<uint64_t>(_mm_extract_epi64(sums, 1)));
  return {start, end - start};
}

template <size_t kCentres>
DEW_AVX512 CdfInterval interval_in_registers(const int32_t* outputs, const int32_t* centres, uint32_t range, uint32_t max_range) {
  Components<(kCentres + kLanes - 1) / kLanes> parts;
  prepare<kCentres>(outputs, centres, parts);
  return interval_of(parts, Alphabet(max_range), range);
}

}  // namespace

bool available() {
  static const bool is = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  return is;
}

template <size_t kCentres>
CdfInterval interval(const int32_t* outputs, const int32_t* centres, uint32_t range, uint32_t max_range) {
  return interval_in_registers<kCentres>(outputs, centres, range, max_range);
}
}  // namespace dew::range_mixture_x86

#else

namespace dew::range_mixture_x86 {

bool available() { return false; }
template <size_t kCentres>
CdfInterval interval(const int32_t*, const int32_t*, uint32_t, uint32_t) {
  return {0, 1};
}

}  // namespace dew::range_mixture_x86

#endif

namespace dew::range_mixture_x86 {

template CdfInterval interval<kRangeCentres>(const int32_t*, const int32_t*, uint32_t, uint32_t);
template CdfInterval interval<kInterCentres>(const int32_t*, const int32_t*, uint32_t, uint32_t);

}  // namespace dew::range_mixture_x86
