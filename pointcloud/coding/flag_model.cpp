// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/flag_model.h"

namespace dew {

FlagModel::FlagModel(uint32_t columns) : around_(columns) {
  for (size_t i = 0; i < kContexts; ++i) bits_[i].resize(kSizes[i]);
}

size_t FlagModel::mixed_contexts(size_t column, std::array<QuickContext*, kContexts>& bits) {
  const uint32_t wide_above = around_.near_row(), near_above = (wide_above >> 1) & 7;
  const uint32_t here = (wide_above >> 2) & 1, right = (wide_above >> 1) & 1;
  const uint32_t near_above2 = around_.far_row(), here2 = (near_above2 >> 1) & 1;
  const uint32_t history = around_.history(), last = history & 1;
  const std::array<uint32_t, kContexts> contexts = {
      (history & 0x7f) | here << 7 | right << 8,
      wide_above | (history & 3) << 5 | here2 << 7,
      near_above | near_above2 << 3 | (history & 3) << 6,
      around_.distance_above(column) | near_above << 4 | last << 7,
      std::min(around_.run(), 31u) | last << 5 | here << 6 | here2 << 7,
      (around_.density() >> 8) | last << 4 | here << 5 | right << 6,
  };
  for (size_t i = 0; i < kContexts; ++i) bits[i] = &bits_[i][contexts[i]];
  return last | here << 1 | right << 2;
}

}  // namespace dew
