// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/organised_frame.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "entropy/pool.h"
#include "pointcloud/coding/cell_attributes.h"
#include "pointcloud/coding/cell_bits.h"
#include "pointcloud/coding/frame_reference.h"
#include "pointcloud/coding/grid_frame.h"
#include "pointcloud/coding/organised_head.h"
#include "pointcloud/coding/organised_order.h"
#include "pointcloud/coding/organised_points.h"
#include "pointcloud/coding/point_lists.h"
#include "pointcloud/coding/point_order.h"
#include "pointcloud/coding/predicted_fields.h"

namespace dew {
namespace {

/// What lies between a lattice point and the file before any range is made coarser.
double slack_m(const OrganisedSweep& sweep) {
  return sweep.model.rounding.kind == RoundingKind::comb ? 1.75 * sweep.model.rounding.step_m() : sweep.slack_m + kCoarseModel_m;
}

/// How many of a sample of returns are farther than the bound from their lattice points.
double share_beyond(const OrganisedGeometry& geometry, const OrganisedSweep& sweep, const PointsView& view, double bound_m) {
  const bool listed = !sweep.place.empty();
  size_t returns = 0, beyond = 0;
  std::vector<uint32_t> point_of_place(sweep.range.size(), kNoPoint);
  for (uint32_t i = 0; i < view.size(); ++i) {
    if (!listed) point_of_place[i] = i;
    if (listed && sweep.place[i] != kNoPlace) point_of_place[sweep.place[i]] = i;
  }
  for (uint32_t row = 0; row < geometry.rows(); ++row) {
    for (uint32_t firing = row % 8; firing < geometry.columns(); firing += 8) {
      const size_t place = geometry.file_index(row, firing), i = point_of_place[place];
      if (sweep.range[place] == 0 || i == kNoPoint) continue;
      const Vec3 p = geometry.point(row, firing, sweep.range[place]);
      const double x = p.x - static_cast<double>(view.x[i]), y = p.y - static_cast<double>(view.y[i]),
                   z = p.z - static_cast<double>(view.z[i]);
      ++returns;
      beyond += x * x + y * y + z * z > bound_m * bound_m;
    }
  }
  return returns == 0 ? 0 : static_cast<double>(beyond) / static_cast<double>(returns);
}

/// How coordinates are coded: not at all, moved where the bound asks for it, or to the bit.
enum class Coordinates { computed, moved, exact };

Coordinates coordinates_for(const OrganisedSweep& sweep, const PointsView& view, const FrameOptions& options) {
  constexpr double kMostPatches = 0.002, kLeastBound_m = 2e-6;
  if (options.mode == Mode::lossless || options.max_error_m < kLeastBound_m) return Coordinates::exact;
  if (sweep.model.rounding.kind == RoundingKind::comb && options.max_error_m <= slack_m(sweep)) return Coordinates::exact;
  return share_beyond(OrganisedGeometry(coarser(sweep.model)), sweep, view, options.max_error_m) > kMostPatches ? Coordinates::moved
                                                                                                                : Coordinates::computed;
}

/// Steps with which the nearest place is within the bound, in units a metre: half the diagonal of a step, and the roundings of floats.
uint32_t offset_units(double bound_m) { return static_cast<uint32_t>(std::clamp(std::ceil(1 / (1.1 * bound_m)), 1.0, 1e6)); }

/// Ticks in a coded step: the largest whose middle is within the bound.
uint32_t range_step_for(const OrganisedSweep& sweep, const FrameOptions& options) {
  if (options.mode != Mode::max_error || options.max_error_m <= slack_m(sweep)) return 1;
  const double ticks = std::floor((options.max_error_m - slack_m(sweep)) / (sweep.model.sensor.range_tick_um * 1e-6));
  return 2 * static_cast<uint32_t>(std::clamp(ticks, 0.0, 32767.0)) + 1;
}

/// The model's azimuths in thousandths of a degree, its zero included: sweeps of one sensor may begin anywhere.
GridAzimuths grid_azimuths(const OrganisedModel& model, const OrganisedGeometry& geometry) {
  constexpr int64_t kMillidegrees = 360'000;
  GridAzimuths azimuths{static_cast<uint32_t>(kMillidegrees), {}, {}};
  const int64_t units = model.azimuth_units_per_turn;
  // Within +-2^49 of 2^-48 turns.
  const int64_t zero = (model.azimuth_zero >> 20) * kMillidegrees / (int64_t{1} << 28);
  for (const int32_t azimuth : model.column_azimuth) {
    azimuths.column_azimuth.push_back(static_cast<int32_t>((azimuth % units * kMillidegrees / units + zero) % kMillidegrees));
  }
  for (uint32_t row = 0; row < geometry.rows(); ++row) azimuths.row_shift.push_back(geometry.grid_column(row, 0));
  return azimuths;
}

std::vector<int16_t> elevations(const OrganisedSensor& sensor) {
  std::vector<int16_t> elevation_centidegrees;
  for (const OrganisedLaser& laser : sensor.lasers) {
    const double centidegrees = static_cast<double>(laser.elevation) / static_cast<double>(sensor.angle_units_per_turn) * 36000;
    elevation_centidegrees.push_back(static_cast<int16_t>(std::clamp(centidegrees, -18000.0, 18000.0)));
  }
  return elevation_centidegrees;
}

/// `cells` with the sensor's own ranges.
RangeGrid coded_grid(const OrganisedModel& model, std::span<const PointCell> cells, uint32_t range_step, GridHead& head) {
  head.rows = model.lasers();
  head.columns = model.columns;
  head.range_step = range_step;
  head.tick_um = model.sensor.range_tick_um * range_step;
  const double step_mdeg = std::abs(static_cast<double>(model.column_step)) * 360'000 / model.azimuth_units_per_turn;
  head.column_millidegrees = static_cast<uint32_t>(std::clamp(step_mdeg + 0.5, 1.0, 360'000.0));
  RangeGrid grid = make_grid(head, elevations(model.sensor));
  for (const PointCell& cell : cells) {
    if (cell.cell != kOffGrid) grid.range[cell.cell] = coded_range(cell.range, range_step);
  }
  head.max_range = *std::max_element(grid.range.begin(), grid.range.end());
  return grid;
}

void set_ranges(std::span<PointCell> cells, const RangeGrid& grid, uint32_t range_step) {
  for (PointCell& cell : cells) {
    if (cell.cell != kOffGrid) cell.range = native_range(grid.range[cell.cell], range_step);
  }
}

std::vector<uint32_t> row_major_cells(std::span<const PointCell> cells) {
  std::vector<uint32_t> result;
  for (const PointCell& cell : cells) result.push_back(cell.cell);
  return result;
}

/// Whether some point without a range has a value other than 0 in a field that cells have.
bool empty_cells_have_values(const Cloud& cloud, const std::vector<AttributePlan>& plans, std::span<const PointCell> cells) {
  for (size_t f = 0; f < plans.size(); ++f) {
    if (plans[f].method != AttributeMethod::symbols && plans[f].method != AttributeMethod::sequence) continue;
    const std::vector<int64_t> values = to_integers(cloud.fields[f], plans[f].view);
    const size_t channels = plans[f].values_per_point();
    for (size_t i = 0; i < values.size(); ++i) {
      const PointCell& cell = cells[i / channels];
      if (values[i] != 0 && cell.cell != kOffGrid && cell.range == 0) return true;
    }
  }
  return false;
}

/// Points that a decoder must be told.
std::vector<LoosePoint> find_patches(const PointsView& view, const std::vector<Float3>& decoded, const FrameOptions& options) {
  if (options.mode != Mode::lossless) return points_beyond(view, decoded, options.max_error_m);
  using Bits3 = std::array<uint32_t, 3>;
  std::vector<LoosePoint> patches;
  for (size_t i = 0; i < decoded.size(); ++i) {
    const Float3 wanted = {view.x[i], view.y[i], view.z[i]};
    if (std::bit_cast<Bits3>(wanted) != std::bit_cast<Bits3>(decoded[i])) patches.push_back({static_cast<uint32_t>(i), wanted});
  }
  return patches;
}

/// A frame before its slices are coded.
struct Prepared {
  OrganisedHead head;
  std::vector<PointCell> cells;  ///< a point of the file
  RangeGrid grid;
  Cloud rest;  ///< fields without what is predicted of them
};

/// Plans of the fields, and what the grid's head says of them.
void plan_fields(const FrameOptions& options, Prepared& frame) {
  OrganisedHead& head = frame.head;
  std::vector<int32_t> rows;
  for (const PointCell& cell : frame.cells) rows.push_back(cell.cell == kOffGrid ? -1 : static_cast<int32_t>(cell.row));
  head.plans = plan_attributes(frame.rest, rows, frame.grid.rows);
  if (empty_cells_have_values(frame.rest, head.plans, frame.cells)) head.flags |= OrganisedFlags::kAllCells;
  head.grid.intensity_of_all_cells = (head.flags & OrganisedFlags::kAllCells) != 0;
  head.grid.slices = usable_slices(options.slices, frame.grid.columns);
  choose_networks(options, head.grid);
  head.grid.slices_refer = can_refer(options, head.grid);
  for (const AttributePlan& plan : head.plans) {
    if (plan.method == AttributeMethod::symbols) head.grid.intensity_bits = plan.symbol_bits;
  }
}

Result<Prepared> prepare(const Cloud& cloud, const OrganisedSweep& sweep, const PointsView& view, const FrameOptions& options) {
  Prepared frame;
  OrganisedHead& head = frame.head;
  if (view.size() != (sweep.place.empty() ? sweep.range.size() : sweep.place.size()))
    return Error{Code::limit_exceeded, 0, "the frame has another number of points than its sweep"};
  const Coordinates coordinates = coordinates_for(sweep, view, options);
  head.model = coordinates == Coordinates::exact ? sweep.model : coarser(sweep.model);
  if (coordinates != Coordinates::computed) head.flags |= OrganisedFlags::kResidues;
  if (coordinates == Coordinates::moved) head.model.rounding = {RoundingKind::offsets, offset_units(options.max_error_m)};
  const OrganisedGeometry geometry(head.model);
  DEW_ASSIGN(frame.cells, cells_of_file(cloud, sweep, view, geometry, options.mode == Mode::lossless ? 0 : options.max_error_m, head));
  head.predicted = find_predicted_fields(cloud, frame.cells, geometry.rows(), geometry.columns());
  // A field that holds the ranges is exact in every mode: coarser ones would then be coded beside it.
  const bool exact_ranges =
      std::any_of(head.predicted.begin(), head.predicted.end(), [](const PredictedField& field) { return field.range_factor != 0; });
  const uint32_t range_step = exact_ranges ? 1 : range_step_for(sweep, options);
  frame.grid = coded_grid(head.model, frame.cells, range_step, head.grid);
  if (head.grid.max_range > kMaxCodedRange) return Error{Code::limit_exceeded, 0, "a range is too long for the coders"};
  set_ranges(frame.cells, frame.grid, range_step);
  frame.rest = without_predictions(cloud, head.predicted, frame.cells);
  plan_fields(options, frame);
  return frame;
}

/// The head's bytes, each counted where it belongs: rules of times are times.
Bytes head_bytes(const OrganisedHead& head, const Cloud& cloud, const CellAttributes& attributes, PartSizes& sizes) {
  ByteWriter writer;
  write_organised_head(head, writer);
  sizes[static_cast<size_t>(Part::geometry)] += writer.size();
  for (const PredictedField& field : head.predicted) {
    const size_t bytes = predicted_field_bytes(field);
    sizes[static_cast<size_t>(Part::geometry)] -= bytes;
    sizes[static_cast<size_t>(part_of_field(cloud.fields[field.field].name))] += bytes;
  }
  attributes.write_off_grid(writer, sizes);
  return writer.take();
}

/// Decoder: columns of missing slices are no points at all, and points beside the grid are none where a slice is missing.
void drop_missing(const FrameInput& input, const GridHead& head, std::vector<PointCell>& cells, std::vector<Float3>& positions) {
  const std::vector<bool> at_hand = columns_at_hand(input, head);
  const bool all_there = is_whole(input);
  size_t kept = 0;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].cell == kOffGrid ? !all_there : !at_hand[cells[i].cell % head.columns]) continue;
    cells[kept] = cells[i];
    positions[kept++] = positions[i];
  }
  cells.resize(kept);
  positions.resize(kept);
}

/// Decoder: cells of the slice whose range says that nothing came back are no points.
void leave_out_empty_cells(const RangeGrid& grid, ColumnSpan span, std::vector<uint32_t>& point_of_cell) {
  for (uint32_t row = 0; row < grid.rows; ++row) {
    for (uint32_t column = span.first; column < span.end; ++column) {
      const size_t cell = size_t{row} * grid.columns + column;
      if (grid.range[cell] == 0) point_of_cell[cell] = kNoPoint;
    }
  }
}

}  // namespace

