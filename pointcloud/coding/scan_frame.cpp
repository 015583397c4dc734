// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/scan_frame.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "entropy/pool.h"
#include "pointcloud/coding/grid_frame.h"

namespace dew {
namespace {

uint32_t range_step_for(const Scan& scan, const FrameOptions& options) {
  if (options.mode != Mode::max_error) return 1;
  const double ticks = std::floor(options.max_error_m / (scan.tick_um * 1e-6) + 1e-9);
  return ticks < 1 ? 1 : static_cast<uint32_t>(std::min(2 * ticks, 65536.0));
}

/// Cell of the grid that a cell of the scan is.
class CellMap {
 public:
  CellMap(const ScanLayout& layout, uint32_t columns) : layout_(layout), columns_(columns) {}
  size_t scan_cell(uint32_t row, uint32_t column) const {
    const uint32_t shift = layout_.column_shift[row];
    const uint32_t from = column >= shift ? column - shift : column + columns_ - shift;
    return size_t{from} * layout_.laser_of_row.size() + layout_.laser_of_row[row];
  }

 private:
  const ScanLayout& layout_;
  uint32_t columns_;
};

template <class Visit>
void for_each_cell(const ScanLayout& layout, uint32_t columns, Visit&& visit) {
  const CellMap map(layout, columns);
  for (uint32_t row = 0; row < layout.laser_of_row.size(); ++row) {
    for (uint32_t column = 0; column < columns; ++column) visit(size_t{row} * columns + column, map.scan_cell(row, column));
  }
}

uint32_t column_millidegrees(const Scan& scan) {
  if (scan.columns < 2 || scan.azimuth_units_per_turn == 0) return 200;
  std::vector<uint32_t> steps;
  for (uint32_t c = 1; c < scan.columns; ++c) {
    const uint32_t turn = scan.azimuth_units_per_turn;
    const uint32_t step = (turn + scan.azimuth[c] % turn - scan.azimuth[c - 1] % turn) % turn;
    steps.push_back(std::min(step, turn - step));
  }
  std::nth_element(steps.begin(), steps.begin() + static_cast<ptrdiff_t>(steps.size() / 2), steps.end());
  return std::min<uint32_t>(360'000, static_cast<uint32_t>(uint64_t{steps[steps.size() / 2]} * 360'000 / scan.azimuth_units_per_turn));
}

std::vector<int64_t> widened(const auto& values) { return {values.begin(), values.end()}; }

/// Sized streams of the head, each counted.
void add_stream(ByteWriter& head, CodedFrame& frame, Part part, ByteSpan stream) {
  const size_t before = head.size();
  head.sized_bytes(stream);
  frame.part_bytes[static_cast<size_t>(part)] += head.size() - before;
}

Status check_scan(const Scan& scan, const ScanLayout& layout) {
  const size_t cells = size_t{scan.columns} * scan.lasers;
  const bool fits = scan.range.size() == cells && scan.intensity.size() == cells && scan.azimuth.size() == scan.columns && scan.time_us.size() == scan.columns &&
                    layout.laser_of_row.size() == scan.lasers && layout.column_shift.size() == scan.lasers && layout.elevation_centidegrees.size() == scan.lasers;
  if (!fits || cells == 0) return Error{Code::invalid_argument, 0, "the scan's arrays do not fit its columns and lasers"};
  return {};
}

struct Head {
  Scan scan;
  ScanLayout layout;
  GridHead grid;
};

template <class T>
Status read_column_numbers(ByteReader& reader, uint32_t columns, std::vector<T>& out, Budget& budget) {
  DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
  DEW_ASSIGN(const std::vector<int64_t> values, decode_sequence(coded, columns, 1, budget, reader.offset()));
  for (const int64_t value : values) out.push_back(static_cast<T>(value));
  return {};
}

Result<Head> read_head(ByteReader& reader, uint64_t coded_bytes, Budget& budget) {
  Head head;
  DEW_ASSIGN(head.scan.tick_um, reader.u32());
  DEW_ASSIGN(head.scan.azimuth_units_per_turn, reader.u32());
  DEW_ASSIGN(const uint8_t range_bytes, reader.u8());
  if (range_bytes != 2 && range_bytes != 4) return Error{Code::corrupt, reader.offset(), "ranges of a scan have 2 or 4 bytes"};
  head.scan.range_bytes = range_bytes;
  DEW_ASSIGN(head.grid, read_grid_head(reader, coded_bytes, budget));
  DEW_ASSIGN(head.layout, read_layout(reader, head.grid.rows, head.grid.columns));
  head.scan.columns = head.grid.columns;
  head.scan.lasers = head.grid.rows;
  DEW_TRY(read_column_numbers(reader, head.grid.columns, head.scan.azimuth, budget));
  DEW_TRY(read_column_numbers(reader, head.grid.columns, head.scan.time_us, budget));
  DEW_TRY(reader.expect_end());
  return head;
}

}  // namespace

