// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/laser_sorted_frame.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "entropy/pool.h"
#include "entropy/range_coder.h"
#include "pointcloud/coding/cell_attributes.h"
#include "pointcloud/coding/cell_bits.h"
#include "pointcloud/coding/frame_reference.h"
#include "pointcloud/coding/grid_frame.h"
#include "pointcloud/coding/laser_sorted_head.h"
#include "pointcloud/coding/point_lists.h"
#include "pointcloud/coding/residue_model.h"

namespace dew {
namespace {

/// What rounding to the comb, three axes of it and a residue of one unit, can add to an error.
double rounding_slack_m(const LaserSortedModel& model) { return 1.75 / model.units_per_metre; }

/// Ticks in a coded step: the largest whose middle is within the bound.
uint32_t range_step_for(const LaserSortedModel& model, const FrameOptions& options) {
  if (options.mode != Mode::max_error) return 1;
  const double tick_m = model.range_tick_um * 1e-6;
  const double steps = std::floor((options.max_error_m - rounding_slack_m(model)) / tick_m) * 2;
  return steps < 2 ? 1 : static_cast<uint32_t>(std::min(steps, 65536.0));
}

/// A double about to become a float: the float, the next one on the other side, and how close the call is.
Rounded round_to_float(double value) {
  const float nearest = static_cast<float>(value);
  const float step_up = std::bit_cast<float>(std::bit_cast<uint32_t>(nearest) + 1);
  const double ulp = std::abs(static_cast<double>(step_up) - static_cast<double>(nearest));
  const double away = (value - static_cast<double>(nearest)) / ulp;
  Rounded rounded = round_with_margin(away);
  // Counted in the order of all floats, upwards.
  rounded.toward = away < 0 ? -1 : 1;
  return rounded;
}

/// Calls visit(column, row, range, cell) for each return of a slice, row after row; cell counts column after column.
template <class Visit>
void for_each_return(const RangeGrid& coded, uint32_t range_step, ColumnSpan span, Visit&& visit) {
  for (uint32_t row = 0; row < coded.rows; ++row) {
    for (uint32_t column = span.first; column < span.end; ++column) {
      const uint32_t range = coded.range_row(row)[column];
      if (range != 0) visit(column, row, native_range(range, range_step), size_t{column} * coded.rows + row);
    }
  }
}

/// Codes residues (and, with `mover`, ulps) of the returns of one slice. What was rounded says how likely they are.
template <class Coder>
void code_residues(Coder& coder, const SweepGeometry& geometry, const MotionMover* mover, const RangeGrid& coded, uint32_t range_step,
                   ColumnSpan span, LaserSortedSweep& sweep) {
  ResidueModel residues, ulps;
  const CoordinateComb comb{geometry.units_per_metre()};
  for_each_return(coded, range_step, span, [&](uint32_t column, uint32_t row, uint32_t range, size_t cell) {
    const Vec3 point = geometry.point(column, row, range);
    const std::array<double, 3> exact = {point.x * comb.units_per_metre, point.y * comb.units_per_metre, point.z * comb.units_per_metre};
    probe_cell(coder, size_t{row} * coded.columns + column);
    residues.code(coder, exact, sweep.residue[cell]);
    if (mover == nullptr) return;
    Float3 position{};
    for (size_t axis = 0; axis < 3; ++axis) position[axis] = comb.value(round_to_int(exact[axis]) + sweep.residue[cell][axis]);
    const Vec3 moved = mover->move(position);
    ulps.code(coder, {round_to_float(moved.x), round_to_float(moved.y), round_to_float(moved.z)}, sweep.ulps[cell]);
  });
}

/// The same without a look at what was rounded: for the fast effort.
template <class Coder>
void code_residues_unseen(Coder& coder, const RangeGrid& coded, uint32_t range_step, ColumnSpan span, LaserSortedSweep& sweep) {
  ResidueModel residues, ulps;
  const std::array<Rounded, 3> unseen = {Rounded{0, 1, 7}, Rounded{0, 1, 7}, Rounded{0, 1, 7}};
  for_each_return(coded, range_step, span, [&](uint32_t column, uint32_t row, uint32_t, size_t cell) {
    probe_cell(coder, size_t{row} * coded.columns + column);
    residues.code(coder, unseen, sweep.residue[cell]);
    if (!sweep.ulps.empty()) ulps.code(coder, unseen, sweep.ulps[cell]);
  });
}

/// Where residues are coded with a look at what was rounded.
std::optional<SweepGeometry> geometry_of_residues(const GridHead& head, uint32_t flags, const LaserSortedSweep& sweep) {
  if (!head.uses_network || (flags & LaserSortedFlags::kResidue) == 0) return std::nullopt;
  return SweepGeometry(sweep.model, sweep.grid.column_azimuth);
}

/// One of the two, as the head says.
template <class Coder>
void code_residues_of(Coder& coder, const GridHead& head, uint32_t flags, const std::optional<SweepGeometry>& geometry,
                      const MotionMover& mover, const RangeGrid& coded, ColumnSpan span, LaserSortedSweep& sweep) {
  if (geometry) {
    code_residues(coder, *geometry, flags & LaserSortedFlags::kUlps ? &mover : nullptr, coded, head.range_step, span, sweep);
  } else {
    code_residues_unseen(coder, coded, head.range_step, span, sweep);
  }
}

std::vector<int16_t> elevations(const LaserSortedModel& model) {
  std::vector<int16_t> elevation_centidegrees;
  for (const LaserNumbers& laser : model.lasers) {
    constexpr double kCentidegrees = 18000 / 3.14159265358979323846 / kAngleUnitsPerRad;
    elevation_centidegrees.push_back(static_cast<int16_t>(std::clamp(laser.elevation * kCentidegrees, -18000.0, 18000.0)));
  }
  return elevation_centidegrees;
}

/// Row-major cells of points, from column-major ones.
std::vector<uint32_t> row_major(const std::vector<uint32_t>& cells, uint32_t columns, uint32_t rows) {
  std::vector<uint32_t> out(cells.size(), kOffGrid);
  CellCursor cursor(rows);
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i] == kNoCell) continue;
    cursor.go_to(cells[i]);
    out[i] = cursor.laser() * columns + cursor.column();
  }
  return out;
}

