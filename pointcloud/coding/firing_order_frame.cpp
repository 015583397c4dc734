// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/firing_order_frame.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "entropy/pool.h"
#include "entropy/range_coder.h"
#include "pointcloud/coding/cell_attributes.h"
#include "pointcloud/coding/cell_bits.h"
#include "pointcloud/coding/firing_order_head.h"
#include "pointcloud/coding/frame_reference.h"
#include "pointcloud/coding/grid_frame.h"
#include "pointcloud/coding/point_lists.h"
#include "pointcloud/coding/point_residue_model.h"

namespace dew {
namespace {

/// Model and fit leave this much between a lattice point and the file; a part of every bound.
constexpr double kLatticeSlack_m = 0.0005;

GridAzimuths grid_azimuths(const FiringOrderPlaces& sweep) { return {sweep.model.sensor.azimuth_ticks_per_turn, sweep.column_azimuth, {}}; }

uint32_t range_step_for(const FiringOrderSensor& sensor, const FrameOptions& options) {
  if (options.mode != Mode::max_error) return 1;
  const double steps = std::floor((options.max_error_m - kLatticeSlack_m) / (sensor.range_tick_um * 1e-6)) * 2;
  return steps < 2 ? 1 : static_cast<uint32_t>(std::min(steps, 65536.0));
}

bool same_bits(const Float3& a, const Float3& b) {
  return std::bit_cast<std::array<uint32_t, 3>>(a) == std::bit_cast<std::array<uint32_t, 3>>(b);
}

bool within(const Float3& a, const Float3& b, double bound_m) {
  double sum = 0;
  for (size_t axis = 0; axis < 3; ++axis) {
    const double away = static_cast<double>(a[axis]) - static_cast<double>(b[axis]);
    sum += away * away;
  }
  return sum <= bound_m * bound_m;
}

/// Residues of the returns of a slice (row-major cells of `residues`), row after row, then one of each column's no-returns.
template <class Coder>
void code_residues(Coder& coder, uint8_t flags, const RangeGrid& grid, ColumnSpan span, std::vector<PointResidue>& residues,
                   std::vector<PointResidue>& of_columns) {
  PointResidueModel model(flags & FiringOrderFlags::kFrameResidue, flags & FiringOrderFlags::kFileResidue);
  PointResidueModel column_model(flags & FiringOrderFlags::kFrameResidue, flags & FiringOrderFlags::kFileResidue);
  std::vector<bool> has_empty(span.end - span.first, false);
  for (uint32_t row = 0; row < grid.rows; ++row) {
    for (uint32_t column = span.first; column < span.end; ++column) {
      const size_t cell = size_t{row} * grid.columns + column;
      if (grid.range[cell] == 0) {
        has_empty[column - span.first] = true;
      } else {
        probe_cell(coder, cell);
        residues[cell] = model.code(coder, residues[cell]);
      }
    }
  }
  for (uint32_t column = span.first; column < span.end; ++column) {
    if (has_empty[column - span.first]) of_columns[column] = column_model.code(coder, of_columns[column]);
  }
}

/// Points of the columns of the slices that are there, in file order of the whole frame.
std::vector<Float3> compute_points(const FiringOrderPlaces& sweep, const RangeGrid& grid, const std::vector<PointResidue>& residues,
                                   const std::vector<PointResidue>& of_columns) {
  const FiringOrderPoints places(sweep.model);
  std::vector<Float3> points(size_t{sweep.columns()} * sweep.lasers());
  for (uint32_t laser = 0; laser < sweep.lasers(); ++laser) {
    for (uint32_t column = 0; column < sweep.columns(); ++column) {
      const size_t cell = size_t{laser} * sweep.columns() + column;
      const uint32_t range = native_range(grid.range[cell], sweep.range_step);
      const PointResidue residue = residues.empty() ? PointResidue{} : range == 0 ? of_columns[column] : residues[cell];
      points[sweep.file_index(column, laser)] = places.point(column, laser, sweep.azimuth(column, laser), range, residue);
    }
  }
  return points;
}

/// The residues that bring points within the bound (0: to the bit). What cannot be reached stays zero: it becomes a patch.
void find_residues(const FiringOrderPlaces& sweep, const FiringOrderSweep& fitted, const RangeGrid& grid, const PointsView& points,
                   double bound_m, std::vector<PointResidue>& residues, std::vector<PointResidue>& of_columns) {
  const FiringOrderPoints places(sweep.model);
  residues.assign(grid.range.size(), {});
  of_columns.assign(sweep.columns(), {});
  std::vector<bool> column_done(sweep.columns(), false);
  for (uint32_t laser = 0; laser < sweep.lasers(); ++laser) {
    for (uint32_t column = 0; column < sweep.columns(); ++column) {
      const size_t cell = size_t{laser} * sweep.columns() + column;
      if (fitted.kind[size_t{column} * sweep.lasers() + laser] == CellKind::exception) continue;
      const uint32_t range = native_range(grid.range[cell], sweep.range_step);
      if (range == 0 && column_done[column]) continue;
      const size_t i = sweep.file_index(column, laser);
      const Float3 wanted = {points.x[i], points.y[i], points.z[i]};
      const int32_t azimuth = sweep.azimuth(column, laser);
      const Float3 plain = places.point(column, laser, azimuth, range);
      PointResidue residue;
      if (bound_m > 0 ? !within(plain, wanted, bound_m) : !same_bits(plain, wanted))
        residue = places.residue(column, laser, azimuth, range, wanted).value_or(PointResidue{});
      if (range == 0) {
        of_columns[column] = residue;
        column_done[column] = true;
      } else {
        residues[cell] = residue;
      }
    }
  }
}

/// Without the steps of the file where these are not coded.
void drop_file_steps(std::vector<PointResidue>& residues) {
  for (PointResidue& residue : residues) residue.file = {};
}

/// Row-major cell of every point of the file.
std::vector<uint32_t> cells_in_file_order(const FiringOrderPlaces& sweep) {
  std::vector<uint32_t> cells(size_t{sweep.columns()} * sweep.lasers());
  for (uint32_t column = 0; column < sweep.columns(); ++column) {
    for (uint32_t laser = 0; laser < sweep.lasers(); ++laser) cells[sweep.file_index(column, laser)] = laser * sweep.columns() + column;
  }
  return cells;
}

std::vector<int16_t> elevations(const FiringOrderSensor& sensor) {
  std::vector<int16_t> elevation_centidegrees;
  for (const int32_t elevation : sensor.elevation_mdeg) elevation_centidegrees.push_back(static_cast<int16_t>(elevation / 10));
  return elevation_centidegrees;
}

/// Ranges of the cells on the lattice; what is no-return or exception has none.
RangeGrid grid_of(const FiringOrderSweep& fitted, uint32_t range_step, GridHead& head) {
  head.rows = fitted.model.sensor.lasers();
  head.columns = fitted.model.columns;
  head.range_step = range_step;
  head.tick_um = fitted.model.sensor.range_tick_um * range_step;
  head.column_millidegrees = 360'000 / head.columns;
  head.intensity_of_all_cells = true;
  RangeGrid grid = make_grid(head, elevations(fitted.model.sensor));
  for (uint32_t column = 0; column < grid.columns; ++column) {
    for (uint32_t laser = 0; laser < grid.rows; ++laser) {
      const size_t from = size_t{column} * grid.rows + laser;
      const uint32_t range = fitted.kind[from] == CellKind::lattice ? fitted.grid.range[from] : 0;
      grid.range[size_t{laser} * grid.columns + column] = coded_range(range, range_step);
    }
  }
  head.max_range = *std::max_element(grid.range.begin(), grid.range.end());
  return grid;
}

/// Encoder: the fit's corrections of azimuths, where it has any.
void take_corrections(const FiringOrderSweep& fitted, const RangeGrid& grid, FiringOrderHead& head) {
  if (fitted.grid.azimuth_correction.empty()) return;
  head.flags |= FiringOrderFlags::kCorrections;
  head.sweep.correction.resize(grid.range.size());
  for (uint32_t column = 0; column < grid.columns; ++column) {
    for (uint32_t laser = 0; laser < grid.rows; ++laser) {
      head.sweep.correction[size_t{laser} * grid.columns + column] = fitted.grid.azimuth_correction[size_t{column} * grid.rows + laser];
    }
  }
}

/// Encoder: how attributes and grid are coded; completes the head's plans and what it says of the grid.
void choose_coding(const Cloud& cloud, const std::vector<uint32_t>& cells, const RangeGrid& grid, const FrameOptions& options,
                   FiringOrderHead& head) {
  std::vector<int32_t> rows(cells.size());
  for (size_t i = 0; i < cells.size(); ++i) rows[i] = static_cast<int32_t>(cells[i] / grid.columns);
  head.plans = plan_attributes(cloud, rows, grid.rows);
  head.grid.slices = usable_slices(options.slices, grid.columns);
  choose_networks(options, head.grid);
  head.grid.slices_refer = can_refer(options, head.grid);
  for (const AttributePlan& plan : head.plans) {
    if (plan.method == AttributeMethod::symbols) head.grid.intensity_bits = plan.symbol_bits;
  }
}

/// Encoder: residues where the options ask for points nearer than the lattice's, else none; sets their flags.
void choose_residues(const FiringOrderSweep& fitted, const RangeGrid& grid, const PointsView& view, const FrameOptions& options,
                     FiringOrderHead& head, std::vector<PointResidue>& residues, std::vector<PointResidue>& of_columns) {
  const bool fine = options.mode == Mode::lossless || (options.mode == Mode::max_error && options.max_error_m < kLatticeSlack_m);
  if (!fine) return;
  find_residues(head.sweep, fitted, grid, view, options.max_error_m, residues, of_columns);
  head.flags |= FiringOrderFlags::kFrameResidue;
  if (options.mode == Mode::lossless || !fitted.model.motion.frame.present) head.flags |= FiringOrderFlags::kFileResidue;
  if ((head.flags & FiringOrderFlags::kFileResidue) == 0) {
    drop_file_steps(residues);
    drop_file_steps(of_columns);
  }
}

/// Encoder: all slices, into the frame.
void encode_slices(const FiringOrderHead& head, const GridCoding& coding, const RangeGrid& grid, const CellAttributes& attributes,
                   uint32_t threads, std::vector<PointResidue>& residues, std::vector<PointResidue>& of_columns, CodedFrame& frame) {
  std::vector<SliceWriter> slices(head.grid.slices);
  parallel_for(slices.size(), threads, [&](size_t i) {
    const uint32_t index = static_cast<uint32_t>(i);
    const ColumnSpan span = slice_columns(grid.columns, coding.slices, index);
    const GridSlice coded = encode_grid_slice(grid, coding, index);
    if (coding.slices_refer) slices[i].add_reference(parts_that_refer(coding));
    slices[i].add(Part::geometry, coded.ranges);
    if (head.flags & FiringOrderFlags::kCorrections)
      slices[i].add(Part::geometry, encode_cell_values(head.sweep.correction, grid.range, grid.columns, grid.rows, span, 1));
    if (head.flags & FiringOrderFlags::kResidues) {
      RangeEncoder encoder;
      code_residues(encoder, head.flags, grid, span, residues, of_columns);
      slices[i].add(Part::geometry, encoder.finish());
    }
    attributes.write_slice(grid, span, coded.intensity, slices[i]);
  });
  for (SliceWriter& slice : slices) frame.add_slice(slice);
}

/// Decoder: room for the residues and corrections that the flags announce.
Status allocate(size_t cells, uint64_t offset, Budget& budget, FiringOrderHead& head, std::vector<PointResidue>& residues,
                std::vector<PointResidue>& of_columns) {
  if (head.flags & FiringOrderFlags::kResidues) {
    DEW_TRY(budget.take_memory(cells * sizeof(PointResidue), offset));
    residues.assign(cells, {});
    of_columns.assign(head.grid.columns, {});
  }
  if (head.flags & FiringOrderFlags::kCorrections) {
    DEW_TRY(budget.take_memory(cells * sizeof(int64_t), offset));
    head.sweep.correction.assign(cells, 0);
  }
  return {};
}

/// Decoder: the slices that are there, into grid, attributes, corrections and residues.
Status decode_slices(const FrameInput& input, const GridCoding& coding, RangeGrid& grid, CellAttributes& attributes, FiringOrderHead& head,
                     std::vector<PointResidue>& residues, std::vector<PointResidue>& of_columns) {
  return parallel_for(input.slices.size(), input.threads, [&](size_t i) -> Status {
    if (!input.slices[i]) return {};
    const uint32_t index = static_cast<uint32_t>(i);
    const ColumnSpan span = slice_columns(grid.columns, coding.slices, index);
    Budget slice_budget(input.limits);
    ByteReader slice(input.slices[i]->payload, input.slices[i]->offset);
    DEW_ASSIGN(const GridCoding own, coding_of_slice(coding, slice));
    DEW_ASSIGN(const ByteSpan ranges, slice.sized_bytes());
    DEW_TRY(decode_grid_ranges(ranges, own, index, grid, slice_budget, slice.offset()));
    if (head.flags & FiringOrderFlags::kCorrections) {
      DEW_ASSIGN(const ByteSpan coded, slice.sized_bytes());
      DEW_TRY(decode_cell_values(coded, grid.range, grid.columns, grid.rows, span, 1, head.sweep.correction, slice_budget, slice.offset(),
                                 cells_of(grid.bits, Part::geometry)));
    }
    if (head.flags & FiringOrderFlags::kResidues) {
      DEW_ASSIGN(const ByteSpan coded, slice.sized_bytes());
      ProbedDecoder decoder(coded, cells_of(grid.bits, Part::geometry));
      code_residues(decoder, head.flags, grid, span, residues, of_columns);
      if (decoder.overrun()) return Error{Code::corrupt, slice.offset(), "a slice ends before its cells do"};
    }
    DEW_TRY(attributes.read_slice(slice, own, index, grid, slice_budget));
    return slice.expect_end();
  });
}

/// Decoder: columns of missing slices are no points at all.
void drop_missing(const FrameInput& input, const GridHead& head, std::vector<uint32_t>& cells, std::vector<Float3>& positions) {
  const std::vector<bool> at_hand = columns_at_hand(input, head);
  size_t kept = 0;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (!at_hand[cells[i] % head.columns]) continue;
    cells[kept] = cells[i];
    positions[kept++] = positions[i];
  }
  cells.resize(kept);
  positions.resize(kept);
}

}  // namespace

