// SPDX-License-Identifier: Apache-2.0
#include "apps/train/inter_samples.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "pointcloud/coding/ego_motion.h"
#include "pointcloud/coding/grid_frame.h"
#include "pointcloud/coding/reference_features.h"
#include "pointcloud/sensor/scan_layout.h"

namespace dew::train {
namespace {

SequenceFrame frame_of(const Scan& scan, const ScanLayout& layout) {
  SequenceFrame frame{grid_of(scan, layout, 1), {}};
  frame.azimuths.units_per_turn = scan.azimuth_units_per_turn;
  frame.azimuths.column_azimuth.assign(scan.azimuth.begin(), scan.azimuth.end());
  for (const int32_t shift : layout.column_shift) frame.azimuths.row_shift.push_back(wrapped_shift(shift, scan.columns));
  return frame;
}

/// Numbers as in FORMAT.md, section 10.13.
void silence_errors(std::span<int16_t, kInterInputs> inputs, std::span<int32_t, kInterCentres> centres) {
  centres[8] = centres[7];
  centres[11] = centres[10];
  for (const size_t i : {72, 75}) inputs[i] = 0;
  std::fill(inputs.begin() + 76, inputs.begin() + 84, int16_t{0});
  std::fill(inputs.begin() + 87, inputs.begin() + 92, int16_t{0});
}

void append_frame(RangeSamples& samples, const RangeGrid& grid, const ReferencePicture& reference, const SequenceOptions& options,
                  SampleGroup& group) {
  const uint32_t slices = usable_slices(kSlices, grid.columns);
  std::array<int16_t, kInterInputs> inputs;
  std::array<int32_t, kInterCentres> centres;
  uint32_t count = 0;
  for (uint32_t slice = 0; slice < slices; ++slice) {
    const ColumnSpan span = slice_columns(grid.columns, slices, slice);
    InterRangeFeatures features(grid.geometry, reference, span.first, span.end);
    for (uint32_t row = 0; row < grid.rows; ++row) {
      features.start_row(row);
      for (uint32_t column = span.first; column < span.end; ++column) {
        const uint32_t range = grid.range_row(row)[column];
        if (range == 0) continue;
        features.look(column, inputs, centres);
        features.add_return(column, range);
        if (++count % options.one_in != 0) continue;
        if (!options.errors) silence_errors(inputs, centres);
        samples.inputs.insert(samples.inputs.end(), inputs.begin(), inputs.end());
        samples.centres.insert(samples.centres.end(), centres.begin(), centres.end());
        samples.ranges.push_back(range);
        group.max_range = std::max(group.max_range, range);
      }
    }
  }
}

}  // namespace

std::vector<SequenceFrame> sequence_of(const std::vector<Scan>& scans) {
  std::vector<SequenceFrame> frames;
  if (scans.empty()) return frames;
  const ScanLayout layout = find_scan_layout(scans.front());
  for (const Scan& scan : scans) {
    if (!fits(layout, scan) || scan.azimuth_units_per_turn != scans.front().azimuth_units_per_turn) break;
    frames.push_back(frame_of(scan, layout));
  }
  return frames;
}

SequenceFrame thinned(const SequenceFrame& frame, uint32_t row_step, uint32_t column_step, bool mirrored) {
  const GridAzimuths& all = frame.azimuths;
  SequenceFrame thin;
  thin.grid.rows = frame.grid.rows / row_step;
  thin.grid.columns = frame.grid.columns / column_step;
  thin.grid.geometry = frame.grid.geometry;
  thin.grid.geometry.column_millidegrees *= column_step;
  thin.grid.geometry.elevation_centidegrees.clear();
  thin.azimuths.units_per_turn = all.units_per_turn;
  const uint32_t columns = thin.grid.columns;
  const auto fired = [&](uint32_t column) { return (mirrored ? columns - 1 - column : column) * column_step; };
  for (uint32_t column = 0; column < columns; ++column) thin.azimuths.column_azimuth.push_back(all.column_azimuth[fired(column)]);
  for (uint32_t row = 0; row < thin.grid.rows; ++row) {
    const uint32_t from_row = row * row_step, shift = all.row_shift[from_row] / column_step % columns;
    thin.azimuths.row_shift.push_back(mirrored ? (columns - shift) % columns : shift);
    thin.grid.geometry.elevation_centidegrees.push_back(frame.grid.geometry.elevation_centidegrees[from_row]);
    for (uint32_t column = 0; column < columns; ++column) {
      const uint32_t from = fired(thin.azimuths.firing_column(row, column));
      thin.grid.range.push_back(frame.grid.range_row(from_row)[all.grid_column(from_row, from)]);
    }
  }
  return thin;
}

RangeGrid coarse(const SequenceFrame& frame, uint32_t range_step) {
  RangeGrid grid = frame.grid;
  grid.geometry.tick_um *= range_step;
  for (uint32_t& range : grid.range) range = coded_range(range, range_step);
  return grid;
}

DecodedPicture decoded(const SequenceFrame& frame, uint32_t range_step) {
  DecodedPicture picture{frame.grid.rows, frame.azimuths, frame.grid.range, frame.grid.intensity, range_step};
  for (uint32_t& range : picture.range) range = native_range(coded_range(range, range_step), range_step);
  return picture;
}

DecodedPicture moved(const SequenceFrame& before, const SequenceFrame& now, uint32_t range_step) {
  const auto picture_of = [](const SequenceFrame& frame, uint32_t step) {
    FramePicture picture;
    picture.cells = decoded(frame, step);
    picture.tick_um = frame.grid.geometry.tick_um;
    picture.elevation_centidegrees = frame.grid.geometry.elevation_centidegrees;
    return picture;
  };
  const std::optional<EgoMotion> motion = estimate_ego_motion(picture_of(before, 1), picture_of(now, 1), {});
  const FramePicture from = picture_of(before, range_step);
  return motion ? warp(from, *motion) : from.cells;
}

void append_sequence(RangeSamples& samples, const std::vector<SequenceFrame>& frames, SampleGroup group, const SequenceOptions& options) {
  if (frames.size() <= options.frame_distance) return;
  group.first = samples.size();
  const GridAzimuths& first = frames.front().azimuths;
  Background background(frames.front().grid.rows, 2 * first.columns(), first.units_per_turn);
  for (size_t k = options.frame_distance; k < frames.size(); k += options.frame_distance) {
    const SequenceFrame& earlier = frames[k - options.frame_distance];
    const DecodedPicture before = options.motion ? moved(earlier, frames[k], group.range_step) : decoded(earlier, group.range_step);
    background.add(before);
    const ReferencePicture reference = resample(before, options.background && !options.motion ? &background : nullptr, frames[k].azimuths,
                                                before.rows, {group.range_step, options.frame_distance});
    append_frame(samples, coarse(frames[k], group.range_step), reference, options, group);
  }
  group.end = samples.size();
  if (group.end > group.first) samples.groups.push_back(std::move(group));
}

}  // namespace dew::train
