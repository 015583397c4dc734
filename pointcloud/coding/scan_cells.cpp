// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/scan_cells.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "entropy/pool.h"
#include "pointcloud/coding/cell_bits.h"
#include "pointcloud/coding/frame_reference.h"
#include "pointcloud/coding/grid_frame.h"

namespace dew {
namespace {

/// Cell of the grid that a cell of the scan is.
class CellMap {
 public:
  CellMap(const ScanLayout& layout, uint32_t columns) : layout_(layout), columns_(columns) {
    for (const int32_t shift : layout.column_shift) shifts_.push_back(wrapped_shift(shift, columns));
  }
  size_t scan_cell(uint32_t row, uint32_t column) const {
    const uint32_t shift = shifts_[row];
    const uint32_t from = column >= shift ? column - shift : column + columns_ - shift;
    return size_t{from} * layout_.laser_of_row.size() + layout_.laser_of_row[row];
  }

 private:
  const ScanLayout& layout_;
  uint32_t columns_;
  std::vector<uint32_t> shifts_;
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
  return std::min<uint32_t>(360'000, static_cast<uint32_t>(uint64_t{median_azimuth_step(scan)} * 360'000 / scan.azimuth_units_per_turn));
}

Status check_scan(const Scan& scan, const ScanLayout& layout) {
  const size_t cells = size_t{scan.columns} * scan.lasers;
  const bool fits = scan.range.size() == cells && scan.intensity.size() == cells && scan.azimuth.size() == scan.columns &&
                    layout.laser_of_row.size() == scan.lasers && layout.column_shift.size() == scan.lasers &&
                    layout.elevation_centidegrees.size() == scan.lasers;
  if (!fits || cells == 0) return Error{Code::invalid_argument, 0, "the scan's arrays do not fit its columns and lasers"};
  return {};
}

GridAzimuths grid_azimuths(const Scan& scan, const ScanLayout& layout) {
  GridAzimuths azimuths;
  // More than what a column's 16 bits can say is a sensor whose columns are told apart by their number.
  azimuths.units_per_turn = scan.azimuth_units_per_turn <= 65536 ? scan.azimuth_units_per_turn : 0;
  azimuths.column_azimuth.assign(scan.azimuth.begin(), scan.azimuth.end());
  for (const int32_t shift : layout.column_shift) azimuths.row_shift.push_back(wrapped_shift(shift, scan.columns));
  return azimuths;
}

}  // namespace

uint32_t scan_range_step(uint32_t tick_um, const FrameOptions& options) {
  if (options.mode != Mode::max_error || tick_um == 0) return 1;
  const double ticks = std::floor(options.max_error_m / (tick_um * 1e-6) + 1e-9);
  return ticks < 1 ? 1 : static_cast<uint32_t>(std::min(2 * ticks, 65536.0));
}

uint32_t decoded_range(uint32_t coded, uint32_t step, uint32_t range_bytes) {
  if (coded == 0) return 0;
  const uint32_t most = range_bytes == 2 ? 0xFFFF : 0xFFFFFFFF;
  return std::clamp(native_range(coded, step), 1u, most);
}

