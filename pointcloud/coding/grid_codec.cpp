// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/grid_codec.h"

#include <algorithm>
#include <span>
#include <vector>

#include "entropy/range_coder.h"
#include "pointcloud/coding/adaptive_range_model.h"
#include "pointcloud/coding/attributes.h"
#include "pointcloud/coding/cell_bits.h"
#include "pointcloud/coding/flag_model.h"
#include "pointcloud/coding/intensity_model.h"
#include "pointcloud/coding/network_range_model.h"

namespace dew {
namespace {

/// Rows from the top; `code_range(row, column_in_slice, range)` codes one range and returns it.
template <class Flags, class Coder, class StartRow, class CodeRange, class EndRow>
void code_rows(Coder& coder, RangeGrid& grid, ColumnSpan span, StartRow&& start_row, CodeRange&& code_range, EndRow&& end_row) {
  const uint32_t width = span.end - span.first;
  Flags flags(width);
  std::vector<uint32_t> row(width);
  for (uint32_t r = 0; r < grid.rows; ++r) {
    uint32_t* cells = grid.range.data() + size_t{r} * grid.columns + span.first;
    if constexpr (!Coder::kDecodes) std::copy(cells, cells + width, row.begin());
    probe_row(coder, size_t{r} * grid.columns + span.first);
    flags.code_row(coder, row);
    start_row(r, std::span<const uint32_t>(row));
    for (uint32_t c = 0; c < width; ++c) {
      if (row[c] == 0) continue;
      probe_cell(coder, c);
      row[c] = code_range(c, row[c]);
    }
    end_row();
    flags.end_row(row);
    if constexpr (Coder::kDecodes) std::copy(row.begin(), row.end(), cells);
  }
}

template <class Coder>
void code_ranges(Coder& coder, RangeGrid& grid, const GridCoding& coding, uint32_t index) {
  const ColumnSpan span = slice_columns(grid.columns, coding.slices, index);
  if (coding.range_network != nullptr) {
    NetworkRangeModel model(*coding.range_network, grid.geometry, span.first, span.end, coding.max_range);
    code_rows<FlagModel>(
        coder, grid, span, [&](uint32_t number, std::span<const uint32_t> row) { model.start_row<Coder>(number, row); },
        [&](uint32_t column, uint32_t range) { return model.code(coder, span.first + column, range); }, [] {});
  } else {
    AdaptiveRangeModel model(span.end - span.first, coding.max_range);
    code_rows<QuickFlagModel>(
        coder, grid, span, [](uint32_t, std::span<const uint32_t>) {},
        [&](uint32_t column, uint32_t range) { return model.code(coder, column, range); }, [&] { model.end_row(); });
  }
}

template <class Coder>
void code_intensity(Coder& coder, RangeGrid& grid, const GridCoding& coding, uint32_t index) {
  const ColumnSpan span = slice_columns(grid.columns, coding.slices, index);
  if (coding.range_network != nullptr) {
    IntensityModel model(grid, span.first, span.end, coding.intensity_bits);
    model.code_all(coder, grid.intensity, coding.intensity_of_all_cells);
  } else {
    QuickIntensityModel model(grid, span.first, span.end, coding.intensity_bits);
    model.code_all(coder, grid.intensity, coding.intensity_of_all_cells);
  }
}

Status charge(const RangeGrid& grid, const GridCoding& coding, uint32_t index, uint64_t work_a_cell, Budget& budget, uint64_t offset) {
  const ColumnSpan span = slice_columns(grid.columns, coding.slices, index);
  return budget.take_work(uint64_t{span.end - span.first} * grid.rows * work_a_cell, offset);
}

Status check_overrun(const RangeDecoder& decoder, uint64_t offset) {
  if (!decoder.overrun()) return {};
  return Error{Code::corrupt, offset, "a slice ends before its cells do"};
}

}  // namespace

GridSlice encode_grid_slice(const RangeGrid& grid, const GridCoding& coding, uint32_t index) {
  // The models are one code path for both directions and take the grid as their output too; an encoder changes none of it.
  RangeGrid& same = const_cast<RangeGrid&>(grid);
  GridSlice slice;
  RangeEncoder ranges;
  code_ranges(ranges, same, coding, index);
  slice.ranges = ranges.finish();
  const ColumnSpan span = slice_columns(grid.columns, coding.slices, index);
  slice.ranges.resize(std::max<size_t>(slice.ranges.size(), uint64_t{grid.rows} * (span.end - span.first) / kCellsPerByte));
  if (coding.intensity_bits > 0) {
    RangeEncoder intensity;
    code_intensity(intensity, same, coding, index);
    slice.intensity = intensity.finish();
  }
  return slice;
}

Status decode_grid_ranges(ByteSpan coded, const GridCoding& coding, uint32_t index, RangeGrid& grid, Budget& budget, uint64_t offset) {
  const uint64_t work = coding.range_network != nullptr ? 64 + coding.range_network->operations() / 32 : 64;
  DEW_TRY(charge(grid, coding, index, work, budget, offset));
  ProbedDecoder decoder(coded, cells_of(grid.bits, Part::geometry));
  code_ranges(decoder, grid, coding, index);
  return check_overrun(decoder, offset);
}

Status decode_grid_intensity(ByteSpan coded, const GridCoding& coding, uint32_t index, RangeGrid& grid, Budget& budget, uint64_t offset) {
  DEW_TRY(charge(grid, coding, index, 256, budget, offset));
  ProbedDecoder decoder(coded, cells_of(grid.bits, Part::intensity));
  code_intensity(decoder, grid, coding, index);
  return check_overrun(decoder, offset);
}

}  // namespace dew
