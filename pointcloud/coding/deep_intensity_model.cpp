// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/deep_intensity_model.h"

#include <bit>

#include "pointcloud/coding/log_scale.h"

namespace dew {

DeepIntensityModel::DeepIntensityModel(const RangeGrid& grid, uint32_t first_column, uint32_t end_column, unsigned bits)
    : grid_(grid),
      first_column_(first_column),
      bits_(bits),
      around_(grid, first_column, end_column),
      mixed_({kDepths * 4 * kSides, grid.rows * kDepths, IntensitySurroundings::kRangeClasses * kDepths * kSides}),
      of_empty_(grid.rows, bits) {
  constexpr size_t kMost = size_t{1} << 20;
  const size_t nodes = size_t{1} << bits, rows = grid.rows;
  const std::array<size_t, kContexts> sizes = {nodes * nodes, rows * nodes, (nodes * 4 + 1) * nodes, 1 << 13, 1 << 15,    1 << 14,
                                               1 << 15,       64 * nodes,   nodes * nodes,           1 << 16, rows * 256, 1 << 17,
                                               1 << 15,       4096 * nodes, rows * 16 * nodes,       1 << 18};
  // A context's number is taken modulo the size of its table, a power of two.
  for (size_t i = 0; i < kContexts; ++i) tables_[i].resize(std::min(std::bit_ceil(sizes[i]), kMost));
}

DeepIntensityModel::Seen DeepIntensityModel::look(uint32_t row, size_t column) const {
  Seen seen{around_.look(column), row, 0, 0};
  const size_t width = around_.width();
  const size_t here = size_t{row} * grid_.columns + first_column_ + column;
  const uint32_t range = grid_.range[here];
  const auto add = [&](bool inside, size_t other, unsigned shift) {
    const uint32_t to = inside ? grid_.range[other] : 0;
    const uint32_t away = to > range ? to - range : range - to;
    seen.shape |= (to == 0 ? 7u : static_cast<uint32_t>(std::min(6, log_q4(away) / 20))) << shift;
  };
  add(column > 0, here - 1, 0);
  add(column + 1 < width, here + 1, 3);
  add(row > 0, here - grid_.columns, 6);
  add(row + 1 < grid_.rows, here + grid_.columns, 9);
  seen.fine = static_cast<uint32_t>(std::min(63, log_q4(range) / 4));
  return seen;
}

}  // namespace dew
