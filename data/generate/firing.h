// SPDX-License-Identifier: Apache-2.0
/// When and whereto a sensor fires during one turn: the motor, the encoder and the clock.
///
///   Sweep sweep = make_sweep(unit, {.start_s = 0.1, .start_turn = 0.5, .seed = 7});
///   double azimuth = shot_azimuth_rad(unit, sweep, column, laser);   // counter-clockwise from x, where the beam really went
#pragma once

#include <cstdint>
#include <vector>

#include "data/generate/sensors.h"

namespace dew::sim {

struct SweepOptions {
  double start_s = 0;     ///< time of the first shot
  double start_turn = 0;  ///< encoder angle of the first shot, in turns (0..1)
  uint64_t seed = 0;
};

/// One entry a column.
struct Sweep {
  std::vector<double> time_s;      ///< true time of the column's first shot
  std::vector<double> turn;        ///< true angle then, in turns, rising
  std::vector<double> turn_per_s;  ///< speed of the motor
  std::vector<int32_t> encoder;    ///< what the packet says: units, rising, not wrapped
  std::vector<uint32_t> time_us;   ///< what the packet says, since the first column
  double period_s = 0;             ///< of the turn
};

Sweep make_sweep(const SensorUnit& unit, const SweepOptions& options);

/// True azimuth of a shot in the sensor's frame, radians, counter-clockwise from x.
double shot_azimuth_rad(const SensorUnit& unit, const Sweep& sweep, size_t column, size_t laser);

}  // namespace dew::sim
