// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/inter_flag_model.h"

namespace dew {

InterFlagModel::InterFlagModel(const ReferencePicture& reference, uint32_t first_column, uint32_t end_column)
    : around_(end_column - first_column), earlier_(reference, first_column) {
  for (size_t i = 0; i < kContexts; ++i) bits_[i].resize(kSizes[i]);
}

size_t InterFlagModel::mixed_contexts(std::array<QuickContext*, kContexts>& bits) {
  const uint32_t wide_above = around_.near_row(), near_above = (wide_above >> 1) & 7;
  const uint32_t here = (wide_above >> 2) & 1, right = (wide_above >> 1) & 1;
  const uint32_t here2 = (around_.far_row() >> 1) & 1;
  const uint32_t history = around_.history(), last = history & 1;
  const uint32_t beside = earlier_.around() & 3, agreed = earlier_.agreed();
  const std::array<uint32_t, kContexts> contexts = {
      (history & 0x7f) | here << 7 | right << 8,
      wide_above | (history & 3) << 5 | here2 << 7,
      earlier_.around() | agreed << 5 | last << 9,
      earlier_.distance() | beside << 4 | last << 6 | here << 7 | (agreed & 1) << 8,
      std::min(around_.run(), 31u) | last << 5 | here << 6 | earlier_.expected() << 7,
      earlier_.background() | beside << 4 | near_above << 6 | last << 9,
      earlier_.brightness() | (earlier_.around() & 15) << 2 | (agreed & 3) << 6 | (history & 3) << 8 | here << 10,
  };
  for (size_t i = 0; i < kContexts; ++i) bits[i] = &bits_[i][contexts[i]];
  return last | here << 1 | beside << 2;
}

}  // namespace dew