std::optional<std::vector<uint16_t>> ring_numbers(const Cloud& cloud) {
  for (const Field& field : cloud.fields) {
    if (part_of_field(field.name) != Part::ring || field.count != 1 || field.data.empty()) continue;
    const IntegerView view = find_integer_view(field);
    if (view.kind != ViewKind::integer && !(view.kind == ViewKind::comb && view.denominator == 1)) continue;
    const std::vector<int64_t> integers = to_integers(field, view);
    std::vector<uint16_t> ring;
    for (const int64_t value : integers) {
      if (value < 0 || value > 0xFFFF) return std::nullopt;
      ring.push_back(static_cast<uint16_t>(value));
    }
    return ring;
  }
  return std::nullopt;
}

Result<CodedFrame> encode_firing_order(const Cloud& cloud, const FiringOrderSweep& fitted, const FrameOptions& options) {
  const PointsView view = points_view(cloud);
  FiringOrderHead head;
  head.sweep.model = fitted.model;
  head.sweep.column_azimuth = fitted.grid.column_azimuth;
  head.sweep.column_step = fitted.column_step;
  head.sweep.range_step = range_step_for(fitted.model.sensor, options);
  RangeGrid grid = grid_of(fitted, head.sweep.range_step, head.grid);
  if (view.size() != grid.range.size())
    return Error{Code::limit_exceeded, 0, "the frame has another number of points than its grid has cells"};
  CodedFrame frame;
  frame.kind = FrameKind::firing_order;
  for (const uint32_t range : grid.range) frame.returns += range != 0;
  frame.picture = frame_picture(grid, head.sweep.range_step, grid_azimuths(head.sweep));
  if (options.picture_only) return frame;
  take_corrections(fitted, grid, head);

  const std::vector<uint32_t> cells = cells_in_file_order(head.sweep);
  choose_coding(cloud, cells, grid, options, head);
  if (head.grid.max_range > kMaxCodedRange) return Error{Code::limit_exceeded, 0, "a range is too long for the coders"};
  CellAttributes attributes(head.plans, true);
  attributes.scatter(cloud, cells, grid);

  std::vector<PointResidue> residues, of_columns;
  choose_residues(fitted, grid, view, options, head, residues, of_columns);
  head.patches = points_beyond(view, compute_points(head.sweep, grid, residues, of_columns), options.max_error_m);

  DEW_ASSIGN(GridCoding coding, grid_coding(head.grid, options));
  const ReferenceOnGrid reference = reference_on_grid(options.reference, grid_azimuths(head.sweep), head.grid, options.memo);
  DEW_ASSIGN(coding, with_reference(coding, reference, options.inter_network));
  frame.picture.cells.intensity = grid.intensity;
  frame.slices_refer = head.grid.slices_refer;
  ByteWriter writer;
  write_firing_order_head(head, writer);
  frame.part_bytes[static_cast<size_t>(Part::geometry)] += writer.size();
  frame.head = writer.take();
  encode_slices(head, coding, grid, attributes, options.threads, residues, of_columns, frame);
  return frame;
}

