// SPDX-License-Identifier: Apache-2.0
/// What frames on a grid share: the numbers that say how ranges and attributes are cut and coded, and attributes of cells.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/coding/attributes.h"
#include "pointcloud/coding/frame.h"
#include "pointcloud/coding/grid_codec.h"

namespace dew {

/// Everything of a GridCoding and GridGeometry but the network and the elevations, which the kinds of frames know from their models.
struct GridHead {
  uint32_t rows = 0;
  uint32_t columns = 0;
  uint32_t slices = 1;
  uint32_t max_range = 0;
  uint32_t range_step = 1;  ///< sensor ticks in one coded step
  uint32_t intensity_bits = 0;
  bool intensity_of_all_cells = false;
  bool uses_network = false;
  bool network_learns = false;  ///< only where one is used
  bool two_networks = false;    ///< another learns beside it; only where it learns
  bool slices_refer = false;    ///< slices begin with whether they refer to an earlier frame
  uint32_t tick_um = 1;         ///< of one coded step
  uint32_t column_millidegrees = 0;
};

/// The grid that the head describes, all cells empty.
RangeGrid make_grid(const GridHead& head, std::vector<int16_t> elevation_centidegrees);

void write_grid_head(const GridHead& head, ByteWriter& writer);
/// Errors: truncated, corrupt; limit_exceeded, out_of_memory for grids that `coded_bytes` does not pay for.
Result<GridHead> read_grid_head(ByteReader& reader, uint64_t coded_bytes, Budget& budget);

/// Encoder: says which networks are used, and whether they learn, which they do at effort max, where they can.
void choose_networks(const FrameOptions& options, GridHead& head);

/// The coding that the head describes. Errors: unsupported_feature where a network is needed and none is given.
Result<GridCoding> grid_coding(const GridHead& head, const IntNet* network, const IntNet* second);
/// Encoder: the same, with a memo of as many slices where the options ask for one.
Result<GridCoding> grid_coding(const GridHead& head, const FrameOptions& options);
/// Decoder: the same, with the memo that it is given, if it is of as many slices.
Result<GridCoding> grid_coding(const GridHead& head, const FrameInput& input);

/// Decoder: the same, after a look at what the head, its plans and the slices at hand must agree in. Errors: also corrupt.
Result<GridCoding> checked_grid_coding(const GridHead& head, const std::vector<AttributePlan>& plans, const FrameInput& input,
                                       uint64_t offset);

/// Decoder: which of the grid's columns lie in slices that are at hand.
std::vector<bool> columns_at_hand(const FrameInput& input, const GridHead& head);

/// Native ranges to coded steps and back to native ranges: the middle of what a step stands for.
inline uint32_t coded_range(uint32_t range, uint32_t step) {
  return range == 0 ? 0 : step == 1 ? range : static_cast<uint32_t>((uint64_t{range} + step / 2) / step + 1);
}
inline uint32_t native_range(uint32_t coded, uint32_t step) {
  return coded == 0 ? 0 : step == 1 ? coded : static_cast<uint32_t>(std::min<uint64_t>(uint64_t{coded - 1} * step, 0xFFFFFFFF));
}

/// Slices that keep every slice at least four columns wide.
uint32_t usable_slices(uint32_t wanted, uint32_t columns);

/// Codes, in row order, the cells of one slice that hold a value; `present` a cell.
Bytes encode_cell_values(std::span<const int64_t> values, std::span<const uint32_t> range, uint32_t columns, uint32_t rows, ColumnSpan span,
                         size_t channels);
/// Fills the slice's cells of `values` (channels a cell). `bits`: what each cell takes is added; empty: nobody asked.
Status decode_cell_values(ByteSpan coded, std::span<const uint32_t> range, uint32_t columns, uint32_t rows, ColumnSpan span,
                          size_t channels, std::span<int64_t> values, Budget& budget, uint64_t offset, std::span<float> bits = {});

}  // namespace dew