GridAzimuths grid_azimuths(const LaserSortedSweep& sweep) {
  const SweepColumns geometry(sweep.model, sweep.grid.column_azimuth);
  GridAzimuths azimuths{sweep.model.azimuth_ticks_per_turn, sweep.grid.column_azimuth, {}};
  for (uint32_t laser = 0; laser < geometry.lasers(); ++laser) azimuths.row_shift.push_back(geometry.column_shift(laser));
  return azimuths;
}

void set_offsets(const LaserSortedModel& model, FramePicture& picture) {
  for (const LaserNumbers& laser : model.lasers) {
    picture.horizontal_offset_um.push_back(laser.horizontal_offset);
    picture.vertical_offset_um.push_back(laser.vertical_offset);
  }
}

/// Coded ranges, row after row, to the sweep's native ones, column after column.
void set_ranges(const RangeGrid& coded, uint32_t range_step, LaserSortedSweep& sweep) {
  for (uint32_t row = 0; row < coded.rows; ++row) {
    for (uint32_t column = 0; column < coded.columns; ++column) {
      sweep.grid.range[size_t{column} * coded.rows + row] = native_range(coded.range_row(row)[column], range_step);
    }
  }
}

/// The sweep as a decoder will have it: coded ranges, residues only where they are coded.
LaserSortedSweep decoded_sweep(const LaserSortedSweep& sweep, const RangeGrid& coded, uint32_t range_step, uint32_t flags) {
  LaserSortedSweep same = sweep;
  set_ranges(coded, range_step, same);
  if ((flags & LaserSortedFlags::kResidue) == 0) same.residue.clear();
  if ((flags & LaserSortedFlags::kUlps) == 0) same.ulps.clear();
  return same;
}

