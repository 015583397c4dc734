// SPDX-License-Identifier: Apache-2.0
/// Firing columns: all lasers of a spinning sensor fire under common encoder angles; each then looks a constant number of ticks aside of
/// them. Found again, they leave only the question in which columns a laser has a return.
///
///   std::vector<std::vector<uint32_t>> ticks = ...;                   // azimuth ticks of each laser's returns, any order
///   const std::vector<int32_t> shifts = find_azimuth_shifts(ticks, 4000);
///   const std::vector<uint32_t> columns = find_columns(ticks, shifts, 4000);   // encoder ticks: tick = column + shift, modulo a turn
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace dew {

/// What is added to a column's encoder tick to give the laser's azimuth tick, one a laser, the laser with the most returns having 0.
/// Only differences within a sixteenth of a turn are searched. Where the sensor fires at every tick nothing can be told and all are 0.
/// `ticks` are below ticks_per_turn. Cost: an eighth of a turn in ticks, times 1 ns, a return.
std::vector<int32_t> find_azimuth_shifts(std::span<const std::vector<uint32_t>> ticks, uint32_t ticks_per_turn);

/// Encoder ticks under which at least two lasers have a return, rising, in [0, ticks_per_turn). Cost: about 2 ns a return.
std::vector<uint32_t> find_columns(std::span<const std::vector<uint32_t>> ticks, std::span<const int32_t> shifts, uint32_t ticks_per_turn);

}  // namespace dew
