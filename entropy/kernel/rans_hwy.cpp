// SPDX-License-Identifier: Apache-2.0
#include "entropy/kernel/rans_kernel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "entropy/kernel/rans_hwy.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come first.
#include <hwy/highway.h>

#include <bit>

#ifndef DEW_RANS_SPREAD
#define DEW_RANS_SPREAD
namespace dew::kernel {
/// For each set of lanes that need a word: which of the next words each lane takes, a byte a lane.
constexpr std::array<uint64_t, 256> make_spread_table() {
  std::array<uint64_t, 256> table{};
  for (unsigned mask = 0; mask < 256; ++mask) {
    uint64_t next = 0;
    for (unsigned lane = 0; lane < 8; ++lane) {
      table[mask] |= next << (8 * lane);
      if (mask >> lane & 1) ++next;
    }
  }
  return table;
}
inline constexpr std::array<uint64_t, 256> kSpreadTable = make_spread_table();
}  // namespace dew::kernel
#endif

HWY_BEFORE_NAMESPACE();
namespace dew::kernel::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Only machines with a gather instruction gain: elsewhere the plain loop is as fast.
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL

size_t decode_rans_rows(RansBlock& block, std::byte* symbols, size_t rows) {
  const hn::CappedTag<uint32_t, 8> d;
  const hn::RebindToSigned<decltype(d)> d_signed;
  const hn::Rebind<uint16_t, decltype(d)> d_words;
  const hn::Rebind<uint8_t, decltype(d)> d_bytes;
  const hn::Repartition<uint8_t, decltype(d_words)> d_raw_words;
  using Vector = hn::Vec<decltype(d)>;
  constexpr unsigned kLanes = 8;
  const Vector slot_mask = hn::Set(d, Distribution::kTotal - 1), one = hn::Set(d, 1), low_byte = hn::Set(d, 255);
  const unsigned groups = block.lanes / kLanes;
  Vector states[4];
  for (unsigned g = 0; g < groups; ++g) states[g] = hn::LoadU(d, block.states + g * kLanes);
  const uint8_t* words = reinterpret_cast<const uint8_t*>(block.words.data());  // words lie at odd addresses too
  size_t words_left = block.words.size() / 2;

  size_t row = 0;
  // A row takes at most one word a lane, and each load looks at eight words.
  for (; row < rows && words_left >= size_t{block.lanes} + kLanes; ++row) {
    for (unsigned g = 0; g < groups; ++g) {
      const Vector state = states[g];
      const Vector entry = hn::GatherIndex(d, block.table->data(), hn::BitCast(d_signed, hn::And(state, slot_mask)));
      const Vector size = hn::Add(hn::And(hn::ShiftRight<8>(entry), slot_mask), one);
      const Vector next = hn::Add(hn::Mul(size, hn::ShiftRight<Distribution::kBits>(state)), hn::ShiftRight<20>(entry));
      const auto hungry = hn::Eq(hn::ShiftRight<kRansWordBits>(next), hn::Zero(d));
      uint8_t mask[8] = {};
      hn::StoreMaskBits(d, hungry, mask);
      const auto order = hn::PromoteTo(d, hn::LoadU(d_bytes, reinterpret_cast<const uint8_t*>(&kSpreadTable[mask[0]])));
      const Vector read = hn::PromoteTo(d, hn::BitCast(d_words, hn::LoadU(d_raw_words, words)));
      const Vector word = hn::TableLookupLanes(read, hn::IndicesFromVec(d, order));
      states[g] = hn::IfThenElse(hungry, hn::Or(hn::ShiftLeft<kRansWordBits>(next), word), next);
      const unsigned taken = static_cast<unsigned>(std::popcount(mask[0]));
      words += 2 * taken;
      words_left -= taken;
      hn::StoreU(hn::U8FromU32(hn::And(entry, low_byte)), d_bytes, reinterpret_cast<uint8_t*>(symbols));
      symbols += kLanes;
    }
  }
  for (unsigned g = 0; g < groups; ++g) hn::StoreU(states[g], d, block.states + g * kLanes);
  block.words = block.words.subspan(block.words.size() / 2 * 2 - words_left * 2);
  return row + decode_rans_rows_plain(block, symbols, rows - row);
}

#else

size_t decode_rans_rows(RansBlock& block, std::byte* symbols, size_t rows) { return decode_rans_rows_plain(block, symbols, rows); }

#endif

}  // namespace dew::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dew::kernel {
HWY_EXPORT(decode_rans_rows);
size_t decode_rans_rows(RansBlock& block, std::byte* symbols, size_t rows) {
  return HWY_DYNAMIC_DISPATCH(decode_rans_rows)(block, symbols, rows);
}
}  // namespace dew::kernel
#endif