/// Encoder: the grid of coded ranges; completes what the head says of it. The head has its range step.
RangeGrid coded_grid(const LaserSortedSweep& sweep, GridHead& head) {
  head.rows = sweep.grid.lasers;
  head.columns = sweep.grid.columns;
  head.tick_um = sweep.model.range_tick_um * head.range_step;
  head.column_millidegrees = 360'000 / sweep.grid.columns;
  RangeGrid grid = make_grid(head, elevations(sweep.model));
  for (uint32_t row = 0; row < grid.rows; ++row) {
    for (uint32_t column = 0; column < grid.columns; ++column) {
      const uint32_t range = coded_range(sweep.grid.range[size_t{column} * grid.rows + row], head.range_step);
      grid.range[size_t{row} * grid.columns + column] = range;
      head.max_range = std::max(head.max_range, range);
    }
  }
  return grid;
}

/// Encoder: what is coded beside ranges. Below the comb's own rounding everything counts; above it nothing does.
uint32_t flags_for(const LaserSortedSweep& sweep, const FrameOptions& options) {
  const bool exact = options.mode != Mode::max_error || options.max_error_m < rounding_slack_m(sweep.model);
  return (sweep.motion ? LaserSortedFlags::kMotion : 0) | (exact && !sweep.residue.empty() ? LaserSortedFlags::kResidue : 0) |
         (options.mode == Mode::lossless && !sweep.ulps.empty() ? LaserSortedFlags::kUlps : 0);
}

/// Row of each point, -1 off the grid.
std::vector<int32_t> rows_of(const std::vector<uint32_t>& cells, uint32_t columns) {
  std::vector<int32_t> rows(cells.size());
  for (size_t i = 0; i < cells.size(); ++i) rows[i] = cells[i] == kOffGrid ? -1 : static_cast<int32_t>(cells[i] / columns);
  return rows;
}

/// Encoder: whether a decoder will have the whole sweep, which gives every point back to the last bit.
bool keeps_all(const LaserSortedSweep& sweep, uint32_t range_step, uint32_t flags) {
  return range_step == 1 && (sweep.residue.empty() || (flags & LaserSortedFlags::kResidue)) &&
         (sweep.ulps.empty() || (flags & LaserSortedFlags::kUlps));
}

/// Encoder: the points that a decoder would have too far away.
Result<std::vector<LoosePoint>> find_patches(const Cloud& cloud, const LaserSortedSweep& decoded, const FrameOptions& options) {
  DEW_ASSIGN(const std::vector<Float3> positions, reconstruct(decoded, {}));
  return points_beyond(points_view(cloud), positions, options.max_error_m);
}

/// Encoder: completes what the head says of the coding.
void choose_coding(const FrameOptions& options, const std::vector<AttributePlan>& plans, GridHead& head) {
  head.slices = usable_slices(options.slices, head.columns);
  choose_networks(options, head);
  head.slices_refer = can_refer(options, head);
  for (const AttributePlan& plan : plans) {
    if (plan.method == AttributeMethod::symbols) head.intensity_bits = plan.symbol_bits;
  }
}

