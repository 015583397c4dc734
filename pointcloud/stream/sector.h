// SPDX-License-Identifier: Apache-2.0
/// Columns in, sectors out: a part of a turn is given out as soon as its last column is there.
///
///   SectorCutter cutter(sensor.columns_per_turn, 16);
///   cutter.begin_frame();                                                        // before the first column of each frame
///   for (const Sector& sector : cutter.add(block.columns, now_us)) encode(sector);
///
/// The last sector of a frame takes what is left of it, up to one and a half of the others, and comes when the next frame begins.
#pragma once

#include <cstdint>
#include <vector>

#include "pointcloud/scan.h"

namespace dew {

struct Sector {
  Scan columns;
  uint32_t frame = 0;
  uint32_t first_column = 0;
  bool ends_frame = false;
  uint32_t columns_before = 0;  ///< of the whole frame before; 0: there was none
  uint64_t time_us = 0;         ///< when its last column came
};

class SectorCutter {
 public:
  /// `columns_per_turn`: about; `sectors`: of a turn, at least 1.
  SectorCutter(uint32_t columns_per_turn, uint32_t sectors);

  /// Ends the frame before; gives its last sector, if there is one.
  std::vector<Sector> begin_frame();
  /// REQUIRES: the arrays of `columns` fit, and all calls are of one sensor. Gives the sectors that are complete now.
  std::vector<Sector> add(const Scan& columns, uint64_t time_us);
  /// What there is of the open sector, where the sensor pauses within its turn (a limited field of view).
  std::vector<Sector> flush();
  /// Ends the last frame.
  std::vector<Sector> finish() { return begin_frame(); }

  /// How many columns the next sectors have (for sectors that aim at a number of bytes); 4 at least, half a turn at most.
  void set_width(uint32_t columns);
  uint32_t width() const { return width_; }

 private:
  Sector take(bool ends_frame);

  uint32_t columns_per_turn_;
  uint32_t width_;
  Scan open_;
  uint64_t time_us_ = 0;
  bool started_ = false;
  uint32_t frame_ = 0;
  uint32_t columns_of_frame_ = 0;  ///< `open_` included
  uint32_t columns_before_ = 0;
  uint32_t border_ = 0;  ///< where the open sector ends
};

/// Columns [first, end) of a scan as a scan. REQUIRES: first <= end <= scan.columns.
Scan columns_of(const Scan& scan, uint32_t first, uint32_t end);
/// Appends all columns of `more`, which must have as many lasers.
void append_columns(Scan& scan, const Scan& more);

}  // namespace dew
