// SPDX-License-Identifier: Apache-2.0
#include "apps/train/range_samples.h"

#include <algorithm>

#include "entropy/coder.h"
#include "pointcloud/coding/grid_frame.h"
#include "pointcloud/coding/network_range_model.h"
#include "pointcloud/coding/range_features.h"
#include "pointcloud/sensor/scan_layout.h"

namespace dew::train {
namespace {

/// Median angle between neighbouring columns.
uint32_t column_millidegrees(const Scan& scan) {
  if (scan.columns < 2 || scan.azimuth_units_per_turn == 0) return 200;
  const uint32_t turn = scan.azimuth_units_per_turn;
  std::vector<uint32_t> steps;
  for (uint32_t c = 1; c < scan.columns; ++c) {
    const uint32_t step = (turn + scan.azimuth[c] % turn - scan.azimuth[c - 1] % turn) % turn;
    steps.push_back(std::min(step, turn - step));
  }
  const auto middle = steps.begin() + static_cast<ptrdiff_t>(steps.size() / 2);
  std::nth_element(steps.begin(), middle, steps.end());
  return static_cast<uint32_t>(uint64_t{*middle} * 360'000 / turn);
}

}  // namespace

RangeGrid grid_of(const Scan& scan, uint32_t range_step) { return grid_of(scan, find_scan_layout(scan), range_step); }

RangeGrid grid_of(const Scan& scan, const ScanLayout& layout, uint32_t range_step) {
  RangeGrid grid;
  grid.rows = scan.lasers;
  grid.columns = scan.columns;
  grid.geometry.tick_um = scan.tick_um * range_step;
  grid.geometry.column_millidegrees = column_millidegrees(scan);
  grid.geometry.elevation_centidegrees = layout.elevation_centidegrees;
  grid.range.reserve(scan.range.size());
  for (uint32_t row = 0; row < grid.rows; ++row) {
    const uint32_t shift = wrapped_shift(layout.column_shift[row], scan.columns);
    for (uint32_t column = 0; column < grid.columns; ++column) {
      const uint32_t from = column >= shift ? column - shift : column + scan.columns - shift;
      const size_t cell = size_t{from} * scan.lasers + layout.laser_of_row[row];
      grid.range.push_back(coded_range(scan.range[cell], range_step));
      grid.intensity.push_back(scan.intensity[cell]);
    }
  }
  return grid;
}

RangeGrid thinned(const RangeGrid& grid, uint32_t row_step, uint32_t column_step, bool mirrored) {
  RangeGrid thin;
  thin.rows = grid.rows / row_step;
  thin.columns = grid.columns / column_step;
  thin.geometry = grid.geometry;
  thin.geometry.column_millidegrees *= column_step;
  thin.geometry.elevation_centidegrees.clear();
  for (uint32_t row = 0; row < thin.rows; ++row) {
    thin.geometry.elevation_centidegrees.push_back(grid.geometry.elevation_centidegrees[size_t{row} * row_step]);
    for (uint32_t column = 0; column < thin.columns; ++column) {
      const uint32_t from = (mirrored ? thin.columns - 1 - column : column) * column_step;
      thin.range.push_back(grid.range[size_t{row} * row_step * grid.columns + from]);
    }
  }
  return thin;
}

void append_grid(RangeSamples& samples, const RangeGrid& grid, SampleGroup group) {
  group.first = samples.size();
  const uint32_t slices = usable_slices(kSlices, grid.columns);
  for (uint32_t slice = 0; slice < slices; ++slice) {
    const auto begin = static_cast<uint32_t>(uint64_t{grid.columns} * slice / slices);
    const auto end = static_cast<uint32_t>(uint64_t{grid.columns} * (slice + 1) / slices);
    RangeFeatures features(grid.geometry, begin, end);
    RangeInputs inputs;
    RangeCentres centres;
    for (uint32_t row = 0; row < grid.rows; ++row) {
      features.start_row(row);
      for (uint32_t column = begin; column < end; ++column) {
        const uint32_t range = grid.range_row(row)[column];
        if (range == 0) continue;
        features.look(column, inputs, centres);
        features.add_return(column, range);
        samples.inputs.insert(samples.inputs.end(), inputs.begin(), inputs.end());
        samples.centres.insert(samples.centres.end(), centres.begin(), centres.end());
        samples.ranges.push_back(range);
        group.max_range = std::max(group.max_range, range);
      }
    }
  }
  group.end = samples.size();
  if (group.end > group.first) samples.groups.push_back(std::move(group));
}

void append_scan(RangeSamples& samples, const Scan& scan, SampleGroup group) {
  const uint32_t step = group.range_step;
  append_grid(samples, grid_of(scan, step), std::move(group));
}

namespace {

template <size_t kCentres>
double bits_of(const IntNet& net, const RangeSamples& samples, const SampleGroup& group) {
  CostMeter meter;
  std::array<int32_t, 3 * kCentres> outputs;
  for (size_t i = group.first; i < group.end; ++i) {
    net.run({samples.inputs.data() + i * samples.input_count, samples.input_count}, {}, outputs);
    const std::span<const int32_t, kCentres> centres(samples.centres.data() + i * kCentres, kCentres);
    code_by_mixture(meter, range_mixture<kCentres>(outputs, centres).span(), samples.ranges[i], 1, group.max_range);
  }
  return meter.bits();
}

}  // namespace

double mean_bits(const IntNet& net, const RangeSamples& samples, const SampleGroup& group) {
  const bool inter = samples.centre_count == kInterCentres;
  const double bits = inter ? bits_of<kInterCentres>(net, samples, group) : bits_of<kRangeCentres>(net, samples, group);
  return bits / static_cast<double>(group.end - group.first);
}

}  // namespace dew::train
