// SPDX-License-Identifier: Apache-2.0
#include "data/generate/sensors.h"

#include <array>
#include <cmath>
#include <iterator>

#include "data/generate/random.h"
#include "data/generate/vec.h"
#include "pointcloud/sensor/calibration.h"

namespace dew::sim {

namespace {

// Elevations and azimuth offsets in degrees, in packet order, from the makers' manuals and their published calibration files.
constexpr double kVls128Elevation[] = {
    -11.742, -1.99,   3.4,    -5.29,  -0.78, 4.61,    -4.08,   1.31,    -6.5,  -1.11, 4.28,  -4.41, 0.1,   6.48,  -3.2,  2.19,
    -3.86,   1.53,    -9.244, -1.77,  2.74,  -5.95,   -0.56,   4.83,    -2.98, 2.41,  -6.28, -0.89, 3.62,  -5.07, 0.32,  7.58,
    -0.34,   5.18,    -3.64,  1.75,   -25,   -2.43,   2.96,    -5.73,   0.54,  9.7,   -2.76, 2.63,  -7.65, -1.55, 3.84,  -4.85,
    3.18,    -5.51,   -0.12,  5.73,   -4.3,  1.09,    -16.042, -2.21,   4.06,  -4.63, 0.76,  15,    -3.42, 1.97,  -6.85, -1.33,
    -5.62,   -0.23,   5.43,   -3.53,  0.98,  -19.582, -2.32,   3.07,    -4.74, 0.65,  11.75, -2.65, 1.86,  -7.15, -1.44, 3.95,
    -2.1,    3.29,    -5.4,   -0.01,  4.5,   -4.19,   1.2,     -13.565, -1.22, 4.17,  -4.52, 0.87,  6.08,  -3.31, 2.08,  -6.65,
    1.42,    -10.346, -1.88,  3.51,   -6.06, -0.67,   4.72,    -3.97,   2.3,   -6.39, -1,    4.39,  -5.18, 0.21,  6.98,  -3.09,
    4.98,    -3.75,   1.64,   -8.352, -2.54, 2.85,    -5.84,   -0.45,   8.43,  -2.87, 2.52,  -6.17, -1.66, 3.73,  -4.96, 0.43,
};
constexpr double kVlp32cElevation[] = {
    -25,    -1,    -1.667, -15.639, -11.31, 0,     -0.667, -8.843, -7.254, 0.333, -0.333, -6.148, -5.333, 1.333, 0.667,  -4,
    -4.667, 1.667, 1,      -3.667,  -3.333, 3.333, 2.333,  -2.667, -3,     7,     4.667,  -2.333, -2,     15,    10.333, -1.333,
};
constexpr double kVlp32cAzimuth[] = {
    1.4, -4.2, 1.4, -1.4, 1.4, -1.4, 4.2, -1.4, 1.4, -4.2, 1.4, -1.4, 4.2, -1.4, 4.2, -1.4,
    1.4, -4.2, 1.4, -4.2, 4.2, -1.4, 1.4, -1.4, 1.4, -1.4, 1.4, -4.2, 4.2, -1.4, 1.4, -1.4,
};
constexpr double kVls128Azimuth[] = {6.354, 4.548, 2.732, 0.911, -0.911, -2.732, -4.548, -6.354};  // of channel modulo 8

template <size_t N>
std::vector<double> table(const double (&values)[N]) {
  return {std::begin(values), std::end(values)};
}

SensorSpec with_lasers(std::string name, size_t lasers, double microseconds_a_shot) {
  SensorSpec spec;
  spec.name = std::move(name);
  spec.elevation_deg.resize(lasers);
  spec.azimuth_offset_deg.resize(lasers);
  for (size_t laser = 0; laser < lasers; ++laser) spec.fire_time_us.push_back(static_cast<double>(laser) * microseconds_a_shot);
  return spec;
}

SensorSpec hdl32e() {
  SensorSpec spec = with_lasers("HDL-32E", 32, 1.152);
  for (size_t laser = 0; laser < 32; ++laser)  // even channels: the lower half, upwards; odd ones: the upper half
    spec.elevation_deg[laser] = std::round(100 * (-92 + 4.0 * static_cast<double>(laser / 2 + (laser % 2) * 16)) / 3) / 100;
  spec.column_period_us = 46.08;
  spec.rotation_hz = 11.8;
  spec.encoder_noise_units = 0.35;
  spec.max_range_m = 120;
  spec.reach_m = 52;
  spec.noise_m = 0.0034;
  spec.rival_loss = 0.45;
  spec.divergence_rad = 0.0028;
  spec.intensity_scale = 85;
  spec.intensity_noise = 0.03;
  spec.gain_spread = 0.05;
  return spec;
}

SensorSpec hdl64e() {
  SensorSpec spec = with_lasers("HDL-64E", 64, 0.6);
  for (size_t laser = 0; laser < 64; ++laser) {
    const double down = static_cast<double>(laser);
    spec.elevation_deg[laser] = laser < 32 ? 2 - down / 3 : -8.83 - (down - 32) / 2;
  }
  spec.column_period_us = 48;
  spec.rotation_hz = 9.64;
  spec.clockwise = false;
  spec.azimuth_units_per_turn = 4000;
  spec.encoder_noise_units = 0.06;
  spec.columns_per_packet = 6;
  spec.min_range_m = 1.5;
  spec.max_range_m = 120;
  spec.reach_m = 55;
  spec.noise_m = 0.009;
  spec.divergence_rad = 0.002;
  spec.intensity_scale = 150;
  spec.intensity_gamma = 0.45;
  spec.intensity_noise = 0.12;
  spec.gain_spread = 0.25;
  spec.unit_angle_spread_deg = 0.06;
  spec.fitted_offsets = true;
  return spec;
}

SensorSpec vlp16() {
  SensorSpec spec = with_lasers("VLP-16", 16, 2.304);
  for (size_t laser = 0; laser < 16; ++laser) spec.elevation_deg[laser] = -15 + static_cast<double>(laser) + (laser % 2 ? 15 : 0);
  spec.column_period_us = 55.296;
  spec.encoder_noise_units = 0.5;
  spec.every_other_azimuth_between = true;
  spec.columns_per_packet = 24;
  spec.min_range_m = 0.5;
  spec.max_range_m = 120;
  spec.reach_m = 60;
  spec.noise_m = 0.006;
  spec.intensity_noise = 0.06;
  return spec;
}

SensorSpec vlp32c() {
  SensorSpec spec = with_lasers("VLP-32C", 32, 1.152);
  spec.elevation_deg = table(kVlp32cElevation);
  spec.azimuth_offset_deg = table(kVlp32cAzimuth);
  for (size_t laser = 0; laser < 32; ++laser) spec.fire_time_us[laser] = 2.304 * static_cast<double>(laser / 2);
  spec.column_period_us = 55.296;
  spec.encoder_noise_units = 0.6;
  spec.tick_um = 4000;
  spec.min_range_m = 0.5;
  spec.max_range_m = 200;
  spec.reach_m = 100;
  spec.noise_m = 0.0035;
  spec.divergence_rad = 0.002;
  spec.intensity_noise = 0.05;
  return spec;
}

SensorSpec vls128() {
  SensorSpec spec = with_lasers("VLS-128", 128, 0);
  spec.elevation_deg = table(kVls128Elevation);
  for (size_t laser = 0; laser < 128; ++laser) {
    spec.azimuth_offset_deg[laser] = kVls128Azimuth[laser % 8];
    spec.fire_time_us[laser] =
        2.665 * static_cast<double>(laser / 8 + (laser >= 64 ? 1 : 0));  // eight at a time; a gap after the eighth group
  }
  spec.column_period_us = 55.27;
  spec.encoder_noise_units = 0.12;
  spec.columns_per_packet = 3;
  spec.tick_um = 4000;
  spec.min_range_m = 0.5;
  spec.max_range_m = 240;
  spec.reach_m = 150;
  spec.weak_noise = 15;
  spec.noise_m = 0.0095;
  spec.rival_loss = 0.2;
  spec.divergence_rad = 0.0016;
  spec.intensity_noise = 0.12;
  spec.gain_spread = 0.3;
  spec.intensity_scale = 80;
  return spec;
}

SensorSpec os1_128() {
  SensorSpec spec = with_lasers("OS1-128", 128, 0);
  for (size_t laser = 0; laser < 128; ++laser) {
    const double t = static_cast<double>(laser) / 127;  // not quite even: a little denser in the middle of the upper half
    spec.elevation_deg[laser] = 20.95 - 42.77 * t - 1.2 * std::sin(3.14159265 * t) * (t - 0.5);
    spec.azimuth_offset_deg[laser] = std::array{4.21, 1.41, -1.40, -4.21}[laser % 4];
  }
  spec.columns_per_turn = 1024;
  spec.azimuth_units_per_turn = 1024;
  spec.columns_per_packet = 16;
  spec.tick_um = 8000;
  spec.min_range_m = 0.5;
  spec.max_range_m = 200;
  spec.reach_m = 52;
  spec.near_m = 4;
  spec.weak_noise = 15;
  spec.noise_m = 0.006;
  spec.divergence_rad = 0.003;
  spec.beam_origin_m = 0.015806;
  spec.rival_loss = 0.12;
  spec.intensity_noise = 0.10;
  spec.intensity_scale = 80;
  spec.unit_angle_spread_deg = 0.012;
  return spec;
}

SensorSpec xt32() {
  SensorSpec spec = with_lasers("XT32", 32, 1.512);
  for (size_t laser = 0; laser < 32; ++laser) spec.elevation_deg[laser] = 15 - static_cast<double>(laser);
  spec.columns_per_turn = 2000;
  spec.columns_per_packet = 8;
  spec.tick_um = 4000;
  spec.min_range_m = 0.05;
  spec.max_range_m = 120;
  spec.reach_m = 75;
  spec.near_m = 10;
  spec.weak_noise = 10;
  spec.noise_m = 0.0032;
  spec.divergence_rad = 0.0015;
  spec.intensity_noise = 0.02;
  spec.unit_angle_spread_deg = 0.03;
  return spec;
}

// Two banks of 32 that fire in turn, and two of 32 that fire in every column; each leaves the sensor beside its axis.
SensorSpec qt128() {
  SensorSpec spec = with_lasers("QT128", 128, 0.7);
  const SensorCalibration& table = *find_calibration("PandarQT-128");
  for (size_t laser = 0; laser < 128; ++laser) {
    spec.elevation_deg[laser] = degrees(table.lasers[laser].elevation_rad);
    spec.azimuth_offset_deg[laser] = -degrees(table.lasers[laser].azimuth_offset_rad);
    spec.fires_in.push_back(laser < 32 ? FiresIn::even_columns : laser < 64 ? FiresIn::odd_columns : FiresIn::all_columns);
  }
  spec.columns_per_turn = 900;
  spec.columns_per_packet = 2;
  spec.tick_um = 4000;
  spec.min_range_m = 0.05;
  spec.max_range_m = 50;
  spec.reach_m = 20;
  spec.near_m = 3;
  spec.weak_noise = 10;
  spec.noise_m = 0.007;
  spec.divergence_rad = 0.007;
  spec.beam_aside_m = 0.012;
  spec.intensity_noise = 0.06;
  spec.gain_spread = 0.2;
  spec.unit_angle_spread_deg = 0.05;
  return spec;
}

}  // namespace

Result<SensorSpec> sensor_spec(std::string_view name) {
  for (auto make : {hdl32e, hdl64e, vlp16, vlp32c, vls128, os1_128, xt32, qt128})
    if (SensorSpec spec = make(); spec.name == name) return spec;
  return Error{Code::invalid_argument, 0,
               "no sensor '" + std::string(name) + "'; there are HDL-32E, HDL-64E, VLP-16, VLP-32C, VLS-128, OS1-128, XT32, QT128"};
}

SensorUnit make_unit(const SensorSpec& spec, uint64_t unit_seed) {
  Random random(hash(unit_seed, 71));
  SensorUnit unit;
  unit.spec = spec;
  const uint32_t lasers = unit.lasers();
  const double aside = spec.beam_aside_m > 0 ? random.between(0, spec.beam_aside_m) : 0;
  for (uint32_t laser = 0; laser < lasers; ++laser) {
    unit.spec.elevation_deg[laser] += spec.unit_angle_spread_deg * random.normal();
    unit.spec.azimuth_offset_deg[laser] += spec.unit_angle_spread_deg * random.normal();
    unit.vertical_offset_m.push_back(0);
    unit.horizontal_offset_m.push_back(spec.azimuth_offset_deg[laser] > 0 ? -aside : aside);
    unit.range_offset_m.push_back(0);
    if (spec.fitted_offsets) {  // two blocks of 32 behind two lenses each
      const bool upper = laser < 32, even = laser % 2 == 0;
      const double bank = static_cast<double>(laser % 8) - 3.5;
      unit.vertical_offset_m[laser] =
          upper ? 0.21 + 0.0004 * (static_cast<double>(laser) - 16) : 0.14 - 0.0016 * (static_cast<double>(laser) - 48);
      unit.horizontal_offset_m[laser] = even ? 0.026 : -0.026;
      unit.range_offset_m[laser] = random.between(0.9, 1.5);
      unit.spec.azimuth_offset_deg[laser] = (even ? 2.6 : -2.6) + 0.9 * bank + 0.1 * random.normal();
    }
    unit.range_bias_m.push_back(0.5 * spec.noise_m * random.normal() + 0.003 * random.normal());
    unit.gain.push_back(std::exp(spec.gain_spread * random.normal()));
  }
  return unit;
}

}  // namespace dew::sim
