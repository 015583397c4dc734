// SPDX-License-Identifier: Apache-2.0
/// The first chunk of a firing-order frame: everything but ranges, residues and fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/coding/attributes.h"
#include "pointcloud/coding/grid_frame.h"
#include "pointcloud/coding/point_lists.h"
#include "pointcloud/sensor/firing_order.h"

namespace dew {

/// What is coded beside ranges and fields. Part of the format.
struct FiringOrderFlags {
  static constexpr uint8_t kFrameResidue = 1, kFileResidue = 2, kCorrections = 4;
  static constexpr uint8_t kResidues = kFrameResidue | kFileResidue;
};

/// Everything a decoder has of a sweep but ranges and residues.
struct FiringOrderPlaces {
  FiringOrderModel model;
  std::vector<int32_t> column_azimuth, column_step;
  std::vector<int64_t> correction;  ///< a row-major cell; empty: none
  uint32_t range_step = 1;

  uint32_t columns() const { return model.columns; }
  uint32_t lasers() const { return model.sensor.lasers(); }
  int32_t azimuth(uint32_t column, uint32_t laser) const {
    const int64_t correction_ticks = correction.empty() ? 0 : correction[size_t{laser} * columns() + column];
    return model.sensor.rule.azimuth(laser, column_azimuth[column], column_step[column]) + static_cast<int32_t>(correction_ticks);
  }
  size_t file_index(uint32_t column, uint32_t laser) const { return size_t{column} * lasers() + model.sensor.place_of_laser[laser]; }
};

struct FiringOrderHead {
  FiringOrderPlaces sweep;
  GridHead grid;
  uint8_t flags = 0;
  std::vector<LoosePoint> patches;
  std::vector<AttributePlan> plans;
};

void write_firing_order_head(const FiringOrderHead& head, ByteWriter& writer);
/// Errors: truncated, corrupt, limits; limit_exceeded where `coded_bytes` does not pay for the grid.
Result<FiringOrderHead> read_firing_order_head(ByteReader& reader, uint64_t coded_bytes, Budget& budget);

}  // namespace dew
