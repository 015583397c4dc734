// SPDX-License-Identifier: Apache-2.0
/// Spinning LiDARs as their makers' manuals describe them, and single units of them with the small differences that real ones have.
///
///   DEW_ASSIGN(SensorSpec spec, sensor_spec("HDL-32E"));
///   SensorUnit unit = make_unit(spec, unit_seed);
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "entropy/result.h"

namespace dew::sim {

/// Columns in which a laser fires.
enum class FiresIn : uint8_t { all_columns, even_columns, odd_columns };

/// A type of sensor. Vectors have one entry a laser, in channel (packet) order.
struct SensorSpec {
  std::string name;
  std::vector<double> elevation_deg;
  std::vector<double> azimuth_offset_deg;  ///< added to the encoder's angle, in its own direction of turn
  std::vector<double> fire_time_us;        ///< after the column's first shot
  std::vector<FiresIn> fires_in;           ///< empty: all fire in every column
  double column_period_us = 0;             ///< time between columns; 0: columns are triggered by the encoder
  uint32_t columns_per_turn = 0;           ///< of sensors triggered by the encoder
  double rotation_hz = 10;
  bool clockwise = true;  ///< seen from above
  uint32_t azimuth_units_per_turn = 36000;
  double encoder_noise_units = 0;            ///< standard deviation of a column's angle
  bool every_other_azimuth_between = false;  ///< VLP-16: a block holds two columns, the second one's angle is the middle
  uint32_t columns_per_packet = 12;
  uint32_t tick_um = 2000;
  uint32_t range_bytes = 2;
  double min_range_m = 1, max_range_m = 100;
  double reach_m = 50;               ///< where a flat target of 10 % is seen every other time
  double near_m = 7;                 ///< nearer than this, echoes grow no stronger: the receiver does not see the whole spot
  double noise_m = 0.004;            ///< standard deviation of a strong echo
  double weak_noise = 6;             ///< variance of an echo at the threshold, in units of noise_m squared
  double tail_share = 0.02;          ///< share of shots with four times that
  double rival_loss = 0.25;          ///< share of shots lost to a second echo as strong as the first
  double divergence_rad = 0.003;     ///< full angle
  double beam_origin_m = 0;          ///< Ouster: the beam starts this far from the axis
  double beam_aside_m = 0;           ///< QT128: beams leave up to this far from the axis, on the side that they do not look to
  double intensity_scale = 100;      ///< of a white target straight ahead
  double intensity_gamma = 1;        ///< a power on the reflectance
  double intensity_noise = 0.1;      ///< relative
  double gain_spread = 0.08;         ///< relative, from laser to laser
  double unit_angle_spread_deg = 0;  ///< how far a unit's angles are from the table
  bool fitted_offsets = false;       ///< HDL-64E: every laser has its own place and range correction
};

/// One sensor off the line.
struct SensorUnit {
  SensorSpec spec;  ///< with this unit's own angles
  std::vector<double> vertical_offset_m, horizontal_offset_m, range_offset_m;
  std::vector<double> range_bias_m;  ///< uncorrected
  std::vector<double> gain;
  uint32_t lasers() const { return static_cast<uint32_t>(spec.elevation_deg.size()); }
};

/// Names: HDL-32E, HDL-64E, VLP-16, VLP-32C, VLS-128, OS1-128, XT32, QT128. Errors: invalid_argument for another one, naming those.
Result<SensorSpec> sensor_spec(std::string_view name);
SensorUnit make_unit(const SensorSpec& spec, uint64_t unit_seed);

}  // namespace dew::sim
