// SPDX-License-Identifier: Apache-2.0
#include "entropy/sha256_x86.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

namespace dew::sha256_x86 {

bool available() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_SSE4_1) == 0 || (c & bit_SSSE3) == 0) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0;
}

// The instructions keep the state as two vectors, from the highest lane down: abef = {a, b, e, f}, cdgh = {c, d, g, h}.
// sha256rnds2 does two rounds on them with the sums w + k of the lower two lanes; sha256msg1 and msg2 extend the message.
__attribute__((target("sha,sse4.1"))) void add_blocks(std::array<uint32_t, 8>& state, const std::byte* blocks, size_t count,
                                                      const uint32_t* round_constants) {
  const __m128i to_big_endian = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  const auto lane = [&](size_t i) { return static_cast<int>(state[i]); };
  __m128i abef = _mm_set_epi32(lane(0), lane(1), lane(4), lane(5));
  __m128i cdgh = _mm_set_epi32(lane(2), lane(3), lane(6), lane(7));
  for (; count > 0; --count, blocks += 64) {
    const __m128i abef_before = abef, cdgh_before = cdgh;
    __m128i w[4];  // the last 16 words of the message, four a vector, oldest first
    for (int i = 0; i < 4; ++i) {
      w[i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(blocks + 16 * i)), to_big_endian);
    }
    for (int group = 0; group < 16; ++group) {
      const __m128i constants = _mm_loadu_si128(reinterpret_cast<const __m128i*>(round_constants + 4 * group));
      const __m128i sums = _mm_add_epi32(w[0], constants);
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sums);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sums, 0x0e));
      // Four new words: w[t] = sigma1(w[t-2]) + w[t-7] + sigma0(w[t-15]) + w[t-16].
      const __m128i seven_back = _mm_alignr_epi8(w[3], w[2], 4);
      const __m128i next = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(w[0], w[1]), seven_back), w[3]);
      w[0] = w[1], w[1] = w[2], w[2] = w[3], w[3] = next;
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  alignas(16) uint32_t high[4], low[4];
  _mm_store_si128(reinterpret_cast<__m128i*>(high), abef);
  _mm_store_si128(reinterpret_cast<__m128i*>(low), cdgh);
  state = {high[3], high[2], low[3], low[2], high[1], high[0], low[1], low[0]};
}

}  // namespace dew::sha256_x86

#else

namespace dew::sha256_x86 {

bool available() { return false; }
void add_blocks(std::array<uint32_t, 8>&, const std::byte*, size_t, const uint32_t*) {}

}  // namespace dew::sha256_x86

#endif