/// Encoder: all slices, into the frame. `decoded` is the sweep as a decoder will have it.
void encode_slices(const GridHead& head, const GridCoding& coding, uint32_t flags, const RangeGrid& grid, const CellAttributes& attributes,
                   uint32_t threads, LaserSortedSweep& decoded, CodedFrame& frame) {
  const std::optional<SweepGeometry> geometry = geometry_of_residues(head, flags, decoded);
  const MotionMover mover(decoded.motion.value_or(SweepMotion{}));
  std::vector<SliceWriter> slices(head.slices);
  parallel_for(slices.size(), threads, [&](size_t i) {
    const uint32_t index = static_cast<uint32_t>(i);
    const ColumnSpan span = slice_columns(grid.columns, coding.slices, index);
    const GridSlice coded = encode_grid_slice(grid, coding, index);
    if (coding.slices_refer) slices[i].add_reference(parts_that_refer(coding));
    slices[i].add(Part::geometry, coded.ranges);
    if (flags & LaserSortedFlags::kResidue) {
      RangeEncoder residues;
      code_residues_of(residues, head, flags, geometry, mover, grid, span, decoded);
      slices[i].add(Part::geometry, residues.finish());
    }
    attributes.write_slice(grid, span, coded.intensity, slices[i]);
  });
  for (SliceWriter& slice : slices) frame.add_slice(slice);
}

/// Decoder: the slices that are there, into grid, attributes and the sweep's residues.
Status decode_slices(const FrameInput& input, const GridCoding& coding, RangeGrid& grid, CellAttributes& attributes,
                     LaserSortedHead& head) {
  const std::optional<SweepGeometry> geometry = geometry_of_residues(head.grid, head.flags, head.sweep);
  const MotionMover mover(head.sweep.motion.value_or(SweepMotion{}));
  return parallel_for(input.slices.size(), input.threads, [&](size_t i) -> Status {
    if (!input.slices[i]) return {};
    const uint32_t index = static_cast<uint32_t>(i);
    Budget slice_budget(input.limits);
    ByteReader slice(input.slices[i]->payload, input.slices[i]->offset);
    DEW_ASSIGN(const GridCoding own, coding_of_slice(coding, slice));
    DEW_ASSIGN(const ByteSpan ranges, slice.sized_bytes());
    DEW_TRY(decode_grid_ranges(ranges, own, index, grid, slice_budget, slice.offset()));
    if (head.flags & LaserSortedFlags::kResidue) {
      DEW_ASSIGN(const ByteSpan residues, slice.sized_bytes());
      ProbedDecoder decoder(residues, cells_of(grid.bits, Part::geometry));
      const ColumnSpan span = slice_columns(grid.columns, coding.slices, index);
      code_residues_of(decoder, head.grid, head.flags, geometry, mover, grid, span, head.sweep);
      if (decoder.overrun()) return Error{Code::corrupt, slice.offset(), "a slice ends before its cells do"};
    }
    DEW_TRY(attributes.read_slice(slice, own, index, grid, slice_budget));
    return slice.expect_end();
  });
}

/// Leaves out the points that a decoder without all slices cannot have.
void drop_missing(LaserSortedSweep& sweep) {
  uint32_t returns = 0;
  for (const uint32_t range : sweep.grid.range) returns += range != 0;
  sweep.loose.clear();
  sweep.displaced.clear();
  sweep.points = returns;
}

}  // namespace

