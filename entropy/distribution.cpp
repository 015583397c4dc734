// SPDX-License-Identifier: Apache-2.0
#include "entropy/distribution.h"

#include <algorithm>

#include "entropy/coder.h"

namespace dew {
namespace {

using Counts = std::array<uint64_t, Distribution::kSymbols>;

/// What one more step of frequency saves for a symbol of this count, in 2^-24 bits: count * log2((size + 1) / size).
uint64_t saved_by_growing(uint64_t count, uint32_t size) { return count * (code_length(size, 13) - code_length(size + 1, 13)); }

/// Counts of at most 2^32 in all, so that products with code lengths fit 64 bits; nothing that occurs vanishes.
Counts scaled_down(std::span<const uint64_t, Distribution::kSymbols> counts) {
  uint64_t largest = 0;
  for (const uint64_t count : counts) largest = std::max(largest, count);
  const int shift = std::max(0, static_cast<int>(std::bit_width(largest)) - 24);
  Counts scaled{};
  for (size_t s = 0; s < scaled.size(); ++s) scaled[s] = counts[s] == 0 ? 0 : std::max<uint64_t>(1, counts[s] >> shift);
  return scaled;
}

}  // namespace

void Distribution::fill_starts() {
  uint32_t sum = 0;
  for (size_t s = 0; s < kSymbols; ++s) {
    starts_[s] = static_cast<uint16_t>(sum);
    sum += sizes_[s];
  }
}

Result<Distribution> Distribution::of_counts(std::span<const uint64_t, kSymbols> raw_counts) {
  const Counts counts = scaled_down(raw_counts);
  uint64_t total = 0;
  for (const uint64_t count : counts) total += count;
  if (total == 0) return Error{Code::invalid_argument, 0, "a distribution needs at least one symbol that occurs"};

  Distribution result;
  uint32_t sum = 0;
  for (size_t s = 0; s < kSymbols; ++s) {
    if (counts[s] == 0) continue;
    const uint64_t share = counts[s] * kTotal / total;
    result.sizes_[s] = static_cast<uint16_t>(std::max<uint64_t>(1, share));
    sum += result.sizes_[s];
  }
  // Rounding left steps over or took too many: move them one by one where that saves most or costs least. The first symbol wins a tie.
  while (sum != kTotal) {
    const bool grow = sum < kTotal;
    size_t best = kSymbols;
    uint64_t best_value = 0;
    for (size_t s = 0; s < kSymbols; ++s) {
      const uint32_t size = result.sizes_[s];
      if (grow ? size == 0 : size <= 1) continue;
      const uint64_t value = saved_by_growing(counts[s], grow ? size : size - 1);
      if (best == kSymbols || (grow ? value > best_value : value < best_value)) {
        best = s;
        best_value = value;
      }
    }
    result.sizes_[best] = static_cast<uint16_t>(result.sizes_[best] + (grow ? 1 : -1));
    sum = grow ? sum + 1 : sum - 1;
  }
  result.fill_starts();
  return result;
}

Result<Distribution> Distribution::of_bytes(ByteSpan bytes) {
  Counts counts{};
  for (const std::byte byte : bytes) ++counts[static_cast<uint8_t>(byte)];
  return of_counts(counts);
}

void Distribution::write(ByteWriter& writer) const {
  // A zero is followed by how many more zeros there are; the list ends where 4096 have been given.
  uint32_t left = kTotal;
  for (size_t s = 0; left > 0; ++s) {
    writer.varint(sizes_[s]);
    left -= sizes_[s];
    if (sizes_[s] != 0) continue;
    size_t more = 0;
    while (sizes_[s + 1 + more] == 0) ++more;
    writer.varint(more);
    s += more;
  }
}

Result<Distribution> Distribution::read(ByteReader& reader) {
  Distribution result;
  uint32_t left = kTotal;
  for (size_t s = 0; left > 0; ++s) {
    const uint64_t offset = reader.offset();
    if (s >= kSymbols) return Error{Code::corrupt, offset, "frequencies of a distribution do not add up to 4096"};
    DEW_ASSIGN(const uint64_t size, reader.varint());
    if (size > left) return Error{Code::corrupt, offset, "frequencies of a distribution add up to more than 4096"};
    result.sizes_[s] = static_cast<uint16_t>(size);
    left -= static_cast<uint32_t>(size);
    if (size != 0) continue;
    DEW_ASSIGN(const uint64_t more, reader.varint());
    if (more >= kSymbols - s) return Error{Code::corrupt, offset, "distribution of more than 256 symbols"};
    s += static_cast<size_t>(more);
  }
  result.fill_starts();
  return result;
}

uint64_t Distribution::cost(std::span<const uint64_t, kSymbols> counts) const {
  uint64_t sum = 0;
  for (size_t s = 0; s < kSymbols; ++s) {
    if (counts[s] != 0) sum += counts[s] * code_length(sizes_[s], kBits);
  }
  return sum;
}

}  // namespace dew