Result<CodedFrame> encode_scan(const Scan& scan, const ScanLayout& layout, const FrameOptions& options) {
  DEW_TRY(check_scan(scan, layout));
  const uint32_t step = range_step_for(scan, options);
  RangeGrid grid;
  grid.rows = scan.lasers;
  grid.columns = scan.columns;
  grid.geometry.tick_um = static_cast<uint32_t>(std::clamp<uint64_t>(uint64_t{scan.tick_um} * step, 1, 1u << 30));
  grid.geometry.column_millidegrees = column_millidegrees(scan);
  grid.geometry.elevation_centidegrees = layout.elevation_centidegrees;
  grid.range.resize(scan.range.size());
  grid.intensity.resize(scan.range.size());

  GridHead grid_head;
  uint8_t highest = 0;
  uint64_t returns = 0;
  for_each_cell(layout, scan.columns, [&](size_t cell, size_t scan_cell) {
    grid.range[cell] = coded_range(scan.range[scan_cell], step);
    grid.intensity[cell] = scan.intensity[scan_cell];
    grid_head.max_range = std::max(grid_head.max_range, grid.range[cell]);
    highest = std::max(highest, grid.intensity[cell]);
    returns += grid.range[cell] != 0;
    grid_head.intensity_of_all_cells |= grid.range[cell] == 0 && grid.intensity[cell] != 0;
  });
  if (grid_head.max_range > kMaxCodedRange) return Error{Code::limit_exceeded, 0, "a range is too long for the coders"};
  grid_head.rows = grid.rows;
  grid_head.columns = grid.columns;
  grid_head.slices = usable_slices(options.slices, grid.columns);
  grid_head.range_step = step;
  grid_head.intensity_bits = static_cast<uint32_t>(std::bit_width(highest));
  grid_head.uses_network = options.range_network != nullptr;
  grid_head.geometry = grid.geometry;
  DEW_ASSIGN(const GridCoding coding, grid_coding(grid_head, options.range_network));

  CodedFrame frame;
  frame.kind = FrameKind::scan;
  frame.returns = returns;
  ByteWriter head;
  head.u32(scan.tick_um);
  head.u32(scan.azimuth_units_per_turn);
  head.u8(static_cast<uint8_t>(scan.range_bytes));
  write_grid_head(grid_head, head);
  write_layout(layout, head);
  frame.part_bytes[static_cast<size_t>(Part::geometry)] += head.size();
  add_stream(head, frame, Part::geometry, encode_sequence(widened(scan.azimuth), 1));
  add_stream(head, frame, Part::time, encode_sequence(widened(scan.time_us), 1));
  frame.head = head.take();

  std::vector<SliceWriter> slices(grid_head.slices);
  parallel_for(slices.size(), options.threads, [&](size_t i) {
    const GridSlice coded = encode_grid_slice(grid, coding, static_cast<uint32_t>(i));
    slices[i].add(Part::geometry, coded.ranges);
    if (coding.intensity_bits > 0) slices[i].add(Part::intensity, coded.intensity);
  });
  for (SliceWriter& slice : slices) {
    for (size_t part = 0; part < kParts; ++part) frame.part_bytes[part] += slice.sizes()[part];
    frame.slices.push_back(slice.take());
  }
  return frame;
}

Result<Scan> decode_scan(ByteReader& reader, const FrameInput& input) {
  Budget budget(input.limits);
  uint64_t coded_bytes = reader.remaining();
  for (const auto& slice : input.slices) coded_bytes += slice ? slice->payload.size() : 0;
  DEW_ASSIGN(Head head, read_head(reader, coded_bytes, budget));
  if (input.slices.size() != head.grid.slices) return Error{Code::corrupt, reader.offset(), "the frame has another number of slices than its head says"};
  DEW_ASSIGN(const GridCoding coding, grid_coding(head.grid, input.range_network));

  RangeGrid grid;
  grid.rows = head.grid.rows;
  grid.columns = head.grid.columns;
  grid.geometry = head.grid.geometry;
  const size_t cell_count = size_t{grid.rows} * grid.columns;
  grid.range.assign(cell_count, 0);
  grid.intensity.assign(cell_count, 0);
  const Status status = parallel_for(input.slices.size(), input.threads, [&](size_t i) -> Status {
    if (!input.slices[i]) return {};
    Budget slice_budget(input.limits);
    ByteReader slice(input.slices[i]->payload, input.slices[i]->offset);
    DEW_ASSIGN(const ByteSpan ranges, slice.sized_bytes());
    DEW_TRY(decode_grid_ranges(ranges, coding, static_cast<uint32_t>(i), grid, slice_budget, slice.offset()));
    if (coding.intensity_bits > 0) {
      DEW_ASSIGN(const ByteSpan intensity, slice.sized_bytes());
      DEW_TRY(decode_grid_intensity(intensity, coding, static_cast<uint32_t>(i), grid, slice_budget, slice.offset()));
    }
    return slice.expect_end();
  });
  DEW_TRY(status);

  head.scan.range.resize(cell_count);
  head.scan.intensity.resize(cell_count);
  const uint64_t most = head.scan.range_bytes == 2 ? 0xFFFF : 0xFFFFFFFF;
  for_each_cell(head.layout, grid.columns, [&](size_t cell, size_t scan_cell) {
    // The coarse step of a return near zero stands for zero ticks, which would be no return.
    const uint32_t range = native_range(grid.range[cell], head.grid.range_step);
    head.scan.range[scan_cell] = static_cast<uint32_t>(std::min<uint64_t>(grid.range[cell] != 0 ? std::max(range, 1u) : 0, most));
    head.scan.intensity[scan_cell] = grid.intensity[cell];
  });
  return std::move(head.scan);
}

}  // namespace dew