Result<CodedFrame> encode_organised(const Cloud& cloud, const OrganisedSweep& sweep, const FrameOptions& options) {
  const PointsView view = points_view(cloud);
  DEW_ASSIGN(Prepared prepared, prepare(cloud, sweep, view, options));
  OrganisedHead& head = prepared.head;
  RangeGrid& grid = prepared.grid;
  const OrganisedGeometry geometry(head.model);
  CodedFrame frame;
  frame.kind = FrameKind::organised;
  for (const uint32_t range : grid.range) frame.returns += range != 0;
  frame.slices_refer = head.grid.slices_refer;
  frame.picture = frame_picture(grid, head.grid.range_step, grid_azimuths(head.model, geometry));
  if (options.picture_only) return frame;
  const std::vector<uint32_t> point_of_cell = points_of_cells(prepared.cells, grid.range.size());
  head.no_returns = find_no_returns(point_of_cell, grid, view);
  CellAttributes attributes(head.plans, (head.flags & OrganisedFlags::kAllCells) != 0);
  attributes.scatter(prepared.rest, row_major_cells(prepared.cells), grid);

  DEW_ASSIGN(GridCoding coding, grid_coding(head.grid, options));
  const ReferenceOnGrid reference = reference_on_grid(options.reference, grid_azimuths(head.model, geometry), head.grid, options.memo);
  DEW_ASSIGN(coding, with_reference(coding, reference, options.inter_network));
  const OrganisedPoints points(geometry, point_of_cell, head.model.rounding, head.no_returns,
                               (head.flags & OrganisedFlags::kResidues) != 0);
  std::vector<Float3> decoded(prepared.cells.size());
  for (const LoosePoint& point : head.loose()) decoded[point.index] = point.position;
  std::vector<SliceWriter> slices(head.grid.slices);
  parallel_for(slices.size(), options.threads, [&](size_t i) {
    const uint32_t index = static_cast<uint32_t>(i);
    const ColumnSpan span = slice_columns(grid.columns, coding.slices, index);
    const GridSlice coded = encode_grid_slice(grid, coding, index);
    if (coding.slices_refer) slices[i].add_reference(parts_that_refer(coding));
    slices[i].add(Part::geometry, coded.ranges);
    const Bytes coordinates = points.encode(grid, head.grid.range_step, span, view, options.max_error_m, decoded);
    if (points.has_stream()) slices[i].add(Part::geometry, coordinates);
    attributes.write_slice(grid, span, coded.intensity, slices[i]);
  });
  head.patches = find_patches(view, decoded, options);

  frame.picture.cells.intensity = grid.intensity;
  frame.head = head_bytes(head, cloud, attributes, frame.part_bytes);
  for (SliceWriter& slice : slices) frame.add_slice(slice);
  return frame;
}

