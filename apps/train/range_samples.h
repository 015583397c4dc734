// SPDX-License-Identifier: Apache-2.0
/// Returns of scans as a range network sees them: inputs, centres and what was to be coded.
///
///   RangeSamples samples;
///   append_scan(samples, scan, {.name = "hdl32e", .range_step = 8, .weight = 0.35});
///   double bits = mean_bits(net, samples, samples.groups[0]);
///
/// Inputs come from the codec's own RangeFeatures, rows and shifts from find_scan_layout: a network is trained on what it will be asked.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "entropy/intnet.h"
#include "pointcloud/coding/range_features.h"
#include "pointcloud/coding/range_grid.h"
#include "pointcloud/scan.h"
#include "pointcloud/sensor/scan_layout.h"

namespace dew::train {

/// Slices that frames are cut into: context begins anew in each, as in the codec.
inline constexpr uint32_t kSlices = 8;

/// Samples [first, end) are one scan at one range step.
struct SampleGroup {
  std::string name;
  uint32_t range_step = 1;  ///< sensor ticks in one coded step: 2 b / tick for an error bound b
  double weight = 1;        ///< a group is drawn in proportion to this times the square root of its size
  size_t first = 0;
  size_t end = 0;
  uint32_t max_range = 1;  ///< coded steps
};

struct RangeSamples {
  size_t input_count = kRangeInputs, centre_count = kRangeCentres;
  std::vector<int16_t> inputs;   ///< [sample][input_count], 64 = 1.0
  std::vector<int32_t> centres;  ///< [sample][centre_count], 2^-kCentreBits steps
  std::vector<uint32_t> ranges;  ///< a sample, coded steps
  std::vector<SampleGroup> groups;
  size_t size() const { return ranges.size(); }
};

/// The grid that the codec would code, at a range step. Cost: some 30 ms.
RangeGrid grid_of(const Scan& scan, uint32_t range_step);
/// The same on a layout that is known, with intensities. REQUIRES: fits(layout, scan).
RangeGrid grid_of(const Scan& scan, const ScanLayout& layout, uint32_t range_step);

/// Every so many rows and columns of a grid, as another sensor would see the same place; `mirrored`: one that turns the other way.
/// REQUIRES: steps of 1 or more, at most the grid's rows and columns.
RangeGrid thinned(const RangeGrid& grid, uint32_t row_step, uint32_t column_step, bool mirrored);

/// Appends all returns of the grid as one group; `group` gives name, step and weight.
void append_grid(RangeSamples& samples, const RangeGrid& grid, SampleGroup group);

/// grid_of and append_grid.
void append_scan(RangeSamples& samples, const Scan& scan, SampleGroup group);

/// Bits that the codec's range coder spends a return of the group, without the bytes that end a slice.
/// REQUIRES: a network for samples of this shape (NetworkRangeModel::takes, InterRangeModel::takes); a group that is not empty.
double mean_bits(const IntNet& net, const RangeSamples& samples, const SampleGroup& group);

}  // namespace dew::train
