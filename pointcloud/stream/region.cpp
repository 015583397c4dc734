// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/stream/region.h"

#include <algorithm>
#include <cmath>

#include "entropy/exact_math.h"

namespace dew {
namespace {

/// Between -pi and pi.
double wrapped(double angle_rad) { return std::remainder(angle_rad, kTurn_rad); }

/// How far lasers look aside from their column's angle, firing times included, and offsets of beams that start beside the axis.
double most_aside_rad(const SensorCalibration& calibration) {
  double aside = 0.02;
  for (const LaserModel& laser : calibration.lasers) aside = std::max(aside, std::abs(laser.azimuth_offset_rad) + 0.02);
  return aside;
}

}  // namespace

std::vector<FineRegion> regions_of_box(const Vec3& least, const Vec3& most, const Scan& columns, const SensorDescription& sensor) {
  const double reach_m = 0.3;  // origins of beams and range offsets
  const double x = std::clamp(0.0, least.x, most.x), y = std::clamp(0.0, least.y, most.y), z = std::clamp(0.0, least.z, most.z);
  const double nearest_m = std::max(0.0, std::sqrt(x * x + y * y + z * z) - reach_m);
  const double far_x = std::max(std::abs(least.x), std::abs(most.x)), far_y = std::max(std::abs(least.y), std::abs(most.y)),
               far_z = std::max(std::abs(least.z), std::abs(most.z));
  const double farthest_m = std::sqrt(far_x * far_x + far_y * far_y + far_z * far_z) + reach_m;
  const double aside = most_aside_rad(*sensor.calibration) + (nearest_m > 0.5 ? std::atan2(reach_m, nearest_m) : kTurn_rad);

  const double middle = std::atan2((least.y + most.y) / 2, (least.x + most.x) / 2);
  double half = aside;
  for (const double corner_x : {least.x, most.x}) {
    for (const double corner_y : {least.y, most.y})
      half = std::max(half, std::abs(wrapped(std::atan2(corner_y, corner_x) - middle)) + aside);
  }
  const bool around = least.x <= 0 && most.x >= 0 && least.y <= 0 && most.y >= 0;

  std::vector<FineRegion> regions;
  const double tick_m = sensor.tick_um * 1e-6;
  const auto ticks = [&](double length_m) { return static_cast<uint32_t>(std::clamp(length_m / tick_m, 1.0, 4e9)); };
  bool open = false;
  for (uint32_t c = 0; c < columns.columns; ++c) {
    // Encoder angles grow clockwise.
    const double angle = -kTurn_rad * columns.azimuth[c] / sensor.azimuth_units_per_turn;
    const bool inside = around || std::abs(wrapped(angle - middle)) <= half;
    if (inside && !open) regions.push_back({c, c, 0, sensor.lasers, ticks(nearest_m), ticks(farthest_m)});
    if (inside) regions.back().end_column = c + 1;
    open = inside;
  }
  return regions;
}

}  // namespace dew