Result<Cloud> decode_firing_order(ByteReader& reader, const FrameInput& given) {
  Budget budget(given.limits);
  DEW_ASSIGN(FiringOrderHead head, read_firing_order_head(reader, given.coded_bytes(reader), budget));
  DEW_TRY(reader.expect_end());
  DEW_ASSIGN(GridCoding coding, checked_grid_coding(head.grid, head.plans, given, reader.offset()));
  const GridAzimuths azimuths = grid_azimuths(head.sweep);
  DEW_ASSIGN(const ReferenceOnGrid reference, reference_on_grid(given, azimuths, head.grid, budget, reader.offset()));
  DEW_ASSIGN(coding, with_reference(coding, reference, given.inter_network));
  const FrameInput input = without_lost_references(given, coding);

  RangeGrid grid = make_grid(head.grid, elevations(head.sweep.model.sensor));
  grid.bits = allocated_bits(given.bits, grid.range.size());
  CellAttributes attributes(head.plans, true);
  DEW_TRY(attributes.read_off_grid(reader, 0, budget));
  DEW_TRY(attributes.allocate(grid, budget, reader.offset()));
  std::vector<PointResidue> residues, of_columns;
  DEW_TRY(allocate(grid.range.size(), reader.offset(), budget, head, residues, of_columns));
  DEW_TRY(decode_slices(input, coding, grid, attributes, head, residues, of_columns));
  if (given.picture != nullptr && is_whole(input)) *given.picture = frame_picture(grid, head.grid.range_step, azimuths);
  for (int64_t& correction : head.sweep.correction) correction = std::clamp<int64_t>(correction, -32768, 32767);

  std::vector<Float3> positions = compute_points(head.sweep, grid, residues, of_columns);
  std::vector<uint32_t> cells = cells_in_file_order(head.sweep);
  for (const LoosePoint& patch : head.patches) positions[patch.index] = patch.position;
  drop_missing(input, head.grid, cells, positions);
  return attributes.gather(cells, positions, grid);
}

}  // namespace dew
