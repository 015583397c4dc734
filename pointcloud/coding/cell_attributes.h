// SPDX-License-Identifier: Apache-2.0
/// Attributes of a cloud whose points are cells of a grid, and of its points that are not: from fields to streams and back.
///
///   CellAttributes attributes(plans, false);   attributes.scatter(cloud, cells, grid);       // encoder
///   attributes.write_slice(grid, span, coded_intensity, slice_writer);
///   DEW_TRY(attributes.read_slice(reader, coding, index, grid, budget));                    // decoder
///   Cloud cloud = attributes.gather(cells, positions, grid);
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pointcloud/coding/frame.h"
#include "pointcloud/coding/grid_frame.h"
#include "pointcloud/sensor/comb.h"

namespace dew {

/// Points off the grid have this cell.
inline constexpr uint32_t kOffGrid = 0xFFFFFFFF;

class CellAttributes {
 public:
  /// `plans` must outlive the object. `all_cells`: cells without a return have attributes too.
  CellAttributes(const std::vector<AttributePlan>& plans, bool all_cells) : plans_(plans), all_cells_(all_cells) {}

  /// Encoder: takes the fields apart. `cells`: the row-major cell of each point, or kOffGrid. Fills grid.intensity where a plan has
  /// symbols.
  void scatter(const Cloud& cloud, std::span<const uint32_t> cells, RangeGrid& grid);
  /// Encoder: values of the points off the grid, for the head.
  void write_off_grid(ByteWriter& head, PartSizes& sizes) const;
  /// Encoder: the streams of one slice; `intensity` is the coded intensity of the slice, used by the plan with symbols.
  void write_slice(const RangeGrid& grid, ColumnSpan span, ByteSpan intensity, SliceWriter& slice) const;

  /// Decoder, in this order: the head's values, then all slices (of one grid, in any threads), then gather.
  Status read_off_grid(ByteReader& head, uint64_t off_grid_points, Budget& budget);
  Status allocate(const RangeGrid& grid, Budget& budget, uint64_t offset);
  Status read_slice(ByteReader& slice, const GridCoding& coding, uint32_t index, RangeGrid& grid, Budget& budget);
  /// The cloud: positions as given (in file order), attributes of each point's cell; off-grid points take theirs in order.
  Cloud gather(std::span<const uint32_t> cells, std::span<const Float3> positions, const RangeGrid& grid) const;

 private:
  /// Cells that have values of their own: those of the grid's returns, or all.
  std::span<const uint32_t> present(const RangeGrid& grid) const { return all_cells_ ? std::span<const uint32_t>(ones_) : grid.range; }

  const std::vector<AttributePlan>& plans_;
  bool all_cells_;
  std::vector<uint32_t> ones_;                         ///< all_cells: a cell
  std::vector<std::vector<int64_t>> cell_values_;      ///< a plan with method sequence: values_per_point a cell
  std::vector<std::vector<int64_t>> off_grid_values_;  ///< a plan that is no coordinate and no constant: values_per_point a point
};

}  // namespace dew
