// SPDX-License-Identifier: Apache-2.0
/// A static distribution over bytes in 12 bits: counted once, sent, then used for a whole block (entropy/rans.h).
///
///   DEW_ASSIGN(const Distribution distribution, Distribution::of_counts(counts));   // counts of 256 symbols
///   distribution.write(writer);                                              // 1 to about 300 bytes
///   DEW_ASSIGN(const Distribution same, Distribution::read(reader));
///
/// Frequencies add up to 4096; every symbol that occurs has at least 1. Integers only: the same counts give the same frequencies
/// everywhere.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "entropy/bytes.h"

namespace dew {

class Distribution {
 public:
  /// Part of the format.
  static constexpr unsigned kBits = 12;
  static constexpr uint32_t kTotal = 1u << kBits;
  static constexpr size_t kSymbols = 256;

  /// The best 12-bit frequencies for these counts, up to rounding: no single step from one symbol to another makes the code shorter by
  /// much. Errors: invalid_argument, where no symbol occurs.
  static Result<Distribution> of_counts(std::span<const uint64_t, kSymbols> counts);
  /// Counts the bytes first.
  static Result<Distribution> of_bytes(ByteSpan bytes);

  /// Errors: truncated, corrupt (frequencies do not add up to 4096).
  static Result<Distribution> read(ByteReader& reader);
  /// Runs of absent symbols cost one or two bytes, each present symbol one or two.
  void write(ByteWriter& writer) const;

  /// Frequency of a symbol, 0 to 4096, and the sum of those before it.
  uint32_t size(uint8_t symbol) const { return sizes_[symbol]; }
  uint32_t start(uint8_t symbol) const { return starts_[symbol]; }

  /// Length of these counts under this distribution, in 2^-24 bits. REQUIRES: size > 0 wherever a count is.
  uint64_t cost(std::span<const uint64_t, kSymbols> counts) const;

 private:
  void fill_starts();
  std::array<uint16_t, kSymbols> sizes_{};
  std::array<uint16_t, kSymbols> starts_{};
};

}  // namespace dew