Result<Cloud> decode_organised(ByteReader& reader, const FrameInput& given) {
  Budget budget(given.limits);
  DEW_ASSIGN(const OrganisedHead head, read_organised_head(reader, given.coded_bytes(reader), budget));
  DEW_ASSIGN(GridCoding coding, checked_grid_coding(head.grid, head.plans, given, reader.offset()));

  RangeGrid grid = make_grid(head.grid, elevations(head.model.sensor));
  grid.bits = allocated_bits(given.bits, grid.range.size());
  CellAttributes attributes(head.plans, (head.flags & OrganisedFlags::kAllCells) != 0);
  DEW_TRY(attributes.read_off_grid(reader, head.loose().size(), budget));
  DEW_TRY(reader.expect_end());
  DEW_TRY(attributes.allocate(grid, budget, reader.offset()));
  DEW_TRY(budget.take_memory(grid.range.size() * (sizeof(Float3) + 2 * sizeof(uint32_t) + sizeof(PointCell)), reader.offset()));
  const OrganisedGeometry geometry(head.model);
  GridAzimuths azimuths = grid_azimuths(head.model, geometry);
  DEW_ASSIGN(const ReferenceOnGrid reference, reference_on_grid(given, azimuths, head.grid, budget, reader.offset()));
  DEW_ASSIGN(coding, with_reference(coding, reference, given.inter_network));
  const FrameInput input = without_lost_references(given, coding);
  std::vector<PointCell> cells;
  if (head.flags & OrganisedFlags::kListed) {
    DEW_ASSIGN(cells, cells_of(head.order, geometry, reader.offset()));
  } else {
    cells = cells_in_file_order(geometry);
  }
  std::vector<Float3> positions(cells.size());
  const bool is_sorted = (head.flags & OrganisedFlags::kSorted) != 0;
  if (!is_sorted) {
    for (const LoosePoint& point : head.loose()) positions[point.index] = point.position;
  }
  // Of sorted files each cell is a point until the ranges tell which are.
  std::vector<uint32_t> point_of_cell = points_of_cells(cells, grid.range.size());
  const OrganisedPoints points(geometry, point_of_cell, head.model.rounding, head.no_returns,
                               (head.flags & OrganisedFlags::kResidues) != 0);
  const Status status = parallel_for(input.slices.size(), input.threads, [&](size_t i) -> Status {
    if (!input.slices[i]) return {};
    const uint32_t index = static_cast<uint32_t>(i);
    Budget slice_budget(input.limits);
    ByteReader slice(input.slices[i]->payload, input.slices[i]->offset);
    DEW_ASSIGN(const GridCoding own, coding_of_slice(coding, slice));
    DEW_ASSIGN(const ByteSpan ranges, slice.sized_bytes());
    DEW_TRY(decode_grid_ranges(ranges, own, index, grid, slice_budget, slice.offset()));
    if (is_sorted) leave_out_empty_cells(grid, slice_columns(grid.columns, coding.slices, index), point_of_cell);
    ByteSpan coordinates;
    if (points.has_stream()) {
      DEW_ASSIGN(coordinates, slice.sized_bytes());
    }
    DEW_TRY(points.decode(coordinates, grid, head.grid.range_step, slice_columns(grid.columns, coding.slices, index), positions,
                          slice_budget, slice.offset()));
    DEW_TRY(attributes.read_slice(slice, own, index, grid, slice_budget));
    return slice.expect_end();
  });
  DEW_TRY(status);
  if (given.picture != nullptr && is_whole(input)) *given.picture = frame_picture(grid, head.grid.range_step, std::move(azimuths));

  if (is_sorted) DEW_TRY(sort_points(head, geometry, grid, is_whole(input), reader.offset(), cells, positions));
  if (!is_sorted || is_whole(input)) {
    for (const LoosePoint& patch : head.patches) positions[patch.index] = patch.position;
  }
  set_ranges(cells, grid, head.grid.range_step);
  drop_missing(input, head.grid, cells, positions);
  Cloud cloud = attributes.gather(row_major_cells(cells), positions, grid);
  add_predictions(head.predicted, cells, cloud);
  return cloud;
}

}  // namespace dew
