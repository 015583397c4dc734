// SPDX-License-Identifier: Apache-2.0
#include "data/generate/firing.h"

#include <cmath>

#include "data/generate/random.h"
#include "data/generate/vec.h"

namespace dew::sim {

namespace {

// The motor's speed wanders by some parts in ten thousand and shakes a little within a turn.
struct Motor {
  double hz, wander, phase, shake, shake_phase;
  double turn(double t) const {
    return hz * t + wander * std::sin(2 * kPi * 0.7 * t + phase) + shake * std::sin(2 * kPi * 3 * hz * t + shake_phase);
  }
};

// Ouster and Hesai: a column wherever the encoder says so.
void add_triggered_columns(const SensorSpec& spec, const Motor& motor, const SweepOptions& options, Random& random, Sweep& sweep) {
  const uint32_t columns = spec.columns_per_turn, units = spec.azimuth_units_per_turn / columns;
  double time = options.start_s;
  const double base = motor.turn(time);
  for (uint32_t column = 0; column < columns; ++column) {
    const double turn = static_cast<double>(column) / columns;
    time += (base + turn - motor.turn(time)) / motor.hz;
    sweep.time_s.push_back(time);
    sweep.turn.push_back(options.start_turn + turn);
    sweep.encoder.push_back(static_cast<int32_t>(column * units));
    sweep.time_us.push_back(static_cast<uint32_t>(std::lround((time - options.start_s) * 1e6 + (column ? 1.2 * random.normal() + 3 : 0))));
  }
}

// Velodyne: a column whenever its time has come.
void add_timed_columns(const SensorSpec& spec, const Motor& motor, const SweepOptions& options, Random& random, Sweep& sweep) {
  const double base = motor.turn(options.start_s), units = spec.azimuth_units_per_turn;
  for (uint32_t column = 0;; ++column) {
    const double since = column * spec.column_period_us * 1e-6, time = options.start_s + since;
    const double turn = options.start_turn + motor.turn(time) - base;
    if (turn >= options.start_turn + 1) break;
    sweep.time_s.push_back(time);
    sweep.turn.push_back(turn);
    sweep.encoder.push_back(static_cast<int32_t>(std::floor(turn * units + spec.encoder_noise_units * random.normal())));
    sweep.time_us.push_back(static_cast<uint32_t>(std::lround(since * 1e6)));
  }
  if (!spec.every_other_azimuth_between) return;
  for (size_t column = 1; column + 1 < sweep.encoder.size(); column += 2)
    sweep.encoder[column] = (sweep.encoder[column - 1] + sweep.encoder[column + 1]) / 2;
}

}  // namespace

Sweep make_sweep(const SensorUnit& unit, const SweepOptions& options) {
  const SensorSpec& spec = unit.spec;
  Random unit_random(hash(options.seed, 81));
  const Motor motor{spec.rotation_hz * (1 + 0.002 * unit_random.normal()), 3e-4 * unit_random.uniform(), unit_random.between(0, 2 * kPi),
                    3e-5 * unit_random.uniform(), unit_random.between(0, 2 * kPi)};
  Random random(hash(options.seed, 82, static_cast<uint64_t>(std::llround(options.start_s * 1e6))));
  Sweep sweep;
  if (spec.column_period_us > 0) {
    add_timed_columns(spec, motor, options, random, sweep);
  } else {
    add_triggered_columns(spec, motor, options, random, sweep);
  }
  sweep.period_s = sweep.time_s.back() - sweep.time_s.front();
  sweep.turn_per_s.assign(sweep.turn.size(), motor.hz);
  return sweep;
}

double shot_azimuth_rad(const SensorUnit& unit, const Sweep& sweep, size_t column, size_t laser) {
  const double turn = sweep.turn[column] + sweep.turn_per_s[column] * unit.spec.fire_time_us[laser] * 1e-6;
  const double angle = 2 * kPi * turn + radians(unit.spec.azimuth_offset_deg[laser]);
  return unit.spec.clockwise ? -angle : angle;
}

}  // namespace dew::sim
