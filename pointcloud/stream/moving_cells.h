// SPDX-License-Identifier: Apache-2.0
/// Which cells of a standing sensor's turn contradict what it has seen there for long: things that move, and what they uncover.
///
///   MovingCells moving;
///   for (const FineRegion& region : moving.regions(sector.columns, sensor, kMaxFineRegions)) ...     // of a sector
///   moving.add(sector.columns);                                                                      // and, once a turn is whole,
///   moving.end_turn(sensor);
///
/// Senders only: regions are said in the stream. Nothing is found in the first three turns, nor where azimuths have no unit. Cost: about
/// 30 ns a cell. One object a thread.
#pragma once

#include <optional>
#include <vector>

#include "pointcloud/coding/reference_picture.h"
#include "pointcloud/stream/slice.h"

namespace dew {

class MovingCells {
 public:
  /// Regions that hold all moving cells of a sector, `most` at most, with ranges as far to both sides as a bound may move them.
  std::vector<FineRegion> regions(const Scan& columns, const SensorDescription& sensor, size_t most) const;
  void add(const Scan& columns);
  void end_turn(const SensorDescription& sensor);
  /// The sensor is another.
  void clear() { *this = {}; }

 private:
  std::vector<bool> contradicting(const Scan& columns, const SensorDescription& sensor) const;

  std::optional<Background> background_;
  Scan turn_;
};

}  // namespace dew
