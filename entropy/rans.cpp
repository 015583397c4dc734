// SPDX-License-Identifier: Apache-2.0
#include "entropy/rans.h"

#include <bit>

#include "entropy/kernel/rans_kernel.h"

namespace dew {
namespace {

kernel::RansTable make_table(const Distribution& distribution) {
  kernel::RansTable table{};
  for (uint32_t symbol = 0; symbol < Distribution::kSymbols; ++symbol) {
    const uint32_t size = distribution.size(static_cast<uint8_t>(symbol));
    const uint32_t start = distribution.start(static_cast<uint8_t>(symbol));
    for (uint32_t i = 0; i < size; ++i) table[start + i] = symbol | (size - 1) << 8 | i << 20;
  }
  return table;
}

}  // namespace

Bytes encode_rans(ByteSpan symbols, const Distribution& distribution, unsigned lanes) {
  // Backwards, so that the decoder reads forwards. A symbol makes at most one word: states stay below 2^32, symbols cost at most 12 bits.
  std::array<uint32_t, kMaxRansLanes> states;
  states.fill(kernel::kRansLow);
  std::vector<uint16_t> words(symbols.size() + 1);
  size_t first = words.size();
  for (size_t i = symbols.size(); i-- > 0;) {
    uint32_t& state = states[i % lanes];
    const uint8_t symbol = static_cast<uint8_t>(symbols[i]);
    const uint32_t size = distribution.size(symbol);
    // Without a branch, as it is a coin toss: the word is always stored, and kept only where the state is too large.
    const uint32_t full = state >> (32 - Distribution::kBits) >= size ? 1 : 0;
    words[first - 1] = static_cast<uint16_t>(state);
    first -= full;
    state >>= kernel::kRansWordBits * full;
    state = ((state / size) << Distribution::kBits) + state % size + distribution.start(symbol);
  }
  ByteWriter writer;
  writer.u8(static_cast<uint8_t>(std::countr_zero(lanes)));
  for (unsigned lane = 0; lane < lanes; ++lane) writer.u32(states[lane]);
  writer.bytes(std::as_bytes(std::span(words).subspan(first)));
  return writer.take();
}

Status decode_rans(ByteSpan coded, const Distribution& distribution, std::span<std::byte> symbols) {
  ByteReader reader(coded);
  DEW_ASSIGN(const uint8_t log2_lanes, reader.u8());
  if (log2_lanes < 3 || log2_lanes > 5) return Error{Code::corrupt, 0, "rANS block of neither 8, 16 nor 32 lanes"};
  const unsigned lanes = 1u << log2_lanes;
  std::array<uint32_t, kMaxRansLanes> states{};
  for (unsigned lane = 0; lane < lanes; ++lane) {
    DEW_ASSIGN(states[lane], reader.u32());
    if (states[lane] < kernel::kRansLow) return Error{Code::corrupt, reader.offset() - 4, "rANS state out of range"};
  }
  DEW_ASSIGN(const ByteSpan words, reader.bytes(reader.remaining()));

  const kernel::RansTable table = make_table(distribution);
  kernel::RansBlock block{states.data(), lanes, words, &table};
  size_t i = kernel::decode_rans_rows(block, symbols.data(), symbols.size() / lanes) * lanes;
  for (; i < symbols.size(); ++i) {
    uint32_t& state = states[i % lanes];
    symbols[i] = kernel::decode_rans_symbol(state, table);
    if (state >= kernel::kRansLow) continue;
    if (block.words.size() < 2) return Error{Code::truncated, coded.size(), "rANS block ends before its last symbol"};
    state = state << kernel::kRansWordBits | static_cast<uint32_t>(block.words[0]) | static_cast<uint32_t>(block.words[1]) << 8;
    block.words = block.words.subspan(2);
  }
  if (!block.words.empty()) return Error{Code::corrupt, coded.size() - block.words.size(), "bytes after the last symbol of a rANS block"};
  // The encoder began with these states: a cheap check that is nearly a checksum.
  for (unsigned lane = 0; lane < lanes; ++lane) {
    if (states[lane] != kernel::kRansLow) return Error{Code::corrupt, coded.size(), "rANS block is damaged"};
  }
  return {};
}

}  // namespace dew
