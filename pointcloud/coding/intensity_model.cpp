// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/intensity_model.h"

#include <algorithm>

#include "pointcloud/coding/log_scale.h"

namespace dew {
namespace {

struct Offset {
  int32_t rows_up;
  int32_t columns_right;
  uint32_t factor_q12;  ///< 2^12 / (1 + columns + 1.5 rows)
};
constexpr std::array<Offset, 8> kAround = {{{0, -1, 2048},
                                           {0, -2, 1365},
                                           {0, -3, 1024},
                                           {1, 0, 1638},
                                           {1, -1, 1170},
                                           {1, 1, 1170},
                                           {1, 2, 910},
                                           {2, 0, 1024}}};
constexpr size_t kFirstUp = 3, kLastUp = 5, kSecondLeft = 1, kUpRight = 5;
constexpr size_t kRangeClasses = 16;

/// Weight of a neighbour whose range differs by a share of i / 4096 of the range: proportional to 1 / (0.004 + share); 2^16 for equal ranges.
constexpr size_t kShares = 1024;
constexpr std::array<uint32_t, kShares> make_weight_table() {
  std::array<uint32_t, kShares> table{};
  for (uint32_t share = 0; share < kShares; ++share) table[share] = (uint32_t{16} << 16) / (16 + share);
  return table;
}
constexpr std::array<uint32_t, kShares> kWeight = make_weight_table();

}  // namespace

IntensityModel::IntensityModel(const RangeGrid& grid, uint32_t first_column, uint32_t end_column, unsigned bits)
    : grid_(grid),
      first_column_(first_column),
      end_column_(end_column),
      bits_(bits),
      left_(size_t{1} << 2 * bits),
      row_(size_t{grid.rows} << bits),
      // Means below 2^bits in steps of four; at least one class.
      range_mean_(((kRangeClasses << bits >> 2) + 1) << bits),
      left_left_(kStepClasses * kStepClasses * kDepths),
      up_right_(kStepClasses * kStepClasses * kDepths * 4),
      left_mean_(kStepClasses * kStepClasses * kDepths) {}

IntensityModel::Neighbourhood IntensityModel::look(std::span<const uint8_t> intensity, uint32_t row, uint32_t column) const {
  const uint32_t range = grid_.range_row(row)[column];
  const uint64_t inverse = (uint64_t{1} << 44) / range;  // 2^12 * 2^32 / range
  uint64_t weights = 0, sum = 0;
  Neighbourhood n;
  bool has_left = false, has_left2 = false, has_up = false, has_up_right = false;
  for (size_t k = 0; k < kAround.size(); ++k) {
    const Offset& offset = kAround[k];
    if (static_cast<int64_t>(row) < offset.rows_up) continue;
    const int64_t other = static_cast<int64_t>(column) + offset.columns_right;
    if (other < first_column_ || other >= end_column_) continue;
    const size_t cell = size_t{row - static_cast<uint32_t>(offset.rows_up)} * grid_.columns + static_cast<size_t>(other);
    const uint32_t other_range = grid_.range[cell];
    if (other_range == 0) continue;
    const uint32_t away = other_range > range ? other_range - range : range - other_range;
    const size_t share = std::min<size_t>((away * inverse) >> 32, kShares - 1);
    const uint32_t weight = (kWeight[share] * offset.factor_q12) >> 14;
    const uint32_t value = intensity[cell];
    weights += weight;
    sum += uint64_t{weight} * value;
    if (k == kSecondLeft) {
      n.left2 = value;
      has_left2 = true;
    }
    if (k == kUpRight) {
      n.up_right = value;
      has_up_right = true;
    }
    if (k < kFirstUp && !has_left) {
      n.left = value;
      has_left = true;
    }
    if (k >= kFirstUp && k <= kLastUp && !has_up) {
      n.up = value;
      has_up = true;
    }
  }
  n.mean = weights > 0 ? static_cast<uint32_t>((sum + weights / 2) / weights) : 0;
  if (!has_left) n.left = n.mean;
  if (!has_left2) n.left2 = n.left;
  if (!has_up) n.up = n.mean;
  if (!has_up_right) n.up_right = n.up;
  // In units of a neighbour at equal range with divisor 4: the shares 0.3, 1, 2 of it part the classes.
  n.confidence = weights < 4915 ? 0 : weights < 16384 ? 1 : weights < 32768 ? 2 : 3;
  n.range_class = static_cast<uint32_t>(std::min(15, log_q4(range) / 16));
  return n;
}

IntensityModel::Neighbourhood IntensityModel::look_among_empty(std::span<const uint8_t> intensity, uint32_t row, uint32_t column) {
  if (empty_left_.empty()) {
    empty_left_.resize(size_t{1} << 2 * bits_);
    empty_up_.resize(size_t{1} << 2 * bits_);
    empty_row_.resize(size_t{grid_.rows} << bits_);
    empty_pair_.resize(size_t{1024} << bits_);
  }
  Neighbourhood n;
  const size_t here = size_t{row} * grid_.columns + column;
  if (column > first_column_) {
    n.left = intensity[here - 1];
    if (grid_.range[here - 1] == 0) n.confidence |= 1;
  }
  if (row > 0) {
    n.up = intensity[here - grid_.columns];
    if (grid_.range[here - grid_.columns] == 0) n.confidence |= 2;
  }
  return n;
}

}  // namespace dew