Result<CodedFrame> encode_laser_sorted(const Cloud& cloud, const LaserSortedSweep& sweep, const FrameOptions& options) {
  GridHead grid_head;
  grid_head.range_step = range_step_for(sweep.model, options);
  RangeGrid grid = coded_grid(sweep, grid_head);
  if (grid_head.max_range > kMaxCodedRange) return Error{Code::limit_exceeded, 0, "a range is too long for the coders"};
  const uint32_t flags = flags_for(sweep, options);
  CodedFrame frame;
  frame.kind = FrameKind::laser_sorted;
  frame.returns = cloud.points;
  frame.picture = frame_picture(grid, grid_head.range_step, grid_azimuths(sweep));
  set_offsets(sweep.model, frame.picture);
  if (options.picture_only) return frame;

  DEW_ASSIGN(const std::vector<uint32_t> sweep_cells, file_cells(sweep, {}));
  const std::vector<uint32_t> cells = row_major(sweep_cells, grid.columns, grid.rows);
  const std::vector<AttributePlan> plans = plan_attributes(cloud, rows_of(cells, grid.columns), grid.rows);
  CellAttributes attributes(plans, false);
  attributes.scatter(cloud, cells, grid);

  LaserSortedSweep decoded = decoded_sweep(sweep, grid, grid_head.range_step, flags);
  std::vector<LoosePoint> patches;
  if (options.mode != Mode::lossless && !keeps_all(sweep, grid_head.range_step, flags)) {
    DEW_ASSIGN(patches, find_patches(cloud, decoded, options));
  }
  choose_coding(options, plans, grid_head);
  DEW_ASSIGN(GridCoding coding, grid_coding(grid_head, options));
  const ReferenceOnGrid reference = reference_on_grid(options.reference, grid_azimuths(sweep), grid_head, options.memo);
  DEW_ASSIGN(coding, with_reference(coding, reference, options.inter_network));

  frame.picture.cells.intensity = grid.intensity;
  frame.slices_refer = grid_head.slices_refer;
  ByteWriter head;
  write_laser_sorted_head(sweep, grid_head, flags, patches, plans, head);
  frame.part_bytes[static_cast<size_t>(Part::geometry)] += head.size();
  attributes.write_off_grid(head, frame.part_bytes);
  frame.head = head.take();
  encode_slices(grid_head, coding, flags, grid, attributes, options.threads, decoded, frame);
  return frame;
}

Result<Cloud> decode_laser_sorted(ByteReader& reader, const FrameInput& given) {
  Budget budget(given.limits);
  DEW_ASSIGN(LaserSortedHead head, read_laser_sorted_head(reader, given.coded_bytes(reader), budget));
  CellAttributes attributes(head.plans, false);
  DEW_TRY(attributes.read_off_grid(reader, head.sweep.loose.size(), budget));
  DEW_TRY(reader.expect_end());
  DEW_ASSIGN(GridCoding coding, checked_grid_coding(head.grid, head.plans, given, reader.offset()));
  GridAzimuths azimuths = grid_azimuths(head.sweep);
  DEW_ASSIGN(const ReferenceOnGrid reference, reference_on_grid(given, azimuths, head.grid, budget, reader.offset()));
  DEW_ASSIGN(coding, with_reference(coding, reference, given.inter_network));
  const FrameInput input = without_lost_references(given, coding);

  RangeGrid grid = make_grid(head.grid, elevations(head.sweep.model));
  const size_t cell_count = grid.range.size();
  grid.bits = allocated_bits(given.bits, cell_count);
  DEW_TRY(attributes.allocate(grid, budget, reader.offset()));
  if (head.flags & LaserSortedFlags::kResidue) head.sweep.residue.assign(cell_count, {});
  if (head.flags & LaserSortedFlags::kUlps) head.sweep.ulps.assign(cell_count, {});
  DEW_TRY(decode_slices(input, coding, grid, attributes, head));
  if (given.picture != nullptr && is_whole(input)) {
    *given.picture = frame_picture(grid, head.grid.range_step, std::move(azimuths));
    set_offsets(head.sweep.model, *given.picture);
  }

  head.sweep.grid.columns = grid.columns;
  head.sweep.grid.lasers = grid.rows;
  head.sweep.grid.range.resize(cell_count);
  set_ranges(grid, head.grid.range_step, head.sweep);
  bool missing = false;
  for (const auto& slice : input.slices) missing |= !slice;
  if (missing) {
    drop_missing(head.sweep);
    head.patches.clear();
  }
  DEW_ASSIGN(const std::vector<uint32_t> sweep_cells, file_cells(head.sweep, input.limits));
  DEW_ASSIGN(std::vector<Float3> positions, reconstruct_cells(head.sweep, sweep_cells));
  for (const LoosePoint& patch : head.patches) positions[patch.index] = patch.position;
  return attributes.gather(row_major(sweep_cells, grid.columns, grid.rows), positions, grid);
}

}  // namespace dew
