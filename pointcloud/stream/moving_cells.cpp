// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/stream/moving_cells.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "pointcloud/stream/sector.h"

namespace dew {
namespace {

/// What differs by less from the background is the background.
constexpr double kLeastApart_m = 0.3;
constexpr int32_t kLeastShare = 32;  ///< of the range, one in so many
/// Turns that a background must have been seen in.
constexpr uint8_t kLeastSeen = 3;
/// Share of turns without a return, in 256, from which on a return is a contradiction.
constexpr uint8_t kMostlyEmpty = 250;
/// Neighbours that must contradict too: single cells flicker at edges.
constexpr int kLeastNeighbours = 2;
/// How far a bound may move a range.
constexpr double kMargin_m = 1.0;

GridAzimuths azimuths_of(const Scan& scan) {
  GridAzimuths azimuths;
  azimuths.units_per_turn = scan.azimuth_units_per_turn;
  azimuths.column_azimuth.assign(scan.azimuth.begin(), scan.azimuth.end());
  return azimuths;
}

DecodedPicture picture_of(const Scan& scan, const ScanLayout& layout) {
  DecodedPicture picture;
  picture.rows = scan.lasers;
  picture.azimuths = azimuths_of(scan);
  picture.range.reserve(scan.range.size());
  for (const uint16_t laser : layout.laser_of_row) {
    for (uint32_t column = 0; column < scan.columns; ++column) picture.range.push_back(scan.range[size_t{column} * scan.lasers + laser]);
  }
  return picture;
}

/// Runs of columns with moving cells, those with gaps of up to `gap` columns joined. Cells row after row.
std::vector<FineRegion> runs_of(const std::vector<bool>& moves, uint32_t rows, uint32_t columns, uint32_t gap) {
  std::vector<FineRegion> runs;
  for (uint32_t column = 0; column < columns; ++column) {
    for (uint32_t row = 0; row < rows; ++row) {
      if (!moves[size_t{row} * columns + column]) continue;
      if (runs.empty() || column > runs.back().end_column + gap) runs.push_back({column, column, row, row + 1, 1, 1});
      FineRegion& run = runs.back();
      run.end_column = column + 1;
      run.first_row = std::min(run.first_row, row);
      run.end_row = std::max(run.end_row, row + 1);
    }
  }
  return runs;
}

}  // namespace

void MovingCells::add(const Scan& columns) {
  if (turn_.lasers != columns.lasers) turn_ = Scan();
  if (turn_.columns == 0) {
    turn_ = columns;
  } else {
    append_columns(turn_, columns);
  }
}

void MovingCells::end_turn(const SensorDescription& sensor) {
  const Scan turn = std::exchange(turn_, Scan());
  if (turn.columns == 0 || turn.lasers != sensor.lasers || turn.azimuth_units_per_turn == 0) return;
  if (!background_) background_.emplace(turn.lasers, std::clamp(2 * turn.columns, 1u, 1u << 16), turn.azimuth_units_per_turn);
  background_->add(picture_of(turn, sensor.layout));
}

std::vector<bool> MovingCells::contradicting(const Scan& columns, const SensorDescription& sensor) const {
  const DecodedPicture now = picture_of(columns, sensor.layout);
  const ReferencePicture known = resample(DecodedPicture(), &*background_, now.azimuths, now.rows, {});
  std::vector<bool> differs(now.range.size(), false);
  if (!known.has_background) return differs;
  const auto least = static_cast<int32_t>(std::lround(16e6 * kLeastApart_m / std::max(1u, columns.tick_um)));
  for (uint32_t row = 0; row < now.rows; ++row) {
    for (uint32_t column = 0; column < columns.columns; ++column) {
      const size_t cell = size_t{row} * columns.columns + column, at = known.at(row, column);
      const auto range = static_cast<int32_t>(std::min(now.range[cell], 1u << 24) * 16);
      if (range == 0) continue;
      const int32_t background = known.background[at];
      if (background > 0)
        differs[cell] = known.background_seen[at] >= kLeastSeen && std::abs(range - background) > std::max(least, background / kLeastShare);
      if (background == kReferenceEmpty) differs[cell] = known.background_empty[at] >= kMostlyEmpty;
    }
  }
  return differs;
}

std::vector<FineRegion> MovingCells::regions(const Scan& columns, const SensorDescription& sensor, size_t most) const {
  if (!background_ || background_->rows() != columns.lasers || columns.columns == 0 || most == 0) return {};
  const std::vector<bool> differs = contradicting(columns, sensor);
  std::vector<bool> moves(differs.size(), false);
  const auto rows = static_cast<int32_t>(columns.lasers), width = static_cast<int32_t>(columns.columns);
  for (int32_t row = 0; row < rows; ++row) {
    for (int32_t column = 0; column < width; ++column) {
      if (!differs[static_cast<size_t>(row * width + column)]) continue;
      int around = -1;
      for (int32_t r = std::max(row - 1, 0); r <= std::min(row + 1, rows - 1); ++r) {
        for (int32_t c = std::max(column - 1, 0); c <= std::min(column + 1, width - 1); ++c)
          around += differs[static_cast<size_t>(r * width + c)] ? 1 : 0;
      }
      moves[static_cast<size_t>(row * width + column)] = around >= kLeastNeighbours;
    }
  }
  std::vector<FineRegion> regions = runs_of(moves, columns.lasers, columns.columns, 1);
  for (uint32_t gap = 2; regions.size() > most; gap *= 2) regions = runs_of(moves, columns.lasers, columns.columns, gap);
  const auto margin = static_cast<uint32_t>(kMargin_m * 1e6 / std::max(1u, columns.tick_um));
  for (FineRegion& region : regions) {
    uint32_t nearest = 0xFFFFFFFF, farthest = 0;
    for (uint32_t row = region.first_row; row < region.end_row; ++row) {
      for (uint32_t column = region.first_column; column < region.end_column; ++column) {
        if (!moves[size_t{row} * columns.columns + column]) continue;
        const uint32_t range = columns.range[size_t{column} * columns.lasers + sensor.layout.laser_of_row[row]];
        nearest = std::min(nearest, range);
        farthest = std::max(farthest, range);
      }
    }
    region.least_range = nearest > margin ? nearest - margin : 1;
    region.most_range = farthest < 0xFFFFFFFF - margin ? farthest + margin : 0xFFFFFFFF;
  }
  return regions;
}

}  // namespace dew
