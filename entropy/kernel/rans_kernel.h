// SPDX-License-Identifier: Apache-2.0
/// Inner loop of entropy/rans.h. Internal.
///
///   RansBlock block = {states, lanes, words, table};
///   const size_t decoded = decode_rans_rows(block, symbols, rows);
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "entropy/bytes.h"
#include "entropy/rans.h"

namespace dew::kernel {

inline constexpr unsigned kRansWordBits = 16;
/// States lie in [2^16, 2^32).
inline constexpr uint32_t kRansLow = 1u << kRansWordBits;

/// For each of the 4096 slots: symbol (8 bits), frequency - 1 (12 bits), slot - start (12 bits).
using RansTable = std::array<uint32_t, Distribution::kTotal>;

struct RansBlock {
  uint32_t* states;
  unsigned lanes;  ///< a multiple of 8
  ByteSpan words;  ///< little-endian words not read yet; gets shorter
  const RansTable* table;
};

inline std::byte decode_rans_symbol(uint32_t& state, const RansTable& table) {
  const uint32_t entry = table[state & (Distribution::kTotal - 1)];
  state = (((entry >> 8) & 0xfff) + 1) * (state >> Distribution::kBits) + (entry >> 20);
  return static_cast<std::byte>(entry);
}

/// Decodes up to `rows` rows of `block.lanes` symbols, and stops early where a row might need more words than are left.
/// Returns the rows decoded. The definition; the caller does the rest symbol by symbol.
inline size_t decode_rans_rows_plain(RansBlock& block, std::byte* symbols, size_t rows) {
  std::array<uint32_t, kMaxRansLanes> states{};
  for (unsigned lane = 0; lane < block.lanes; ++lane) states[lane] = block.states[lane];
  const std::byte* words = block.words.data();
  size_t words_left = block.words.size() / 2;
  size_t row = 0;
  for (; row < rows && words_left > block.lanes; ++row) {
    for (unsigned lane = 0; lane < block.lanes; ++lane) {
      uint32_t state = states[lane];
      *symbols++ = decode_rans_symbol(state, *block.table);
      // Without a branch, as whether a lane wants a word is a coin toss; there is always one to look at.
      const uint32_t hungry = state < kRansLow ? 1 : 0;
      const uint32_t word = static_cast<uint32_t>(words[0]) | static_cast<uint32_t>(words[1]) << 8;
      states[lane] = hungry != 0 ? state << kRansWordBits | word : state;
      words += 2 * hungry;
      words_left -= hungry;
    }
  }
  for (unsigned lane = 0; lane < block.lanes; ++lane) block.states[lane] = states[lane];
  block.words = block.words.last(2 * words_left + block.words.size() % 2);
  return row;
}

/// The same, with the best instructions that the machine has.
size_t decode_rans_rows(RansBlock& block, std::byte* symbols, size_t rows);

}  // namespace dew::kernel
