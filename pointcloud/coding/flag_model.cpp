// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/flag_model.h"

namespace dew {

FlagModel::FlagModel(uint32_t columns) : mixed_(kSets) {
  for (size_t i = 0; i < kContexts; ++i) bits_[i].resize(kSizes[i]);
  for (auto& row : above_) row.assign(columns + 2 * kMargin, 0);
}

size_t FlagModel::look(size_t column, const State& state, std::array<AdaptiveBit*, kContexts>& bits) {
  // up[kMargin] is the cell above this one.
  const uint32_t* up = above_[0].data() + column;
  const uint32_t* up2 = above_[1].data() + column;
  const auto flag = [](uint32_t range) { return range != 0 ? 1u : 0u; };
  const uint32_t here = flag(up[2]), right = flag(up[3]), left = flag(up[1]), here2 = flag(up2[2]);
  const uint32_t near_above = left | here << 1 | right << 2;
  const uint32_t wide_above = near_above | flag(up[0]) << 3 | flag(up[4]) << 4;
  const uint32_t near_above2 = flag(up2[1]) | here2 << 1 | flag(up2[3]) << 2;
  const uint32_t range_above = here != 0 ? up[2] : right != 0 ? up[3] : up[1];
  const uint32_t distance = static_cast<uint32_t>(std::min(15, log_q4(range_above) / 20));
  const uint32_t last = state.history & 1;

  const std::array<uint32_t, kContexts> contexts = {
      (state.history & 0x7f) | here << 7 | right << 8,
      wide_above | (state.history & 3) << 5 | here2 << 7,
      near_above | near_above2 << 3 | (state.history & 3) << 6,
      distance | near_above << 4 | last << 7,
      std::min(state.run, 31u) | last << 5 | here << 6 | here2 << 7,
      (state.density >> 8) | last << 4 | here << 5 | right << 6,
  };
  for (size_t i = 0; i < kContexts; ++i) bits[i] = &bits_[i][contexts[i]];
  return last | here << 1 | right << 2;
}

void FlagModel::end_row(std::span<const uint32_t> row) {
  std::swap(above_[0], above_[1]);
  std::copy(row.begin(), row.end(), above_[0].begin() + kMargin);
}

}  // namespace dew
