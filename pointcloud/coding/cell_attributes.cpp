// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/cell_attributes.h"

#include <algorithm>
#include <cstring>

#include "pointcloud/coding/cell_bits.h"

namespace dew {
namespace {

bool varies(const AttributePlan& plan) { return plan.method != AttributeMethod::coordinate && plan.method != AttributeMethod::constant; }

}  // namespace

void CellAttributes::scatter(const Cloud& cloud, std::span<const uint32_t> cells, RangeGrid& grid) {
  cell_values_.resize(plans_.size());
  off_grid_values_.resize(plans_.size());
  if (all_cells_) ones_.assign(grid.range.size(), 1);
  for (size_t f = 0; f < plans_.size(); ++f) {
    const AttributePlan& plan = plans_[f];
    if (!varies(plan)) continue;
    const std::vector<int64_t> integers = to_integers(cloud.fields[f], plan.view);
    const size_t channels = plan.values_per_point();
    if (plan.method == AttributeMethod::symbols) grid.intensity.assign(grid.range.size(), 0);
    if (plan.method == AttributeMethod::sequence) cell_values_[f].assign(grid.range.size() * channels, 0);
    for (size_t i = 0; i < cells.size(); ++i) {
      const int64_t* from = integers.data() + i * channels;
      if (cells[i] == kOffGrid) {
        off_grid_values_[f].insert(off_grid_values_[f].end(), from, from + channels);
      } else if (plan.method == AttributeMethod::symbols) {
        grid.intensity[cells[i]] = static_cast<uint8_t>(*from);
      } else if (plan.method == AttributeMethod::sequence) {
        std::copy_n(from, channels, cell_values_[f].begin() + static_cast<ptrdiff_t>(cells[i] * channels));
      }
    }
  }
}

void CellAttributes::write_off_grid(ByteWriter& head, PartSizes& sizes) const {
  for (size_t f = 0; f < plans_.size(); ++f) {
    if (off_grid_values_[f].empty()) continue;
    const size_t before = head.size();
    head.sized_bytes(encode_sequence(off_grid_values_[f], plans_[f].values_per_point()));
    sizes[static_cast<size_t>(part_of_field(plans_[f].name))] += head.size() - before;
  }
}

void CellAttributes::write_slice(const RangeGrid& grid, ColumnSpan span, ByteSpan intensity, SliceWriter& slice) const {
  for (size_t f = 0; f < plans_.size(); ++f) {
    const AttributePlan& plan = plans_[f];
    if (plan.method == AttributeMethod::symbols) {
      slice.add(part_of_field(plan.name), intensity);
    } else if (plan.method == AttributeMethod::sequence) {
      slice.add(part_of_field(plan.name),
                encode_cell_values(cell_values_[f], present(grid), grid.columns, grid.rows, span, plan.values_per_point()));
    }
  }
}

Status CellAttributes::read_off_grid(ByteReader& head, uint64_t off_grid_points, Budget& budget) {
  cell_values_.resize(plans_.size());
  off_grid_values_.resize(plans_.size());
  if (off_grid_points == 0) return {};
  for (size_t f = 0; f < plans_.size(); ++f) {
    if (!varies(plans_[f])) continue;
    DEW_ASSIGN(const ByteSpan coded, head.sized_bytes());
    DEW_ASSIGN(off_grid_values_[f], decode_sequence(coded, off_grid_points, plans_[f].values_per_point(), budget, head.offset()));
  }
  return {};
}

Status CellAttributes::allocate(const RangeGrid& grid, Budget& budget, uint64_t offset) {
  for (size_t f = 0; f < plans_.size(); ++f) {
    if (plans_[f].method != AttributeMethod::sequence) continue;
    const uint64_t values = uint64_t{grid.range.size()} * plans_[f].values_per_point();
    DEW_TRY(budget.take_memory(values * sizeof(int64_t), offset));
    if (all_cells_ && ones_.empty()) ones_.assign(grid.range.size(), 1);
    cell_values_[f].assign(values, 0);
  }
  return {};
}

Status CellAttributes::read_slice(ByteReader& slice, const GridCoding& coding, uint32_t index, RangeGrid& grid, Budget& budget) {
  const ColumnSpan span = slice_columns(grid.columns, coding.slices, index);
  for (size_t f = 0; f < plans_.size(); ++f) {
    const AttributePlan& plan = plans_[f];
    if (plan.method != AttributeMethod::symbols && plan.method != AttributeMethod::sequence) continue;
    DEW_ASSIGN(const ByteSpan coded, slice.sized_bytes());
    if (plan.method == AttributeMethod::symbols) {
      DEW_TRY(decode_grid_intensity(coded, coding, index, grid, budget, slice.offset()));
    } else {
      DEW_TRY(decode_cell_values(coded, present(grid), grid.columns, grid.rows, span, plan.values_per_point(), cell_values_[f], budget,
                                 slice.offset(), cells_of(grid.bits, part_of_field(plan.name))));
    }
  }
  return {};
}

Cloud CellAttributes::gather(std::span<const uint32_t> cells, std::span<const Float3> positions, const RangeGrid& grid) const {
  if (grid.bits != nullptr) grid.bits->cell_of_point.assign(cells.begin(), cells.end());
  Cloud cloud;
  cloud.points = cells.size();
  for (size_t f = 0; f < plans_.size(); ++f) {
    const AttributePlan& plan = plans_[f];
    Field field{plan.name, plan.type, plan.count, {}};
    if (plan.method == AttributeMethod::coordinate) {
      const size_t axis = plan.name == "x" ? 0 : plan.name == "y" ? 1 : 2;
      field.data.resize(positions.size() * sizeof(float));
      for (size_t i = 0; i < positions.size(); ++i) std::memcpy(field.data.data() + i * sizeof(float), &positions[i][axis], sizeof(float));
      cloud.fields.push_back(std::move(field));
      continue;
    }
    const size_t channels = plan.values_per_point();
    std::vector<int64_t> integers(cells.size() * channels);
    size_t off_grid = 0;
    for (size_t i = 0; i < cells.size(); ++i) {
      int64_t* to = integers.data() + i * channels;
      if (plan.method == AttributeMethod::constant) {
        std::copy_n(plan.values.begin(), channels, to);
      } else if (cells[i] == kOffGrid) {
        std::copy_n(off_grid_values_[f].begin() + static_cast<ptrdiff_t>(off_grid), channels, to);
        off_grid += channels;
      } else if (plan.method == AttributeMethod::by_row) {
        *to = plan.values[cells[i] / grid.columns];
      } else if (plan.method == AttributeMethod::symbols) {
        *to = grid.intensity[cells[i]];
      } else {
        std::copy_n(cell_values_[f].begin() + static_cast<ptrdiff_t>(cells[i] * channels), channels, to);
      }
    }
    field.data = from_integers(integers, plan.type, plan.view);
    cloud.fields.push_back(std::move(field));
  }
  return cloud;
}

}  // namespace dew
