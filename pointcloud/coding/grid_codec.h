// SPDX-License-Identifier: Apache-2.0
/// Flags, ranges and intensities of a grid, slice by slice. Slices are runs of columns; each decodes alone.
///
///   const GridCoding coding{.slices = 8, .max_range = 40000, .range_network = net};
///   GridSlice slice = encode_grid_slice(grid, coding, 3);               // encoder
///   DEW_TRY(decode_grid_slice(slice, coding, 3, grid, budget, 0));      // decoder: fills the slice's columns
///
/// Threads: slices of one grid may be encoded and decoded at once. Bytes: pointcloud/FORMAT.md, "Grid slices".
#pragma once

#include <cstdint>

#include "entropy/intnet.h"
#include "entropy/limits.h"
#include "entropy/result.h"
#include "pointcloud/coding/range_grid.h"
#include "pointcloud/coding/reference_picture.h"
#include "pointcloud/coding/slice_memo.h"

namespace dew {

/// How a grid is cut and coded; all of it but the reference is in the file.
struct GridCoding {
  uint32_t slices = 1;                     ///< 1 to columns
  uint32_t max_range = 0;                  ///< of all cells, at most kMaxCodedRange
  const IntNet* range_network = nullptr;   ///< nullptr: adaptive contexts, and the quick models of flags and intensities
  bool network_learns = false;             ///< each slice's network goes on learning; LearningRangeModel, InterLearningRangeModel take them
  const IntNet* second_network = nullptr;  ///< that learns beside range_network, or nullptr; likewise
  unsigned intensity_bits = 0;             ///< 0: no intensities; else 1 to 8
  bool intensity_of_all_cells = false;     ///< cells without a return have one too
  bool slices_refer = false;               ///< slices may refer to an earlier frame; each says whether it does
  /// Frames decoded earlier, of the grid's size, or nullptr: nothing but this slice is looked at. The same for encoder and decoder; must
  /// outlive the calls.
  const ReferencePicture* reference = nullptr;
  /// Which parts look at the reference, where there is one: flags and ranges; intensities. A slice says so.
  bool ranges_refer = true, intensities_refer = true;
  /// Of ranges under a reference, where range_network is not nullptr; then never nullptr itself. InterRangeModel::takes it.
  const IntNet* inter_network = nullptr;
  /// Where wanted, with as many slices: encoders fill it, and a decoder that checks what they made reads it. Must outlive the calls.
  FrameMemo* memo = nullptr;
};

/// The models' arithmetic holds for ranges below this. Part of the format.
inline constexpr uint32_t kMaxCodedRange = (1u << 20) - 1;

struct ColumnSpan {
  uint32_t first = 0;
  uint32_t end = 0;
};
/// Columns of slice `index`: even parts.
inline ColumnSpan slice_columns(uint32_t columns, uint32_t slices, uint32_t index) {
  return {static_cast<uint32_t>(uint64_t{columns} * index / slices), static_cast<uint32_t>(uint64_t{columns} * (index + 1) / slices)};
}

/// The coded parts of one slice. A decoder's own views.
struct GridSlice {
  Bytes ranges;     ///< flags and ranges
  Bytes intensity;  ///< empty where intensity_bits is 0
};

GridSlice encode_grid_slice(const RangeGrid& grid, const GridCoding& coding, uint32_t index);

/// Flags and ranges, then intensities; the second needs the first. `grid` has its sizes and geometry, range (and intensity) of all cells.
/// Errors: limit_exceeded (work), truncated (the coded bytes end too early).
Status decode_grid_ranges(ByteSpan coded, const GridCoding& coding, uint32_t index, RangeGrid& grid, Budget& budget, uint64_t offset);
Status decode_grid_intensity(ByteSpan coded, const GridCoding& coding, uint32_t index, RangeGrid& grid, Budget& budget, uint64_t offset);

}  // namespace dew
