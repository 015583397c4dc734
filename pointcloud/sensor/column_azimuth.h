// SPDX-License-Identifier: Apache-2.0
/// Azimuths inside a firing column: the lasers fire one after another while the head turns, so each has the column's encoder tick plus its
/// share of the step to the next column, rounded to a whole tick. A column's 32 or more azimuths then follow from two integers.
///
///   const FiringRule rule{40, {0, 2, 4, ...}};                          // laser 1 fires at 2/40 of a column's time
///   int32_t tick = rule.azimuth(laser, column_azimuth, column_step);    // encoder ticks, not wrapped
///   const ColumnAzimuths fitted = fit_column_azimuths(rule, ticks, weights, lasers, turn);
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace dew {

/// When each laser fires, as a fraction of the time from a column to the next: firing_position / divisor.
struct FiringRule {
  uint32_t divisor = 1;                   ///< 1 to 4,096
  std::vector<uint16_t> firing_position;  ///< a laser

  /// Rounded half away from zero. Part of the format. Requires laser < firing_position.size() and |step| < 2^18.
  int32_t azimuth(uint32_t laser, int32_t column_azimuth, int32_t column_step) const {
    const int64_t twice =
        2 * static_cast<int64_t>(firing_position[laser]) * (column_step < 0 ? -static_cast<int64_t>(column_step) : column_step);
    const int64_t share = static_cast<int64_t>((twice + divisor) / (2 * static_cast<int64_t>(divisor)));
    // Unsigned: damaged files may hold any numbers, which then wrap the same way everywhere.
    return static_cast<int32_t>(static_cast<uint32_t>(column_azimuth) + static_cast<uint32_t>(column_step < 0 ? -share : share));
  }
  bool operator==(const FiringRule&) const = default;
};

/// Encoder tick (not wrapped) and step, a column.
struct ColumnAzimuths {
  std::vector<int32_t> azimuth;
  std::vector<int32_t> step;
};

/// The two integers of each column under which most of its ticks follow from the rule. `tick` holds an azimuth a cell in [0, turn), `use`
/// says which cells count. Columns without any are continued from their neighbours. Cost: about 3 us a column.
ColumnAzimuths fit_column_azimuths(const FiringRule& rule, std::span<const int32_t> tick, std::span<const uint8_t> use, uint32_t lasers,
                                   int32_t turn);

/// The rule from azimuths, for lasers that fire one after another at even intervals: real ticks a cell in [0, turn), `use` as above.
/// An empty rule where none explains four fifths of the cells. Cost: 30 us a column.
FiringRule find_firing_rule(std::span<const double> tick, std::span<const uint8_t> use, uint32_t lasers, int32_t turn);

}  // namespace dew
