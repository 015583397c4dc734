// SPDX-License-Identifier: Apache-2.0
/// The picture that the range coder sees: rows are lasers from the highest to the lowest, columns are true directions.
///
///   RangeGrid grid{.rows = 32, .columns = 1084};
///   uint32_t ticks = grid.range[row * grid.columns + column];   // 0: no return
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dew {

struct FrameBits;

/// What the range models know of the sensor besides the ranges. Written to the file; never an azimuth or a place.
struct GridGeometry {
  uint32_t tick_um = 2000;                      ///< micrometres of one range step as coded (the sensor's tick, or coarser)
  uint32_t column_millidegrees = 200;           ///< angle between columns
  std::vector<int16_t> elevation_centidegrees;  ///< a row
  bool operator==(const GridGeometry&) const = default;
};

/// rows * columns cells, row after row.
struct RangeGrid {
  uint32_t rows = 0;
  uint32_t columns = 0;
  GridGeometry geometry;
  std::vector<uint32_t> range;     ///< steps; 0 = no return
  std::vector<uint8_t> intensity;  ///< a cell; empty where the source has none
  FrameBits* bits = nullptr;       ///< cell_bits.h: a decoder adds what its cells take; nullptr: nobody asked

  const uint32_t* range_row(uint32_t row) const { return range.data() + size_t{row} * columns; }
};

}  // namespace dew
