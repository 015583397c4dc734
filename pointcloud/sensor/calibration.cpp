// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/calibration.h"

#include <algorithm>

#include "entropy/exact_math.h"

namespace dew {
namespace {

/// Encoder angles grow clockwise, as seen from above, on all sensors that are known here.
double angle_of(double azimuth_ticks, uint32_t units_per_turn) { return -azimuth_ticks * kTurn_rad / units_per_turn; }

/// Writes values one after the other into a field.
template <class T>
void append(Field& field, T value) {
  const size_t at = field.data.size();
  field.data.resize(at + sizeof(T));
  std::memcpy(field.data.data() + at, &value, sizeof(T));
}

/// Ticks to the next column; the last one takes the step before it. Jumps (field of view left and entered) count as no step.
std::vector<double> steps_of_columns(const Scan& scan) {
  std::vector<double> steps(scan.columns, 0);
  const uint32_t turn = scan.azimuth_units_per_turn;
  for (uint32_t c = 0; c + 1 < scan.columns; ++c) {
    const uint32_t step = (scan.azimuth[c + 1] % turn + turn - scan.azimuth[c] % turn) % turn;
    if (step <= turn / 64) steps[c] = step;
  }
  if (scan.columns > 1) steps[scan.columns - 1] = steps[scan.columns - 2];
  return steps;
}

/// As lattice_point (scan_model.h), with the laser's own angle and the beam's origin beside the axis.
Vec3 point_at(const LaserModel& laser, const exact::SinCos& elevation, double distance_m, double angle_rad, double beam_origin_m) {
  const exact::SinCos beam = exact::sincos(angle_rad + laser.azimuth_offset_rad);
  const double d = distance_m + laser.range_offset_m - beam_origin_m;
  const double rho = d * elevation.cos;
  const double h2 = rho * rho - laser.horizontal_offset_m * laser.horizontal_offset_m;
  const double h = h2 > 0 ? std::sqrt(h2) : 0;
  Vec3 point = {h * beam.cos + laser.horizontal_offset_m * beam.sin, h * beam.sin - laser.horizontal_offset_m * beam.cos,
                d * elevation.sin + laser.vertical_offset_m};
  if (beam_origin_m != 0) {
    const exact::SinCos axis = exact::sincos(angle_rad);
    point.x += beam_origin_m * axis.cos;
    point.y += beam_origin_m * axis.sin;
  }
  return point;
}

Status check_scan(const Scan& scan, const SensorCalibration& calibration) {
  const auto invalid = [](std::string what) { return Error{Code::invalid_argument, 0, std::move(what)}; };
  const uint64_t cells = uint64_t{scan.columns} * scan.lasers;
  if (scan.azimuth_units_per_turn == 0 || scan.azimuth.size() != scan.columns || scan.time_us.size() != scan.columns ||
      scan.range.size() != cells || scan.intensity.size() != cells) {
    return invalid("the arrays of the scan do not fit its columns and lasers");
  }
  if (calibration.lasers.size() != scan.lasers) {
    return invalid("the calibration has " + std::to_string(calibration.lasers.size()) + " lasers, the scan " + std::to_string(scan.lasers) +
                   "; give the sensor's own table with --calibration");
  }
  if (!calibration.firing_ns.empty() && calibration.firing_ns.size() != scan.lasers)
    return invalid("the calibration needs one firing time a laser");
  return {};
}

}  // namespace

Result<Cloud> cloud_of_scan(const Scan& scan, const SensorCalibration& calibration, const CloudOptions& options,
                            const DecodeLimits& limits) {
  DEW_TRY(check_scan(scan, calibration));
  uint64_t points = scan.range.size();
  if (!options.keep_no_returns) points -= static_cast<uint64_t>(std::count(scan.range.begin(), scan.range.end(), 0u));
  constexpr uint64_t kPointBytes = 3 * 4 + 1 + 2 + 4;
  Budget budget(limits);
  DEW_TRY(budget.take_elements(points, 0));
  DEW_TRY(budget.take_memory(points * kPointBytes, 0));

  Cloud cloud;
  cloud.points = points;
  cloud.width = static_cast<uint32_t>(points);
  const std::pair<const char*, FieldType> names[] = {{"x", FieldType::f32},        {"y", FieldType::f32},     {"z", FieldType::f32},
                                                     {"intensity", FieldType::u8}, {"laser", FieldType::u16}, {"time_us", FieldType::u32}};
  for (const auto& [name, type] : names) {
    Field field;
    field.name = name;
    field.type = type;
    field.data.reserve(points * field_type_size(type));
    cloud.fields.push_back(std::move(field));
  }
  std::vector<exact::SinCos> elevations;
  for (const LaserModel& laser : calibration.lasers) elevations.push_back(exact::sincos(laser.elevation_rad));
  const std::vector<double> steps = steps_of_columns(scan);
  const bool firing_known = calibration.column_ns > 0 && !calibration.firing_ns.empty();
  for (uint32_t column = 0; column < scan.columns; ++column) {
    for (uint32_t laser = 0; laser < scan.lasers; ++laser) {
      const size_t cell = size_t{column} * scan.lasers + laser;
      if (scan.range[cell] == 0 && !options.keep_no_returns) continue;
      const double turned = firing_known ? steps[column] * calibration.firing_ns[laser] / calibration.column_ns : 0;
      const double distance_m = scan.range[cell] * (scan.tick_um / 1e6);
      Vec3 point;
      if (scan.range[cell] != 0) {
        const double angle_rad = angle_of(scan.azimuth[column] + turned, scan.azimuth_units_per_turn);
        point = point_at(calibration.lasers[laser], elevations[laser], distance_m, angle_rad, calibration.beam_origin_m);
      }
      append(cloud.fields[0], static_cast<float>(point.x));
      append(cloud.fields[1], static_cast<float>(point.y));
      append(cloud.fields[2], static_cast<float>(point.z));
      append(cloud.fields[3], scan.intensity[cell]);
      append(cloud.fields[4], static_cast<uint16_t>(laser));
      append(cloud.fields[5], scan.time_us[column]);
    }
  }
  return cloud;
}

}  // namespace dew
