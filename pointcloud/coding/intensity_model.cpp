// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/intensity_model.h"

#include <algorithm>

#include "pointcloud/coding/log_scale.h"

namespace dew {
namespace {

/// Weight of a neighbour whose range differs by a share of i / 4096 of the range: proportional to 1 / (0.004 + share); 2^16 for equal
/// ranges.
constexpr size_t kShares = 1024;
constexpr std::array<uint32_t, kShares> make_weight_table() {
  std::array<uint32_t, kShares> table{};
  for (uint32_t share = 0; share < kShares; ++share) table[share] = (uint32_t{16} << 16) / (16 + share);
  return table;
}
constexpr std::array<uint32_t, kShares> kWeight = make_weight_table();

}  // namespace

IntensitySurroundings::IntensitySurroundings(const RangeGrid& grid, uint32_t first_column, uint32_t end_column)
    : grid_(grid), first_column_(first_column), width_(end_column - first_column) {
  for (Row& row : rows_) {
    row.range.assign(width_ + 2 * kMargin, 0);
    row.intensity.assign(width_ + 2 * kMargin, 0);
  }
}

void IntensitySurroundings::start_row(uint32_t row) {
  std::rotate(rows_.begin(), rows_.end() - 1, rows_.end());
  std::copy_n(grid_.range_row(row) + first_column_, width_, rows_[0].range.begin() + kMargin);
}

IntensitySurroundings::Neighbourhood IntensitySurroundings::look(size_t column) const {
  const size_t at = column + kMargin;
  const uint32_t range = rows_[0].range[at];
  const uint64_t inverse = (uint64_t{1} << 44) / range;  // 2^12 * 2^32 / range
  uint64_t weights = 0, sum = 0;
  // Factor: 2^12 / (1 + columns + 1.5 rows). Cells without a return have no weight.
  const auto add = [&](const Row& row, size_t cell, uint32_t factor_q12) {
    const uint32_t other = row.range[cell];
    const uint32_t away = other > range ? other - range : range - other;
    const size_t share = std::min<uint64_t>((away * inverse) >> 32, kShares - 1);
    const uint64_t weight = other == 0 ? 0 : (kWeight[share] * factor_q12) >> 14;
    weights += weight;
    sum += weight * row.intensity[cell];
  };
  const auto& [here, above, above2] = rows_;
  add(here, at - 1, 2048);
  add(here, at - 2, 1365);
  add(above, at, 1638);
  add(above, at - 1, 1170);
  add(above, at + 1, 1170);
  add(above2, at, 1024);

  Neighbourhood n;
  n.mean = weights > 0 ? static_cast<uint32_t>((sum + weights / 2) / weights) : 0;
  n.left = here.range[at - 1] != 0 ? here.intensity[at - 1] : here.range[at - 2] != 0 ? here.intensity[at - 2] : n.mean;
  n.left2 = here.range[at - 2] != 0 ? here.intensity[at - 2] : n.left;
  n.up = above.range[at] != 0       ? above.intensity[at]
         : above.range[at - 1] != 0 ? above.intensity[at - 1]
         : above.range[at + 1] != 0 ? above.intensity[at + 1]
                                    : n.mean;
  n.up_right = above.range[at + 1] != 0 ? above.intensity[at + 1] : n.up;
  // In units of a neighbour at equal range with divisor 4: the shares 0.3, 1, 2 of it part the classes.
  n.confidence = weights < 4915 ? 0 : weights < 16384 ? 1 : weights < 32768 ? 2 : 3;
  n.range_class = static_cast<uint32_t>(std::min(15, log_q4(range) / 16));
  return n;
}

IntensitySurroundings::Neighbourhood IntensitySurroundings::look_among_empty(size_t column) const {
  const size_t at = column + kMargin;
  Neighbourhood n;
  n.left = rows_[0].intensity[at - 1];
  n.up = rows_[1].intensity[at];
  n.confidence = (rows_[0].range[at - 1] == 0 ? 1u : 0u) | (rows_[1].range[at] == 0 ? 2u : 0u);
  return n;
}

void EmptyIntensityModel::allocate() {
  left_.resize(size_t{1} << 2 * bits_);
  up_.resize(size_t{1} << 2 * bits_);
  row_.resize(size_t{rows_} << bits_);
  pair_.resize(size_t{1024} << bits_);
}

IntensityModel::IntensityModel(const RangeGrid& grid, uint32_t first_column, uint32_t end_column, unsigned bits)
    : bits_(bits),
      around_(grid, first_column, end_column),
      left_(size_t{1} << 2 * bits),
      row_(size_t{grid.rows} << bits),
      // Means below 2^bits in steps of four; at least one class.
      range_mean_(((IntensitySurroundings::kRangeClasses << bits >> 2) + 1) << bits),
      left_left_(kStepClasses * kStepClasses * kDepths),
      up_right_(kStepClasses * kStepClasses * kDepths * 4),
      place_mean_(kStepClasses * kDepths * 64),
      of_empty_(grid.rows, bits) {}

}  // namespace dew