Result<CodedFrame> encode_scan_cells(const Scan& scan, const ScanLayout& layout, const FrameOptions& options) {
  DEW_TRY(check_scan(scan, layout));
  GridHead head;
  head.rows = scan.lasers;
  head.columns = scan.columns;
  head.range_step = scan_range_step(scan.tick_um, options);
  head.tick_um = static_cast<uint32_t>(std::clamp<uint64_t>(uint64_t{scan.tick_um} * head.range_step, 1, 1u << 30));
  head.column_millidegrees = column_millidegrees(scan);
  head.intensity_bits = 8;
  RangeGrid grid = make_grid(head, layout.elevation_centidegrees);

  CodedFrame coded;
  coded.kind = FrameKind::scan;
  uint8_t highest = 0;
  for_each_cell(layout, scan.columns, [&](size_t cell, size_t scan_cell) {
    grid.range[cell] = coded_range(scan.range[scan_cell], head.range_step);
    grid.intensity[cell] = scan.intensity[scan_cell];
    head.max_range = std::max(head.max_range, grid.range[cell]);
    highest = std::max(highest, grid.intensity[cell]);
    coded.returns += grid.range[cell] != 0;
    head.intensity_of_all_cells |= grid.range[cell] == 0 && grid.intensity[cell] != 0;
  });
  if (head.max_range > kMaxCodedRange) return Error{Code::limit_exceeded, 0, "a range is too long for the coders"};
  head.slices = usable_slices(options.slices, grid.columns);
  head.intensity_bits = static_cast<uint32_t>(std::bit_width(highest));
  choose_networks(options, head);
  head.slices_refer = can_refer(options, head);
  const GridAzimuths azimuths = grid_azimuths(scan, layout);
  coded.slices_refer = head.slices_refer;
  coded.picture = frame_picture(grid, head.range_step, azimuths);
  if (options.picture_only) return coded;
  DEW_ASSIGN(GridCoding coding, grid_coding(head, options));
  const ReferenceOnGrid reference = reference_on_grid(options.reference, azimuths, head, options.memo);
  DEW_ASSIGN(coding, with_reference(coding, reference, options.inter_network));
  ByteWriter writer;
  write_grid_head(head, writer);
  coded.part_bytes[static_cast<size_t>(Part::geometry)] += writer.size();
  coded.head = writer.take();

  std::vector<SliceWriter> slices(head.slices);
  parallel_for(slices.size(), options.threads, [&](size_t i) {
    const GridSlice slice = encode_grid_slice(grid, coding, static_cast<uint32_t>(i));
    if (coding.slices_refer) slices[i].add_reference(parts_that_refer(coding));
    slices[i].add(Part::geometry, slice.ranges);
    if (coding.intensity_bits > 0) slices[i].add(Part::intensity, slice.intensity);
  });
  for (SliceWriter& slice : slices) coded.add_slice(slice);
  return coded;
}

Status decode_scan_cells(ByteReader& reader, const FrameInput& given, const ScanLayout& layout, Scan& shaped) {
  Budget budget(given.limits);
  DEW_ASSIGN(const GridHead head, read_grid_head(reader, given.coded_bytes(reader), budget));
  if (head.rows != shaped.lasers || head.columns != shaped.columns)
    return Error{Code::corrupt, reader.offset(), "the grid is not of the scan's size"};
  if (given.slices.size() != head.slices)
    return Error{Code::corrupt, reader.offset(), "the frame has another number of slices than its head says"};
  DEW_ASSIGN(GridCoding coding, grid_coding(head, given));
  const GridAzimuths azimuths = grid_azimuths(shaped, layout);
  DEW_ASSIGN(const ReferenceOnGrid reference, reference_on_grid(given, azimuths, head, budget, reader.offset()));
  DEW_ASSIGN(coding, with_reference(coding, reference, given.inter_network));
  const FrameInput input = without_lost_references(given, coding);
  RangeGrid grid = make_grid(head, layout.elevation_centidegrees);
  grid.intensity.resize(grid.range.size());
  grid.bits = allocated_bits(given.bits, grid.range.size());
  const Status status = parallel_for(input.slices.size(), input.threads, [&](size_t i) -> Status {
    if (!input.slices[i]) return {};
    Budget slice_budget(input.limits);
    ByteReader slice(input.slices[i]->payload, input.slices[i]->offset);
    DEW_ASSIGN(const GridCoding own, coding_of_slice(coding, slice));
    DEW_ASSIGN(const ByteSpan ranges, slice.sized_bytes());
    DEW_TRY(decode_grid_ranges(ranges, own, static_cast<uint32_t>(i), grid, slice_budget, slice.offset()));
    if (coding.intensity_bits > 0) {
      DEW_ASSIGN(const ByteSpan intensity, slice.sized_bytes());
      DEW_TRY(decode_grid_intensity(intensity, own, static_cast<uint32_t>(i), grid, slice_budget, slice.offset()));
    }
    return slice.expect_end();
  });
  DEW_TRY(status);
  if (given.picture != nullptr && is_whole(input)) *given.picture = frame_picture(grid, head.range_step, azimuths);

  shaped.range.resize(grid.range.size());
  shaped.intensity.resize(grid.range.size());
  if (grid.bits != nullptr) grid.bits->cell_of_point.resize(grid.range.size());
  for_each_cell(layout, grid.columns, [&](size_t cell, size_t scan_cell) {
    if (grid.bits != nullptr) grid.bits->cell_of_point[scan_cell] = static_cast<uint32_t>(cell);
    shaped.range[scan_cell] = decoded_range(grid.range[cell], head.range_step, shaped.range_bytes);
    shaped.intensity[scan_cell] = grid.intensity[cell];
  });
  return {};
}

}  // namespace dew
